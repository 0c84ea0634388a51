"""What a FHIR Patient resource says about its patient: the date of birth, and who they are beside stored messages.

Whose a resource is, is decided in fhir_owners.py.
"""

from datetime import datetime
from typing import Final

import msgspec

from adapter.case.fact import Standing, Statement
from adapter.case.merge import FUTURE_TOLERANCE
from adapter.case.origin import Origin
from adapter.case.value import Day
from adapter.fhir.dates import read_date
from adapter.fhir.document import Record
from adapter.fhir.elements import HumanName, Identifier, Period
from adapter.fhir.resources import Patient
from adapter.mapping.fhir_values import moment
from adapter.mapping.fhir_veto import veto
from adapter.mapping.hl7v2_patient import Demographics, can_be_compared, nothing_differs, same_person
from adapter.mapping.name_spelling import spellings

_NAMES: Final[msgspec.json.Decoder[list[HumanName] | HumanName]] = msgspec.json.Decoder(list[HumanName] | HumanName)

_SEX: Final = {"female": "F", "male": "M", "other": "O"}
"""Administrative gender as table HL70001 writes it; `unknown` says nothing."""

_STORED_SEX: Final = {"F": "F", "M": "M", "O": "O", "A": "O", "N": "O"}
"""Table HL70001 in the terms of administrative gender; U says nothing."""


def birth(record: Record, document: str) -> Statement | None:
    """The statement of the date of birth that a Patient makes; None of any other record. `document` names the input."""
    if not isinstance(record.resource, Patient) or not record.resource.birthDate:
        return None
    when, bad = moment(record.resource.birthDate)
    origin = Origin("fhir", document, f"{record.shown}#birthDate", "birth-date")
    if veto(record.resource):
        return Statement("birth_date", Standing.EXCLUDED, None, origin, reason=veto(record.resource))
    if bad or when is None:
        return Statement("birth_date", Standing.EXCLUDED, None, origin, reason="bad-date")
    return Statement("birth_date", Standing.FINAL, Day(when), origin)


def is_person(patient: Patient, stored: Demographics) -> bool:
    """Whether a Patient is whom HL7 v2 messages describe: neither birth date nor sex nor family name differs.

    What one side does not say does not differ; a date that is known in part only is compared in that part, and of
    several names one that agrees is enough, in whichever spelling.
    """
    return nothing_differs(*_alike(patient, stored))


def may_be_person(patient: Patient, stored: Demographics) -> bool:
    """Whether a Patient may be whom HL7 v2 messages describe: at most one of the three differs, and another agrees; or
    there is nothing to compare."""
    return same_person(*_alike(patient, stored))


def is_comparable(patient: Patient, stored: Demographics) -> bool:
    """Whether there is anything by which a Patient could be told from whom HL7 v2 messages describe."""
    return can_be_compared(*_alike(patient, stored))


def _alike(patient: Patient, stored: Demographics) -> tuple[Demographics, Demographics]:
    """Both, in the same form and precision."""
    born = patient.birthDate.replace("-", "")
    digits = min(len(born), len(stored.birth))
    families = _families(patient)
    agreeing = any(not spellings(one).isdisjoint(spellings(stored.family)) for one in families)
    family = stored.family if agreeing else next(iter(families), "")
    told = Demographics(born[:digits], _SEX.get(patient.gender, ""), family)
    return told, Demographics(stored.birth[:digits], _STORED_SEX.get(stored.sex, ""), stored.family)


def _families(patient: Patient) -> list[str]:
    """All family names that have letters; none where they cannot be read."""
    try:
        names = _NAMES.decode(patient.name) if bytes(patient.name) else []
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []
    found = [name.family for name in (names if isinstance(names, list) else [names])]
    texts = (text for one in found for text in ([one] if isinstance(one, str) else one))
    return [text for text in texts if any(spellings(text))]


_PERIODS: Final = msgspec.json.Decoder(Period)


def in_use(identifier: Identifier, now: datetime) -> bool:
    """Whether an identifier is the patient's now: an old one may be somebody else's by now, as may one whose period is
    over or cannot be read."""
    if identifier.use == "old":
        return False
    try:
        period = _PERIODS.decode(identifier.period) if bytes(identifier.period) else Period()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    start, end = read_date(period.start), read_date(period.end)
    if (period.start and start is None) or (period.end and end is None):
        return False
    begun = start is None or start.moment.earliest <= now + FUTURE_TOLERANCE
    return begun and (end is None or end.moment.latest > now)

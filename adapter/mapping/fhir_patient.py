"""What a FHIR Patient resource says about its patient: the date of birth, and who they are beside stored messages.

Whose a resource is, is decided in fhir_owners.py.
"""

from typing import Final

import msgspec

from adapter.case.fact import Standing, Statement
from adapter.case.origin import Origin
from adapter.case.value import Day
from adapter.fhir.document import Record
from adapter.fhir.elements import HumanName
from adapter.fhir.resources import Patient
from adapter.mapping.fhir_values import moment
from adapter.mapping.fhir_veto import veto
from adapter.mapping.hl7v2_patient import Demographics, can_be_compared, same_person

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
    origin = Origin("fhir", document, f"{record.key}#birthDate", "birth-date")
    if veto(record.resource):
        return Statement("birth_date", Standing.EXCLUDED, None, origin, reason=veto(record.resource))
    if bad or when is None:
        return Statement("birth_date", Standing.EXCLUDED, None, origin, reason="bad-date")
    return Statement("birth_date", Standing.FINAL, Day(when), origin)


def is_person(patient: Patient, stored: Demographics) -> bool:
    """Whether a Patient may be whom HL7 v2 messages describe: at most one of birth date, sex and family name differs.

    What one side does not say does not differ; a date that is known in part only is compared in that part, and of
    several names one that agrees is enough.
    """
    return same_person(*_alike(patient, stored))


def is_comparable(patient: Patient, stored: Demographics) -> bool:
    """Whether there is anything by which a Patient could be told from whom HL7 v2 messages describe."""
    return can_be_compared(*_alike(patient, stored))


def _alike(patient: Patient, stored: Demographics) -> tuple[Demographics, Demographics]:
    """Both, in the same form and precision."""
    born = patient.birthDate.replace("-", "")
    digits = min(len(born), len(stored.birth))
    families = _families(patient)
    family = stored.family if stored.family in families else next(iter(families), "")
    told = Demographics(born[:digits], _SEX.get(patient.gender, ""), family)
    return told, Demographics(stored.birth[:digits], _STORED_SEX.get(stored.sex, ""), stored.family)


def _families(patient: Patient) -> list[str]:
    """All family names, as HL7 v2 names are compared; none where they cannot be read."""
    try:
        names = _NAMES.decode(patient.name) if bytes(patient.name) else []
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []
    found = [name.family for name in (names if isinstance(names, list) else [names])]
    return [text.casefold() for one in found for text in ([one] if isinstance(one, str) else one) if text]

"""Who a PID is about: the identifiers that key the patient, and the demographics that guard against a mix-up."""

from dataclasses import dataclass, field
from typing import Final

from adapter.case.finding import Finding
from adapter.hl7v2 import Field, Repetition, Segment
from adapter.mapping.sender import Sender


@dataclass(frozen=True, slots=True)
class PatientKey:
    """The key `authority/type/value`; `unassigned` when no authority was sent and the sender's profile gives none (the
    sending facility then stands in).

    In `text` a "/" of a part is written `~1` and a "~" `~0`, as in a JSON Pointer (RFC 6901): no two keys are alike.
    """

    text: str = field(repr=False)
    unassigned: bool
    authority: str = field(repr=False)
    kind: str
    value: str = field(repr=False)

    @classmethod
    def of(cls, authority: str, kind: str, value: str) -> "PatientKey":
        """The key of a number that an authority has assigned."""
        return cls(_joined(authority, kind, value), False, authority, kind, value)

    @classmethod
    def of_facility(cls, facility: str, kind: str, value: str) -> "PatientKey":
        """The key of a number without authority, which its sending facility stands in for."""
        return cls(_joined(f"[{facility}]", kind, value), True, "", kind, value)

    @classmethod
    def of_text(cls, text: str) -> "PatientKey":
        """The key that was written so."""
        authority, _, rest = text.partition("/")
        kind, _, value = rest.partition("/")
        if not value:
            return cls(text, True, "", "", text)
        unassigned = authority.startswith("[")
        return cls(text, unassigned, "" if unassigned else _part(authority), _part(kind), _part(value))

    def merged_into(self, text: str) -> "PatientKey":
        """The key of the same patient under the number that this one was merged into."""
        return self if text == self.text else PatientKey.of_text(text)


def _joined(*parts: str) -> str:
    return "/".join([part.replace("~", "~0").replace("/", "~1") for part in parts])


def _part(written: str) -> str:
    return written.replace("~1", "/").replace("~0", "~")


@dataclass(frozen=True, slots=True)
class Demographics:
    """What is compared before two messages are taken for the same person."""

    birth: str = field(repr=False)
    sex: str = field(repr=False)
    family: str = field(repr=False)

    def completed(self, other: "Demographics") -> "Demographics":
        """With what the other message adds; nothing where it differs in anything, which may be somebody else's."""
        if self == other or any(_differ(self, other)):
            return self
        return Demographics(self.birth or other.birth, self.sex or other.sex, self.family or other.family)


def key_of(pid: Segment, facility: str, sender: Sender) -> PatientKey | None:
    """The key of a PID: (authority, type, value) of PID-3, never folded or stripped. None without identifier."""
    return next(iter(keys_of(pid.field(3), facility, sender)), None)


def keys_of(identifiers: Field, facility: str, sender: Sender) -> tuple[PatientKey, ...]:
    """All keys in a list of identifiers (PID-3, MRG-1), best first; a placeholder is none."""
    return tuple(
        _key(repetition, facility, sender)
        for repetition in _numbers(identifiers, sender)
        if repetition.component(1) not in sender.placeholders
    )


def sound_key(identifiers: Field, facility: str, sender: Sender) -> PatientKey | None:
    """The best key in a list of identifiers; None where a placeholder stands among them."""
    numbers = _numbers(identifiers, sender)
    if not numbers or any(repetition.component(1) in sender.placeholders for repetition in numbers):
        return None
    return _key(numbers[0], facility, sender)


def placeholder_findings(identifiers: Field, document: str, sender: Sender) -> list[Finding]:
    """A finding where a list of identifiers has a placeholder in place of a patient's number."""
    if all(repetition.component(1) not in sender.placeholders for repetition in _numbers(identifiers, sender)):
        return []
    hint = (
        "a placeholder stands in place of a patient's number and is taken for none: the sender has to send the number; "
        "a real one that looks like this is listed in the sender's profile (real_numbers)"
    )
    return [Finding("placeholder-number", "warning", f"{document} {identifiers.address}", hint)]


def _numbers(identifiers: Field, sender: Sender) -> list[Repetition]:
    """The identifiers that may key a patient, best first."""
    sent = [(repetition.component(5), repetition) for repetition in identifiers.repetitions if repetition.component(1)]
    return [repetition for kind in sender.identifier_types for found, repetition in sent if found == kind]


def _key(repetition: Repetition, facility: str, sender: Sender) -> PatientKey:
    authority = sender.authority_of(repetition.subcomponent(4, 1), repetition.subcomponent(4, 2))
    kind, value = repetition.component(5) or "MR", repetition.component(1)
    return PatientKey.of(authority, kind, value) if authority else PatientKey.of_facility(facility, kind, value)


def demographics(pid: Segment) -> Demographics:
    """Birth date (PID-7, to the day), sex (PID-8) and family name (PID-5.1)."""
    family = pid.field(5).first.subcomponent(1, 1)
    return Demographics(pid.text(7, 1)[:8], pid.text(8), family.casefold())


_SEX_UNKNOWN: Final = frozenset({"U", "N"})
"""Unknown and not applicable (HL7 table 0001)."""


def same_person(one: Demographics, other: Demographics) -> bool:
    """Whether at most one of birth date, sex and family name differs, and another one agrees; what was not sent does
    neither. Two messages without anything to compare are taken for the same person."""
    if one == other:
        return True
    differ = _differ(one, other)
    return sum(differ) < min(2, len(differ) or 1)


def nothing_differs(one: Demographics, other: Demographics) -> bool:
    """Whether neither birth date nor sex nor family name differs; what was not sent does not."""
    return not any(_differ(one, other))


def can_be_compared(one: Demographics, other: Demographics) -> bool:
    """Whether both say birth date, sex or family name: else nothing tells that they are one person, or are not."""
    return bool(_differ(one, other))


def _differ(one: Demographics, other: Demographics) -> list[bool]:
    """Of each that both messages have, whether it differs: a birth date that says only year or month does not differ
    from one within it, and a sex that is not known differs from none."""
    found = []
    if one.birth and other.birth:
        found.append(not (one.birth.startswith(other.birth) or other.birth.startswith(one.birth)))
    if one.sex and other.sex and _SEX_UNKNOWN.isdisjoint((one.sex, other.sex)):
        found.append(one.sex != other.sex)
    if one.family and other.family:
        found.append(one.family != other.family)
    return found

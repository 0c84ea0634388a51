"""Who a PID is about: the identifiers that key the patient, and the demographics that guard against a mix-up."""

from dataclasses import dataclass, field

from adapter.hl7v2 import Field, Repetition, Segment
from adapter.mapping.sender import Sender


@dataclass(frozen=True, slots=True)
class PatientKey:
    """The key `authority/type/value`; `unassigned` when no authority was sent and the sender's profile gives none (the
    sending facility then stands in)."""

    text: str = field(repr=False)
    unassigned: bool
    authority: str = field(repr=False)
    value: str = field(repr=False)

    @classmethod
    def of_text(cls, text: str) -> "PatientKey":
        """The key that was written so."""
        authority, _, rest = text.partition("/")
        _, _, value = rest.partition("/")
        unassigned = authority.startswith("[") or not value
        return cls(text, unassigned, "" if unassigned else authority, value or text)

    def merged_into(self, text: str) -> "PatientKey":
        """The key of the same patient under the number that this one was merged into."""
        return self if text == self.text else PatientKey.of_text(text)


@dataclass(frozen=True, slots=True)
class Demographics:
    """What is compared before two messages are taken for the same person."""

    birth: str = field(repr=False)
    sex: str = field(repr=False)
    family: str = field(repr=False)

    def completed(self, other: "Demographics") -> "Demographics":
        """With what the other message adds."""
        return Demographics(self.birth or other.birth, self.sex or other.sex, self.family or other.family)


def key_of(pid: Segment, facility: str, sender: Sender) -> PatientKey | None:
    """The key of a PID: (authority, type, value) of PID-3, never folded or stripped. None without identifier."""
    return next(iter(keys_of(pid.field(3), facility, sender)), None)


def keys_of(identifiers: Field, facility: str, sender: Sender) -> tuple[PatientKey, ...]:
    """All keys in a list of identifiers (PID-3, MRG-1), best first."""
    repetitions = [r for r in identifiers.repetitions if r.component(1)]
    return tuple(
        _key(repetition, kind or "MR", facility, sender.authority)
        for kind in sender.identifier_types
        for repetition in repetitions
        if repetition.component(5) == kind
    )


def _key(repetition: Repetition, kind: str, facility: str, configured: str) -> PatientKey:
    authority = repetition.subcomponent(4, 1) or repetition.subcomponent(4, 2) or configured
    value = repetition.component(1)
    if authority:
        return PatientKey(f"{authority}/{kind}/{value}", False, authority, value)
    return PatientKey(f"[{facility}]/{kind}/{value}", True, "", value)


def demographics(pid: Segment) -> Demographics:
    """Birth date (PID-7, to the day), sex (PID-8) and family name (PID-5.1)."""
    family = pid.field(5).first.subcomponent(1, 1)
    return Demographics(pid.text(7, 1)[:8], pid.text(8), family.casefold())


def same_person(one: Demographics, other: Demographics) -> bool:
    """Whether at most one of birth date, sex and family name differs; what was not sent does not differ."""
    pairs = ((one.birth, other.birth), (one.sex, other.sex), (one.family, other.family))
    return sum(bool(a and b and a != b) for a, b in pairs) < 2

"""Who a PID is about: the identifier that keys the patient, and the demographics that guard against a mix-up."""

from dataclasses import dataclass, field

from adapter.hl7v2 import Repetition, Segment

# HL7 table 0203: identifiers of a patient, best first. Visit, payer and national numbers never key a patient here.
TYPES = ("MR", "PI", "PT", "MRT", "")


@dataclass(frozen=True, slots=True)
class PatientKey:
    """The key `authority/type/value`; `unassigned` when no authority was sent (the sending facility then stands in)."""

    text: str = field(repr=False)
    unassigned: bool
    authority: str = field(repr=False)
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Demographics:
    """What is compared before two messages are taken for the same person."""

    birth: str = field(repr=False)
    sex: str = field(repr=False)
    family: str = field(repr=False)

    def completed(self, other: "Demographics") -> "Demographics":
        """With what the other message adds."""
        return Demographics(self.birth or other.birth, self.sex or other.sex, self.family or other.family)


def key_of(pid: Segment, facility: str) -> PatientKey | None:
    """The key of a PID: (authority, type, value) of PID-3, never folded or stripped. None without identifier."""
    repetitions = [r for r in pid.field(3).repetitions if r.component(1)]
    for kind in TYPES:
        for repetition in repetitions:
            if repetition.component(5) == kind:
                return _key(repetition, kind or "MR", facility)
    return None


def _key(repetition: Repetition, kind: str, facility: str) -> PatientKey:
    authority = repetition.subcomponent(4, 1) or repetition.subcomponent(4, 2)
    value = repetition.component(1)
    if authority:
        return PatientKey(f"{authority}/{kind}/{value}", False, authority, value)
    return PatientKey(f"[{facility}]/{kind}/{value}", True, "", value)


def demographics(pid: Segment) -> Demographics:
    """Birth date (PID-7, to the day), sex (PID-8) and family name (PID-5.1)."""
    family = pid.field(5).first.subcomponent(1, 1)
    return Demographics(pid.field(7).first.component(1)[:8], pid.field(8).text, family.casefold())


def same_person(one: Demographics, other: Demographics) -> bool:
    """Whether at most one of birth date, sex and family name differs; what was not sent does not differ."""
    pairs = ((one.birth, other.birth), (one.sex, other.sex), (one.family, other.family))
    return sum(bool(a and b and a != b) for a, b in pairs) < 2

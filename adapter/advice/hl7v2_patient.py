"""The PID of an advice message: the identifier and the demographics that the patient's own messages used.

Not for choosing the patient (adapter/mapping); where no message is left, the stored key alone names them.
"""

from dataclasses import dataclass, field
from typing import Final, Self

from adapter.hl7v2 import UTF8, Field, Repetition, Segment
from adapter.mapping.hl7v2_patient import PatientKey

_NAME_UNKNOWN: Final = b"~^^^^^^U"
"""PID-5 is required; this is what the standard asks for where no name is known (HL7 v2.5.1 section 3.4.2.5)."""


@dataclass(frozen=True, slots=True, repr=False)
class PatientIdentity:
    """PID-3, PID-5, PID-7 and PID-8, ready to be sent."""

    identifier: bytes
    name: bytes = _NAME_UNKNOWN
    birth: bytes = b""
    sex: bytes = field(default=b"")

    @classmethod
    def of_key(cls, key: str) -> Self:
        """From a key `authority/type/value` alone; an authority in brackets was never sent."""
        known = PatientKey.of_text(key)
        parts = (known.value, "", "", known.authority, known.kind)
        return cls(UTF8.composite([UTF8.text(text) for text in parts]))

    @classmethod
    def of_segment(cls, pid: Segment, key: str) -> Self:
        """From a PID of the patient's messages. A number that was merged since gives way to the one of `key`."""
        of_key = cls.of_key(key)
        sent = (repetition for repetition in pid.field(3).repetitions if _names(repetition, key))
        identifier = next((UTF8.copied(repetition) for repetition in sent), of_key.identifier)
        name = _copied(pid.field(5)) or of_key.name
        return cls(identifier, name, _copied(pid.field(7)), _copied(pid.field(8)))

    def segment(self) -> bytes:
        """The PID segment."""
        fields = {1: b"1", 3: self.identifier, 5: self.name, 7: self.birth, 8: self.sex}
        return UTF8.numbered("PID", {number: content for number, content in fields.items() if content})


def _names(repetition: Repetition, key: str) -> bool:
    """Whether an identifier is the one of the key: number, type, and authority where one was sent."""
    known = PatientKey.of_text(key)
    if (repetition.component(5) or "MR", repetition.component(1)) != (known.kind, known.value):
        return False
    authorities = {repetition.subcomponent(4, number) for number in (1, 2)} - {""}
    return known.authority in authorities if authorities else known.unassigned


def _copied(sent: Field) -> bytes:
    """The first repetition; nothing for the HL7 null."""
    return b"" if sent.first.is_null else UTF8.copied(sent.first)

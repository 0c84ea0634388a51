"""Reading the acknowledgement that somebody else has sent: its code, whose message it answers, and the errors in it.

Not for writing acknowledgements (ack.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, cast, get_args

from adapter.hl7v2.ack import AckCode
from adapter.hl7v2.errors import UndecodableText, UnusableMessage
from adapter.hl7v2.message import Message
from adapter.hl7v2.read import parse_message

_CODES: Final = frozenset(get_args(AckCode))


@dataclass(frozen=True, slots=True)
class ReceivedError:
    """One error of an acknowledgement: its code (table HL70357, or what was sent) and its place as an HL7 address.

    `text` is what ERR-8 says for people; it may repeat what was sent, so that it is for whoever sent it, and no log.
    """

    code: str
    place: str
    text: str = field(default="", repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.code} at {self.place}" if self.place else self.code


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What an acknowledgement says; `control_id` is MSA-2 as bytes, the MSH-10 of the message it answers."""

    code: AckCode
    control_id: bytes = field(repr=False)
    errors: tuple[ReceivedError, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the message was taken (AA, CA)."""
        return self.code in ("AA", "CA")

    @property
    def is_commit(self) -> bool:
        """Whether it is one of the enhanced mode about safe storage (CA, CE, CR)."""
        return self.code.startswith("C")


def read_acknowledgement(raw: bytes) -> Acknowledgement | None:
    """The acknowledgement in the bytes; None where they are none, or its code is none of table HL70008."""
    try:
        message = parse_message(raw, default_charset="latin-1")
        (msa,) = message.named("MSA")[:1] or (None,)
        if msa is None or msa.field(1).text not in _CODES:
            return None
        return Acknowledgement(cast(AckCode, msa.field(1).text), msa.field(2).raw, tuple(_errors(message)))
    except (UnusableMessage, UndecodableText):
        return None


def _errors(message: Message) -> Iterator[ReceivedError]:
    """ERR-2 and ERR-3 from version 2.5 on, else the repetitions of ERR-1 (segment, number, field, code)."""
    for err in message.named("ERR"):
        if code := err.field(3).first.component(1):
            location = err.field(2).first
            place = _address([location.component(number) for number in range(1, 7)])
            yield ReceivedError(code, place, err.field(8).text)
            continue
        for repetition in err.field(1).repetitions:
            parts = [repetition.component(number) for number in range(1, 4)]
            yield ReceivedError(repetition.subcomponent(4, 1), _address(parts))


def _address(parts: list[str]) -> str:
    """Segment, number, field, repetition, component, sub-component as `PID[1]-3[2].1`."""
    segment, number, element, repetition, component, inner = (*parts, "", "", "", "", "", "")[:6]
    address = f"{segment}[{number}]" if number else segment
    if element:
        address += f"-{element}" + (f"[{repetition}]" if repetition not in ("", "1") else "")
    if element and component:
        address += f".{component}" + (f".{inner}" if inner else "")
    return address

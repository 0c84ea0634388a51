"""Opening what arrived: the MSH of any message, also of one that cannot be read as a whole.

Not for whether it is accepted (acceptance.py) nor for its content (content.py).
"""

from dataclasses import dataclass

from adapter.hl7v2 import DEFAULT_LIMIT, Header, UnusableMessage, first_segment, read_header
from adapter.mapping.sender import Sender
from adapter.mapping.site import sending_header


@dataclass(frozen=True, slots=True)
class MessageLimits:
    """How large one message may be: bytes, and segments and repetitions together."""

    most_bytes: int = DEFAULT_LIMIT
    most_parts: int = 200_000

    @property
    def within(self) -> int:
        """So many bytes are within the limits whatever they are."""
        return min(self.most_bytes, self.most_parts)


@dataclass(frozen=True, slots=True)
class Opened:
    """What could be read of the received bytes.

    `header` is None where there is no usable MSH; `fault` is why the rest is not to be read: a code of UnusableMessage,
    `too-large` or `too-many-parts`.
    """

    header: Header | None
    fault: str = ""


def open_header(raw: bytes) -> Opened:
    """Read the header, before it is known whose message it is; never raises for any bytes."""
    try:
        return Opened(sending_header(raw))
    except UnusableMessage as error:
        return _opened_in_part(raw, error)


def reopen(raw: bytes, header: Header, sender: Sender, limits: MessageLimits) -> Opened:
    """The header as its sender means it, and whether the message is within the limits; never raises for any bytes."""
    if len(raw) > limits.most_bytes:
        return Opened(header, "too-large")
    if _parts(raw, header) > limits.most_parts:
        return Opened(header, "too-many-parts")
    if header.msh.isascii():
        return Opened(header)
    try:
        return Opened(read_header(raw, default_charset=sender.charset))
    except UnusableMessage as error:
        return _opened_in_part(raw, error)


def is_header_alone(raw: bytes) -> bool:
    """Whether nothing stands after the first segment."""
    return not raw.partition(first_segment(raw))[2].strip()


def _parts(raw: bytes, header: Header) -> int:
    repetition = header.delimiters.repetition
    segments = max(raw.count(b"\r"), raw.count(b"\n"))
    return segments + (raw.count(repetition) if repetition else 0)


def _opened_in_part(raw: bytes, error: UnusableMessage) -> Opened:
    """With the header, where it is only the character set that this reader does not have."""
    if error.code != "charset-unsupported":
        return Opened(None, error.code)
    line = first_segment(raw)
    fields = line.split(line[3:4]) if line[3:4] else []
    fields[17:] = []  # MSH-18 and what stands after it
    try:
        header = read_header(line[3:4].join(fields), default_charset="latin-1")
    except UnusableMessage:
        return Opened(None, error.code)
    return Opened(header, error.code)

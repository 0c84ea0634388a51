"""One element split at one delimiter, with true byte offsets, and the text of an element's bytes.

Not for what the pieces are called in HL7 (elements.py, segments.py).
"""

from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from adapter.hl7v2.charset import decode
from adapter.hl7v2.delimiters import Delimiters
from adapter.hl7v2.escapes import unescape
from adapter.hl7v2.findings import Span

NULL: Final = b'""'
"""The HL7 null: deletes a stored value, where an empty element leaves it."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes of one message are read: its delimiters and the codec of its character set."""

    delimiters: Delimiters
    charset: str


class Pieces:
    """The pieces of one element, split once, with the byte span of each on request."""

    __slots__ = ("_base", "_starts", "parts")

    def __init__(self, parts: list[bytes], base: int) -> None:
        self.parts = parts
        self._base = base
        self._starts: list[int] | None = None

    def span(self, index: int) -> Span:
        """Span of a piece in the raw message; an empty span at the end where there are fewer."""
        if self._starts is None:  # all are counted once, so that asking for each stays linear
            self._starts = list(accumulate((len(part) + 1 for part in self.parts), initial=self._base))
        if index < len(self.parts):
            start = self._starts[index]
            return start, start + len(self.parts[index])
        end = self._starts[-1] - 1
        return end, end


class Row(Pieces):
    """The fields of one segment, with what each of them needs to be read and addressed."""

    __slots__ = ("encoding", "name", "occurrence")

    def __init__(self, parts: list[bytes], base: int, name: str, occurrence: int, encoding: Encoding) -> None:
        self.parts = parts
        self._base = base
        self._starts = None
        self.name: Final = name
        self.occurrence: Final = occurrence
        self.encoding: Final = encoding

    @property
    def segment_address(self) -> str:
        """The HL7 address of the segment, `OBX[3]`."""
        return f"{self.name}[{self.occurrence}]"


def split_at(raw: bytes, separator: bytes) -> list[bytes]:
    """The parts between separators; the whole where the message declares no such delimiter."""
    return raw.split(separator) if separator else [raw]


def element_text(raw: bytes, encoding: Encoding, formatted: bool = False) -> str:
    """The text of an element, escapes resolved; the HL7 null is no text."""
    if not raw or raw == NULL:
        return ""
    escape = encoding.delimiters.escape
    if escape and escape in raw:
        return unescape(raw, encoding.delimiters, encoding.charset, formatted)
    try:
        return raw.decode(encoding.charset)
    except UnicodeDecodeError:
        pass
    return decode(raw, encoding.charset)  # again, outside of the handler, for a refusal that holds no content


def nth(parts: list[bytes], number: int) -> bytes:
    """The part of that number, counted from 1; empty where there are fewer."""
    if 1 <= number <= len(parts):
        return parts[number - 1]
    check_number(number)
    return b""


def check_number(number: int) -> None:
    """`ValueError` for a number below 1, which no HL7 element has."""
    if number < 1:
        raise ValueError("HL7 counts fields and components from 1")

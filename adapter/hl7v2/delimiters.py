"""The delimiters that a message declares in MSH-1 and MSH-2.

Not for splitting (elements.py) nor for escape sequences (escapes.py).
"""

from dataclasses import dataclass
from functools import lru_cache

from adapter.hl7v2.errors import UnusableMessage

_LINE_ENDS = b"\r\n"
_SPARE = b"^~\\&!$%@*+;:|"


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The delimiters of one message, one byte each; empty bytes where MSH-2 leaves one out.

    Source: HL7 v2.9.1 section 2.5.4. The truncation character is declared from version 2.7 on, but is sent by
    older ones too.
    """

    field: bytes
    component: bytes
    repetition: bytes
    escape: bytes
    subcomponent: bytes
    truncation: bytes

    @property
    def encoding_characters(self) -> bytes:
        """MSH-2 as declared."""
        return self.component + self.repetition + self.escape + self.subcomponent + self.truncation

    def completed(self) -> "Delimiters":
        """The same delimiters with what MSH-2 leaves out filled in, so that an answer can be written."""
        used = self.field + self.encoding_characters
        filled: list[bytes] = []
        for declared, usual in zip(_each_of(self), _each(_SPARE), strict=False):
            filled.append(declared or next(c for c in [usual, *_each(_SPARE)] if c not in used))
            used += filled[-1]
        component, repetition, escape, subcomponent = filled
        return Delimiters(self.field, component, repetition, escape, subcomponent, self.truncation)


STANDARD = Delimiters(b"|", b"^", b"~", b"\\", b"&", b"")
"""The delimiters that the standard recommends: `|^~\\&`."""

LITERAL = Delimiters(b"", b"", b"", b"", b"", b"")
"""No delimiters at all: how MSH-1 and MSH-2 themselves are read."""


def usable(delimiter: bytes) -> bool:
    """Whether one byte can serve as a delimiter: printable ASCII, neither letter, digit nor blank."""
    return len(delimiter) == 1 and 0x20 < delimiter[0] < 0x7F and not delimiter.isalnum()


def read_delimiters(raw: bytes, start: int) -> Delimiters:
    """The delimiters of the message whose MSH begins at `start`.

    MSH-2 may have 1 to 5 characters. Raises UnusableMessage `delimiters` where MSH-1 or MSH-2 is missing or
    too long, or a character is doubled, alphanumeric, blank or not printable ASCII.
    """
    declared = _declared(raw[start + 3 : start + 10])
    if declared is None:
        raise UnusableMessage("delimiters", start + 3)
    return declared


@lru_cache(maxsize=64)  # a link sends the same few bytes with every message
def _declared(opening: bytes) -> Delimiters | None:
    """The delimiters from MSH-1 and the six bytes after it; None where they cannot serve."""
    field = opening[:1]
    if not usable(field):
        return None
    encoding = opening[1:].split(field, 1)[0]
    for end in _each(_LINE_ENDS):
        encoding = encoding.split(end, 1)[0]
    declared = _each(encoding)
    distinct = len({field, *declared}) == len(declared) + 1
    if not 1 <= len(declared) <= 5 or not distinct or not all(map(usable, declared)):
        return None
    component, repetition, escape, subcomponent, truncation = [*declared, *[b""] * (5 - len(declared))]
    return Delimiters(field, component, repetition, escape, subcomponent, truncation)


def _each_of(delimiters: Delimiters) -> tuple[bytes, bytes, bytes, bytes]:
    return delimiters.component, delimiters.repetition, delimiters.escape, delimiters.subcomponent


def _each(characters: bytes) -> list[bytes]:
    return [characters[i : i + 1] for i in range(len(characters))]

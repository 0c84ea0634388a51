"""Findings of the reader: what a sender did that is not HL7 v2 but could be read all the same.

Not for what the content means, and not for input that cannot be read (errors.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Span = tuple[int, int]
"""First byte and byte after the last, as offsets in the raw message."""

FindingCode = Literal[
    "byte-order-mark",
    "byte-order-mark-contradicts-charset",
    "blank-segment",
    "segment-end-not-cr",
    "segment-end-refused",
    "segment-name",
    "second-header",
    "charset-several",
    "charset-switch",
    "escape-hex",
    "escape-unknown",
    "escape-unclosed",
]

HINTS: Mapping[FindingCode, str] = {
    "byte-order-mark": "The message begins with a UTF-8 byte order mark, which was skipped.",
    "byte-order-mark-contradicts-charset": "The byte order mark says UTF-8, but MSH-18 or the link does not.",
    "blank-segment": "Blank lines stand before or between segments; they were skipped.",
    "segment-end-not-cr": "Segments end with LF or CRLF; the standard's end is CR.",
    "segment-end-refused": "Segments end with LF or CRLF, which the profile of the sender does not allow.",
    "segment-name": "A line does not begin with a segment name; a line break inside a field does this.",
    "second-header": "A second message header stands inside the message; two messages may have been joined.",
    "charset-several": "MSH-18 names several character sets; only the first is read.",
    "charset-switch": "An escape switches the character set; it was kept as text.",
    "escape-hex": "A hexadecimal escape is not whole bytes of the character set; it was kept as text.",
    "escape-unknown": "An escape sequence is not known; it was kept as text.",
    "escape-unclosed": "An escape character has no closing one; it was kept as text.",
}


@dataclass(frozen=True, slots=True)
class ReadFinding:
    """One departure from the standard: a stable code, its place (`OBX[3]-5`) and its bytes, never content."""

    code: FindingCode
    place: str
    span: Span

    @property
    def hint(self) -> str:
        """One sentence for the interface analyst."""
        return HINTS[self.code]

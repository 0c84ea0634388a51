"""Segments: the lines of a message, whose fields are found when the first of them is read.

Not for what stands inside a field (elements.py), nor for which segments belong together (groups.py).
"""

from collections.abc import Iterator, Sequence
from typing import Final

from adapter.hl7v2.delimiters import LITERAL
from adapter.hl7v2.elements import Field
from adapter.hl7v2.findings import Span
from adapter.hl7v2.pieces import NULL, Encoding, Row, check_number, element_text, nth, split_at

HEADER_NAMES: Final = frozenset({"MSH", "FHS", "BHS"})
"""Segments whose first two fields declare delimiters."""


class Segment:
    """One segment of a message: its fields are split when the first is read.

    `name` is `?` for a line that has none, `occurrence` counts from 1 among the segments of that name,
    `position` from 0 in the message; `address` is `OBX[3]`.
    """

    __slots__ = ("_encoding", "_fields", "_parts", "_plain", "_row", "_start", "name", "occurrence", "position", "raw")

    def __init__(self, name: str, occurrence: int, position: int, raw: bytes, start: int, encoding: Encoding) -> None:
        self.name: Final = name
        self.occurrence: Final = occurrence
        self.position: Final = position
        self.raw: Final = raw  # without the segment end
        self._start: Final = start
        self._encoding: Final = encoding
        self._parts: list[bytes] | None = None
        self._row: Row | None = None
        self._plain: Sequence[str | None] | None = None
        self._fields: dict[int, Field] = {}

    def __repr__(self) -> str:
        return f"<Segment {self.address}>"

    @property
    def address(self) -> str:
        """The HL7 address, `OBX[3]`."""
        return f"{self.name}[{self.occurrence}]"

    @property
    def span(self) -> Span:
        """Its bytes in the raw message, without the segment end."""
        return self._start, self._start + len(self.raw)

    @property
    def count(self) -> int:
        """The number of the last field sent, empty ones included."""
        return len(self._parts or self._split()) - (0 if self._declares else 1)

    def field(self, number: int) -> Field:
        """The field of that number, counted from 1 as the standard does (MSH-1 is the delimiter itself)."""
        known = self._fields.get(number)
        if known is None:
            known = self._fields[number] = self._make_field(number)
        return known

    def raw_field(self, number: int) -> bytes:
        """The bytes of a field, empty where it is absent: `field(number).raw` for those who read it once."""
        if self.name in HEADER_NAMES:
            return self._header_field(number)
        parts = self._parts or self._split()
        if number >= len(parts):
            return b""
        return parts[number] if number > 0 else nth(parts, number)

    def _header_field(self, number: int) -> bytes:
        if number <= 2 or not self._declares:
            return self.field(number).raw
        return nth(self._parts or self._split(), number)

    def raw_fields(self, numbers: Sequence[int]) -> tuple[bytes, ...]:
        """The bytes of some fields."""
        if self.name in HEADER_NAMES:
            return tuple(map(self.raw_field, numbers))
        parts = self._parts or self._split()
        length = len(parts)
        return tuple([parts[number] if number < length else b"" for number in numbers])

    def text(self, number: int, component: int = 0) -> str:
        """The text of a field, or of a component of its first repetition, for those who read it once."""
        plain = self._plain
        if plain is None:
            plain = self._plain = self._plain_texts()
        if plain and number > 0:
            text = plain[number] if number < len(plain) else ""
            if text is not None:
                return self._component(text, component) if component and text else text
        return self._one_text(number, component)

    def field_span(self, number: int) -> Span:
        """The bytes of a field in the raw message: `field(number).span` for those who ask once."""
        if self.name in HEADER_NAMES:
            return self.field(number).span
        check_number(number)
        parts = self._parts or self._split()
        if number >= len(parts):
            return self.span[1], self.span[1]
        start = self._start + number + sum(map(len, parts[:number]))
        return start, start + len(parts[number])

    def fields(self) -> Iterator[Field]:
        """All fields sent, in order."""
        return (self.field(number) for number in range(1, self.count + 1))

    def _plain_texts(self) -> Sequence[str | None]:
        """The texts of all fields by number, decoded at once; None for the delimiters that a header declares, and
        none at all where every field is to be read by itself.

        That is where something is escaped or null, or a byte is not of the character set.
        """
        if self.name not in HEADER_NAMES:
            return self._decoded(self.raw)
        if not self._declares:
            return ()
        texts = self._decoded(self.raw[4:].partition(self._encoding.delimiters.field)[2])
        return (None, None, None, *texts) if texts else ()

    def _decoded(self, sent: bytes) -> list[str]:
        delimiters = self._encoding.delimiters
        if NULL in sent or (delimiters.escape and delimiters.escape in sent):
            return []
        try:
            return sent.decode(self._encoding.charset).split(delimiters.field.decode("ascii"))
        except UnicodeDecodeError:
            return []

    def _component(self, text: str, component: int) -> str:
        """A component of the first repetition of a field that was read as a whole."""
        delimiters = self._encoding.delimiters
        first = text.split(delimiters.repetition.decode("ascii"), 1)[0] if delimiters.repetition else text
        parts = first.split(delimiters.component.decode("ascii"))
        if component < 1:
            check_number(component)
        return parts[component - 1] if component <= len(parts) else ""

    def _one_text(self, number: int, component: int) -> str:
        raw = self.raw_field(number)
        if not raw:
            return ""
        if self.name in HEADER_NAMES and number <= 2:
            return self.field(number).first.component(component) if component else self.field(number).text
        delimiters = self._encoding.delimiters
        if component:
            raw = nth(split_at(split_at(raw, delimiters.repetition)[0], delimiters.component), component)
        return element_text(raw, self._encoding)

    @property
    def _declares(self) -> bool:
        """Whether it is a header whose field 1 is the delimiter that stands after its name."""
        return self.name in HEADER_NAMES and self.raw[3:4] == self._encoding.delimiters.field

    def _make_field(self, number: int) -> Field:
        check_number(number)
        row, index = self._row or self._made_row(), number
        if self.name in HEADER_NAMES and self._declares:
            if number <= 2:
                return self._declaration(number)
            index -= 1
        return Field(row, number, index, row.parts[index] if index < len(row.parts) else b"")

    def _declaration(self, number: int) -> Field:
        """Field 1 or 2 of a header segment: the delimiters, which are neither split nor unescaped."""
        delimiter = self._encoding.delimiters.field
        raw = delimiter if number == 1 else nth(self._parts or self._split(), 2)
        start = min(self._start + 2 + number, self.span[1])
        literal = Encoding(LITERAL, self._encoding.charset)
        row = Row([raw], start, self.name, self.occurrence, literal)
        return Field(row, number, 0, raw)

    def _made_row(self) -> Row:
        """What the fields need; most segments are read without making any."""
        parts = self._parts or self._split()
        row = self._row = Row(parts, self._start, self.name, self.occurrence, self._encoding)
        return row

    def _split(self) -> list[bytes]:
        parts = self._parts = self.raw.split(self._encoding.delimiters.field)
        return parts

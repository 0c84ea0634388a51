"""Fields, repetitions and components, split and decoded only when they are read.

Not for finding fields in a segment (segments.py), nor for what a value means (times.py, numbers.py).

These classes and Segment are slotted by hand, with Final attributes, because they are the hot path: as frozen
dataclasses they cost about twice as much to make, and they keep what they have split.
"""

from typing import Final

from adapter.hl7v2.escapes import escape_faults
from adapter.hl7v2.findings import ReadFinding, Span
from adapter.hl7v2.pieces import NULL, Pieces, Row, check_number, element_text, nth, split_at


class Repetition:
    """One repetition of a field, with its components.

    Texts come with escapes resolved; `""` (the HL7 null) and absent components both read as the empty text,
    `is_null` and `is_null_component` tell them apart. Numbers count from 1; below that is a `ValueError`.
    """

    __slots__ = ("_index", "_number", "_parts", "_pieces", "_row", "_siblings", "raw")

    def __init__(self, row: Row, number: int, raw: bytes, siblings: Pieces, index: int) -> None:
        self._row: Final = row
        self._number: Final = number  # of the field
        self.raw: Final = raw
        self._siblings: Final = siblings
        self._index: Final = index
        self._parts: list[bytes] | None = None
        self._pieces: Pieces | None = None

    def __repr__(self) -> str:
        return f"<Repetition {self.address()}>"

    @property
    def is_empty(self) -> bool:
        """Whether nothing was sent."""
        return not self.raw

    @property
    def is_null(self) -> bool:
        """Whether exactly `""` was sent: the HL7 null, which deletes a stored value."""
        return self.raw == NULL

    @property
    def span(self) -> Span:
        """Its bytes in the raw message."""
        return self._siblings.span(self._index)

    @property
    def text(self) -> str:
        """The whole repetition as text, component delimiters included."""
        return element_text(self.raw, self._row.encoding)

    @property
    def formatted_text(self) -> str:
        """The whole repetition as formatted text (FT, TX, CF): line break escapes become newlines."""
        return element_text(self.raw, self._row.encoding, formatted=True)

    @property
    def components(self) -> tuple[str, ...]:
        """All components as text."""
        return tuple(element_text(part, self._row.encoding) for part in self._split())

    def component(self, number: int) -> str:
        """The text of a component, the empty text where it is absent; sub-component delimiters stay in it."""
        parts = self._parts or self._split()
        if 1 <= number <= len(parts):
            return element_text(parts[number - 1], self._row.encoding)
        check_number(number)
        return ""

    def subcomponent(self, component: int, number: int) -> str:
        """The text of a sub-component, the empty text where it is absent."""
        encoding = self._row.encoding
        parts = split_at(self._component_raw(component), encoding.delimiters.subcomponent)
        return element_text(nth(parts, number), encoding)

    def is_null_component(self, number: int) -> bool:
        """Whether a component is exactly `""`."""
        return self._component_raw(number) == NULL

    def component_span(self, number: int) -> Span:
        """The bytes of a component in the raw message; an empty span at the end where it is absent."""
        check_number(number)
        if self._pieces is None:
            self._pieces = Pieces(self._split(), self.span[0])
        return self._pieces.span(number - 1)

    def address(self, component: int | None = None, subcomponent: int | None = None) -> str:
        """The HL7 address, `OBX[3]-5[2].1`; the repetition number stands only where the field repeats."""
        place = f"{self._row.segment_address}-{self._number}"
        if self._siblings is not self._row:
            place += f"[{self._index + 1}]"
        return ".".join([place, *(str(part) for part in (component, subcomponent) if part is not None)])

    def _component_raw(self, number: int) -> bytes:
        return nth(self._split(), number)

    def _split(self) -> list[bytes]:
        parts = self._parts
        if parts is None:
            parts = self._parts = split_at(self.raw, self._row.encoding.delimiters.component)
        return parts


class Field:
    """One field of a segment, with its repetitions; an absent field reads as an empty one."""

    __slots__ = ("_index", "_repetitions", "_row", "number", "raw")

    def __init__(self, row: Row, number: int, index: int, raw: bytes) -> None:
        self._row: Final = row
        self._index: Final = index
        self.number: Final = number
        self.raw: Final = raw
        self._repetitions: tuple[Repetition, ...] | None = None

    def __repr__(self) -> str:
        return f"<Field {self.address}>"

    @property
    def address(self) -> str:
        """The HL7 address, `OBX[3]-5`."""
        return f"{self._row.segment_address}-{self.number}"

    @property
    def is_empty(self) -> bool:
        """Whether nothing was sent: a stored value stays as it is."""
        return not self.raw

    @property
    def is_null(self) -> bool:
        """Whether exactly `""` was sent: the HL7 null, which deletes a stored value."""
        return self.raw == NULL

    @property
    def is_truncated(self) -> bool:
        """Whether the sender marks the value as cut short by a truncation character at its end."""
        truncation = self._row.encoding.delimiters.truncation
        return bool(truncation) and self.raw.endswith(truncation)

    @property
    def span(self) -> Span:
        """Its bytes in the raw message."""
        return self._row.span(self._index)

    @property
    def text(self) -> str:
        """The whole field as text (ST, NM, IS ...), delimiters included; empty for the HL7 null."""
        return element_text(self.raw, self._row.encoding)

    @property
    def formatted_text(self) -> str:
        """The whole field as formatted text (FT, TX, CF): line break escapes become newlines."""
        return element_text(self.raw, self._row.encoding, formatted=True)

    @property
    def repeats(self) -> bool:
        """Whether there is more than one repetition, empty ones included."""
        separator = self._row.encoding.delimiters.repetition
        return bool(separator) and separator in self.raw

    @property
    def repetitions(self) -> tuple[Repetition, ...]:
        """The repetitions in order, empty ones between delimiters included; none for an empty field."""
        known = self._repetitions
        if known is None:
            known = self._repetitions = self._split() if self.raw else ()
        return known

    @property
    def first(self) -> Repetition:
        """The first repetition; an empty one where the field is empty."""
        repetitions = self._repetitions or self.repetitions
        return repetitions[0] if repetitions else self._split()[0]

    def escape_findings(self) -> tuple[ReadFinding, ...]:
        """Escape sequences of the field that were kept as text: broken, unknown, or switching the set."""
        faults = escape_faults(self.raw, self._row.encoding.delimiters, self._row.encoding.charset)
        base = self.span[0]
        return tuple(ReadFinding(code, self.address, (base + a, base + b)) for code, (a, b) in faults)

    def _split(self) -> tuple[Repetition, ...]:
        if not self.repeats:
            return (Repetition(self._row, self.number, self.raw, self._row, self._index),)
        pieces = Pieces(self.raw.split(self._row.encoding.delimiters.repetition), self.span[0])
        return tuple(Repetition(self._row, self.number, raw, pieces, index) for index, raw in enumerate(pieces.parts))

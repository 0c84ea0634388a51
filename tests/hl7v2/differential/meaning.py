"""A message as its author means it: segments, fields and pieces of text, and the bytes that this is on the wire.

Written forwards only, from meaning to bytes: nothing here reads HL7 v2, so that it can judge readers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal[
    "plain",
    "null",
    "delimiter",
    "truncation",
    "highlight",
    "hex",
    "hex-of-set",
    "hex-broken",
    "layout-break",
    "layout-indent",
    "layout-skip",
    "layout-mode",
    "local",
    "charset-switch",
    "unknown",
    "unclosed",
]
"""What a piece of text is; all but the first two are written with the escape character."""

NULL: Final = "\N{SYMBOL FOR NULL}"
"""How a reading shows the HL7 null (`""`), which is no text."""

Element = tuple[tuple[tuple[str, ...], ...], ...]
"""A field as read: repetitions of components of sub-components, texts at the bottom."""
Reading = tuple[tuple[str, tuple[Element, ...]], ...]
"""A message as read: segments with their names and fields; field 1 comes first, also in MSH."""

EMPTY: Final[Element] = ((("",),),)


@dataclass(frozen=True, slots=True)
class Marks:
    """The delimiters; an empty one is not declared."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""

    @property
    def encoding(self) -> str:
        """MSH-2."""
        return self.component + self.repetition + self.escape + self.subcomponent + self.truncation


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text: `body` as written (between escape characters, unless plain) and what it means.

    `formatted` is its meaning in formatted text (FT, TX, CF), where that is another.
    """

    kind: Kind
    body: str
    means: str
    formatted: str

    def written(self, escape: str) -> str:
        """The piece on the wire."""
        match self.kind:
            case "plain" | "null":
                return self.body
            case "unclosed":
                return escape + self.body
            case _:
                return escape + self.body + escape


Leaf = tuple[Piece, ...]
Field = tuple[tuple[tuple[Leaf, ...], ...], ...]
"""Repetitions of components of sub-components; no repetition is an empty field."""


@dataclass(frozen=True, slots=True)
class Line:
    """One segment. Of MSH the first field given is MSH-3. `blank_lines` stand after it."""

    name: str
    fields: tuple[Field, ...]
    blank_lines: int = 0


@dataclass(frozen=True, slots=True)
class Meant:
    """A whole message. `codec` is the one that its bytes are in, `end` ends each segment."""

    marks: Marks
    lines: tuple[Line, ...]
    codec: str = "utf-8"
    end: str = "\r"
    ended: bool = True
    byte_order_mark: bool = False

    @property
    def version(self) -> str:
        """MSH-12.1 as written."""
        return written_leaf(self.lines[0].fields[9][0][0][0], self.marks)

    def pieces(self) -> Iterator[Piece]:
        """Every piece of text."""
        for line in self.lines:
            for field in line.fields:
                for leaf in leaves(field):
                    yield from leaf


def leaves(field: Field) -> Iterator[Leaf]:
    """The texts of a field from first to last."""
    return (leaf for repetition in field for component in repetition for leaf in component)


def written_leaf(leaf: Leaf, marks: Marks) -> str:
    """A text on the wire."""
    return "".join(piece.written(marks.escape) for piece in leaf)


def encode(meant: Meant) -> bytes:
    """The message on the wire."""
    lines = [_line(line, meant) for line in meant.lines]
    if meant.ended:
        lines[-1] += meant.end
    text = meant.end.join(lines)
    return b"\xef\xbb\xbf" * meant.byte_order_mark + text.encode(meant.codec)


def _line(line: Line, meant: Meant) -> str:
    marks = meant.marks
    head = [line.name, marks.encoding] if line.name == "MSH" else [line.name]
    return marks.field.join([*head, *(_field(field, marks) for field in line.fields)]) + meant.end * line.blank_lines


def _field(field: Field, marks: Marks) -> str:
    return marks.repetition.join(
        marks.component.join(
            marks.subcomponent.join(written_leaf(leaf, marks) for leaf in component) for component in repetition
        )
        for repetition in field
    )


def meant_reading(meant: Meant) -> Reading:
    """What a reader must make of it: no element added, moved or lost, texts un-escaped.

    The null counts for whole components and larger elements; within a component it is an empty text.
    """
    return tuple((line.name, _meant_fields(line, meant)) for line in meant.lines)


def _meant_fields(line: Line, meant: Meant) -> tuple[Element, ...]:
    fields = tuple(_meant_field(field) for field in line.fields)
    head = (literal(meant.marks.field), literal(meant.marks.encoding)) if line.name == "MSH" else ()
    return (*head, *fields)


def literal(text: str) -> Element:
    """A field of one text."""
    return (((text,),),)


def _meant_field(field: Field) -> Element:
    return tuple(tuple(_meant_component(component) for component in repetition) for repetition in field) or EMPTY


def _meant_component(component: tuple[Leaf, ...]) -> tuple[str, ...]:
    if len(component) == 1 and [piece.kind for piece in component[0]] == ["null"]:
        return (NULL,)
    return tuple("".join(piece.means for piece in leaf) for leaf in component)

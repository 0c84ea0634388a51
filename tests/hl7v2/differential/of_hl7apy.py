"""What hl7apy is expected to make of a message by the reviewed table, compared with what it does, place by place.

Not for what keeps it from reading at all (obstacles.py). Texts of nothing but blanks are left out.
"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import cache

from hl7apy.core import Component, Field, Segment

from tests.hl7v2.differential.differences import Compared
from tests.hl7v2.differential.meaning import Leaf, Line, Meant, encode, written_leaf
from tests.hl7v2.differential.obstacles import overcome
from tests.hl7v2.differential.readers import Place, Placed, Refused, hl7apy_reading


def compare_hl7apy(meant: Meant) -> Compared:
    """Read the message with hl7apy and compare every text that is not blank, with its place."""
    compared = Compared()
    meant = overcome("hl7apy", meant, _read, compared)
    found = _read(meant)
    if isinstance(found, Refused):
        compared.unexplained.append(f"hl7apy: refuses with {found.reason}")
    elif [segment.name for segment in found] != [line.name for line in meant.lines]:
        compared.unexplained.append(f"hl7apy: segments {[segment.name for segment in found]}")
    else:
        for line, segment in zip(meant.lines, found, strict=True):
            _compare_placed(line, segment, meant, compared)
    return compared


def _read(meant: Meant) -> tuple[Placed, ...] | Refused:
    return hl7apy_reading(encode(meant).decode(meant.codec))


def _compare_placed(line: Line, segment: Placed, meant: Meant, compared: Compared) -> None:
    predicted = {place: text for place, text in _predicted(line, meant, compared) if text.strip()}
    placed = {place: text for place, text in segment.texts.items() if text.strip()}
    lost = [text for text in segment.lost if text.strip()]
    for place, text in placed.items():
        if not _same_text(predicted.get(place, ""), text, compared):
            compared.unexplained.append(f"hl7apy: {line.name}{place} {predicted.get(place)!r} {text!r}")
    beyond = {place: text for place, text in predicted.items() if place not in placed}
    if beyond:
        compared.meet("hl7apy", "number-lost")
    if list(beyond.values()) != lost:
        compared.unexplained.append(f"hl7apy: {line.name} without a place: {list(beyond.values())} {lost}")
    for place in beyond:
        if is_defined(meant.version, line.name, place):
            compared.unexplained.append(f"hl7apy: {line.name}{place} is defined, but has no place")


def _predicted(line: Line, meant: Meant, compared: Compared) -> Iterator[tuple[Place, str]]:
    """Texts as they were sent: it keeps escapes, and drops blanks at the end of a segment."""
    if line.name == "MSH":
        yield (1, 1, 1, 1), meant.marks.field
        yield (2, 1, 1, 1), meant.marks.encoding
    placed = list(_places(line))
    for place, leaf in placed:
        sent = written_leaf(leaf, meant.marks)
        _meet_kinds(leaf, sent, compared)
        if place == placed[-1][0] and line.fields[-1] and sent != sent.rstrip():
            compared.meet("hl7apy", "blanks-at-the-end")
            sent = sent.rstrip()
        yield place, sent


def _places(line: Line) -> Iterator[tuple[Place, Leaf]]:
    for number, of_field in enumerate(line.fields, 3 if line.name == "MSH" else 1):
        for repetition, components in enumerate(of_field, 1):
            for component, subcomponents in enumerate(components, 1):
                for subcomponent, leaf in enumerate(subcomponents, 1):
                    yield (number, repetition, component, subcomponent), leaf


def _meet_kinds(leaf: Leaf, sent: str, compared: Compared) -> None:
    kinds = {piece.kind for piece in leaf}
    if "null" in kinds:
        compared.meet("hl7apy", "null")
    elif kinds - {"plain"}:
        compared.meet("hl7apy", "escapes")
    if kinds == {"plain"} and not sent.strip():
        compared.meet("hl7apy", "blank-element")


def _same_text(sent: str, held: str, compared: Compared) -> bool:
    if sent == held:
        return True
    try:
        same = Decimal(sent.strip()) == Decimal(held)
    except InvalidOperation:
        return False
    compared.meet("hl7apy", "number-rewritten")
    return same


@cache
def is_defined(version: str, segment: str, place: Place) -> bool:
    """Whether hl7apy's dictionary of the version has the element."""
    number, _, component, subcomponent = place
    known = Segment(segment, version=version)
    if known.allow_infinite_children:
        return False
    name = f"{segment}_{number}"
    if name not in known.structure_by_name:
        return False
    of_field = Field(name, version=version)
    if of_field.datatype.upper() == "WD" or not _has(of_field, component):
        return False  # withdrawn, or beyond the data type
    of_component = (of_field.structure_by_name or {}).get(f"{of_field.datatype}_{component}")
    return subcomponent == 1 or of_component is None or _has(_component(of_field, component, version), subcomponent)


def _component(of_field: Field, number: int, version: str) -> Component:
    return Component(f"{of_field.datatype}_{number}", version=version)


def _has(element: Field | Component, number: int) -> bool:
    parts = element.structure_by_name
    return not parts or f"{element.datatype}_{number}" in parts

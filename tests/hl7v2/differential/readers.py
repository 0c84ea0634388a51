"""What our reader, python-hl7 and hl7apy make of the same message, in one form.

Not for judging their answers (prediction.py says what each is expected to make of a message).
"""

import logging
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import hl7
import hl7.util
from hl7apy.core import Component, Group, SubComponent, is_base_datatype
from hl7apy.core import Field as Hl7apyField
from hl7apy.core import Message as Hl7apyMessage
from hl7apy.core import Segment as Hl7apySegment
from hl7apy.exceptions import HL7apyException
from hl7apy.parser import parse_message as hl7apy_parse

from adapter.hl7v2 import Field, Repetition, Segment, UnusableMessage, parse_message
from tests.hl7v2.differential.meaning import EMPTY, NULL, Element, Reading, literal

logging.getLogger(hl7.util.__file__).disabled = True  # a traceback for each escape that it does not know


@dataclass(frozen=True, slots=True)
class Refused:
    """The reader took nothing of the message: our code, or the class of the peer's exception."""

    reason: str


def our_reading(raw: bytes) -> Reading | Refused:
    """Ours."""
    try:
        message = parse_message(raw)
    except UnusableMessage as error:
        return Refused(error.code)
    return tuple(
        (segment.name, tuple(_our_field(segment, field, message.delimiters.subcomponent) for field in segment.fields()))
        for segment in message.segments
    )


def _our_field(segment: Segment, field: Field, subcomponent: bytes) -> Element:
    if segment.name == "MSH" and field.number <= 2:
        return literal(field.text)
    if field.is_empty:
        return EMPTY
    return tuple(_our_repetition(repetition, subcomponent) for repetition in field.repetitions)


def _our_repetition(repetition: Repetition, subcomponent: bytes) -> tuple[tuple[str, ...], ...]:
    return tuple(
        _our_component(repetition, number, subcomponent) for number in range(1, len(repetition.components) + 1)
    )


def _our_component(repetition: Repetition, number: int, subcomponent: bytes) -> tuple[str, ...]:
    if repetition.is_null_component(number):
        return (NULL,)
    begin, end = repetition.component_span(number)
    at = begin - repetition.span[0]
    raw = repetition.raw[at : at + end - begin]
    count = raw.count(subcomponent) + 1 if subcomponent else 1
    return tuple(repetition.subcomponent(number, place) for place in range(1, count + 1))


def python_hl7_reading(raw: bytes, encoding: str | None = None) -> Reading | Refused:
    """That of python-hl7, told the character set (it does not look at MSH-18) or left to its default."""
    try:
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            message = hl7.parse(raw, encoding=encoding) if encoding else hl7.parse(raw)
            return tuple(_python_hl7_segment(message, segment) for segment in message)
    except (UnicodeDecodeError, hl7.ParseException, AssertionError, IndexError) as error:
        return Refused(type(error).__name__)


def _python_hl7_segment(message: hl7.Message, segment: object) -> tuple[str, tuple[Element, ...]]:
    name, *fields = _parts(segment)
    header = str(name) in ("MSH", "BHS", "FHS")
    return str(name), tuple(
        literal(str(field)) if header and number <= 2 else _python_hl7_field(message, field)
        for number, field in enumerate(fields, 1)
    )


def _python_hl7_field(message: hl7.Message, field: object) -> Element:
    return tuple(
        tuple(tuple(str(message.unescape(str(text))) for text in _parts(component)) for component in _parts(repetition))
        for repetition in _parts(field)
    )


def _parts(part: object) -> list[object]:
    """The children; a text stands where a level has only one."""
    return [part] if isinstance(part, str) else list(part) if isinstance(part, list) else []


Place = tuple[int, int, int, int]
"""Field, repetition, component and sub-component, from 1."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A segment as hl7apy gives it: texts by place, and those whose number it does not know, in order."""

    name: str
    texts: dict[Place, str]
    lost: tuple[str, ...]


def hl7apy_reading(text: str) -> tuple[Placed, ...] | Refused:
    """That of hl7apy, without its grouping, which drops segments."""
    try:
        message = hl7apy_parse(text, find_groups=False)
    except (HL7apyException, ValueError, TypeError, AttributeError) as error:  # the last two: its dictionary has holes
        return Refused(type(error).__name__)
    return tuple(_placed(segment) for segment in message.children)


def _placed(segment: Hl7apySegment) -> Placed:
    """Places by the numbers in the names; what has none, or only a data type, counts by its order."""
    texts: dict[Place, str] = {}
    lost: list[str] = []
    repetitions: Counter[int] = Counter()
    for field in segment.children:
        number = _number(field.name)
        repetitions[number] += 1
        for place, text in _texts_of_field(field):
            if number and 0 not in place:
                texts[number, repetitions[number], *place] = text
            else:
                lost.append(text)
    return Placed(segment.name, texts, tuple(lost))


def _texts_of_field(field: Hl7apyField) -> Iterator[tuple[tuple[int, int], str]]:
    """Component and sub-component with the text; 0 is a number that hl7apy has lost."""
    for order, component in enumerate(field.children, 1):
        number = _number(component.name) or (0 if _is_composite(field) else order)
        for at, part in enumerate(component.children, 1):
            yield (number, _number(part.name) or (0 if _is_composite(component) else at)), _text(part)


def _is_composite(element: Hl7apyField | Component) -> bool:
    """Whether the version defines the element's parts, so that a part without a number is beyond them."""
    return element.datatype is not None and not is_base_datatype(element.datatype, element.version)


def _number(name: str | None) -> int:
    """The number at the end of a name such as PID_3; 0 where there is none."""
    _, _, number = (name or "").rpartition("_")
    return int(number) if number.isdigit() else 0


def _text(part: SubComponent) -> str:
    """The text as hl7apy holds it: it escapes again when it writes."""
    value = getattr(part.value, "value", part.value)  # wrapped in its data type, if the version knows one
    return value if isinstance(value, str) else str(part.to_er7())


def grouped_names(text: str) -> list[str]:
    """The segments that hl7apy keeps with its grouping on, which is its default."""
    names: list[str] = []

    def collect(element: Hl7apyMessage | Group) -> None:
        for child in element.children:
            if isinstance(child, Group):
                collect(child)
            else:
                names.append(child.name)

    collect(hl7apy_parse(text))
    return names

"""What the dictionary of HL7 v2 (hl7apy) says against a message: segments, fields, data types, groups, in HL7's words.

Not for reading messages; the adapter reads what this calls wrong. No fault quotes a value: it may be the patient's.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Final, Protocol

from adapter.hl7v2 import Message, Segment

_VALUE_OF: Final = re.compile(r"is not an HL7 valid (\w{2,9}) value$")
"""How hl7apy ends the text on a value that is none of its data type; the value stands before it."""

_WITHDRAWN: Final = 0
"""The most repetitions of a field that a version no longer has, or not yet."""


class _Element(Protocol):
    """An element of hl7apy, which has no types: a message, a group or a segment."""

    name: str
    classname: str
    children: "Iterable[_Element]"

    def to_er7(self) -> str:
        """Its text."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A field of a segment, or a segment or group of a structure: `most` is -1 where it may repeat at will."""

    name: str
    title: str
    datatype: str
    least: int
    most: int
    parts: "tuple[_Part, ...]" = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """A group or segment of a message, by the dictionary; of a segment `position` is the one in the message."""

    name: str
    position: int
    inside: "tuple[_Found, ...]" = ()

    @property
    def first(self) -> int:
        """The position of its first segment."""
        return self.inside[0].first if self.inside else self.position


def structure_faults(message: Message) -> Iterator[str]:
    """Each fault with its place, such as `OBX[3]-11: observation result status is required and empty`."""
    if message.charset_fault() is not None:
        yield "MSH[1]-18: bytes of the message are not of its character set, so that no more can be checked"
        return
    version = message.header.version
    try:
        import_module("hl7apy").check_version(version)
    except import_module("hl7apy.exceptions").UnsupportedVersion:
        yield "MSH[1]-12: the structure of this version cannot be checked, only that of 2.1 to 2.8.2"
        return
    known: list[Segment] = []
    for segment in message.segments:
        fields = _parts(segment.name, "Segment", version)
        if fields is not None:
            known.append(segment)
            yield from _segment_faults(segment, fields, message)
        elif not segment.name.startswith("Z"):
            yield f"{segment.address}: HL7 v{version} has no segment of this name"
    yield from _group_faults(known, version)


def _parts(name: str, kind: str, version: str) -> tuple[_Part, ...] | None:
    """What the dictionary says of a segment or a structure; None for what it does not have."""
    try:
        _, children, *_ = import_module("hl7apy").load_reference(name, kind, version)
    except import_module("hl7apy.exceptions").ChildNotFound:
        return None
    return tuple(map(_part, children))


def _part(child: tuple[str, tuple[object, ...], tuple[int, int], str]) -> _Part:
    name, about, (least, most), kind = child
    if kind == "FIE":
        title = str(about[3]).replace("_", " ").lower()
        return _Part(name, title, str(about[2]), least, most)
    below = about[1] if kind == "GRP" else ()
    return _Part(name, name, "", least, most, tuple(map(_part, below)) if isinstance(below, tuple) else ())


def _segment_faults(segment: Segment, fields: tuple[_Part, ...], message: Message) -> Iterator[str]:
    """The faults of its fields. Those beyond the last one that is known are passed over, as the standard wants it."""
    for number, field in enumerate(fields, start=1):
        sent, place = segment.field(number), f"{segment.address}-{number}"
        if sent.is_empty:
            if field.least:
                yield f"{place}: {field.title} is required and empty"
            continue
        if field.most == _WITHDRAWN:
            yield f"{place}: {field.title} is not used in HL7 v{message.header.version} (withdrawn, or reserved)"
        elif -1 < field.most < len(sent.repetitions):
            yield f"{place}: {field.title} may stand {field.most} time{'s' if field.most > 1 else ''} at most"
        elif fault := _value_fault(segment, number, message):
            yield f"{place}: {field.title} ({field.datatype}) {fault}"


def _value_fault(segment: Segment, number: int, message: Message) -> str:
    """What is wrong with the content of one field; nothing where nothing is. MSH-1 and MSH-2 have been read."""
    is_header = segment.name == "MSH"
    if is_header and number <= 2:
        return ""
    marks = message.delimiters.completed()
    start = marks.field + marks.encoding_characters[:4] + marks.field * (number - 2) if is_header else b""
    raw = segment.name.encode() + (start or marks.field * number) + segment.raw_field(number)
    names = ("FIELD", "COMPONENT", "REPETITION", "ESCAPE", "SUBCOMPONENT")
    signs = (marks.field, marks.component, marks.repetition, marks.escape, marks.subcomponent)
    encoding = {name: sign.decode("ascii") for name, sign in zip(names, signs, strict=True)}
    encoding |= {"GROUP": "\r", "SEGMENT": "\r"}
    faults = import_module("hl7apy.exceptions")
    strict = import_module("hl7apy.consts").VALIDATION_LEVEL.STRICT
    try:
        import_module("hl7apy.parser").parse_segment(
            raw.decode(message.charset), message.header.version, encoding, strict
        )
    except faults.MaxLengthReached as error:
        return f"is longer than {error.limit} characters"
    except (faults.MaxChildLimitReached, faults.InvalidName, faults.ChildNotFound, faults.ChildNotValid):
        return "has more components or subcomponents than its data type"
    except ValueError as error:
        kind = _VALUE_OF.search(str(error))
        return f"holds what is no {kind[1]}" if kind else "holds a value that is none of its data type"
    except faults.HL7apyException:
        return "is not of its data type"
    return ""


def _group_faults(known: list[Segment], version: str) -> Iterator[str]:
    """What is missing, or stands too often, in the groups of the message structure."""
    whole = _whole(known, version)
    parts = None if whole is None else _parts(whole.name, "Message", version)
    if whole is None or parts is None:
        yield f"MSH[1]-9: HL7 v{version} has no message structure of this name"
        return
    yield from _missing(whole, parts, known)


def _whole(known: list[Segment], version: str) -> _Found | None:
    """The message as groups, made of the names of its segments alone; None where the structure is unknown."""
    header = known[0]
    kind = "^".join(header.field(9).first.components)
    lines = [f"MSH|^~\\&|||||||{kind}|1|P|{version}"]
    lines += [f"{segment.name}|{position}" for position, segment in enumerate(known) if position]
    tolerant = import_module("hl7apy.consts").VALIDATION_LEVEL.TOLERANT
    try:
        parsed = import_module("hl7apy.parser").parse_message("\r".join(lines), validation_level=tolerant)
    except import_module("hl7apy.exceptions").HL7apyException:
        return None
    return None if parsed.name is None else _found(parsed)


def _found(element: "_Element") -> _Found:
    if element.classname == "Segment":
        number = element.to_er7().partition("|")[2]
        return _Found(element.name, int(number) if number.isdecimal() else 0)
    return _Found(element.name, 0, tuple(map(_found, element.children)))


def _missing(found: _Found, parts: Iterable[_Part], known: list[Segment]) -> Iterator[str]:
    where = known[found.first].address
    for part in parts:
        here = [one for one in found.inside if one.name == part.name]
        what = f"the {'group' if part.parts else 'segment'} {part.name}"
        if len(here) < part.least:
            yield f"{where}: {what} is required and missing ({found.name})"
        elif -1 < part.most < len(here):
            yield f"{known[here[part.most].first].address}: {what} may not stand again ({found.name})"
        for one in here:
            yield from _missing(one, part.parts, known)
    allowed = {part.name for part in parts}
    for one in found.inside:
        if one.name not in allowed:
            yield f"{known[one.first].address}: has no place in {found.name}"

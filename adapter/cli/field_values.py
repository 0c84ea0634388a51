"""Whether the value of a field is of its data type: by the dictionary and by the adapter's own reader.

Not for missing fields (structure.py). No fault quotes a value: it may be the patient's.
"""

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Final

from adapter.cli.dictionary import data_type, is_defined
from adapter.hl7v2 import Message, Repetition, Segment, read_nm, read_sn, read_time
from adapter.mapping.hl7v2_values import DATA_TYPES, coded
from adapter.mapping.sender import ANY_SENDER

_VALUE_OF: Final = re.compile(r"is not an HL7 valid (\w{2,9}) value$")
"""How hl7apy ends the text on a value that is none of its data type; the value stands before it."""
_KINDS: Final = {"date": "date or time"}
_TOO_MANY: Final = "has more components or subcomponents than its data type"
_CODED: Final = frozenset(name for name, reading in DATA_TYPES.items() if reading == "coded")
_TIMES: Final = frozenset(name for name, reading in DATA_TYPES.items() if reading == "time")


def value_fault(segment: Segment, number: int, datatype: str, message: Message) -> str:
    """What is wrong with the content of one field; nothing where nothing is. MSH-1 and MSH-2 have been read."""
    field = segment.field(number)
    if field.is_null or (segment.name == "MSH" and number <= 2):
        return ""
    read = next(filter(None, (_reader_fault(repetition, datatype) for repetition in field.repetitions)), "")
    if read or not is_defined(segment.name, message.header.version):
        return read
    return _told(lambda: _parse_field(segment, number, message))


def result_faults(segment: Segment, message: Message) -> Iterator[str]:
    """What is wrong with the values of an OBX (OBX-5) by the data type that OBX-2 declares, whatever its code is."""
    value, datatype = segment.field(5), segment.text(2)
    if value.is_empty or value.is_null:
        return
    if datatype not in DATA_TYPES:
        what = "none that HL7 v2 has" if datatype else "required beside a value and empty"
        yield f"{segment.address}-2: value type is {what}"
        return
    for repetition in value.repetitions:
        if fault := _repetition_fault(repetition, datatype, message):
            yield f"{repetition.address()}: observation value ({datatype}) {fault}"


def _repetition_fault(repetition: Repetition, datatype: str, message: Message) -> str:
    if repetition.is_empty or repetition.is_null:
        return ""
    if datatype in _CODED and not coded(repetition, ANY_SENDER):
        return "holds no code, only what stands beside it"
    if fault := _reader_fault(repetition, datatype):
        return fault
    known = data_type(datatype, message.header.version)
    if known == "simple" and len(repetition.components) > 1:
        return _TOO_MANY
    return "" if known == "unknown" else _told(lambda: _parse_value(repetition, datatype, message))


def _reader_fault(repetition: Repetition, datatype: str) -> str:
    """What our own reader of times and numbers finds where the dictionary takes any text, or any number of Python."""
    first = repetition.component(1)
    if datatype == "NM" and first:
        return _number_fault(first)
    if datatype in _TIMES and first and read_time(first, default_offset=None) is None:
        return "holds what is no date or time"
    if datatype == "SN" and not repetition.is_empty and read_sn(repetition) is None:
        return "holds what is no SN"
    return ""


def _number_fault(text: str) -> str:
    read = read_nm(text)
    if read is None:
        return "holds what is no NM"
    comparator, number = read
    if comparator:
        return "holds a number with a comparator, which is an SN"
    return "holds a number with an exponent, which is no NM" if "e" in number.lower() else ""


def _parse_field(segment: Segment, number: int, message: Message) -> None:
    is_header = segment.name == "MSH"
    marks = message.delimiters.completed()
    start = marks.field + marks.encoding_characters[:4] + marks.field * (number - 2) if is_header else b""
    raw = segment.name.encode() + (start or marks.field * number) + segment.raw_field(number)
    import_module("hl7apy.parser").parse_segment(
        raw.decode(message.charset), message.header.version, _signs(message), _strict()
    )


def _parse_value(repetition: Repetition, datatype: str, message: Message) -> None:
    """The value as components of its data type: hl7apy takes everything for an OBX-5."""
    text = repetition.raw.decode(message.charset)
    import_module("hl7apy.parser").parse_components(text, datatype, message.header.version, _signs(message), _strict())


def _signs(message: Message) -> dict[str, str]:
    """The delimiters of a message as hl7apy wants them."""
    marks = message.delimiters.completed()
    names = ("FIELD", "COMPONENT", "REPETITION", "ESCAPE", "SUBCOMPONENT")
    signs = (marks.field, marks.component, marks.repetition, marks.escape, marks.subcomponent)
    return {name: sign.decode("ascii") for name, sign in zip(names, signs, strict=True)} | {
        "GROUP": "\r",
        "SEGMENT": "\r",
    }


def _strict() -> object:
    return import_module("hl7apy.consts").VALIDATION_LEVEL.STRICT


def _told(parse: Callable[[], None]) -> str:
    """What hl7apy has against a value, in our words; its own text quotes the value."""
    faults = import_module("hl7apy.exceptions")
    try:
        parse()
    except faults.MaxLengthReached as error:
        return f"is longer than {error.limit} characters"
    except (faults.MaxChildLimitReached, faults.InvalidName, faults.ChildNotFound, faults.ChildNotValid):
        return _TOO_MANY
    except ValueError as error:
        kind = _VALUE_OF.search(str(error))
        return (
            f"holds what is no {_KINDS.get(kind[1], kind[1])}"
            if kind
            else "holds a value that is none of its data type"
        )
    except faults.HL7apyException:
        return "is not of its data type"
    return ""

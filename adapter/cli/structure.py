"""What the dictionary of HL7 v2 says against a message: segments, fields, data types, groups, in HL7's words.

Not for reading messages; the adapter reads what this calls wrong. No fault quotes a value: it may be the patient's.
"""

from collections.abc import Iterator

from adapter.cli.dictionary import NO_LIMIT, WITHDRAWN, Part, knows_version, parts_of, structure_of
from adapter.cli.field_values import result_faults, value_fault
from adapter.cli.grammar import order_faults
from adapter.hl7v2 import Message, Segment


def structure_faults(message: Message) -> Iterator[str]:
    """Each fault with its place, such as `OBX[3]-11: observation result status is required and empty`."""
    if message.charset_fault() is not None:
        yield "MSH[1]-18: bytes of the message are not of its character set, so that no more can be checked"
        return
    version = message.header.version
    if not knows_version(version):
        yield "MSH[1]-12: the structure of this version cannot be checked, only that of 2.1 to 2.8.2"
        return
    known: list[Segment] = []
    for segment in message.segments:
        fields = parts_of(segment.name, "Segment", version)
        if fields is not None:
            known.append(segment)
            yield from _segment_faults(segment, fields, message)
        elif not segment.name.startswith("Z"):
            yield f"{segment.address}: HL7 v{version} has no segment of this name"
    yield from _order_faults(known, message)


def _segment_faults(segment: Segment, fields: tuple[Part, ...], message: Message) -> Iterator[str]:
    """The faults of its fields. Those beyond the last one that is known are passed over, as the standard wants it."""
    by_number = {field.number: field for field in fields}
    for number in range(1, max(by_number, default=0) + 1):
        if segment.field(number).is_empty:
            field = by_number.get(number)
            if field is not None and field.least:
                yield f"{segment.address}-{number}: {field.title} is required and empty"
        elif fault := _field_fault(segment, number, by_number.get(number), message):
            yield f"{segment.address}-{number}: {fault}"
    if segment.name == "OBX":
        yield from result_faults(segment, message)


def _field_fault(segment: Segment, number: int, field: Part | None, message: Message) -> str:
    """What is wrong with a field that holds something; nothing where nothing is."""
    if field is None or field.most == WITHDRAWN:
        return f"this field is not used in HL7 v{message.header.version} (withdrawn, or reserved for a later version)"
    if NO_LIMIT < field.most < len(segment.field(number).repetitions):
        return f"{field.title} may stand {field.most} time{'s' if field.most > 1 else ''} at most"
    fault = value_fault(segment, number, field.datatype, message)
    return f"{field.title} ({field.datatype}) {fault}" if fault else ""


def _order_faults(known: list[Segment], message: Message) -> Iterator[str]:
    """What is missing, or has no place, in the structure of the message."""
    version, name = message.header.version, structure_of(message)
    parts = parts_of(name, "Message", version) if name else None
    if name is None or parts is None:
        yield f"MSH[1]-9: no message structure of this name is known for HL7 v{version}, so that none can be checked"
        return
    yield from order_faults([(segment.name, segment.address) for segment in known], name, parts)

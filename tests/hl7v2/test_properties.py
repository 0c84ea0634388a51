"""Properties of the reader for any bytes: read or refused, true spans, nothing lost."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from adapter.hl7v2 import Message, Segment, UndecodableText, UnusableMessage, groups, parse_message

pieces = st.sampled_from(
    [
        b"|",
        b"^",
        b"~",
        b"\\",
        b"&",
        b"\r",
        b"\n",
        b'""',
        b"OBX|",
        b"MSH|^~\\&|",
        b"a",
        b"\xc2\xb5",
        b"\xff",
        b"\\F\\",
        b"\\X41\\",
        b"\\.br\\",
        b"\\C2842\\",
        b"PID|",
    ]
)
bodies = st.lists(pieces, max_size=40).map(b"".join)
messages = bodies.map(lambda body: b"MSH|^~\\&|LAB|" + body)


def _whole(segment: Segment) -> bytes:
    fields = [segment.field(number).raw for number in range(1, segment.count + 1)]
    if segment.name in ("MSH", "FHS", "BHS") and len(segment.raw) > 3:
        return segment.raw[:3] + fields[0] + b"|".join(fields[1:])
    return b"|".join([segment.raw.split(b"|", 1)[0], *fields])


@given(st.binary(max_size=100) | messages)
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with suppress(UnusableMessage):
        message = parse_message(raw)
        assert message.header.msh == message.segments[0].raw
        groups(message)
        _read_all(message)


def _read_all(message: Message) -> None:
    readable = message.charset_fault() is None
    for segment in message.segments:
        for field in segment.fields():
            try:
                assert field.text != '""'
                for repetition in field.repetitions:
                    assert len(repetition.components) >= 1
                assert isinstance(field.formatted_text, str)
                field.escape_findings()
            except UndecodableText:
                assert not readable


@given(messages)
def test_spans_slice_back_to_the_content(raw: bytes) -> None:
    with suppress(UnusableMessage):
        for segment in parse_message(raw).segments:
            assert raw[slice(*segment.span)] == segment.raw
            for field in segment.fields():
                assert raw[slice(*field.span)] == field.raw
                for repetition in field.repetitions:
                    assert raw[slice(*repetition.span)] == repetition.raw
                    declares = segment.name == "MSH" and field.number <= 2
                    count = 1 if declares else repetition.raw.count(b"^") + 1
                    spans = [repetition.component_span(number) for number in range(1, count + 1)]
                    assert b"^".join(raw[slice(*span)] for span in spans) == repetition.raw


@given(messages)
def test_fields_put_together_are_the_segment(raw: bytes) -> None:
    with suppress(UnusableMessage):
        for segment in parse_message(raw).segments:
            assert _whole(segment) == segment.raw


@given(messages)
def test_every_byte_is_in_a_segment_or_a_segment_end(raw: bytes) -> None:
    with suppress(UnusableMessage):
        rest = bytearray(raw)
        for segment in parse_message(raw).segments:
            begin, end = segment.span
            rest[begin:end] = b"\r" * (end - begin)
        assert set(rest) <= set(b"\r\n")

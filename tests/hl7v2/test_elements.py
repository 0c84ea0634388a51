"""Segments, fields, repetitions, components: states, addresses, spans, and work that stays linear."""

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from adapter.hl7v2 import Field, Message, parse_message
from tests.hl7v2.messages import MSH, PID, obx, read, wire


def _value(text: str) -> Field:
    return read(PID, obx(text)).named("OBX")[0].field(5)


def test_absent_empty_and_null_are_three_states() -> None:
    segment = read('OBX|1||""|a^""^c|').segments[1]
    null, empty, absent = segment.field(3), segment.field(2), segment.field(20)
    assert (null.is_null, null.is_empty, null.text, null.first.component(1)) == (True, False, "", "")
    assert (empty.is_null, empty.is_empty, empty.text) == (False, True, "")
    assert (absent.is_empty, absent.text, absent.repetitions, absent.first.component(3)) == (True, "", (), "")
    assert segment.field(4).first.is_null_component(2)
    assert segment.field(4).first.components == ("a", "", "c")
    assert not segment.field(4).first.is_null_component(9)
    assert segment.count == 5


def test_header_fields_count_from_the_delimiter() -> None:
    msh = read().segments[0]
    assert (msh.field(1).text, msh.field(2).text, msh.field(3).text) == ("|", "^~\\&", "LAB")
    assert (msh.field(1).span, msh.field(2).span, msh.field(3).span) == ((3, 4), (4, 8), (9, 12))
    assert [r.components for r in msh.field(2).repetitions] == [("^~\\&",)]
    assert msh.count == 12


def test_components_and_subcomponents() -> None:
    repetition = _value("a^b&c^d\\T\\e^f\\S\\g").first
    assert repetition.component(2) == "b&c"
    assert (repetition.subcomponent(2, 1), repetition.subcomponent(2, 2), repetition.subcomponent(2, 3)) == (
        "b",
        "c",
        "",
    )
    assert repetition.component(3) == "d&e"
    assert repetition.subcomponent(3, 1) == "d&e"
    assert repetition.components == ("a", "b&c", "d&e", "f^g")
    assert (repetition.component(5), repetition.subcomponent(9, 1)) == ("", "")


def test_delimiters_in_a_text_field_stay_in_its_text() -> None:
    assert _value("10^3/uL & more~x").text == "10^3/uL & more~x"


def test_addresses() -> None:
    single, several = _value("a^b").first, _value("a~b^c").repetitions
    assert single.address() == "OBX[1]-5"
    assert single.address(2) == "OBX[1]-5.2"
    assert single.address(2, 1) == "OBX[1]-5.2.1"
    assert several[1].address(1) == "OBX[1]-5[2].1"
    assert _value("x").address == "OBX[1]-5"
    assert read().segments[0].field(9).address == "MSH[1]-9"


@pytest.mark.parametrize("number", [0, -1])
def test_numbers_below_one_are_our_error(number: int) -> None:
    field = _value("a^b")
    readers: list[Callable[[int], object]] = [
        read(PID).segments[1].field,
        read().segments[0].field,
        field.first.component,
        field.first.component_span,
        lambda n: field.first.subcomponent(1, n),
    ]
    for reader in readers:
        with pytest.raises(ValueError, match="from 1"):
            reader(number)


def test_spans_slice_back_to_the_content() -> None:
    raw = wire(MSH, PID, obx("é^b~~c^dd"))
    segment = parse_message(raw).named("OBX")[0]
    field = segment.field(5)
    assert raw[slice(*segment.span)] == segment.raw
    assert raw[slice(*field.span)] == "é^b~~c^dd".encode()
    assert [raw[slice(*repetition.span)] for repetition in field.repetitions] == [
        "é^b".encode(),
        b"",
        b"c^dd",
    ]
    assert raw[slice(*field.repetitions[2].component_span(2))] == b"dd"
    assert field.repetitions[2].component_span(3) == (field.span[1], field.span[1])
    assert segment.field(99).span == (segment.span[1], segment.span[1])


def test_repetitions_keep_empty_ones() -> None:
    assert [repetition.text for repetition in _value("a~~b~").repetitions] == ["a", "", "b", ""]
    assert _value("a~~b").repetitions[1].is_empty
    assert _value('a~""').repetitions[1].is_null


def test_the_truncation_character_marks_a_cut_value() -> None:
    field = parse_message(b"MSH|^~\\&#|LAB\rOBX|1|ST|abc#|abc|#x\r").named("OBX")[0]
    assert [field.field(n).is_truncated for n in (3, 4, 5)] == [True, False, False]
    assert not _value("abc#").is_truncated


def test_escapes_cannot_forge_structure() -> None:
    message = read(PID, obx("note \\F\\ with \\X0D\\OBX\\F\\9\\F\\NM~x", kind="TX"))
    assert len(message.named("OBX")) == 1
    assert message.named("OBX")[0].field(5).repetitions[0].text == "note | with \rOBX|9|NM"


def test_formatted_text() -> None:
    field = _value("a\\.br\\b~c\\.sp2\\d")
    assert field.formatted_text == "a\nb~c\nd"
    assert field.text == "a\\.br\\b~c\\.sp2\\d"
    assert field.repetitions[1].formatted_text == "c\nd"


def test_what_was_split_is_kept() -> None:
    segment = read(obx("a~b^c")).segments[1]
    assert segment.field(5) is segment.field(5)
    assert segment.field(5).repetitions is segment.field(5).repetitions
    assert segment.field(5).first is segment.field(5).first


def test_large_messages_read_right() -> None:
    big = "QUJD" * (5 * 1024 * 1024 // 4)
    many = [obx(str(n), number=n) for n in range(1, 20_001)]
    message = read(PID, *many, obx(f"^IM^PDF^Base64^{big}", kind="ED"), obx("~".join(map(str, range(100_000)))))
    results = message.named("OBX")
    assert [results[n].field(5).text for n in (0, 9_999, 19_999)] == ["1", "10000", "20000"]
    assert results[20_000].field(5).first.component(5) == big
    last = results[20_001].field(5).repetitions
    assert (len(last), last[99_999].text) == (100_000, "99999")
    assert message.raw[slice(*last[99_999].span)] == b"99999"


def _read_everything(message: Message) -> None:
    for segment in message.segments:
        for number in range(1, segment.count + 1):
            for index in range(len(segment.field(number).repetitions)):
                repetition = segment.field(number).repetitions[index]
                for component in range(1, len(repetition.components) + 1):
                    repetition.component(component)
                    repetition.component_span(component)


@pytest.mark.parametrize(
    "shape",
    [lambda n: [obx("1")] * n, lambda n: [obx("~".join("a" * n))], lambda n: [obx("^".join("a" * n))],
     lambda n: ["ZZZ|" + "|".join("a" * n)], lambda n: [obx("\\T\\" * n)], lambda n: ["", ""] * n],
    ids=["segments", "repetitions", "components", "fields", "escapes", "blank"],
)  # fmt: skip
def test_twice_the_size_is_at_most_twice_the_calls(shape: Callable[[int], list[str]]) -> None:
    small, large = (wire(MSH, *shape(size)) for size in (300, 600))
    calls = [_calls(lambda raw=raw: _read_everything(parse_message(raw))) for raw in (small, large)]  # type: ignore[misc]
    assert calls[1] <= 2 * calls[0]


def test_splits_happen_once() -> None:
    """However often an element is read, it is split once: counted by the calls of bytes.split."""
    message = read(obx("~".join("a^b" for _ in range(50))))
    splits = 0

    def note(_frame: FrameType, event: str, argument: object) -> None:
        nonlocal splits
        splits += event == "c_call" and getattr(argument, "__name__", "") == "split"

    segment = message.named("OBX")[0]
    sys.setprofile(note)
    try:
        for _ in range(3):
            for index in range(50):
                segment.field(5).repetitions[index].component(2)
    finally:
        sys.setprofile(None)
    assert splits == 1 + 1 + 50


def _calls(work: Callable[[], object]) -> int:
    """Calls that the work makes, C functions included: a measure of work that no clock disturbs."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count

"""Files of messages: bare, framed, batches, cut ones, and that nothing is lost."""

from hypothesis import given
from hypothesis import strategies as st

from adapter.hl7v2 import Chunk, UnusableMessage, frame, parse_message, split_messages
from tests.hl7v2.messages import MSH, PID, obx, wire

ONE = wire(MSH, PID, obx("1"))
TWO = wire(MSH, PID, obx("2"))
BLANK = b" \t\r\n\x0b\x1c"


def kinds(chunks: tuple[Chunk, ...]) -> list[str]:
    return [chunk.kind for chunk in chunks]


def contents(raw: bytes) -> list[tuple[str, bytes]]:
    return [(chunk.kind, chunk.raw) for chunk in split_messages(raw)]


def test_one_bare_message() -> None:
    assert contents(ONE) == [("message", ONE.rstrip())]


def test_bare_messages_with_blank_lines() -> None:
    assert contents(b"\r\n" + ONE + b"\r\r\n" + TWO) == [("message", ONE.rstrip()), ("message", TWO.rstrip())]


def test_line_feed_files() -> None:
    raw = wire(MSH, PID, MSH, PID, end="\n")
    assert kinds(split_messages(raw)) == ["message", "message"]


def test_framed_messages() -> None:
    raw = frame(ONE) + frame(TWO)
    assert contents(raw) == [("message", ONE.rstrip()), ("message", TWO.rstrip())]


def test_framed_file_whose_line_ends_were_changed() -> None:
    raw = (frame(ONE) + frame(TWO)).replace(b"\r", b"\n")
    assert kinds(split_messages(raw)) == ["message", "message"]


def test_frame_without_end_block_is_truncated() -> None:
    assert contents(frame(ONE) + b"\x0b" + TWO) == [("message", ONE.rstrip()), ("truncated", TWO.rstrip())]


def test_second_start_block_truncates_the_first() -> None:
    raw = b"\x0b" + ONE[:60] + frame(TWO)
    assert contents(raw) == [("truncated", ONE[:60]), ("message", TWO.rstrip())]


def test_bare_message_before_and_noise_between_frames() -> None:
    raw = ONE + frame(TWO) + b"hello\r" + frame(ONE)
    assert kinds(split_messages(raw)) == ["message", "message", "noise", "message"]


def test_several_messages_in_one_frame_are_apart() -> None:
    assert kinds(split_messages(frame(ONE + TWO))) == ["message", "message"]
    assert kinds(split_messages(b"\x0b" + ONE + TWO)) == ["message", "truncated"]


def test_batch_file() -> None:
    raw = wire("FHS|^~\\&|A", "BHS|^~\\&|B") + ONE + TWO + wire("BTS|2", "stray", "FTS|1")
    assert contents(raw) == [
        ("batch", b"FHS|^~\\&|A"),
        ("batch", b"BHS|^~\\&|B"),
        ("message", ONE.rstrip()),
        ("message", TWO.rstrip()),
        ("batch", b"BTS|2"),
        ("noise", b"stray"),
        ("batch", b"FTS|1"),
    ]


def test_noise_before_the_first_message() -> None:
    assert contents(b"exported today\r" + ONE) == [("noise", b"exported today"), ("message", ONE.rstrip())]
    assert contents(b"\x0bgarbage\x1c\r") == [("noise", b"garbage")]


def test_msh_inside_a_line_is_text() -> None:
    raw = wire(MSH, obx("see MSH|^~\\&| there"), "MSHX|no", PID)
    assert kinds(split_messages(raw)) == ["message"]


def test_vertical_tab_in_text_is_no_start_block() -> None:
    assert kinds(split_messages(wire(MSH, obx("a\x0bb"), PID))) == ["message"]


def test_byte_order_mark_stays_with_its_message() -> None:
    raw = b"\xef\xbb\xbf" + ONE
    (chunk,) = split_messages(raw)
    assert chunk.span[0] == 0
    assert parse_message(chunk.raw).findings[0].code == "byte-order-mark"


def test_wide_files_are_left_to_the_reader_to_refuse() -> None:
    raw = MSH.encode("utf-16")
    (chunk,) = split_messages(raw)
    assert (chunk.kind, chunk.raw) == ("message", raw)


def test_empty_files() -> None:
    assert split_messages(b"") == ()
    assert split_messages(b"\r\n \x0b\x1c\r") == ()


def test_repr_holds_no_content() -> None:
    assert "DOE" not in repr(split_messages(ONE))


pieces = st.sampled_from(
    [
        b"MSH|^~\\&|",
        b"MSH",
        b"FHS|",
        b"BTS|1",
        b"\x0b",
        b"\x1c",
        b"\r",
        b"\n",
        b"\x1c\r",
        b"OBX|1",
        b" ",
        b"\xff",
    ]
)


@given(st.lists(pieces, max_size=25).map(b"".join))
def test_the_spans_cover_every_byte_that_is_not_blank(raw: bytes) -> None:
    rest, end = bytearray(raw), 0
    for chunk in split_messages(raw):
        begin, after = chunk.span
        assert end <= begin < after
        assert raw[begin:after] == chunk.raw
        rest[begin:after] = b" " * (after - begin)
        end = after
    assert not bytes(rest).strip(BLANK)


@given(st.lists(pieces, max_size=25).map(b"".join))
def test_messages_begin_with_a_header(raw: bytes) -> None:
    for chunk in split_messages(raw):
        if chunk.kind in ("message", "truncated"):
            assert _refusal(chunk.raw) in (None, "delimiters")


def _refusal(raw: bytes) -> str | None:
    try:
        parse_message(raw)
    except UnusableMessage as refusal:
        return refusal.code
    return None

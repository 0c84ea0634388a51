"""MLLP frames from a stream: any cut, several at once, noise, cut messages, limits."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.hl7v2 import END, START, FrameReader, FrameTooLarge, frame

contents = st.binary(max_size=30).map(lambda raw: raw.replace(START, b"").replace(b"\x1c", b""))


def feed_all(reader: FrameReader, chunks: list[bytes]) -> list[bytes]:
    return [whole.content for chunk in chunks for whole in reader.feed(chunk)]


def test_frame() -> None:
    assert frame(b"MSH|") == b"\x0bMSH|\x1c\r"


@pytest.mark.parametrize("raw", [b"a\x0bb", b"a\x1cb", b"a\x1c"])
def test_a_frame_cannot_hold_block_bytes(raw: bytes) -> None:
    with pytest.raises(ValueError, match="0x0B"):
        frame(raw)


@given(st.lists(contents, max_size=5), st.data())
def test_any_cut_of_the_stream_gives_the_same_frames(messages: list[bytes], data: st.DataObject) -> None:
    stream = b"\r\n".join(map(frame, messages))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    reader = FrameReader()
    assert feed_all(reader, chunks) == messages
    assert (reader.noise_bytes, reader.cut_frames) == (2 * max(len(messages) - 1, 0), 0)
    assert reader.pending_bytes is None


def test_one_byte_at_a_time() -> None:
    stream = frame(b"one") + frame(b"two")
    assert feed_all(FrameReader(), [bytes([byte]) for byte in stream]) == [b"one", b"two"]


def test_noise_is_skipped_and_counted() -> None:
    reader = FrameReader()
    assert feed_all(reader, [b"hello\r", b"\n" + frame(b"x") + b"bye"]) == [b"x"]
    assert reader.noise_bytes == 10


@pytest.mark.parametrize("chunks", [[b"\x0bfirst\x0bsecond\x1c\r"], [b"\x0bfi", b"rst", b"\x0b", b"second\x1c", b"\r"]])
def test_a_second_start_block_drops_the_first_message(chunks: list[bytes]) -> None:
    reader = FrameReader()
    assert feed_all(reader, chunks) == [b"second"]
    assert (reader.cut_frames, reader.noise_bytes) == (1, 0)


def test_only_the_pair_ends_a_frame() -> None:
    reader = FrameReader()
    assert feed_all(reader, [b"\x0ba\x1cb\rc\x1c\x1c"]) == []
    assert reader.awaits_final_cr
    assert feed_all(reader, [b"\r"]) == [b"a\x1cb\rc\x1c"]


def test_an_end_block_without_its_cr_then_a_new_message() -> None:
    reader = FrameReader()
    assert feed_all(reader, [b"\x0bone\x1c", frame(b"two")]) == [b"two"]
    assert reader.cut_frames == 1


def test_an_open_frame_is_told() -> None:
    reader = FrameReader()
    reader.feed(b"\x0bhalf")
    assert (reader.pending_bytes, reader.awaits_final_cr) == (4, False)


@pytest.mark.parametrize("step", [1, 3, 100])
def test_the_limit(step: int) -> None:
    reader = FrameReader(limit=5)
    fitting = frame(b"12345")
    assert feed_all(reader, [fitting[i : i + step] for i in range(0, len(fitting), step)]) == [b"12345"]
    with pytest.raises(FrameTooLarge) as refusal:
        feed_all(reader, [b"\x0b", b"123456"])
    assert (refusal.value.limit, refusal.value.complete) == (5, ())


def test_frames_before_a_too_large_one_are_handed_over() -> None:
    reader = FrameReader(limit=5)
    with pytest.raises(FrameTooLarge) as refusal:
        reader.feed(frame(b"one") + frame(b"SECRET-too-long"))
    assert [whole.content for whole in refusal.value.complete] == [b"one"]
    assert "SECRET" not in f"{refusal.value!r}{refusal.value.complete!r}"
    with pytest.raises(FrameTooLarge):  # what follows is the rest of that frame, never a message
        reader.feed(b"rest\x1c\r" + frame(b"two"))


@given(st.lists(st.binary(max_size=20).map(lambda raw: raw.replace(b"a", END).replace(b"b", START)), max_size=10))
def test_no_bytes_break_the_reader_or_depend_on_the_cuts(chunks: list[bytes]) -> None:
    pieces, whole = FrameReader(), FrameReader()
    assert feed_all(pieces, chunks) == feed_all(whole, [b"".join(chunks)])
    assert (pieces.noise_bytes, pieces.cut_frames) == (whole.noise_bytes, whole.cut_frames)


def test_the_work_is_linear_in_the_frames_of_a_piece() -> None:
    began = time.process_time()
    assert len(FrameReader().feed(frame(b"") * 100_000)) == 100_000
    assert time.process_time() - began < 5  # were it square, half a minute

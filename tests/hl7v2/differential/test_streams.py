"""MLLP streams: the frames that we take, in any cut, and what the stream readers of python-hl7 and hl7apy take instead."""

from itertools import chain
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from tests.hl7v2.differential.differences import DIFFERENCES
from tests.hl7v2.differential.streamed import hl7apy_frames, our_frames, python_hl7_frames


class PeerTakes(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    row: str
    takes: tuple[str, ...]


class Stream(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    stream: str
    takes: tuple[str, ...]
    noise: int = 0
    cut: int = 0
    open: bool = False
    python_hl7: PeerTakes | None = Field(None, alias="python-hl7")
    hl7apy: PeerTakes | None = None

    @property
    def raw(self) -> bytes:
        return self.stream.encode("latin-1")


STREAMS = TypeAdapter(list[Stream]).validate_python(
    yaml.safe_load((Path(__file__).with_name("streams") / "streams.yaml").read_text(encoding="utf-8"))
)
each_stream = pytest.mark.parametrize("stream", STREAMS, ids=[stream.name for stream in STREAMS])


def contents(takes: tuple[str, ...]) -> list[bytes]:
    return [content.encode("latin-1") for content in takes]


@each_stream
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_we_take_what_the_stream_holds_however_it_is_cut(stream: Stream, size: int) -> None:
    raw = stream.raw
    found, reader = our_frames([raw[at : at + size] for at in range(0, len(raw), size)])
    assert found == contents(stream.takes)
    assert (reader.noise_bytes, reader.cut_frames) == (stream.noise, stream.cut)
    assert (reader.pending_bytes is not None) == stream.open


@each_stream
def test_python_hl7_takes_the_same_or_a_row_says_why(stream: Stream) -> None:
    judge("python-hl7", stream, stream.python_hl7, python_hl7_frames(stream.raw))


@each_stream
def test_hl7apy_takes_the_same_or_a_row_says_why(stream: Stream) -> None:
    judge("hl7apy", stream, stream.hl7apy, hl7apy_frames(stream.raw))


def judge(peer: str, stream: Stream, expected: PeerTakes | None, found: list[bytes]) -> None:
    if expected is None:
        assert found == contents(stream.takes)
        return
    assert (peer, expected.row) in DIFFERENCES
    assert found == contents(expected.takes)
    assert found != contents(stream.takes)


def test_frames_larger_than_the_buffer_of_python_hl7() -> None:
    large = b"MSH|^~\\&|" + b"x" * 100_000
    stream = b"\x0b" + large + b"\x1c\r"
    assert our_frames([stream])[0] == [large]
    assert python_hl7_frames(stream) == []
    assert ("python-hl7", "frame-beyond-64-kib") in DIFFERENCES


def test_every_row_on_frames_has_a_stream() -> None:
    peers = chain.from_iterable([("python-hl7", stream.python_hl7), ("hl7apy", stream.hl7apy)] for stream in STREAMS)
    used = {(peer, takes.row) for peer, takes in peers if takes is not None} | {("python-hl7", "frame-beyond-64-kib")}
    assert used == {key for key, row in DIFFERENCES.items() if row.where == "frame"}

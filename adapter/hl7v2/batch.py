"""Batches (FHS, BHS ... BTS, FTS): their messages, whether the counts of the trailers hold, and their acknowledgement.

Not for the messages in them, each of which is a message of its own. Source: HL7 v2.9.1 section 2.10.3.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice, pairwise
from typing import Final, Literal

from adapter.hl7v2.delimiters import STANDARD, Delimiters, read_delimiters
from adapter.hl7v2.errors import UnusableMessage
from adapter.hl7v2.split import split_messages

BatchFault = Literal["batch-count", "batch-unfinished"]
"""The trailer counts otherwise than what came, or there is no trailer."""

ENVELOPE_NAMES: Final = ("FHS", "BHS")
"""The segments that a batch or file begins with."""

_BATCH: Final = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n]*[FB]HS[^A-Za-z0-9\s]")
_MARK: Final = b"\xef\xbb\xbf"
_BLOCK_BYTES: Final = b"\x0b\x1c"


@dataclass(frozen=True, slots=True)
class BatchPart:
    """One batch of a file: its BHS (empty bytes for messages before any), how many messages it has, with what stands
    behind its trailer, and whether its trailer is there and counts them."""

    header: bytes = field(repr=False)
    messages: int
    holds: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """What came as one batch, or one file of batches.

    `messages` are its messages in order, and whatever stands in the place of one; `envelope` the batch segments;
    `faults` what is wrong with the counts, with their places (`BTS[1]-1`); `parts` are the batches in order.
    """

    messages: tuple[bytes, ...] = field(repr=False)
    envelope: tuple[bytes, ...] = field(repr=False)
    faults: tuple[tuple[BatchFault, str], ...]
    parts: tuple[BatchPart, ...] = ()

    @property
    def is_file(self) -> bool:
        """Whether it came as a file (FHS)."""
        return self.envelope[0].startswith(b"FHS")

    @property
    def delimiters(self) -> Delimiters:
        """The delimiters of its first header; the standard's where they cannot be used."""
        return _delimiters(self.envelope[0])

    def field(self, number: int) -> bytes:
        """A field of the first header as sent (FHS and BHS have the same), empty where it cannot be told."""
        return _field(self.envelope[0], number)


def _delimiters(header: bytes) -> Delimiters:
    try:
        return read_delimiters(header, 0)
    except UnusableMessage:
        return STANDARD


def _field(header: bytes, number: int) -> bytes:
    delimiter = _delimiters(header).field
    if delimiter != header[3:4]:
        return b""
    fields = header.split(delimiter)
    raw = fields[number - 1] if number <= len(fields) else b""
    return raw.translate(None, _BLOCK_BYTES)


def read_batch(raw: bytes) -> Batch | None:
    """The batch, where the bytes begin with FHS or BHS; None for anything else."""
    if not _BATCH.match(raw):
        return None
    chunks = split_messages(raw)
    envelope = tuple(chunk.raw.removeprefix(_MARK) for chunk in chunks if chunk.kind == "batch")
    messages = tuple(chunk.raw for chunk in chunks if chunk.kind != "batch")
    segments = [chunk.raw.removeprefix(_MARK) if chunk.kind == "batch" else b"" for chunk in chunks]
    return Batch(messages, envelope, tuple(_faults(segments)), tuple(_parts(segments)))


def _parts(segments: Sequence[bytes]) -> Iterator[BatchPart]:
    """The batches: each begins with a BHS and ends where the next begins. There is one at least, which may be empty."""
    begins = [number for number, segment in enumerate(segments) if segment.startswith(b"BHS")]
    first = begins[0] if begins else len(segments)
    before = sum(not segment for segment in segments[:first])
    if before or not begins:
        yield BatchPart(b"", before, True)
    for begin, end in pairwise([*begins, len(segments)]):
        own = [segment for segment in segments[begin:end] if segment[:3] not in (b"FHS", b"FTS")]
        yield BatchPart(own[0], sum(not segment for segment in own), not any(_faults(own)))


def _faults(segments: Sequence[bytes]) -> Iterator[tuple[BatchFault, str]]:
    """What is wrong with the counts; the segments of the envelope in order, empty bytes for a message."""
    messages, batches, trailers, is_open = 0, 0, 0, 0
    for segment in segments:
        match segment[:3]:
            case b"":
                messages += 1
            case b"BHS":
                if is_open:
                    yield "batch-unfinished", f"BHS[{is_open}]"
                batches, messages = batches + 1, 0
                is_open = batches
            case b"BTS":
                trailers, is_open = trailers + 1, 0
                if not _counts(segment, messages):
                    yield "batch-count", f"BTS[{trailers}]-1"
            case b"FTS":
                if not _counts(segment, batches):
                    yield "batch-count", "FTS[1]-1"
            case _:
                pass  # FHS
    if is_open:
        yield "batch-unfinished", f"BHS[{is_open}]"
    if segments[0][:3] == b"FHS" and not any(segment[:3] == b"FTS" for segment in segments):
        yield "batch-unfinished", "FHS[1]"


def _counts(trailer: bytes, found: int) -> bool:
    """Whether the count of a trailer is what was found; a trailer need not count."""
    fields = trailer.split(trailer[3:4]) if trailer[3:4] else []
    said = fields[1].strip() if len(fields) > 1 else b""
    return said in (b"", b'""') or (said.isdigit() and len(said) < 10 and int(said) == found)


def acknowledge_batch(batch: Batch, acks: Sequence[bytes], *, control_id: Callable[[], str], now: datetime) -> bytes:
    """The acknowledgements of a batch, unframed: a batch for each batch, and a file where it came as a file. `now` is
    aware. Raises ValueError otherwise.

    `acks` are whole acknowledgements, one for each message, empty where none is wanted; a batch without any has no
    answer. Each BHS answers its BHS and FHS the FHS: applications and facilities are swapped, field 12 refers to the
    control id in field 11, and `control_id` gives a new one. BTS-2 and FTS-2 say where the counts did not hold.
    """
    if now.utcoffset() is None:
        raise ValueError("the time of an acknowledgement needs a zone")
    answers, left = [], iter(acks)
    for part in batch.parts:
        own = [ack for ack in islice(left, part.messages) if ack]
        if own or not part.messages:
            header = part.header or batch.envelope[0]
            answers.append(_enveloped(b"BHS", b"BTS", header, own, len(own), part.holds, (control_id(), now)))
    if not batch.is_file:
        return b"".join(answers)
    holds = not any(place.startswith(("FHS", "FTS")) for _, place in batch.faults)
    return _enveloped(b"FHS", b"FTS", batch.envelope[0], answers, len(answers), holds, (control_id(), now))


def _enveloped(
    begin: bytes,
    end: bytes,
    header: bytes,
    content: Sequence[bytes],
    count: int,
    holds: bool,
    own: tuple[str, datetime],
) -> bytes:
    """The content between the header that answers a header and a trailer with its count."""
    head, delimiter = _answering(header, *own)
    comment = [] if holds else [b"The counts do not hold."]
    return b"".join([begin, head, *content, _segment(delimiter, end, str(count).encode("ascii"), *comment)])


def _answering(header: bytes, control_id: str, now: datetime) -> tuple[bytes, bytes]:
    """What follows the name in the header that answers a header, and the field delimiter of both."""
    delimiters = _delimiters(header).completed()
    time = now.strftime("%Y%m%d%H%M%S%z").encode("ascii")
    parties = [_field(header, number) for number in (5, 6, 3, 4)]
    own = [*parties, time, b"", b"", b"", control_id.encode("ascii"), _field(header, 11)]
    return _segment(delimiters.field, b"", delimiters.encoding_characters, *own), delimiters.field


def _segment(delimiter: bytes, name: bytes, *fields: bytes) -> bytes:
    return delimiter.join((name, *fields)) + b"\r"

"""Batches (FHS, BHS ... BTS, FTS): their messages, whether the counts of the trailers hold, and their acknowledgement.

Not for the messages in them, each of which is a message of its own. Source: HL7 v2.9.1 section 2.10.3.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
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
class Batch:
    """What came as one batch, or one file of batches.

    `messages` are its messages in order, and whatever stands in the place of one; `envelope` the batch segments;
    `faults` what is wrong with the counts, with their places (`BTS[1]-1`).
    """

    messages: tuple[bytes, ...] = field(repr=False)
    envelope: tuple[bytes, ...] = field(repr=False)
    faults: tuple[tuple[BatchFault, str], ...]

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

    def header(self, name: Literal["FHS", "BHS"]) -> bytes:
        """The first header of the name; where there is none, the first of any."""
        return next((raw for raw in self.envelope if raw.startswith(name.encode("ascii"))), self.envelope[0])


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
    faults = _faults([chunk.raw.removeprefix(_MARK) if chunk.kind == "batch" else b"" for chunk in chunks])
    return Batch(messages, envelope, tuple(faults))


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


def acknowledge_batch(batch: Batch, acks: Sequence[bytes], *, control_id: str, now: datetime) -> bytes:
    """The batch of acknowledgements that answers a batch, unframed; `now` is aware. Raises ValueError otherwise.

    BHS answers the BHS (the first, where there are several) and FHS the FHS: applications and facilities are swapped,
    field 12 refers to the control id in field 11. Where it came as a file, a file goes back. `acks` are whole
    acknowledgements. BTS-2 says so where the counts did not hold.
    """
    if now.utcoffset() is None:
        raise ValueError("the time of an acknowledgement needs a zone")
    comment = [b"The counts of the batch do not hold."] if batch.faults else []
    head, end = _answering(batch.header("BHS"), control_id, now)
    inner = [b"BHS" + head, *acks, _segment(end, b"BTS", str(len(acks)).encode("ascii"), *comment)]
    if batch.is_file:
        head, end = _answering(batch.header("FHS"), control_id, now)
        inner = [b"FHS" + head, *inner, _segment(end, b"FTS", b"1")]
    return b"".join(inner)


def _answering(header: bytes, control_id: str, now: datetime) -> tuple[bytes, bytes]:
    """What follows the name in the header that answers a header, and the field delimiter of both."""
    delimiters = _delimiters(header).completed()
    time = now.strftime("%Y%m%d%H%M%S%z").encode("ascii")
    parties = [_field(header, number) for number in (5, 6, 3, 4)]
    own = [*parties, time, b"", b"", b"", control_id.encode("ascii"), _field(header, 11)]
    return _segment(delimiters.field, b"", delimiters.encoding_characters, *own), delimiters.field


def _segment(delimiter: bytes, name: bytes, *fields: bytes) -> bytes:
    return delimiter.join((name, *fields)) + b"\r"

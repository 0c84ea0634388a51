"""Batches (FHS, BHS ... BTS, FTS): whether the trailers count what is there, so that a lost message is noticed.

The messages of a batch are mapped like any others; each has its own outcome. Source: HL7 v2.9.1 section 2.10.3.
"""

from dataclasses import dataclass

from adapter.case.finding import Finding
from adapter.hl7v2 import Chunk


@dataclass(slots=True)
class _Open:
    """A batch or a file of batches that has begun, with what it holds so far."""

    begin: int
    count: int = 0


class Batches:
    """Follows the envelopes of one file, chunk by chunk."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._file: _Open | None = None
        self._batch: _Open | None = None
        self._faults: list[Finding] = []

    def take(self, chunk: Chunk) -> None:
        """Add the next stretch of the file."""
        if chunk.kind in ("message", "truncated"):
            if self._batch is not None:
                self._batch.count += 1
            return
        match chunk.raw[:3] if chunk.kind == "batch" else b"":
            case b"FHS":
                self._end_batch()
                self._end_file()
                self._file = _Open(chunk.span[0])
            case b"BHS":
                self._end_batch()
                self._batch = _Open(chunk.span[0])
                if self._file is not None:
                    self._file.count += 1
            case b"BTS":
                self._check(chunk, self._batch)
                self._batch = None
            case b"FTS":
                self._end_batch()
                self._check(chunk, self._file)
                self._file = None
            case _:
                return

    def finished(self) -> list[Finding]:
        """All findings, at the end of the file."""
        self._end_batch()
        self._end_file()
        return self._faults

    def _end_batch(self) -> None:
        self._note_unfinished(self._batch)
        self._batch = None

    def _end_file(self) -> None:
        self._note_unfinished(self._file)
        self._file = None

    def _note_unfinished(self, opened: _Open | None) -> None:
        if opened is not None:
            hint = "a batch has a header and no trailer: messages may be missing"
            self._faults.append(Finding("batch-unfinished", "warning", f"{self._name} byte {opened.begin}", hint))

    def _check(self, trailer: Chunk, opened: _Open | None) -> None:
        """Hold field 1 of a trailer, where it has one, against what came since the header."""
        fields = trailer.raw.split(trailer.raw[3:4]) if trailer.raw[3:4] else []
        told = fields[1].strip() if len(fields) > 1 else b""
        if told and (opened is None or not told.isdigit() or len(told) > 9 or int(told) != opened.count):
            hint = "the trailer counts another number of messages or batches than there are"
            self._faults.append(Finding("batch-count", "warning", f"{self._name} byte {trailer.span[0]}", hint))

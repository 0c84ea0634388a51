"""The patient's record of a call, read and mapped; what was read of one that comes again is remembered for a while.

An EHR calls with each order that is selected, and sends the same record again. Not for drafts, the clock, or what is
lacking: those are of the call, and each call is judged anew.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from threading import Lock
from typing import Final

from adapter.advice.assessment import Assessment
from adapter.advice.facts import passed_over
from adapter.fhir.document import content_of
from adapter.mapping.fhir import map_fhir
from adapter.mapping.patient import Mapping as MappedInput
from adapter.mapping.tables import Tables
from adapter.server.ehr import Reading
from adapter.server.hooks.gather import gather, raw_of
from adapter.server.hooks.possible import Possible, possible
from adapter.server.hooks.services import RECORD


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """What the resources of a record say, and what those may be that nobody could read; `faults` and `empty` are those
    of `Gathered`. `key` tells it from others, where it is remembered."""

    own: MappedInput = field(repr=False)
    faults: Mapping[str, str]
    empty: frozenset[str]
    possible: Possible
    key: bytes = field(default=b"", repr=False, compare=False)


def read_record(reading: Reading, tables: Tables, server: str) -> PatientRecord:
    """The record of a call. `server` is the base of relative references.

    It follows from these alone, and of the reading only from what `record_key` is made of.
    """
    gathered = gather(reading, RECORD)
    own = map_fhir(gathered.document, "prefetch", table=tables, server=server)
    may_be = possible(gathered.document, own, tables.diagnosis_words)
    return PatientRecord(own, gathered.faults, gathered.empty, may_be)


def record_key(reading: Reading, server: str) -> tuple[bytes, int]:
    """A digest that two calls share only if their records are the same, and of how many bytes those are."""
    parts = [server.encode(errors="surrogatepass")]
    for key in RECORD:
        raw = raw_of(reading.keys[key])
        content = () if raw is None else content_of(raw)
        parts += reading.keys[key].place(key).encode(), b"%d" % len(content), *content
    told = b"".join([b"%d:%b" % (len(part), part) for part in parts])
    return sha256(told).digest(), len(told)


# What is kept counts for the bytes of a record, and takes up to three times as many. Of many small resources little is
# sent and much is kept: so these figures are what statements, entries of the ledger and words were measured to take
# (CPython 3.11), divided by 2.5.
STATEMENT_BYTES: Final = 270
ENTRY_BYTES: Final = 100
ASSESSMENT_BYTES: Final = 55_000
UNUSED_BYTES: Final = 30
FINDING_BYTES: Final = 200
BYTES_OF_A_CHARACTER: Final = 4
"""The words on what is set aside stand on card, page and plan, each with its markup."""


def size_of(record: PatientRecord, sent: int) -> int:
    """For how many bytes a record counts of which so many were sent."""
    statements = sum(len(one.statements) for one in record.own.patients)
    entries = len(record.own.ledger.entries) + sum(len(one.ledger.entries) for one in record.own.patients)
    return max(sent, STATEMENT_BYTES * statements + ENTRY_BYTES * entries)


def size_told(assessment: Assessment) -> int:
    """For how many bytes an assessment counts, with the words that are kept with it."""
    facts = assessment.case.facts.values()
    unused = UNUSED_BYTES * sum(len(fact.unused) for fact in facts)
    words = BYTES_OF_A_CHARACTER * sum(len(line) for fact in facts for line in passed_over(fact))
    return ASSESSMENT_BYTES + unused + words + FINDING_BYTES * len(assessment.findings)


@dataclass(slots=True)
class _Kept:
    """A record that is remembered, the assessment of it that was told last, and for how many bytes each counts."""

    record: PatientRecord
    read_size: int
    told: Assessment | None = None
    told_size: int = 0

    @property
    def size(self) -> int:
        """Both together."""
        return self.read_size + self.told_size


@dataclass(slots=True)
class RecordMemory:
    """Reads records by these tables, and remembers those used last, of so many bytes at `most`.

    Several threads may ask. What is remembered is never changed by anybody.
    """

    tables: Tables
    most: int
    _kept: OrderedDict[bytes, _Kept] = field(default_factory=OrderedDict, repr=False)
    _bytes: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def counted(self) -> int:
        """For how many bytes all that is remembered counts."""
        return self._bytes

    def read(self, reading: Reading, server: str) -> PatientRecord:
        """The record of a call, as `read_record` gives it."""
        key, size = record_key(reading, server)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key].record
        found = replace(read_record(reading, self.tables, server), key=key)
        self._keep(found, size_of(found, size))
        return found

    def tell(self, record: PatientRecord, assessment: Assessment) -> None:
        """Keep an assessment that rests on this record and its surroundings alone. Where the one before it says the
        same, what was worked out of that one (words, plan, checks) need not be worked out of this one."""
        with self._lock:
            kept = self._kept.get(record.key)
            if kept is None or kept.record is not record:  # pushed out, or read twice at a time
                return
            if kept.told is not None and assessment.says_the_same(kept.told):
                assessment.memo.update(kept.told.memo)
                kept.told = assessment
                return
            before = kept.size
            kept.told, kept.told_size = assessment, size_told(assessment)
            self._bytes += kept.size - before
            self._make_room()

    def _keep(self, record: PatientRecord, size: int) -> None:
        """Keep a record that counts for so many bytes."""
        with self._lock:
            before = self._kept.pop(record.key, None)
            self._kept[record.key] = _Kept(record, size)
            self._bytes += size - (before.size if before else 0)
            self._make_room()

    def _make_room(self) -> None:
        """Let go of the records that were not used for longest."""
        while self._bytes > self.most:
            _, freed = self._kept.popitem(last=False)
            self._bytes -= freed.size

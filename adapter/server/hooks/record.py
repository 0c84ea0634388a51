"""The patient's record of a call, read and mapped; what was read of one that comes again is remembered for a while.

An EHR calls with each order that is selected, and sends the same record again. Not for drafts, the clock, or what is
lacking: those are of the call.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock

from adapter.fhir.document import content_of
from adapter.mapping.fhir import map_fhir
from adapter.mapping.patient import Mapping as MappedInput
from adapter.mapping.tables import Tables
from adapter.server.ehr import Reading
from adapter.server.hooks.gather import gather, place_of, raw_of
from adapter.server.hooks.services import RECORD


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """What the resources of a record say; `faults` and `empty` are those of `Gathered`."""

    own: MappedInput = field(repr=False)
    faults: Mapping[str, str]
    empty: frozenset[str]


def read_record(reading: Reading, tables: Tables, server: str) -> PatientRecord:
    """The record of a call. `server` is the base of relative references.

    It follows from these alone, and of the reading only from what `record_key` is made of.
    """
    gathered = gather(reading, RECORD)
    own = map_fhir(gathered.document, "prefetch", table=tables, server=server)
    return PatientRecord(own, gathered.faults, gathered.empty)


def record_key(reading: Reading, server: str) -> tuple[bytes, int]:
    """A digest that two calls share only if their records are the same, and of how many bytes those are."""
    parts = [server.encode(errors="surrogatepass")]
    for key in RECORD:
        raw = raw_of(reading.keys[key])
        content = () if raw is None else content_of(raw)
        parts += place_of(key, reading.keys[key]).encode(), b"%d" % len(content), *content
    told = b"".join([b"%d:%b" % (len(part), part) for part in parts])
    return sha256(told).digest(), len(told)


@dataclass(slots=True)
class RecordMemory:
    """Reads records by these tables, and remembers those used last, of so many bytes at `most`.

    Several threads may ask. What is remembered is never changed by anybody.
    """

    tables: Tables
    most: int
    _kept: OrderedDict[bytes, tuple[PatientRecord, int]] = field(default_factory=OrderedDict, repr=False)
    _bytes: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def read(self, reading: Reading, server: str) -> PatientRecord:
        """The record of a call, as `read_record` gives it."""
        key, size = record_key(reading, server)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        found = read_record(reading, self.tables, server)
        self._keep(key, found, size)
        return found

    def _keep(self, key: bytes, record: PatientRecord, size: int) -> None:
        """Keep a record of so many bytes, and let go of those that were not used for longest."""
        with self._lock:
            _, before = self._kept.pop(key, (None, 0))
            self._kept[key] = (record, size)
            self._bytes += size - before
            while self._bytes > self.most:
                _, (_, freed) = self._kept.popitem(last=False)
                self._bytes -= freed

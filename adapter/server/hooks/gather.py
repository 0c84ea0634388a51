"""From prefetch values to one FHIR document, with what could not be had in words.

Not for what the call itself brings (proposed.py), and not for who fetched a value, the EHR or the adapter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from adapter.fhir.document import Document, NotFhir, Record, read_document
from adapter.server.ehr import KeyReading, Reading
from adapter.server.hooks.services import asked_for
from cds_hooks import Partial, Provided


@dataclass(frozen=True, slots=True)
class Gathered:
    """The resources of some prefetch keys as one document; `faults` says of a key what could not be read, in words;
    `empty` are the keys of which no resource could be read."""

    document: Document = field(repr=False)
    faults: Mapping[str, str]
    empty: frozenset[str]


def gather(reading: Reading, keys: Iterable[str]) -> Gathered:
    """The values of the keys together."""
    records: list[Record] = []
    names: dict[str, str] = {}
    faults: dict[str, str] = {}
    empty: set[str] = set()
    read = {key: _read(key, reading.keys[key]) for key in keys}
    kinds = {record.type for document, _ in read.values() for record in document.records}
    for key, (document, fault) in read.items():
        records += document.records
        names.update(document.names)
        other = _is_other(document) and asked_for(key) not in kinds
        told = (fault, f"filled with something else: no {asked_for(key)} came" if other else "")
        if any(told):
            faults[key] = "; ".join(filter(None, told))
        if other or all(record.fault is not None or record.type == "Bundle" for record in document.records):
            empty.add(key)
    return Gathered(Document(tuple(records), names), faults, frozenset(empty))


def gaps_of(reading: Reading, keys: Iterable[str], faults: Mapping[str, str]) -> dict[str, str]:
    """What each of the keys lacks, in words: what could not be read of what came, and what did not come."""
    lacking = {key: (faults.get(key, ""), reading.keys[key].gap) for key in keys}
    return {key: "; ".join(filter(None, parts)) for key, parts in lacking.items() if any(parts)}


def lines_of(gaps: Mapping[str, str]) -> tuple[str, ...]:
    """Each gap with its key."""
    return tuple(f"{key}: {gap}" for key, gap in gaps.items())


def raw_of(one: KeyReading) -> bytes | None:
    """The JSON of a value that holds resources; None of any other."""
    return bytes(one.value.raw) if isinstance(one.value, Provided | Partial) else None


_NOTHING = Document(())


def _is_other(document: Document) -> bool:
    """Whether a document has resources; a message of the server is none."""
    return any(record.type not in ("", "Bundle", "OperationOutcome") for record in document.records)


def _read(key: str, one: KeyReading) -> tuple[Document, str]:
    raw = raw_of(one)
    return (_NOTHING, "") if raw is None else read_at(one.place(key), raw)


def read_at(place: str, raw: bytes) -> tuple[Document, str]:
    """The resources of a value with their places in the call, and what is lacking, in words."""
    try:
        document = read_document(raw)
    except NotFhir:
        return _NOTHING, "not readable as FHIR"
    records = tuple([Record(f"{place}.{record.place}", *record[1:]) for record in document.records])
    return replace(document, records=records), unreadable(document)


def unreadable(document: Document) -> str:
    """How many resources could not be read, in words; nothing where all could. A Bundle within a Bundle is not read."""
    count = sum(record.fault is not None or record.type == "Bundle" for record in document.records)
    return f"{count} resource(s) could not be read" if count else ""

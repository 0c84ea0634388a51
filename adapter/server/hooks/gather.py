"""From prefetch values to one FHIR document, with what could not be had in words.

Not for what the call itself brings (proposed.py), and not for who fetched a value, the EHR or the adapter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from adapter.fhir.document import Document, NotFhir, Record, read_document
from adapter.server.ehr import KeyReading, Reading
from cds_hooks import Partial, Provided


@dataclass(frozen=True, slots=True)
class Gathered:
    """The resources of some prefetch keys as one document; `gaps` says of a key what is lacking, in words; `empty` are
    the keys of which no resource could be read."""

    document: Document = field(repr=False)
    gaps: Mapping[str, str]
    empty: frozenset[str]

    def lines(self) -> tuple[str, ...]:
        """Each gap with its key."""
        return tuple(f"{key}: {gap}" for key, gap in self.gaps.items())


def gather(reading: Reading, keys: Iterable[str]) -> Gathered:
    """The values of the keys together."""
    records: list[Record] = []
    names: dict[str, str] = {}
    gaps: dict[str, str] = {}
    empty: set[str] = set()
    for key in keys:
        document, gap = _read(key, reading.keys[key])
        records += document.records
        names.update(document.names)
        if gap:
            gaps[key] = gap
        if all(record.fault is not None or record.type == "Bundle" for record in document.records):
            empty.add(key)
    return Gathered(Document(tuple(records), names), gaps, frozenset(empty))


_NOTHING = Document(())


def _read(key: str, one: KeyReading) -> tuple[Document, str]:
    document, fault = _NOTHING, ""
    if isinstance(one.value, Provided | Partial):
        document, fault = read_at(f"{'read' if one.own else 'prefetch'}.{key}", bytes(one.value.raw))
    return document, "; ".join(part for part in (one.gap, fault) if part)


def read_at(place: str, raw: bytes) -> tuple[Document, str]:
    """The resources of a value with their places in the call, and what is lacking, in words."""
    try:
        document = read_document(raw)
    except NotFhir:
        return _NOTHING, "not readable as FHIR"
    records = tuple([record._replace(place=f"{place}.{record.place}") for record in document.records])
    return replace(document, records=records), unreadable(document)


def unreadable(document: Document) -> str:
    """How many resources could not be read, in words; nothing where all could. A Bundle within a Bundle is not read."""
    count = sum(record.fault is not None or record.type == "Bundle" for record in document.records)
    return f"{count} resource(s) could not be read" if count else ""

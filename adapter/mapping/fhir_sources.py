"""The FHIR sources of sources.yaml with their paths compiled, and which of them reads a record.

It knows no resource type by name; what stands at the paths is read in fhir_items.py.
"""

from dataclasses import dataclass
from functools import lru_cache

from adapter.fhir.document import Record
from adapter.fhir.paths import Accessor, compile_path
from adapter.fhir.resources import READ
from adapter.mapping.schema import FhirSource
from adapter.mapping.tables import Tables


@dataclass(frozen=True, slots=True)
class CompiledSource:
    """A source of sources.yaml with its paths compiled."""

    spec: FhirSource
    statuses: tuple[tuple[str, Accessor], ...]
    when: tuple[Accessor, ...]
    issued: tuple[Accessor, ...]
    body_site: tuple[Accessor, ...]
    used: tuple[Accessor, ...]
    reason: tuple[Accessor, ...]
    ended: tuple[Accessor, ...]
    specimen: tuple[Accessor, ...]
    method: tuple[Accessor, ...]
    laboratory: tuple[Accessor, ...]


def source_of(record: Record, tables: Tables) -> CompiledSource | None:
    """The source that reads a record: that of drafts where its status is one."""
    for source in _by_type(tables).get(record.type, ()):
        if not source.spec.draft or getattr(record.resource, "status", "") in source.spec.draft:
            return source
    return None


@lru_cache(maxsize=16)
def _by_type(tables: Tables) -> dict[str, tuple[CompiledSource, ...]]:
    """The sources of each resource type, in the order of the table; compiled once for these tables."""
    found: dict[str, tuple[CompiledSource, ...]] = {}
    for source in tables.sources.fhir:
        found[source.resource] = (*found.get(source.resource, ()), _compiled(source))
    return found


def _compiled(source: FhirSource) -> CompiledSource:
    struct = READ[source.resource]

    def paths(texts: tuple[str, ...]) -> tuple[Accessor, ...]:
        return tuple(compile_path(struct, text) for text in texts)

    statuses = tuple((table, compile_path(struct, path)) for table, path in source.statuses)
    return CompiledSource(
        source,
        statuses,
        paths(source.when),
        paths(source.issued),
        paths(source.body_site),
        paths(source.used),
        paths(source.reason),
        paths(source.ended),
        paths(source.specimen),
        paths(source.method),
        paths(source.laboratory),
    )

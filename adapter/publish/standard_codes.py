"""Which standard codes state a fact, by kind of source: what ValueSets, data requirements and ConceptMaps share.

How a code is read is in mappings/rows.yaml; nothing is decided here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from adapter.case.catalogue import FactDefinition
from adapter.mapping.interpret import MEMBER_LISTS
from adapter.mapping.item import Kind
from adapter.mapping.schema import FhirSource, Row
from adapter.mapping.tables import Tables
from adapter.terminology.codes import Code


@dataclass(frozen=True, slots=True)
class Stated:
    """How a kind of source states a fact: the rows that read it, and the FHIR resources that carry it."""

    fact: FactDefinition
    kind: Kind
    rows: tuple[Row, ...]
    resources: tuple[FhirSource, ...]

    def codes(self, tables: Tables) -> tuple[Code, ...]:
        """The standard codes that rows read, in the order of the tables, each once."""
        found = (code for row in self.rows for concept in row.concepts for code in tables.codes.concepts[concept])
        return tuple(dict.fromkeys(found))

    @property
    def own(self) -> tuple[str, ...]:
        """The project's own codes that state it: the fact as a result, a member as a procedure or order."""
        if self.kind == "result":
            return (self.fact.name,)
        return self.fact.values if self.fact.name in MEMBER_LISTS.get(self.kind, ()) else ()


def stated(fact: FactDefinition, tables: Tables) -> Iterator[Stated]:
    """The kinds of sources that can state a fact; a result by its own code is always among them."""
    rows = [row for row in tables.rows if row.fact == fact.name]
    first: Kind = "result"
    for kind in dict.fromkeys((first, *(row.kind for row in rows))):
        reading = tuple(row for row in rows if row.kind == kind)
        resources = tuple(source for source in tables.sources.fhir if source.kind == kind)
        yield Stated(fact, kind, reading, resources)

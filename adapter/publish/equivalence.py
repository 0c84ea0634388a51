"""How exactly a standard code means what it is mapped to: mappings/equivalence.csv, in the words of FHIR R4.

A row of the mapping says that the fact follows from the code; without an entry here the fact is taken to be wider.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from adapter.case.tables import TableError, read_csv
from adapter.terminology.systems import CodeSystems

EQUIVALENT, WIDER, NARROWER, RELATED = "equivalent", "wider", "narrower", "relatedto"
"""What the target is to the source: the same, wider, narrower, or somehow related."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one code is to what its fact says, and why."""

    equivalence: str
    note: str


Equivalences = Mapping[tuple[str, str, str], Entry]
"""By code system, code as written in codes.csv, and fact."""


def equivalences(systems: CodeSystems) -> Equivalences:
    """The table that ships with the adapter."""
    return load_equivalences(files("mappings").joinpath("equivalence.csv"), systems)


def load_equivalences(file: Traversable, systems: CodeSystems) -> Equivalences:
    """The table of a file. Raises TableError for an unknown system or word, a row that stands twice, and anything but
    an equivalent without its reason."""
    entries: dict[tuple[str, str, str], Entry] = {}
    for line, row in read_csv(file, ("system", "code", "fact", "equivalence", "note")):
        key = (systems.uri(row["system"]), row["code"], row["fact"])
        if not key[0] or key in entries:
            raise TableError(file.name, line, "an unknown code system, or a row that stands twice")
        if row["equivalence"] not in (EQUIVALENT, NARROWER, RELATED):
            raise TableError(file.name, line, "equivalence is none of equivalent, narrower, relatedto")
        if row["equivalence"] != EQUIVALENT and not row["note"]:
            raise TableError(file.name, line, "what is not equivalent needs a note that says why")
        entries[key] = Entry(row["equivalence"], row["note"])
    return entries

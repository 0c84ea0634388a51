"""Codes and the project concepts they stand for: one concept per (system, code), whatever the display says."""

from dataclasses import dataclass
from importlib.resources.abc import Traversable

from adapter.case.tables import TableError, read_csv
from adapter.terminology.systems import CodeSystems

COLUMNS = ("concept", "system", "code", "display", "units", "confidence", "note")


@dataclass(frozen=True, slots=True)
class Code:
    """One verified code: its concept, its display (none for CPT), and the units its definition allows."""

    concept: str
    system: str
    code: str
    display: str
    units: frozenset[str]


@dataclass(frozen=True, slots=True)
class Codes:
    """All verified codes by (system URI, normal code)."""

    by_code: dict[tuple[str, str], Code]
    concepts: dict[str, tuple[Code, ...]]

    def find(self, system: str, code: str) -> Code | None:
        """The code, or None when the tables do not hold it. `code` must be in normal form."""
        return self.by_code.get((system, code))


def load_codes(file: Traversable, systems: CodeSystems, onto: Codes | None = None) -> Codes:
    """The table `codes.csv`; a site's own comes `onto` the shipped one and names its concepts.

    Raises TableError for an unknown system, a code that stands twice, or a site's code for an unknown concept.
    """
    by_code = dict(onto.by_code) if onto else {}
    concepts = {concept: list(codes) for concept, codes in onto.concepts.items()} if onto else {}
    for line, row in read_csv(file, COLUMNS):
        system = systems.uri(row["system"])
        if not system:
            raise TableError(file.name, line, f"code system {row['system']} is not in systems.csv")
        if not row["concept"] or not row["code"]:
            raise TableError(file.name, line, "a code needs its concept and its code")
        if onto is not None and row["concept"] not in onto.concepts:
            raise TableError(file.name, line, f"there is no concept {row['concept']}")
        units = frozenset(unit for unit in row["units"].split("|") if unit)
        code = Code(row["concept"], system, row["code"], row["display"], units)
        key = (system, systems.normal(system, row["code"]))
        if key in by_code:
            raise TableError(file.name, line, f"{row['code']} already stands for {by_code[key].concept}")
        by_code[key] = code
        concepts.setdefault(code.concept, []).append(code)
    return Codes(by_code, {concept: tuple(codes) for concept, codes in concepts.items()})

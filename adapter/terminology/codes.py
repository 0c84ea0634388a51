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


def load_codes(file: Traversable, systems: CodeSystems) -> Codes:
    """The table `codes.csv`. Raises TableError for an unknown system or a code that stands twice."""
    by_code: dict[tuple[str, str], Code] = {}
    concepts: dict[str, list[Code]] = {}
    for line, row in read_csv(file, COLUMNS):
        system = systems.uri(row["system"])
        if not system:
            raise TableError(file.name, line, f"code system {row['system']} is not in systems.csv")
        if not row["concept"] or not row["code"]:
            raise TableError(file.name, line, "a code needs its concept and its code")
        units = frozenset(unit for unit in row["units"].split("|") if unit)
        code = Code(row["concept"], system, row["code"], row["display"], units)
        key = (system, systems.normal(system, row["code"]))
        if key in by_code:
            raise TableError(file.name, line, f"{row['code']} already stands for {by_code[key].concept}")
        by_code[key] = code
        concepts.setdefault(code.concept, []).append(code)
    return Codes(by_code, {concept: tuple(codes) for concept, codes in concepts.items()})

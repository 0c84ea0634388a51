"""The mapping tables put together and checked against each other: what codes, units and statuses mean.

A fault anywhere is an error that names file and line, and the adapter does not start with it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Literal

from adapter.case.catalogue import Catalogue, FactDefinition, Kind, catalogue
from adapter.case.tables import Located, TableError, read_csv, read_yaml
from adapter.mapping.agreement import Agreement, load_agreement
from adapter.mapping.diagnosis_words import KINDS as DIAGNOSIS_KINDS
from adapter.mapping.diagnosis_words import DiagnosisWords
from adapter.mapping.hl7v2_rules import EventRules, compile_events
from adapter.mapping.hl7v2_sources import SegmentSources, compile_sources
from adapter.mapping.item import Codings
from adapter.mapping.names import Names, load_names
from adapter.mapping.schema import Row, Sources
from adapter.mapping.source_checks import check_sources
from adapter.mapping.statuses import Statuses, load_statuses
from adapter.mapping.therapy_words import KINDS as THERAPY_KINDS
from adapter.mapping.therapy_words import TherapyWords
from adapter.mapping.word_table import load_words
from adapter.terminology.codes import Codes, load_codes
from adapter.terminology.systems import (
    DEFAULT_BASE,
    FORMER_QUESTIONNAIRE,
    LDT_FACT,
    QUESTIONNAIRE,
    CodeSystems,
    load_systems,
)
from adapter.terminology.units import Units, load_units

Meaning = Literal["yes", "no", "none", "unknown"]
MEANINGS: tuple[Meaning, ...] = ("yes", "no", "none", "unknown")


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Everything that mapping needs, loaded and checked. Never changed: what was read by it is remembered.

    `by_concept` has the rows by kind of source and concept, `asking` the keys of those that ask for other elements.
    """

    catalogue: Catalogue
    systems: CodeSystems
    codes: Codes
    units: Units
    statuses: Statuses
    sources: Sources
    rows: tuple[Row, ...]
    by_concept: dict[tuple[str, str], tuple[Row, ...]]
    asking: frozenset[tuple[str, str]]
    read_concepts: frozenset[str]
    not_read: dict[str, str]
    answers: dict[tuple[str, str], Meaning]
    names: Names
    therapy_words: TherapyWords
    diagnosis_words: DiagnosisWords
    agreement: Agreement
    own_system: str
    questionnaires: frozenset[str]
    hl7v2: SegmentSources
    events: EventRules
    texts: Mapping[tuple[str, str], Codings] = field(default_factory=lambda: MappingProxyType({}))
    """Answers that a site sends as text, by question (a concept or a fact) and text."""

    def rows_for(self, kind: str, concept: str) -> tuple[Row, ...]:
        """The rows that read a concept from a kind of source, in the order of the table."""
        return self.by_concept.get((kind, concept), ())


def tables(base: str = DEFAULT_BASE) -> Tables:
    """The tables that ship with the adapter."""
    return _shipped(base)


@cache
def _shipped(base: str) -> Tables:
    return load_tables(files("mappings"), base)


def load_tables(folder: Traversable, base: str = DEFAULT_BASE) -> Tables:
    """The tables of a folder. Raises TableError with file and line for whatever is wrong in them."""
    facts = catalogue()
    systems = load_systems(folder.joinpath("systems.csv"), base)
    codes = load_codes(folder.joinpath("codes.csv"), systems)
    units = load_units(folder.joinpath("units.csv"))
    statuses = load_statuses(read_yaml(folder.joinpath("statuses.yaml")))
    source_table = read_yaml(folder.joinpath("sources.yaml"))
    sources = source_table.model(Sources)
    row_table = read_yaml(folder.joinpath("rows.yaml"))
    rows = tuple(_rows(row_table))
    not_read = _not_read(row_table)
    check_sources(source_table, sources, statuses, codes, systems)
    _check_own_units(source_table, sources, facts, units)
    _check_rows(row_table, rows, facts, codes, units)
    by_concept = _by_concept(row_table, rows)
    read = _check_coverage(row_table, rows, not_read, codes, sources)
    therapies = load_words(folder.joinpath("therapies.csv"), THERAPY_KINDS)
    return Tables(
        facts,
        systems,
        codes,
        units,
        statuses,
        sources,
        rows,
        by_concept,
        frozenset(key for key, found in by_concept.items() if any(row.needs.others for row in found)),
        read,
        not_read,
        _answers(folder.joinpath("answers.csv"), systems),
        load_names(folder, codes),
        TherapyWords.of(therapies),
        DiagnosisWords.of(load_words(folder.joinpath("diagnoses.csv"), DIAGNOSIS_KINDS), therapies["liver"]),
        load_agreement(row_table, rows, facts, codes),
        f"{base}/CodeSystem/{LDT_FACT}",
        frozenset(f"{base}/Questionnaire/{name}" for name in (QUESTIONNAIRE, FORMER_QUESTIONNAIRE)),
        compile_sources(sources.hl7v2),
        compile_events(sources.events),
    )


def _rows(table: Located) -> Iterator[Row]:
    seen: set[str] = set()
    for number, (line, _) in enumerate(table.rows("rows")):
        row = table.model(Row, ("rows", number))
        if row.id in seen:
            raise TableError(table.file, line, f"row {row.id} stands twice")
        seen.add(row.id)
        yield row


def _not_read(table: Located) -> dict[str, str]:
    value = table.value
    rows = value.get("not_read") if isinstance(value, dict) else None
    if not isinstance(rows, dict):
        raise table.error((), "expected a mapping named 'not_read'")
    for concept, reason in rows.items():
        if not isinstance(reason, str) or not reason:
            raise table.error(("not_read", concept), "a concept that is not read needs its reason")
    return {concept: str(reason) for concept, reason in rows.items()}


def _answers(file: Traversable, systems: CodeSystems) -> dict[tuple[str, str], Meaning]:
    answers: dict[tuple[str, str], Meaning] = {}
    for line, row in read_csv(file, ("system", "code", "means", "note")):
        system = systems.uri(row["system"])
        meaning = next((meaning for meaning in MEANINGS if meaning == row["means"]), None)
        if not system or meaning is None:
            raise TableError(
                file.name, line, "the code system is unknown, or the meaning is not yes, no, none, unknown"
            )
        if (system, row["code"]) in answers:
            raise TableError(file.name, line, f"answer {row['code']} stands twice")
        answers[(system, row["code"])] = meaning
    return answers


def _check_own_units(table: Located, sources: Sources, facts: Catalogue, units: Units) -> None:
    for fact in facts.facts.values():
        if fact.kind is Kind.QUANTITY:
            analyte = sources.own_code_units.get(fact.name, "")
            _check_unit(table, ("own_code_units", fact.name), fact, analyte, units)
    for name in sources.own_code_units:
        if name not in facts:
            raise table.error(("own_code_units", name), f"there is no fact {name}")


def _check_rows(table: Located, rows: tuple[Row, ...], facts: Catalogue, codes: Codes, units: Units) -> None:
    for number, row in enumerate(rows):
        path = ("rows", number)
        if row.fact not in facts:
            raise table.error((*path, "fact"), f"there is no fact {row.fact}")
        fact = facts[row.fact]
        for value in (row.says, *row.says_all, *row.says_one_of, *row.answers.values()):
            if value and not _allowed(fact, value):
                raise table.error(path, f"{value} is no value of {fact.name}")
        if row.number:
            _check_unit(table, (*path, "number"), fact, row.number, units)
        _check_reading(table, path, row, fact)
        for concept in _named_concepts(row):
            if concept not in codes.concepts:
                raise table.error(path, f"there is no concept {concept} in codes.csv")


def _check_reading(table: Located, path: tuple[str | int, ...], row: Row, fact: FactDefinition) -> None:
    """A way of reading fits some kinds of facts only."""
    fits = {
        "limit": (Kind.FLAG,),
        "refutes": (Kind.FLAG,),
        "answers": (Kind.CODED,),
        "says_one_of": (Kind.CODED, Kind.LIST),
        "says_all": (Kind.LIST,),
        "number": (Kind.QUANTITY,),
        "says": (Kind.FLAG, Kind.CODED, Kind.LIST),
    }
    for name, kinds in fits.items():
        if getattr(row, name) and fact.kind not in kinds:
            raise table.error((*path, name), f"{name} cannot state {fact.name}, which is a {fact.kind.value} fact")


def _named_concepts(row: Row) -> Iterator[str]:
    needs = row.needs
    yield from (*row.concepts, *row.answers, *needs.body_site, *needs.used, *needs.reason, *needs.together)
    if needs.companion:
        yield from (*needs.companion.concepts, *needs.companion.answers)


def _allowed(fact: FactDefinition, value: str) -> bool:
    return value == "yes" if fact.kind is Kind.FLAG else value in fact.values


def _check_unit(table: Located, path: tuple[str | int, ...], fact: FactDefinition, analyte: str, units: Units) -> None:
    if analyte not in units.table:
        raise table.error(path, f"{fact.name}: there are no units for {analyte or 'it'} in units.csv")
    if units.canonical(analyte) != fact.unit:
        raise table.error(path, f"{fact.name} is held in {fact.unit}, {analyte} in {units.canonical(analyte)}")


def _check_coverage(
    table: Located, rows: tuple[Row, ...], not_read: dict[str, str], codes: Codes, sources: Sources
) -> frozenset[str]:
    """Every concept is read by a row or declared as not read, and none is both; the concepts that are read."""
    read = {concept for row in rows for concept in row.concepts}
    answered = {concept for row in rows for concept in row.answers} | {"variant_absent"}
    for concept in not_read:
        if concept not in codes.concepts:
            raise table.error(("not_read", concept), f"there is no concept {concept} in codes.csv")
        if concept in read:
            raise table.error(("not_read", concept), f"{concept} is read by a row")
    named = {concept for row in rows for concept in _named_concepts(row)}
    for concept in codes.concepts:
        if concept not in read | answered | named | set(not_read):
            raise table.error(("not_read",), f"no row reads {concept}, and it is not declared as not read")
    return frozenset(read | {extension.concept for extension in sources.extensions})


def _by_concept(table: Located, rows: tuple[Row, ...]) -> dict[tuple[str, str], tuple[Row, ...]]:
    found: dict[tuple[str, str], list[Row]] = {}
    settled: set[tuple[str, str, str]] = set()
    for number, row in enumerate(rows):
        for concept in row.concepts:
            key = (row.kind, concept, row.fact)
            if key in settled:
                raise table.error(("rows", number), f"never reached: an earlier row already reads {concept}")
            if row.needs == type(row.needs)():
                settled.add(key)
            found.setdefault((row.kind, concept), []).append(row)
    return {key: tuple(value) for key, value in found.items()}

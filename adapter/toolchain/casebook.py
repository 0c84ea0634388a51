"""The worked cases of a folder: whole cases with all their lists, cases of single rules and policies, and the boundary
matrix.

A case that cannot be read stops everything, with file and line; nothing is skipped and nothing is judged here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from adapter.case.case import Case
from adapter.case.casefile import CaseFileError, Json, case_of, read_cases, read_json
from adapter.case.catalogue import Kind, catalogue
from adapter.case.merge import Clock
from adapter.case.number import read_decimal
from adapter.case.tables import TableError, read_csv
from adapter.ldt.document import Document, RuleSetError, read_document
from adapter.toolchain.caserows import UNKNOWN, BoundaryRow, CaseFile, CaseRow, Stated
from adapter.toolchain.expectation import Expectation, WorkedCase

CLOCK = Clock(datetime(2026, 1, 12, 12, tzinfo=UTC))
"""The day of all cases. Their facts are dated on it, so that none of them is ever stale."""

REFERENCE = "reference.json"
"""The case whose facts hold wherever a case of a rule, a policy or a boundary states nothing else."""


class CasebookError(ValueError):
    """The cases cannot be used. The text names the file and, where there is one, the line."""


@dataclass(frozen=True, slots=True)
class Casebook:
    """All worked cases of a folder, in the order of its files."""

    cases: tuple[WorkedCase, ...]

    def about(self, owner: str) -> tuple[WorkedCase, ...]:
        """The cases of one rule or policy."""
        return tuple(case for case in self.cases if case.about == owner)


def read_casebook(folder: Path) -> Casebook:
    """The cases below `folder`: cases/*.json, cases/*.yaml and boundaries/*.csv. Raises CasebookError."""
    try:
        reference = _reference(folder / "cases" / REFERENCE)
        found = [*_whole(folder), *_of_rules(folder, reference), *_boundaries(folder, reference)]
    except (TableError, RuleSetError) as error:
        raise CasebookError(str(error)) from None
    if not found:
        raise CasebookError(f"no worked case stands below {folder}")
    return Casebook(tuple(found))


def _reference(file: Path) -> Mapping[str, Json]:
    try:
        content = read_json(_text(file))
    except CaseFileError as error:
        raise CasebookError(f"{file.name}: {error}") from None
    match content:
        case [{"facts": dict(facts), **_rest}]:
            return facts
        case _:
            raise CasebookError(f"{file.name}: one case with its facts is expected")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise CasebookError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CasebookError(f"{file}: the file is not UTF-8") from None


def _whole(folder: Path) -> Iterator[WorkedCase]:
    """The cases that state all their facts and all their lists."""
    for file in sorted((folder / "cases").glob("*.json")):
        if file.name == REFERENCE:
            continue
        try:
            entries = read_cases(_text(file), CLOCK)
        except CaseFileError as error:
            raise CasebookError(f"{file.name}: {error}") from None
        for entry in entries:
            name = f"{entry.case.subject}: {entry.title}"
            expect = Expectation(exactly=entry.expect)
            yield WorkedCase(name, entry.case.subject, entry.case, expect, f"{file.name}: {entry.case.subject}")


def _of_rules(folder: Path, reference: Mapping[str, Json]) -> Iterator[WorkedCase]:
    """The cases of single rules and policies, each the reference case with some facts changed."""
    for file in sorted((folder / "cases").glob("*.yaml")):
        document = read_document(file.name, _text(file))
        for group_number, group in enumerate(_case_file(document).cases):
            for number, row in enumerate(group.patients):
                place = f"{file.name}:{document.line(('cases', group_number, 'patients', number))}"
                shared = {**reference, **_stated(group.given, place)}
                yield _case_of_rule(group.about, row, shared, place)


def _case_file(document: Document) -> CaseFile:
    try:
        return CaseFile.model_validate(document.content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CasebookError(str(document.problem(tuple(first["loc"]), f"{where}: {first['msg']}"))) from None


def _case_of_rule(about: str, row: CaseRow, reference: Mapping[str, Json], place: str) -> WorkedCase:
    expect = Expectation(
        rule=about,
        answer=row.answer,
        shows={name: frozenset(codes) for name, codes in row.shows.items()},
        hides={name: frozenset(codes) for name, codes in row.hides.items()},
        because={therapy: frozenset(rules) for therapy, rules in row.because.items()},
        asks=row.asks,
        indicator=row.indicator,
    )
    name = f"{about} {row.answer}: {row.patient}" if row.answer else f"{about}: {row.patient}"
    return WorkedCase(name, about, _case(name, {**reference, **_stated(row.facts, place)}, place), expect, place)


def _boundaries(folder: Path, reference: Mapping[str, Json]) -> Iterator[WorkedCase]:
    """The boundary matrix: the same patient under, at and over each limit."""
    columns = list(BoundaryRow.model_fields)
    for file in sorted((folder / "boundaries").glob("*.csv")):
        for line, cells in read_csv(file, columns):
            place = f"{file.name}:{line}"
            try:
                row = BoundaryRow.model_validate(cells)
            except ValidationError as error:
                raise CasebookError(f"{place}: {error.errors()[0]['msg']}") from None
            yield _boundary(row, reference, place)


def _boundary(row: BoundaryRow, reference: Mapping[str, Json], place: str) -> WorkedCase:
    value, context = read_decimal(row.value), _context(row.context)
    if value is None or context is None:
        raise CasebookError(f"{place}: the context is a JSON object of facts, and the value a number")
    facts = {**reference, **context, **dict.fromkeys(row.facts.split(), value)}
    name = f"{row.rule} {row.expected} at {row.facts} {row.value} ({row.threshold})"
    match row.expected:
        case "fires":
            expect = Expectation(rule=row.rule, answer="fires")
        case "silent":
            expect = Expectation(hides={"rules": frozenset({row.rule})})
        case _:
            expect = Expectation(indicator=row.expected)
    return WorkedCase(name, row.rule, _case(name, facts, place), expect, place)


def _context(text: str) -> dict[str, Json] | None:
    try:
        content = read_json(text)
    except CaseFileError:
        return None
    return content if isinstance(content, dict) else None


def _case(name: str, facts: Mapping[str, Json], place: str) -> Case:
    try:
        return case_of(name, facts, CLOCK)
    except CaseFileError as error:
        raise CasebookError(f"{place}: {error}") from None


def _stated(facts: Mapping[str, Stated], place: str) -> dict[str, Json]:
    return {name: _json(name, content, place) for name, content in facts.items()}


def _json(name: str, stated: Stated, place: str) -> Json:
    """The value as a JSON case file writes it: `unknown` is null, `yes` and `no` are truth values of flags."""
    if name not in catalogue():
        raise CasebookError(f"{place}: unknown fact {name}")
    return None if stated == UNKNOWN else _value(catalogue()[name].kind, stated)


def _value(kind: Kind, stated: Stated) -> Json:
    match stated:
        case str() if kind is Kind.QUANTITY:
            number = read_decimal(stated)
            return stated if number is None else number  # what is no number is refused with the case, never unknown
        case "yes" | "no" if kind in (Kind.FLAG, Kind.LIST):  # a list says whether it is complete
            return stated == "yes"
        case str():
            return stated
        case dict():
            return {name: _value(kind, part) for name, part in stated.items()}
        case _:
            return [_value(kind, part) for part in stated]

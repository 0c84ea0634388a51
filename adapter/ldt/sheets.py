"""The files of the rule set side by side, each fitting its schema, with their lines still known.

It is what assemble.py checks against each other and makes into a rule set.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from pydantic import ValidationError

from adapter.case.schema import schema_faults
from adapter.ldt.document import Document, Path, Problem, RuleSetError
from adapter.ldt.schema import (
    CodeFile,
    ConflictFile,
    PolicyFile,
    Row,
    RuleFile,
    RuleRow,
    SignOffFile,
    TableFile,
    TherapyFile,
)

R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Sheet(Generic[R]):
    """One file: the document with its lines, and its content by the schema."""

    document: Document
    content: R

    def problem(self, path: Path, message: str) -> Problem:
        """A problem at a part of this file."""
        return self.document.problem(path, message)


def read_sheet(model: type[R], document: Document) -> Sheet[R]:
    """A document as a sheet of its schema. Raises RuleSetError naming every part that does not fit."""
    try:
        return Sheet(document, model.model_validate(document.content))
    except ValidationError as error:
        raise RuleSetError(list(_problems(document, error))) from None


def with_row(sheet: Sheet[R], table: str, key: str, name: str, changed: Mapping[str, str]) -> Sheet[R]:
    """The sheet with other texts in the row of a table whose key has this name; the same sheet when there is none."""
    rows = tuple(row.model_copy(update=changed) if getattr(row, key) == name else row for row in _rows(sheet, table))
    return replace(sheet, content=sheet.content.model_copy(update={table: rows}))


def _rows(sheet: Sheet[R], table: str) -> tuple[Row, ...]:
    rows: tuple[Row, ...] = getattr(sheet.content, table)
    return rows


def _problems(document: Document, error: ValidationError) -> Iterator[Problem]:
    for path, words in schema_faults(error, document.content, unknown="unknown key"):
        yield document.problem(path, words)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands: its sheet and its path."""

    document: Document
    path: Path

    def problem(self, message: str, *within: str | int) -> Problem:
        """A problem at this row, or at a part of it."""
        return self.document.problem((*self.path, *within), message)


@dataclass(frozen=True, slots=True)
class Sheets:
    """All files of one rule set."""

    policy: Sheet[PolicyFile]
    codes: Sheet[CodeFile]
    therapies: Sheet[TherapyFile]
    conflicts: Sheet[ConflictFile]
    table: Sheet[TableFile]
    sign_offs: Sheet[SignOffFile]
    rules: tuple[Sheet[RuleFile], ...]

    def rule_rows(self) -> Iterator[tuple[Place, str, RuleRow]]:
        """Every rule with its place and section, in the order of files and rows."""
        for sheet in self.rules:
            for number, row in enumerate(sheet.content.rules):
                yield Place(sheet.document, ("rules", number)), sheet.content.section, row

"""The files of the rule set side by side, each fitting its schema, with their lines still known.

It is what assemble.py checks against each other and makes into a rule set.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from adapter.ldt.document import Document, Path, Problem
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

"""Loads the rule set from its folder of YAML files, or refuses it and names file and line of everything that
is wrong.

It never repairs and never loads a part: a rule set is whole or not there.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path as FilePath

from adapter.case.catalogue import Catalogue, catalogue
from adapter.ldt.assemble import assemble
from adapter.ldt.document import Document, Problem, RuleSetError, read_document
from adapter.ldt.overlaid import overlaid
from adapter.ldt.overlay import read_overlay
from adapter.ldt.ruleset import RuleSet
from adapter.ldt.schema import CodeFile, ConflictFile, PolicyFile, RuleFile, SignOffFile, TableFile, TherapyFile
from adapter.ldt.sheets import R, Sheet, Sheets, read_sheet

POLICY, CODES, THERAPIES = "00-policy.yaml", "codes.yaml", "therapies.yaml"
CONFLICTS, TABLE, SIGN_OFFS = "conflicts.yaml", "table1.yaml", "signoff.yaml"
SINGLE = (POLICY, CODES, THERAPIES, CONFLICTS, TABLE, SIGN_OFFS)
"""The files that stand once; every other file holds rules."""


@cache
def rule_set() -> RuleSet:
    """The rule set that ships with the adapter."""
    return load_rule_set(files("adapter.ldt").joinpath("rules"))


def site_rule_set(site: FilePath | None) -> RuleSet:
    """The shipped rule set as a site has it (the folder given with --site), or as it ships.

    Raises RuleSetError naming every change of the site that cannot be made.
    """
    return rule_set() if site is None else load_rule_set(files("adapter.ldt").joinpath("rules"), site=site)


def load_rule_set(
    folder: Traversable | FilePath, facts: Catalogue | None = None, *, site: FilePath | None = None
) -> RuleSet:
    """The rule set of a folder, with the overlay of a site folder. Raises RuleSetError naming every problem found, by
    file and line."""
    sheets, table = read_sheets(folder), facts or catalogue()
    shipped = assemble(sheets, table)
    overlay = read_overlay(site) if site is not None else None
    if overlay is None:
        return shipped
    changed = overlaid(overlay, sheets, table, shipped)
    return changed.switched(assemble(changed.sheets, changed.facts))


def read_sheets(folder: Traversable | FilePath) -> Sheets:
    """The files of a folder, each fitting its schema, not yet checked against each other. Raises RuleSetError."""
    return _sheets(_documents(folder))


def _documents(folder: Traversable | FilePath) -> dict[str, Document]:
    documents: dict[str, Document] = {}
    problems: list[Problem] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        try:
            documents[entry.name] = read_document(entry.name, entry.read_text(encoding="utf-8"))
        except RuleSetError as error:
            problems += error.problems
        except UnicodeDecodeError:
            problems.append(Problem(entry.name, 1, "the file is not UTF-8"))
    for name in SINGLE:
        if name not in documents and not any(problem.file == name for problem in problems):
            problems.append(Problem(name, 1, "the file is missing"))
    _refuse(problems)
    return documents


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise RuleSetError(problems)


def _sheets(documents: Mapping[str, Document]) -> Sheets:
    problems: list[Problem] = []

    def read(model: type[R], name: str) -> Sheet[R] | None:
        try:
            return read_sheet(model, documents[name])
        except RuleSetError as error:
            problems.extend(error.problems)
            return None

    policy = read(PolicyFile, POLICY)
    codes, therapies = read(CodeFile, CODES), read(TherapyFile, THERAPIES)
    conflicts, table = read(ConflictFile, CONFLICTS), read(TableFile, TABLE)
    sign_offs = read(SignOffFile, SIGN_OFFS)
    others = sorted(documents.keys() - set(SINGLE))
    rules = [read(RuleFile, name) for name in others]
    _refuse(problems)
    if not (policy and codes and therapies and conflicts and table and sign_offs):
        raise RuleSetError([Problem(POLICY, 1, "the rule set is incomplete")])
    read_rules = tuple(sheet for sheet in rules if sheet is not None)
    return Sheets(policy, codes, therapies, conflicts, table, sign_offs, read_rules)

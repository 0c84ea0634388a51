"""Whether a rule set with an alteration would load: the altered files are checked as at every start.

It says nothing of what the altered rules would advise.
"""

from dataclasses import replace
from typing import TypeVar, assert_never

from pydantic import ValidationError

from adapter.case.catalogue import Catalogue
from adapter.ldt.assemble import assemble
from adapter.ldt.document import RuleSetError
from adapter.ldt.schema import Row, RuleFile, RuleRow
from adapter.ldt.sheets import Sheet, Sheets
from adapter.toolchain.alteration import (
    Change,
    PredicateChanged,
    ResolutionChanged,
    RuleChanged,
    RuleDropped,
    SafetyChanged,
    TherapyChanged,
)

R = TypeVar("R", bound=Row)


def refusal(sheets: Sheets, facts: Catalogue, change: Change) -> str:
    """The first problem that loading the altered files names; empty when they load."""
    try:
        assemble(_with_change(sheets, change), facts)
    except RuleSetError as error:
        return str(error.problems[0])
    except ValidationError as error:
        return error.errors(include_url=False, include_input=False)[0]["msg"]
    return ""


def _with_change(sheets: Sheets, change: Change) -> Sheets:
    """The files as they would stand. Raises ValidationError when they no longer fit their schema."""
    policy, therapies = sheets.policy, sheets.therapies
    match change:
        case RuleDropped(id):
            return _with_rule(sheets, id, None)
        case RuleChanged(row):
            return _with_rule(sheets, row.id, row)
        case PredicateChanged(row):
            predicates = tuple(row if old.name == row.name else old for old in policy.content.predicates)
            return replace(sheets, policy=_with(policy, "predicates", predicates))
        case ResolutionChanged(row):
            return replace(sheets, policy=_with(policy, "resolution", row))
        case SafetyChanged(row):
            return replace(sheets, policy=_with(policy, "safety", row))
        case TherapyChanged(row):
            rows = tuple(row if old.code == row.code else old for old in therapies.content.therapies)
            return replace(sheets, therapies=_with(therapies, "therapies", rows))
        case _:
            assert_never(change)


def _with_rule(sheets: Sheets, rule: str, row: RuleRow | None) -> Sheets:
    """The rule replaced, or left out, in the file that holds it."""

    def changed(sheet: Sheet[RuleFile]) -> Sheet[RuleFile]:
        if all(old.id != rule for old in sheet.content.rules):
            return sheet
        rows = (row if old.id == rule else old for old in sheet.content.rules)
        return _with(sheet, "rules", tuple(one for one in rows if one is not None))

    return replace(sheets, rules=tuple(changed(sheet) for sheet in sheets.rules))


def _with(sheet: Sheet[R], key: str, part: object) -> Sheet[R]:
    content = sheet.content.model_copy(update={key: part})
    return replace(sheet, content=type(content).model_validate(content.model_dump(exclude_unset=True)))

"""Every alteration of a rule set: of each rule, each predicate, the policy of resolution and of safety, and the parts
that planned therapies count as.

The list is complete by construction and always in the same order: policy first, then rules, then therapies.
"""

from collections.abc import Iterator

from adapter.case.catalogue import Catalogue
from adapter.ldt.schema import Predicate, RuleRow, Therapy
from adapter.ldt.sheets import Place, Sheets
from adapter.toolchain.alteration import (
    Alteration,
    Change,
    PredicateChanged,
    ResolutionChanged,
    RuleChanged,
    RuleDropped,
    SafetyChanged,
    TherapyChanged,
)
from adapter.toolchain.condition_edits import condition_edits
from adapter.toolchain.effect_edits import effect_edits

NO_RULE = "none"
"""Stands where the policy names a rule, when that rule is left out."""

RESOLUTION, SAFETY = "resolution", "safety"


def alterations(sheets: Sheets, facts: Catalogue) -> tuple[Alteration, ...]:
    """All alterations, each with a name of its own."""
    policy = sheets.policy.document
    found = [*_resolution(sheets, Place(policy, (RESOLUTION,))), *_safety(sheets, Place(policy, (SAFETY,)), facts)]
    for number, predicate in enumerate(sheets.policy.content.predicates):
        found += _of_predicate(Place(policy, ("predicates", number)), predicate, facts)
    for place, _, row in sheets.rule_rows():
        found += _of_rule(place, row, facts)
    for number, therapy in enumerate(sheets.therapies.content.therapies):
        found += _of_therapy(Place(sheets.therapies.document, ("therapies", number)), therapy)
    return tuple(found)


def _at(place: Place, owner: str, words: str, change: Change, *within: str | int) -> Alteration:
    return Alteration(owner, words, place.document.file, place.document.line((*place.path, *within)), change)


def _of_rule(place: Place, row: RuleRow, facts: Catalogue) -> Iterator[Alteration]:
    yield _at(place, row.id, "the rule left out", RuleDropped(row.id))
    for edit in condition_edits(row.when, facts):
        yield _at(place, row.id, edit.words, RuleChanged(row.model_copy(update={"when": edit.text})), "when")
    for effect in effect_edits(row.effects):
        change = RuleChanged(row.model_copy(update={"effects": effect.effects}))
        yield _at(place, row.id, effect.words, change, "effects", effect.number)


def _of_predicate(place: Place, row: Predicate, facts: Catalogue) -> Iterator[Alteration]:
    for edit in condition_edits(row.when, facts):
        change = PredicateChanged(row.model_copy(update={"when": edit.text}))
        yield _at(place, row.name, edit.words, change, "when")


def _of_therapy(place: Place, row: Therapy) -> Iterator[Alteration]:
    for part in row.parts:
        change = TherapyChanged(row.model_copy(update={"parts": _without(row.parts, part)}))
        yield _at(place, row.code, f"no longer counts as {part} when planned", change, "parts")


def _resolution(sheets: Sheets, place: Place) -> Iterator[Alteration]:
    row = sheets.policy.content.resolution
    lists: dict[str, tuple[str, ...]] = {
        "table_rows": row.table_rows,
        "exceptions": row.exceptions,
        "exception_therapies": row.exception_therapies,
        "after_prrt_capped": row.after_prrt_capped,
        "after_prrt_vetoes": row.after_prrt_vetoes,
    }
    for key, codes in lists.items():
        for code in codes:
            change = ResolutionChanged(row.model_copy(update={key: _without(codes, code)}))
            yield _at(place, RESOLUTION, f"{code} left out of {key}", change, key)
    words = f"{row.after_prrt} is not the row after PRRT"
    yield _at(place, RESOLUTION, words, ResolutionChanged(row.model_copy(update={"after_prrt": NO_RULE})), "after_prrt")


def _safety(sheets: Sheets, place: Place, facts: Catalogue) -> Iterator[Alteration]:
    row = sheets.policy.content.safety
    lists: dict[str, tuple[str, ...]] = {
        "crisis_rules": row.crisis_rules,
        "always_critical": row.always_critical,
        "high_burden_therapies": row.high_burden_therapies,
        "agent_therapies": row.agent_therapies,
    }
    for key, codes in lists.items():
        for code in codes:
            change = SafetyChanged(row.model_copy(update={key: _without(codes, code)}))
            yield _at(place, SAFETY, f"{code} left out of {key}", change, key)
    for follower in row.provisional_follows:
        kept = {one: leader for one, leader in row.provisional_follows.items() if one != follower}
        change = SafetyChanged(row.model_copy(update={"provisional_follows": kept}))
        yield _at(place, SAFETY, f"{follower} left out of provisional_follows", change, "provisional_follows")
    conditions = {
        "crisis_when": row.crisis_when,
        "high_burden_when": row.high_burden_when,
        "agent_matters_when": row.agent_matters_when,
    }
    for key, text in conditions.items():
        for edit in condition_edits(text, facts):
            change = SafetyChanged(row.model_copy(update={key: edit.text}))
            yield _at(place, SAFETY, f"{key}: {edit.words}", change, key)


def _without(codes: tuple[str, ...], code: str) -> tuple[str, ...]:
    return tuple(other for other in codes if other != code)

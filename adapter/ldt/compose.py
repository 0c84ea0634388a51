"""Puts the parts of an advice together: therapies in order, remarks by code.

It decides nothing; what fired and what it comes to is handed to it.
"""

from collections.abc import Iterable, Mapping

from adapter.ldt.advice import Remark, Strength, TherapyAdvice
from adapter.ldt.planned import Planned
from adapter.ldt.provisional import PREFIX, Provisional
from adapter.ldt.ratings import Verdict
from adapter.ldt.rule import Remarked, Rule
from adapter.ldt.ruleset import RuleSet

_ORDER = {strength: number for number, strength in enumerate(Strength)}


def therapies(
    found: Mapping[str, Verdict], marked: Iterable[Provisional], draft: Planned, rules: RuleSet
) -> tuple[TherapyAdvice, ...]:
    """The verdicts as advice: by strength, then in the order of the therapy table."""
    provisional = {mark.therapy for mark in marked}
    listed = sorted((code for code in rules.therapies if code in found), key=lambda code: _ORDER[found[code].strength])
    return tuple(_therapy(code, found[code], code in provisional, draft, rules) for code in listed)


def _therapy(code: str, verdict: Verdict, provisional: bool, draft: Planned, rules: RuleSet) -> TherapyAdvice:
    facts = {fact for because in verdict.because for fact in rules.rules[because.rule].facts}
    return TherapyAdvice(
        code,
        verdict.strength,
        verdict.because,
        verdict.set_aside,
        tuple(sorted(facts)),
        provisional,
        draft.state(code),
    )


def remarks(fired: Iterable[Rule], remarked: Remarked) -> tuple[Remark, ...]:
    """The codes of one kind that fired rules set, by code, each with all its rules."""
    setters: dict[str, list[Rule]] = {}
    for rule in fired:
        for setting in rule.settings:
            if setting.remarked is remarked:
                setters.setdefault(setting.code, []).append(rule)
    return tuple(_remark(code, setters[code]) for code in sorted(setters))


def _remark(code: str, setters: list[Rule]) -> Remark:
    if len(setters) == 1:
        return Remark(code, (setters[0].id,), setters[0].facts)
    facts = {fact for rule in setters for fact in rule.facts}
    return Remark(code, tuple(rule.id for rule in setters), tuple(sorted(facts)))


def with_provisional(cautions: tuple[Remark, ...], marked: Iterable[Provisional]) -> tuple[Remark, ...]:
    """The cautions with one more for every provisional therapy, by code."""
    added = (Remark(PREFIX + mark.therapy, mark.rules, mark.facts) for mark in marked)
    return tuple(sorted((*cautions, *added), key=lambda remark: remark.code))

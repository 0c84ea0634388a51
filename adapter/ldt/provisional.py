"""Therapies whose verdict may still get worse: a rule that could exclude them is undecided (P10).

It marks; it never changes a strength.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from adapter.case.value import Value
from adapter.ldt.compile import Frame
from adapter.ldt.missing import open_facts
from adapter.ldt.planned import Planned, agent_excluded
from adapter.ldt.rule import Rule
from adapter.ldt.ruleset import RuleSet

PREFIX = "provisional_"
"""A caution of this evaluation is this and the therapy's code."""


@dataclass(frozen=True, slots=True)
class Provisional:
    """A therapy that is offered or planned, the undecided rules that could exclude it, and the facts they
    wait for."""

    therapy: str
    rules: tuple[str, ...]
    facts: tuple[str, ...]


def provisional(
    undecided: Iterable[Rule], offered: frozenset[str], draft: Planned, frame: Frame, rules: RuleSet
) -> tuple[Provisional, ...]:
    """The marks, by therapy. `frame` is that of the second pass."""
    looked_at = _looked_at(offered, draft, frame.values, rules)
    excluding: dict[str, list[Rule]] = {}
    for rule in undecided:
        for rating in rule.ratings:
            if rating.rated.excludes and rating.therapy in looked_at:
                excluding.setdefault(rating.therapy, []).append(rule)
    for follower, leader in rules.safety.provisional_follows.items():
        if leader in excluding and follower in looked_at:
            excluding[follower] = excluding[leader]
    return tuple(_mark(therapy, found, frame) for therapy, found in sorted(excluding.items()))


def _looked_at(
    offered: frozenset[str], draft: Planned, values: Mapping[str, Value | None], rules: RuleSet
) -> frozenset[str]:
    looked_at = offered | draft.possible
    drug = rules.safety.agent_drug
    if agent_excluded(values, rules) or looked_at.isdisjoint(rules.safety.agent_therapies):
        return looked_at - {drug}
    return looked_at | {drug}


def _mark(therapy: str, found: list[Rule], frame: Frame) -> Provisional:
    facts = {fact for rule in found for fact in open_facts(rule.condition, frame)}
    return Provisional(therapy, tuple(rule.id for rule in found), tuple(sorted(facts)))

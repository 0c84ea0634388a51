"""What a worked case expects of its advice, and in which points an advice falls short of it.

It compares; where cases come from is casebook.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from adapter.case.case import Case
from adapter.case.truth import Truth
from adapter.ldt.advice import Advice, Scope
from adapter.ldt.evaluate import evaluate
from adapter.ldt.ruleset import RuleSet
from adapter.ldt.summary import summary

Answer = Literal["fires", "does not fire", "unknown"]
"""How a rule stands in a case: it fires, it is decided and does not, or what is known does not decide it."""

Lists = Mapping[str, frozenset[str]]
"""Codes by the name of their list: preferred, reasonable, not_recommended, contraindicated, cautions ..."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is stated of the advice; what is not stated may be anything.

    `exactly`: the whole lists and the indicator. `shows` and `hides`: codes that stand in a list, or do not. `because`:
    all rules that the verdict on a therapy names as its reasons. `asks`: all facts that are named as missing. `answer`:
    how `rule` stands.
    """

    rule: str = ""
    answer: Answer | None = None
    exactly: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    shows: Lists = field(default_factory=dict)
    hides: Lists = field(default_factory=dict)
    because: Lists = field(default_factory=dict)
    asks: tuple[str, ...] | None = None
    indicator: str = ""


@dataclass(frozen=True, slots=True)
class WorkedCase:
    """A patient with what is expected of the advice: its name, the rule or policy that it is about, and its place."""

    name: str
    about: str
    case: Case
    expect: Expectation
    place: str


def faults(worked: WorkedCase, rules: RuleSet) -> Iterator[str]:
    """Every point in which the advice of this rule set is not what the case expects, in words."""
    expect, advice = worked.expect, evaluate(worked.case, rules)
    if expect.answer is not None:
        answer = answer_of(expect.rule, worked.case, advice, rules)
        if answer != expect.answer:
            yield f"{expect.rule} {answer}, expected: {expect.answer}"
    lists = {**summary(advice), **_further(advice)}
    for name, expected in expect.exactly.items():
        yield from _differences(name, expected, lists[name])
    for name, codes in expect.shows.items():
        yield from (f"{code} is not in {name}" for code in sorted(codes.difference(lists[name])))
    for name, codes in expect.hides.items():
        yield from (f"{code} is in {name}" for code in sorted(codes.intersection(lists[name])))
    for therapy, reasons in expect.because.items():
        if _reasons(advice, therapy) != reasons:
            named = _words(_reasons(advice, therapy))
            yield f"reasons of the verdict on {therapy}: {named}, expected: {_words(reasons)}"
    if expect.asks is not None:
        yield from _differences("missing", expect.asks, lists["missing"])
    if expect.indicator:
        yield from _differences("indicator", expect.indicator, lists["indicator"])


def _differences(name: str, expected: str | tuple[str, ...], found: str | list[str]) -> Iterator[str]:
    """How a whole list, or the indicator, differs from what is expected."""
    if isinstance(expected, str) or isinstance(found, str):
        if expected != found:
            yield f"{name} is {found}, expected: {expected}"
        return
    yield from (f"{code} is not in {name}" for code in sorted(set(expected).difference(found)))
    yield from (f"{code} is in {name}" for code in sorted(set(found).difference(expected)))


def _further(advice: Advice) -> dict[str, list[str]]:
    """What a card shows besides the nine lists: notes, kinds of danger, and which rated therapies count as planned."""
    return {
        "notes": sorted(note.code for note in advice.notes),
        "dangers": sorted(danger.kind for danger in advice.dangers),
        "planned": sorted(therapy.code for therapy in advice.therapies if therapy.planned is Truth.TRUE),
    }


def _reasons(advice: Advice, therapy: str) -> frozenset[str]:
    verdict = advice.therapy(therapy)
    return frozenset(rating.rule for rating in verdict.because) if verdict else frozenset()


def answer_of(rule_id: str, case: Case, advice: Advice, rules: RuleSet) -> Answer | None:
    """How a rule stands in this advice, None when the rule set has no such rule."""
    if rule_id not in rules.rules:
        return None
    if rule_id in advice.fired:
        return "fires"
    if rule_id in advice.undecided:
        return "unknown"
    if advice.scope is Scope.UNKNOWN:  # the advice stops at the scope rules and says nothing of the others
        frame = rules.frame(case).offering(advice.offered)
        return "unknown" if rules.rules[rule_id].condition.test(frame) is Truth.UNKNOWN else "does not fire"
    return "does not fire"


def _words(codes: frozenset[str]) -> str:
    return ", ".join(sorted(codes)) or "none"

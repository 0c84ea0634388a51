"""The synthetic patients of fixtures/cases with what the rule set says of each: the worked cases, and the situations
of single rules.

Expectations are checked by the tests of the rule set; here the answers are only looked up.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from adapter.case.case import Case
from adapter.case.casefile import CaseEntry, read_cases
from adapter.case.merge import Clock
from adapter.ldt import Advice, RuleSet, evaluate

CASES = Path(__file__).parents[2] / "fixtures/cases"
CLOCK = Clock(datetime(2026, 1, 12, 12, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Situation:
    """A patient: `anchor` is the place on the page of cases, `rule` the rule that it was written for, if any."""

    anchor: str
    name: str
    title: str
    case: Case
    advice: Advice
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Situations:
    """All of them, and the reference profile that they are told against."""

    reference: CaseEntry
    worked: tuple[Situation, ...]
    single: tuple[Situation, ...]

    def firing(self, rule: str) -> tuple[Situation, ...]:
        """The worked cases in which a rule fires, else the situations that were written for it."""
        worked = tuple(one for one in self.worked if rule in one.advice.fired)
        return worked or tuple(one for one in self.single if one.rule == rule)


def situations(rules: RuleSet) -> Situations:
    """Read and evaluate them."""
    [reference] = read_cases((CASES / "reference.json").read_text(encoding="utf-8"), CLOCK)
    return Situations(reference, tuple(_worked(rules)), tuple(_single(rules)))


def _worked(rules: RuleSet) -> Iterator[Situation]:
    for entry in read_cases((CASES / "cases.json").read_text(encoding="utf-8"), CLOCK):
        name = entry.case.subject
        yield Situation(name.lower(), name, entry.title, entry.case, evaluate(entry.case, rules))


def _single(rules: RuleSet) -> Iterator[Situation]:
    [profile] = json.loads((CASES / "reference.json").read_text(encoding="utf-8"))
    rows = json.loads((CASES / "firing.json").read_text(encoding="utf-8"))
    written = [
        {"id": str(number), "title": row["why"], "facts": profile["facts"] | row["fires"]}
        for number, row in enumerate(rows, 1)
    ]
    for row, entry in zip(rows, read_cases(json.dumps(written), CLOCK), strict=True):
        anchor = f"situation-{entry.case.subject}"
        name = f"Situation {entry.case.subject}"
        yield Situation(anchor, name, entry.title, entry.case, evaluate(entry.case, rules), row["rule"])

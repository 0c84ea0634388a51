"""The synthetic patients of fixtures/cases with what the rule set says of each: the worked cases, and the patients that
were written for single rules and policies.

Expectations are checked by the tests of the rule set; here the answers are only looked up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from adapter.case.case import Case
from adapter.case.casefile import CaseEntry, read_cases
from adapter.case.merge import Clock
from adapter.ldt import Advice, RuleSet, evaluate
from adapter.toolchain.casebook import read_casebook
from adapter.toolchain.expectation import WorkedCase

FIXTURES = Path(__file__).parents[2] / "fixtures"
CASES = FIXTURES / "cases"
CLOCK = Clock(datetime(2026, 1, 12, 12, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Situation:
    """A worked case: `anchor` is the place on the page of cases."""

    anchor: str
    name: str
    title: str
    case: Case
    advice: Advice


@dataclass(frozen=True, slots=True)
class Situations:
    """All of them: the worked cases, the patients of single rules and policies, and the profile that both are told
    against."""

    reference: CaseEntry
    worked: tuple[Situation, ...]
    single: tuple[WorkedCase, ...]

    def firing(self, rule: str) -> tuple[Situation, ...]:
        """The worked cases in which a rule fires."""
        return tuple(one for one in self.worked if rule in one.advice.fired)

    def about(self, owner: str) -> tuple[WorkedCase, ...]:
        """The patients that were written for a rule or a policy."""
        return tuple(one for one in self.single if one.about == owner)


def situations(rules: RuleSet) -> Situations:
    """Read them, and evaluate the worked cases."""
    [reference] = read_cases((CASES / "reference.json").read_text(encoding="utf-8"), CLOCK)
    single = tuple(one for one in read_casebook(FIXTURES).cases if ".yaml:" in one.place)
    return Situations(reference, tuple(_worked(rules)), single)


def _worked(rules: RuleSet) -> Iterator[Situation]:
    for entry in read_cases((CASES / "cases.json").read_text(encoding="utf-8"), CLOCK):
        name = entry.case.subject
        yield Situation(name.lower(), name, entry.title, entry.case, evaluate(entry.case, rules))

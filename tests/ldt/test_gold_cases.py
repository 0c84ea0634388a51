"""The 24 worked cases of the guideline, each with all nine lists. Cases of single rules: tests/toolchain."""

import pytest

from adapter.case.casefile import CaseEntry, read_cases
from adapter.ldt import evaluate, rule_set, summary
from tests.ldt.patients import CLOCK, FIXTURES

GOLD = read_cases((FIXTURES / "cases/cases.json").read_text(encoding="utf-8"), CLOCK)


@pytest.mark.parametrize("entry", GOLD, ids=lambda entry: entry.case.subject)
def test_a_worked_case_gives_exactly_its_nine_lists(entry: CaseEntry) -> None:
    expected = {name: value if isinstance(value, str) else sorted(value) for name, value in entry.expect.items()}
    assert len(expected) == 9
    assert summary(evaluate(entry.case, rule_set())) == expected


def test_there_are_24_worked_cases() -> None:
    assert len(GOLD) == 24

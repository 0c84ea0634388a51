"""The 24 worked cases, the boundary matrix, and every rule that no worked case reaches."""

import csv
import json
from decimal import Decimal
from typing import Any

import pytest

from adapter.case.casefile import CaseEntry, read_cases
from adapter.ldt import evaluate, rule_set, summary
from tests.ldt.patients import CLOCK, FIXTURES, lists

GOLD = read_cases((FIXTURES / "cases/cases.json").read_text(encoding="utf-8"), CLOCK)
FIRING: list[dict[str, Any]] = json.loads((FIXTURES / "cases/firing.json").read_text(encoding="utf-8"))
with (FIXTURES / "boundaries/boundaries.csv").open(encoding="utf-8", newline="") as table:
    BOUNDARIES = list(csv.DictReader(table))


@pytest.mark.parametrize("entry", GOLD, ids=lambda entry: entry.case.subject)
def test_a_worked_case_gives_exactly_its_nine_lists(entry: CaseEntry) -> None:
    expected = {name: value if isinstance(value, str) else sorted(value) for name, value in entry.expect.items()}
    assert len(expected) == 9
    assert summary(evaluate(entry.case, rule_set())) == expected


def test_there_are_24_worked_cases() -> None:
    assert len(GOLD) == 24


@pytest.mark.parametrize("row", BOUNDARIES, ids=lambda row: f"{row['rule']}-{row['facts'].split()[0]}-{row['value']}")
def test_a_threshold_decides_as_printed_under_at_and_over(row: dict[str, str]) -> None:
    changes = {**json.loads(row["context"]), **dict.fromkeys(row["facts"].split(), Decimal(row["value"]))}
    assert (row["rule"] in lists(changes)["rules"]) is (row["expected"] == "fires")


def test_every_threshold_is_tried_on_both_sides() -> None:
    sides: dict[tuple[str, str], set[str]] = {}
    for row in BOUNDARIES:
        sides.setdefault((row["threshold"], row["rule"]), set()).add(row["expected"])
    one_sided = {key for key, outcomes in sides.items() if len(outcomes) == 1}
    assert one_sided == {("response CT from 3 months", "R-603")}


@pytest.mark.parametrize("row", FIRING, ids=lambda row: row["rule"])
def test_a_rule_fires_in_its_clinical_situation_and_shows_its_effect(row: dict[str, Any]) -> None:
    found = lists(row["fires"])
    assert row["rule"] in found["rules"]
    for name, codes in row["shows"].items():
        assert set(codes) <= set(found[name])


@pytest.mark.parametrize("row", FIRING, ids=lambda row: row["rule"])
def test_a_rule_is_silent_just_beside_its_situation(row: dict[str, Any]) -> None:
    assert row["rule"] not in lists(row["silent"])["rules"]


def test_every_rule_fires_somewhere() -> None:
    fired = {rule for entry in GOLD for rule in evaluate(entry.case, rule_set()).fired}
    fired |= {row["rule"] for row in FIRING}
    assert fired == set(rule_set().rules)
    assert len(fired) == 150

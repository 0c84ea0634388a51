"""Patients for the tests of the rule set: the reference profile with a few facts changed.

They are synthetic; the worked cases stand in fixtures/cases.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from adapter.case.case import Case
from adapter.case.casefile import case_of
from adapter.case.merge import Clock
from adapter.ldt import Advice, evaluate, rule_set, summary

FIXTURES = Path(__file__).parents[2] / "fixtures"
CLOCK = Clock(datetime(2026, 1, 12, 12, tzinfo=UTC))
B0: dict[str, Any] = json.loads(
    (FIXTURES / "cases/reference.json").read_text(encoding="utf-8"), parse_float=Decimal, parse_int=Decimal
)[0]["facts"]
ROW_1 = {"ssa_status": "progressed", "disease_trajectory": "progressive"}


def number(value: Any) -> Any:
    """The value with int and float as exact decimals, as a case file is read."""
    match value:
        case bool() | str() | None | Decimal():
            return value
        case int() | float():
            return Decimal(str(value))
        case dict():
            return {name: number(part) for name, part in value.items()}
        case _:
            return [number(part) for part in value]


def patient(changes: Mapping[str, Any] | None = None, **more: Any) -> Case:
    """The reference profile with these facts instead."""
    changed = {**B0, **(changes or {}), **more}
    return case_of("test", {name: number(value) for name, value in changed.items()}, CLOCK)


def advice(changes: Mapping[str, Any] | None = None, **more: Any) -> Advice:
    """The advice for such a patient."""
    return evaluate(patient(changes, **more), rule_set())


def lists(changes: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """The nine lists for such a patient."""
    return dict(summary(advice(changes, **more)))

"""A card that its user has dealt with stays away while data and rules are unchanged, if the site wants that at all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.advice.assessment import Assessment, PatientName, assess_case
from adapter.advice.indicator import indicator
from adapter.advice.repeats import NEVER_QUIET, PASSING, Answered, Quiet, advice_key
from adapter.case.catalogue import catalogue
from adapter.case.fact import State
from adapter.case.value import Quantity
from adapter.ldt import rule_set
from tests.ldt.patients import ROW_1, patient
from tests.ldt.sites import site_rules

NOW = datetime(2026, 1, 12, 12, tzinfo=UTC)
USER = "Practitioner/u1"
WEEK = Quiet(timedelta(days=7))


def advised(**facts: object) -> Assessment:
    return replace(assess_case(patient(ROW_1, **facts), rule_set()), patient=PatientName("Patient/p1"))


BEFORE = advised()


def answered(
    assessment: Assessment = BEFORE, *, user: str = USER, ago: timedelta = timedelta(days=1)
) -> list[Answered]:
    return [Answered(user, advice_key(assessment), NOW - ago)]


@pytest.mark.hazard("HZ-A13")
def test_an_answered_card_rests_until_data_or_rules_change() -> None:
    assert WEEK.holds(BEFORE, USER, answered(), NOW)
    changed = advised(largest_lesion_cm=7)
    assert not WEEK.holds(changed, USER, answered(), NOW)
    assert WEEK.holds(changed, USER, answered(changed), NOW)


def test_nothing_rests_unless_the_site_says_so() -> None:
    assert not NEVER_QUIET.holds(BEFORE, USER, answered(), NOW)


def test_only_feedback_of_the_same_user_on_the_same_patient_counts() -> None:
    assert not WEEK.holds(BEFORE, USER, (), NOW)
    assert not WEEK.holds(BEFORE, "Practitioner/u2", answered(), NOW)
    assert not WEEK.holds(BEFORE, "", answered(user=""), NOW)
    assert not WEEK.holds(replace(BEFORE, patient=PatientName("Patient/p2")), USER, answered(), NOW)


@pytest.mark.parametrize(("ago", "rests"), [(0, True), (6.99, True), (7, False), (30, False), (-0.01, False)])
def test_the_rest_has_an_end_and_no_feedback_comes_from_the_future(ago: float, rests: bool) -> None:
    assert WEEK.holds(BEFORE, USER, answered(ago=timedelta(days=ago)), NOW) is rests


def test_a_critical_card_never_rests() -> None:
    danger = advised(portal_vein_status="occluded", planned_therapies=["tae"])
    assert indicator(danger) == "critical"
    assert not WEEK.holds(danger, USER, answered(danger), NOW)


@pytest.mark.parametrize("name", sorted(set(BEFORE.case.facts) - PASSING))
def test_every_fact_belongs_to_the_advice(name: str) -> None:
    """That a fact is not known any more is another case, whether or not a rule reads it."""
    fact = BEFORE.case.facts[name]
    other = replace(fact, state=State.CONFLICTING, reason="conflicting-values", on_record=None)
    case = replace(BEFORE.case, facts={**BEFORE.case.facts, name: other})
    assert advice_key(replace(BEFORE, case=case)) != advice_key(BEFORE)


@given(st.decimals(18, 100, places=2), st.integers(0, 400))
def test_what_passes_with_the_days_alone_changes_nothing(age: Decimal, days: int) -> None:
    known = BEFORE.case.facts["age_years"]
    older = replace(known, state=State.PRESENT, on_record=Quantity.of(age))
    case = replace(BEFORE.case, facts={**BEFORE.case.facts, "age_years": older}, as_of=NOW + timedelta(days=days))
    assert advice_key(replace(BEFORE, case=case)) == advice_key(BEFORE)


def test_gaps_and_the_call_belong_to_the_advice() -> None:
    keys = {
        advice_key(one)
        for one in (BEFORE, replace(BEFORE, gaps=("observations: not provided",)), replace(BEFORE, call=("signed",)))
    }
    assert len(keys) == 3


def test_the_rules_of_a_site_are_other_rules(tmp_path: Path) -> None:
    rules = site_rules(tmp_path, switches=[{"item": "R-121", "mode": "shadow"}])
    assert advice_key(replace(BEFORE, rules=rules)) != advice_key(BEFORE)


def test_nothing_of_the_patient_can_be_read_from_the_key() -> None:
    key = advice_key(BEFORE)
    assert (len(key), key.isalnum()) == (64, True)
    assert "p1" not in repr(answered())
    assert USER not in repr(answered())


def test_the_facts_that_pass_are_those_that_are_counted_from_today() -> None:
    assert {catalogue()[name].kind.value for name in PASSING} == {"quantity"}

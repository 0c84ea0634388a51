"""Maximum ages at their exact day, dates in the future, and dates that are only partly known.

Not for which ages the catalogue gives to which fact beyond those that the hazard log needs.
"""

from datetime import UTC, datetime

import pytest

from adapter.case.case import build_case
from adapter.case.catalogue import NO_EXPIRY, FactDefinition, Kind
from adapter.case.fact import State
from adapter.case.merge import Clock
from tests.case.statements import (
    AS_OF,
    CLOCK,
    RESULT,
    SIGNING,
    amount,
    at,
    case,
    defined,
    fact,
    merged,
    on,
    says,
)

MONTHS = defined(Kind.QUANTITY, max_age="P3M")
LASTING = defined(Kind.QUANTITY, max_age=NO_EXPIRY)
SHORTER_WHEN_SIGNED = defined(Kind.QUANTITY, max_age="P30D", max_age_procedure="P14D")


def _state(definition: FactDefinition, when: str, clock: Clock = CLOCK) -> State:
    moment = at(when) if "T" in when else on(when)
    return merged(definition, says("x", amount("1"), moment), clock=clock).state


@pytest.mark.hazard("HZ-T02")
@pytest.mark.parametrize(
    ("when", "state"),
    [
        ("2025-12-12", State.STALE),
        ("2025-12-13", State.PRESENT),
        ("2025-12-14", State.PRESENT),
        ("2025-12-12T23:59Z", State.STALE),
        ("2025-12-13T12:00Z", State.PRESENT),
        ("2025-12-14T00:00Z", State.PRESENT),
    ],
)
def test_thirty_days_before_the_as_of_time(when: str, state: State) -> None:
    assert _state(RESULT, when) is state


@pytest.mark.parametrize(
    ("when", "planning", "signing"),
    [
        ("2025-12-30", State.PRESENT, State.PRESENT),
        ("2025-12-29", State.PRESENT, State.PRESENT),
        ("2025-12-28", State.PRESENT, State.STALE),
        ("2025-12-13", State.PRESENT, State.STALE),
        ("2025-12-12", State.STALE, State.STALE),
    ],
)
def test_fourteen_days_while_a_procedure_is_signed(when: str, planning: State, signing: State) -> None:
    assert _state(SHORTER_WHEN_SIGNED, when) is planning
    assert _state(SHORTER_WHEN_SIGNED, when, SIGNING) is signing


def test_a_fact_without_an_age_for_signing_keeps_its_age() -> None:
    assert _state(RESULT, "2025-12-13", SIGNING) is State.PRESENT


@pytest.mark.parametrize(
    "name",
    ["bilirubin_mg_dl", "albumin_g_dl", "creatinine_mg_dl", "ast_u_l", "ldh_u_l", "platelets_10e9_l"],
)
@pytest.mark.parametrize(
    ("days", "planning", "signing"), [(14, True, True), (15, True, False), (30, True, False), (31, False, False)]
)
def test_laboratory_values_hold_30_days_and_14_when_a_procedure_is_signed(
    name: str, days: int, planning: bool, signing: bool
) -> None:
    as_of = datetime(2026, 3, 31, 12, tzinfo=UTC)
    day = {14: "2026-03-17", 15: "2026-03-16", 30: "2026-03-01", 31: "2026-02-28"}[days]
    statement = says(name, amount("3"), on(day))
    assert (fact(name, [statement], as_of).known is not None) is planning
    signed = build_case("Patient/p1", [statement], Clock(as_of, procedure=True))
    assert (signed.known(name) is not None) is signing


@pytest.mark.parametrize(
    ("as_of", "last_day", "day_before"),
    [
        ("2026-01-12T12:00Z", "2025-10-12", "2025-10-11"),
        ("2026-05-31T12:00Z", "2026-02-28", "2026-02-27"),
        ("2024-05-31T12:00Z", "2024-02-29", "2024-02-28"),
        ("2026-03-31T00:00Z", "2025-12-31", "2025-12-30"),
        ("2026-02-28T12:00Z", "2025-11-28", "2025-11-27"),
    ],
)
def test_months_are_calendar_months(as_of: str, last_day: str, day_before: str) -> None:
    clock = Clock(datetime.fromisoformat(as_of))
    assert _state(MONTHS, last_day, clock) is State.PRESENT
    assert _state(MONTHS, day_before, clock) is State.STALE


@pytest.mark.parametrize("when", ["1990-01-01", "1990", "2025-12"])
def test_without_expiry_no_date_is_too_old_nor_too_imprecise(when: str) -> None:
    assert _state(LASTING, when) is State.PRESENT


@pytest.mark.hazard("HZ-T03")
@pytest.mark.parametrize(
    ("definition", "when", "state", "reason"),
    [
        (RESULT, "2025-12", State.UNDATED, "date-too-imprecise"),
        (RESULT, "2025-11", State.STALE, "stale"),
        (RESULT, "2025", State.UNDATED, "date-too-imprecise"),
        (RESULT, "2024", State.STALE, "stale"),
        (MONTHS, "2025-12", State.PRESENT, ""),
        (MONTHS, "2025-10", State.UNDATED, "date-too-imprecise"),
        (MONTHS, "2025-09", State.STALE, "stale"),
        (MONTHS, "2025", State.UNDATED, "date-too-imprecise"),
    ],
)
def test_a_partial_date_is_an_interval(definition: FactDefinition, when: str, state: State, reason: str) -> None:
    found = merged(definition, says("x", amount("1"), on(when)))
    assert (found.state, found.reason) == (state, reason)


@pytest.mark.hazard("HZ-T03")
def test_a_value_dated_by_the_current_year_alone_is_not_known_to_be_recent() -> None:
    """The row of the hazard log: effective `2026` at the as-of time 2026-01-12 leaves rules with a limit unknown."""
    found = fact("platelets_10e9_l", [says("platelets_10e9_l", amount("210"), on("2026"))])
    assert found.known is None


@pytest.mark.hazard("HZ-T01")
@pytest.mark.parametrize(
    ("when", "state"),
    [
        ("2026-01-13T12:00:00Z", State.PRESENT),
        ("2026-01-13T12:00:01Z", State.EXCLUDED),
        ("2026-01-13", State.PRESENT),
        ("2026-01-14", State.EXCLUDED),
        ("2099-01-01", State.EXCLUDED),
        ("2027", State.EXCLUDED),
    ],
)
@pytest.mark.parametrize("definition", [RESULT, LASTING])
def test_a_date_in_the_future_is_tolerated_for_24_hours(definition: FactDefinition, when: str, state: State) -> None:
    assert _state(definition, when) is state


@pytest.mark.parametrize("when", ["0001-01-01", "1800-01-01", "1894-12-31", "1894"])
@pytest.mark.parametrize("definition", [RESULT, LASTING])
def test_a_date_before_any_living_patient_is_a_placeholder(definition: FactDefinition, when: str) -> None:
    found = merged(definition, says("x", amount("1"), on(when)))
    assert (found.state, found.reason) == (State.EXCLUDED, "implausible-date")


def test_the_first_plausible_date() -> None:
    assert _state(LASTING, "1895-01-01") is State.PRESENT
    assert _state(RESULT, "1895-01-01") is State.STALE


@pytest.mark.hazard("HZ-T01")
def test_a_result_from_the_future_leaves_the_older_one_the_latest() -> None:
    found = merged(
        RESULT,
        says("x", amount("210"), on("2026-01-10"), place="1"),
        says("x", amount("35"), on("2099-01-01"), place="2"),
    )
    assert found.known == amount("210")
    assert [(item.state, item.reason) for item in found.unused] == [(State.EXCLUDED, "future-date")]


def test_a_diagnosis_of_the_future_does_not_hold_yet() -> None:
    statement = says("x", amount("1"), on("2026-02-01"), enduring=True)
    assert merged(RESULT, statement).reason == "future-date"


@pytest.mark.hazard("HZ-T10")
def test_undated_laboratory_values_leave_the_case_without_them() -> None:
    made = case(says("platelets_10e9_l", amount("210")), says("ki67_percent", amount("4")), as_of=AS_OF)
    assert made.facts["platelets_10e9_l"].state is State.UNDATED
    assert made.known("ki67_percent") == amount("4")

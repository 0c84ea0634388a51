"""Months since the last transarterial session, from the dated procedures of the liver.

Not for the list of earlier procedures itself, which is merged like any list.
"""

import pytest

from adapter.case.fact import Fact, Standing, State, Statement
from adapter.case.moment import Moment
from adapter.case.value import Members
from tests.case.statements import AS_OF, amount, at, between, event, fact, on, one_of, says, these_only

NAME = "months_since_last_transarterial"


def session(members: Members, when: str, place: str = "PR1[1]", standing: Standing = Standing.FINAL) -> Statement:
    moment = None if not when else at(when) if "T" in when else on(when)
    return says("prior_liver_directed", members, moment, place=place, standing=standing)


def months(*statements: Statement) -> Fact:
    return fact(NAME, statements)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2025-10-12", "3"),
        ("2025-10-13", "2"),
        ("2025-10-12T11:59Z", "3"),
        ("2025-10-12T12:01Z", "2"),
        ("2026-01-12", "0"),
        ("2026-01-13", "0"),
        ("2024-01-12", "24"),
    ],
)
def test_completed_months_since_the_session(when: str, expected: str) -> None:
    found = months(session(event("ctace"), when))
    assert (found.state, found.known) == (State.PRESENT, amount(expected))
    assert [origin.place for origin in found.origins] == ["PR1[1]"]


@pytest.mark.parametrize(
    "code", ["tae", "ctace", "deb_tace", "tare_lobar", "tare_whole_liver", "radiation_segmentectomy"]
)
def test_every_transarterial_procedure_counts(code: str) -> None:
    assert months(session(event(code), "2025-10-12")).known == amount("3")


@pytest.mark.parametrize("code", ["resection", "thermal_ablation"])
def test_other_procedures_do_not_count(code: str) -> None:
    found = months(session(event(code), "2025-10-12"))
    assert (found.state, found.reason, found.known) == (State.ABSENT, "no-dated-session", None)


def test_the_last_session_counts_in_whatever_order_they_come() -> None:
    sessions = [session(event("ctace"), day, day) for day in ("2025-10-12", "2025-12-12", "2025-06-12")]
    assert months(*sessions).known == amount("1")


def test_a_session_of_unknown_transarterial_kind_counts() -> None:
    assert months(session(one_of("tare_lobar", "tare_whole_liver"), "2025-10-12")).known == amount("3")


def test_a_procedure_that_may_have_been_something_else_does_not_count() -> None:
    assert months(session(one_of("ctace", "resection"), "2025-10-12")).known is None


@pytest.mark.hazard("HZ-T03")
@pytest.mark.parametrize(
    ("when", "low", "high"), [("2025-09", "3", "4"), ("2025", "0", "12"), ("2026", "0", "0"), ("2025-12", "0", "1")]
)
def test_a_partial_date_gives_a_range_of_months(when: str, low: str, high: str) -> None:
    assert months(session(event("tae"), when)).known == between(low, high)


@pytest.mark.hazard("HZ-T03")
def test_a_session_dated_by_its_year_may_have_come_after_one_dated_by_day() -> None:
    found = months(session(event("tae"), "2025", "PR1[1]"), session(event("ctace"), "2025-06-12", "PR1[2]"))
    assert found.known == between("0", "7")


def test_an_undated_session_may_have_been_the_last_one() -> None:
    found = months(session(event("tae"), "", "PR1[1]"), session(event("ctace"), "2024-01-12", "PR1[2]"))
    assert (found.state, found.reason, found.known) == (State.ABSENT, "a-session-is-undated", None)
    assert [origin.place for origin in found.origins] == ["PR1[1]", "PR1[2]"]


def test_an_undated_session_alone_gives_no_months() -> None:
    assert months(session(event("tae"), "")).known is None


@pytest.mark.hazard("HZ-S15")
@pytest.mark.parametrize("standing", [standing for standing in Standing if standing is not Standing.FINAL])
def test_a_session_that_was_not_done_does_not_count(standing: Standing) -> None:
    found = months(
        session(event("ctace"), "2025-12-12", "PR1[1]", standing), session(event("ctace"), "2025-10-12", "PR1[2]")
    )
    assert found.known == amount("3")


def test_a_session_beyond_tomorrow_has_not_taken_place() -> None:
    assert months(session(event("ctace"), "2026-01-14")).known is None


def test_a_session_dated_with_a_placeholder_has_no_date() -> None:
    assert months(session(event("ctace"), "1800-01-01")).known is None


def test_an_explicit_list_is_no_session() -> None:
    assert months(session(these_only("ctace"), "2025-10-12")).known is None


def test_an_explicit_none_gives_no_months_rather_than_zero() -> None:
    found = months(session(these_only(), "2025-10-12"))
    assert (found.state, found.known) == (State.ABSENT, None)


def test_a_session_withdrawn_under_its_identity_does_not_count() -> None:
    found = months(
        says("prior_liver_directed", event("ctace"), on("2025-12-12"), identity="Procedure/p1"),
        says("prior_liver_directed", None, identity="Procedure/p1", standing=Standing.WITHDRAWN, reason="deleted"),
    )
    assert found.known is None


def test_months_that_are_stated_alone_are_used_while_current() -> None:
    assert months(says(NAME, amount("4"), on("2026-01-02"))).known == amount("4")
    assert months(says(NAME, amount("4"), on("2025-12-02"))).state is State.STALE


def test_months_that_are_stated_otherwise_than_the_sessions_say_conflict() -> None:
    found = months(session(event("ctace"), "2025-10-12"), says(NAME, amount("9"), on("2026-01-02")))
    assert found.state is State.CONFLICTING


def test_the_months_are_of_the_day_of_the_clock_whatever_the_hour() -> None:
    assert months(session(event("ctace"), "2025-10-12")).when == Moment.day_of(AS_OF)

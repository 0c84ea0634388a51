"""The age in completed years from the date of birth, exact or partial, and beside a stated age.

Not for how rules use the age.
"""

from datetime import datetime, timedelta

import pytest

from adapter.case.fact import Fact, Standing, State, Statement
from adapter.case.moment import Moment
from adapter.case.value import Quantity
from tests.case.statements import AS_OF, amount, between, born, fact, on, says


def age(*statements: Statement, as_of: str = "2026-01-12T12:00Z") -> Fact:
    return fact("age_years", statements, datetime.fromisoformat(as_of))


@pytest.mark.parametrize(
    ("birth", "as_of", "years"),
    [
        ("1961-04-05", "2026-04-04T23:59Z", "64"),
        ("1961-04-05", "2026-04-05T00:00Z", "65"),
        ("1961-04-05", "2026-04-06T12:00Z", "65"),
        ("2008-01-12", "2026-01-11T12:00Z", "17"),
        ("2008-01-12", "2026-01-12T12:00Z", "18"),
        ("2008-02-29", "2026-02-28T12:00Z", "17"),
        ("2008-02-29", "2026-03-01T00:00Z", "18"),
        ("2008-02-29", "2028-02-29T00:00Z", "20"),
        ("2026-01-12", "2026-01-12T12:00Z", "0"),
        ("2025-01-13", "2026-01-12T12:00Z", "0"),
    ],
)
def test_completed_years(birth: str, as_of: str, years: str) -> None:
    found = age(born(birth), as_of=as_of)
    assert (found.state, found.known) == (State.PRESENT, amount(years))
    assert [origin.place for origin in found.origins] == ["PID-7"]


@pytest.mark.hazard("HZ-T03")
@pytest.mark.parametrize(
    ("birth", "as_of", "youngest", "oldest"),
    [
        ("1961", "2026-06-15T12:00Z", "64", "65"),
        ("1961", "2026-12-31T12:00Z", "65", "65"),
        ("1961", "2026-01-01T12:00Z", "64", "65"),
        ("2008-01", "2026-01-12T12:00Z", "17", "18"),
        ("2008-01", "2026-01-31T12:00Z", "18", "18"),
        ("2008", "2026-06-15T12:00Z", "17", "18"),
        ("2026", "2026-06-15T12:00Z", "0", "0"),
        ("2025", "2026-06-15T12:00Z", "0", "1"),
    ],
)
def test_a_partial_date_of_birth_gives_every_age_it_allows(birth: str, as_of: str, youngest: str, oldest: str) -> None:
    assert age(born(birth), as_of=as_of).known == between(youngest, oldest)


@pytest.mark.hazard("HZ-T13")
@pytest.mark.parametrize("birth", ["2026-01-13", "2026-02", "2027"])
def test_a_birth_in_the_future_gives_no_age(birth: str) -> None:
    found = age(born(birth))
    assert (found.state, found.reason, found.known) == (State.ABSENT, "birth-date-in-the-future", None)


@pytest.mark.hazard("HZ-T13")
@pytest.mark.hazard("HZ-V12")
@pytest.mark.parametrize("birth", ["1826-04-05", "1895-01-11", "0001-01-01", "1894"])
def test_an_age_beyond_the_bounds_of_the_catalogue_is_not_used(birth: str) -> None:
    found = age(born(birth))
    assert (found.state, found.reason, found.known) == (State.ABSENT, "birth-date-implausible", None)


def test_the_oldest_age_that_is_used() -> None:
    assert age(born("1895-01-13")).known == amount("130")


def test_without_a_date_of_birth_there_is_no_age() -> None:
    found = age()
    assert (found.state, found.reason) == (State.ABSENT, "birth-date-not-recorded")


def test_two_dates_of_birth_give_no_age() -> None:
    found = age(born("1961-04-05", "PID-7"), born("1999-01-01", "Patient/p1#birthDate"))
    assert (found.state, found.known) == (State.ABSENT, None)
    assert found.reason == "conflicting-values"


def test_an_excluded_date_of_birth_gives_no_age_and_says_why() -> None:
    statement = says("birth_date", None, standing=Standing.EXCLUDED, reason="bad-date")
    assert (age(statement).known, age(statement).reason) == (None, "bad-date")


def test_a_stated_age_alone_is_used() -> None:
    found = age(says("age_years", amount("65"), on("2026-01-10")))
    assert (found.state, found.known) == (State.PRESENT, amount("65"))


def test_a_stated_age_that_may_not_be_used_keeps_its_state() -> None:
    assert age(says("age_years", amount("65"), on("2024-01-10"))).state is State.STALE


def test_a_stated_age_that_agrees_changes_nothing() -> None:
    found = age(born("1961-04-05"), says("age_years", amount("64"), on("2026-01-10")))
    assert (found.state, found.known) == (State.PRESENT, amount("64"))


def test_a_stated_age_that_differs_conflicts() -> None:
    found = age(born("1961-04-05"), says("age_years", amount("46"), on("2026-01-10"), place="OBX[9]-5"))
    assert (found.state, found.reason, found.known) == (State.CONFLICTING, "stated-and-derived-differ", None)
    assert {origin.place for origin in found.origins} == {"PID-7", "OBX[9]-5"}


@pytest.mark.parametrize(
    ("stated", "known"),
    [(amount("65"), amount("65")), (amount("64"), amount("64")), (between("60", "70"), between("64", "65"))],
)
def test_a_stated_age_among_those_that_a_year_of_birth_allows_agrees(stated: Quantity, known: Quantity) -> None:
    found = age(born("1961"), says("age_years", stated, on("2026-01-10")))
    assert (found.state, found.known) == (State.PRESENT, known)


def test_a_stated_age_beyond_those_that_a_year_of_birth_allows_conflicts() -> None:
    assert age(born("1961"), says("age_years", amount("66"), on("2026-01-10"))).state is State.CONFLICTING


def test_a_stated_age_that_was_set_aside_is_still_listed() -> None:
    found = age(born("1961-04-05"), says("age_years", amount("63"), on("2024-01-10"), place="OBX[9]-5"))
    assert found.known == amount("64")
    assert [(item.state, item.origin.place) for item in found.unused] == [(State.STALE, "OBX[9]-5")]


@pytest.mark.parametrize("day", ["2026-01-12", "2024-01-10"])
def test_a_stated_age_that_may_not_be_used_and_says_the_same_is_not_told(day: str) -> None:
    """It is no newer statement that puts the age in doubt, also where it is of today; one that differs is told."""
    stated = says("age_years", amount("64"), on(day), standing=Standing.PRELIMINARY, reason="preliminary")
    assert age(born("1961-04-05"), stated).unused == ()
    [other] = age(born("1961-04-05"), stated._replace(value=amount("46"))).unused
    assert (other.state, other.value) == (State.PRELIMINARY, amount("46"))


def test_a_derived_age_is_of_the_day_of_the_clock_whatever_the_hour() -> None:
    when = age(born("1961-04-05")).when
    assert when is not None
    assert when.day == f"{AS_OF:%Y-%m-%d}"
    assert when == Moment.day_of(AS_OF + timedelta(hours=1)) != Moment.day_of(AS_OF + timedelta(days=1))

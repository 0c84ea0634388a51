"""Moments as intervals, calendar durations, and completed months between two instants.

Not for how the wires write dates.
"""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.case.moment import Duration, Moment, months_before, whole_months
from tests.case.statements import at, on

instants = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_an_instant_is_held_in_utc_and_shown_as_the_sender_s_day() -> None:
    new_york = timezone(timedelta(hours=-5))
    moment = Moment.at(datetime(2026, 1, 10, 23, 30, tzinfo=new_york))
    assert moment.earliest == datetime(2026, 1, 11, 4, 30, tzinfo=UTC)
    assert moment.day == "2026-01-10"


@pytest.mark.hazard("HZ-T04")
def test_instants_are_ordered_across_zones() -> None:
    evening, night = at("2026-01-10T23:30-05:00"), at("2026-01-11T04:00+00:00")
    assert night.before(evening)
    assert not evening.before(night)


def test_equal_instants_are_the_same_however_written() -> None:
    assert at("2026-01-10T23:30-05:00") == at("2026-01-11T04:30Z")
    assert at("2026-01-10T23:30-05:00").same(at("2026-01-11T04:30Z"))


@pytest.mark.parametrize(
    ("one", "other", "before"),
    [
        ("2025", "2026", True),
        ("2025-12", "2026", True),
        ("2025-12-31", "2026-01", True),
        ("2025-12-31", "2025", False),
        ("2025", "2025-12-31", False),
        ("2026-01-10", "2026-01-10", False),
    ],
)
def test_a_partial_date_is_earlier_only_when_all_of_it_is(one: str, other: str, before: bool) -> None:
    assert on(one).before(on(other)) is before


def test_a_date_and_an_instant_on_it_are_not_the_same() -> None:
    assert not on("2026-01-10").same(at("2026-01-10T00:00Z"))
    assert on("2026-01-10").span == timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "months", "days", "words"),
    [
        ("P30D", 0, 30, "30 days"),
        ("P3M", 3, 0, "3 months"),
        ("P1M", 1, 0, "1 month"),
        ("P1D", 0, 1, "1 day"),
        ("P0D", 0, 0, "0 days"),
        ("P1Y", 12, 0, "12 months"),
        ("P1Y2M", 14, 0, "14 months"),
        ("P2W", 0, 14, "14 days"),
        ("P2M1W3D", 2, 10, "2 months 10 days"),
    ],
)
def test_durations(text: str, months: int, days: int, words: str) -> None:
    duration = Duration.parse(text)
    assert (duration.months, duration.days, duration.text, duration.words) == (months, days, text, words)


@pytest.mark.parametrize("text", ["", "P", "30D", "P30", "PT30H", "P1.5M", "P-1M", "P3M ", "p3m", "P3D2M", "P٣M"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        Duration.parse(text)


@pytest.mark.parametrize(
    ("instant", "months", "expected"),
    [
        ("2026-03-31", 1, "2026-02-28"),
        ("2024-03-31", 1, "2024-02-29"),
        ("2026-01-15", 1, "2025-12-15"),
        ("2026-12-15", 12, "2025-12-15"),
        ("2026-01-31", -1, "2026-02-28"),
        ("2026-12-15", -1, "2027-01-15"),
    ],
)
def test_months_before_keeps_the_day_or_takes_the_last_one(instant: str, months: int, expected: str) -> None:
    assert months_before(_utc(instant), months) == _utc(expected)


@pytest.mark.parametrize(
    ("instant", "age", "expected"),
    [
        ("2026-03-31", "P1M1D", "2026-02-27"),
        ("0002-01-01", "P12M", "0001-01-01"),
        ("0002-01-01", "P13M", "0001-01-01"),
        ("0001-01-11", "P10D", "0001-01-01"),
        ("0001-01-11", "P11D", "0001-01-01"),
        ("2026-01-12", "P9999Y", "0001-01-01"),
    ],
)
def test_an_age_that_reaches_before_all_dates_ends_at_the_first(instant: str, age: str, expected: str) -> None:
    assert Duration.parse(age).before(_utc(instant)) == _utc(expected)


@pytest.mark.parametrize(
    ("since", "until", "months"),
    [
        ("2026-01-12", "2026-01-12", 0),
        ("2025-12-12", "2026-01-11", 0),
        ("2025-12-12", "2026-01-12", 1),
        ("2025-01-31", "2025-02-28", 0),
        ("2025-01-31", "2025-03-01", 1),
        ("2025-02-28", "2025-03-28", 1),
        ("2025-12-12T12:00", "2026-01-12T11:59", 0),
        ("2025-12-12T12:00", "2026-01-12T12:00", 1),
        ("2025-02-28T12:00", "2025-03-31T08:00", 1),
        ("2024-02-29", "2025-02-28", 11),
        ("2024-02-29", "2025-03-01", 12),
    ],
)
def test_completed_months(since: str, until: str, months: int) -> None:
    assert whole_months(_utc(since), _utc(until)) == months


@given(instants, instants)
def test_completed_months_never_exceed_nor_fall_short_of_the_time_by_a_month(one: datetime, other: datetime) -> None:
    since, until = sorted((one, other))
    months = whole_months(since, until)
    assert months >= 0
    assert timedelta(days=months * 28) <= until - since < timedelta(days=(months + 1) * 31)

"""FHIR dates in every precision, times with and without zone, and what is no date.

Not for what a date means for a fact.
"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.fhir.dates import FhirTime, read_date


def _read(text: str) -> FhirTime:
    found = read_date(text)
    assert found is not None
    return found


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.hazard("HZ-T03")
@pytest.mark.parametrize(
    ("text", "earliest", "latest", "day"),
    [
        ("2026", "2026-01-01", "2027-01-01", "2026"),
        ("2026-01", "2026-01-01", "2026-02-01", "2026-01"),
        ("2025-12", "2025-12-01", "2026-01-01", "2025-12"),
        ("2026-01-10", "2026-01-10", "2026-01-11", "2026-01-10"),
        ("2025-12-31", "2025-12-31", "2026-01-01", "2025-12-31"),
        ("2024-02-29", "2024-02-29", "2024-03-01", "2024-02-29"),
        ("2026-01-10T08:00Z", "2026-01-10T08:00", "2026-01-10T08:01", "2026-01-10"),
        ("2026-01-10T08:00:30Z", "2026-01-10T08:00:30", "2026-01-10T08:00:31", "2026-01-10"),
        ("2026-01-10T08:00:30.5Z", "2026-01-10T08:00:30.5", "2026-01-10T08:00:31.5", "2026-01-10"),
        ("2026-01-10T23:30:00-05:00", "2026-01-11T04:30", "2026-01-11T04:30:01", "2026-01-10"),
        ("2026-01-10T01:30:00+05:30", "2026-01-09T20:00", "2026-01-09T20:00:01", "2026-01-10"),
        ("2026-01-10T08:00:00.123456789Z", "2026-01-10T08:00:00.123456", "2026-01-10T08:00:01.123456", "2026-01-10"),
        ("2026-01-10T00:00:00+14:00", "2026-01-09T10:00", "2026-01-09T10:00:01", "2026-01-10"),
    ],
)
def test_a_date_is_as_precise_as_it_was_sent(text: str, earliest: str, latest: str, day: str) -> None:
    moment, zone_missing = _read(text)
    assert (moment.earliest, moment.latest, moment.day) == (_utc(earliest), _utc(latest), day)
    assert not zone_missing


@pytest.mark.hazard("HZ-T04")
def test_times_are_ordered_across_zones() -> None:
    evening, night = _read("2026-01-10T23:30:00-05:00").moment, _read("2026-01-11T04:00:00+00:00").moment
    assert night.before(evening)


@pytest.mark.parametrize("text", ["2026-01-10T08:00", "2026-01-10T08:00:30", "2026-01-10T23:59:59.9"])
def test_a_time_without_zone_counts_as_its_date_and_says_so(text: str) -> None:
    moment, zone_missing = _read(text)
    assert (moment.earliest, moment.latest) == (_utc("2026-01-10"), _utc("2026-01-11"))
    assert moment.day == "2026-01-10"
    assert zone_missing


@pytest.mark.hazard("HZ-T11")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "1/2/2026",
        "01/02/2026",
        "10.01.2026",
        "20260110",
        "26-01-10",
        "2026-1-10",
        "2026-01-10 08:00",
        "2026-01-10T08",
        "2026-01-10T8:00Z",
        "2026-01-10T08:00:00,5Z",
        "2026-01-10T08:00:00+0530",
        "2026-01-10T08:00:00EST",
        "2026-01-10Z",
        "2026-W02",
        "2026-01-10T",
        " 2026-01-10",
        "2026-01-10\n",
        "\uff12\uff10\uff12\uff16-01-10",
        "today",
    ],
)
def test_other_ways_of_writing_a_date_are_none(text: str) -> None:
    assert read_date(text) is None


@pytest.mark.hazard("HZ-T06")
@pytest.mark.parametrize(
    "text",
    [
        "9999-12-31",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59Z",
        "9999-12-31T23:59:59-12:00",
        "2026-02-30",
        "2026-02-29",
        "2026-13",
        "2026-13-01",
        "2026-01-32",
        "2026-01-10T25:00Z",
        "2026-01-10T24:00:00Z",
        "2026-01-10T08:60Z",
        "2026-01-10T08:00:61Z",
        "2026-01-10T25:00",
        "2026-01-10T08:60",
        "2026-02-30T08:00",
        "2026-01-10T08:00:00+24:00",
        "0000",
        "0000-01-01",
        "9999-12-31T23:59:59-05:00",
    ],
)
def test_a_date_that_does_not_exist_is_none(text: str) -> None:
    assert read_date(text) is None


@pytest.mark.hazard("HZ-T11")
@pytest.mark.parametrize("text", ["2026-00", "2026-01-00", "2026-00-00", "2026-00-10", "2026-00-10T08:00"])
def test_a_month_or_day_zero_is_no_date_rather_than_a_less_precise_one(text: str) -> None:
    assert read_date(text) is None


@pytest.mark.hazard("HZ-T11")
@pytest.mark.parametrize("zone", ["+05:60", "-00:99", "+14:01", "+23:00"])
def test_a_zone_that_does_not_exist_makes_no_time(zone: str) -> None:
    """FHIR R4: offsets up to 14:00, minutes up to 59."""
    assert read_date(f"2026-01-10T08:00:00{zone}") is None


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.timezones()).filter(
        lambda when: (when.utcoffset() or timedelta(0)) % timedelta(minutes=1) == timedelta(0)
    )
)
def test_every_instant_is_read_in_utc(when: datetime) -> None:
    whole = when.replace(microsecond=0)
    moment, zone_missing = _read(whole.isoformat())
    assert moment.earliest == whole.astimezone(UTC)
    assert moment.day == whole.date().isoformat()
    assert not zone_missing


@given(st.text(alphabet="0123456789-T:.Z+ ", max_size=30) | st.text(max_size=12))
def test_any_text_is_a_date_or_none(text: str) -> None:
    found = read_date(text)
    if found is not None:
        assert found.moment.earliest < found.moment.latest
        assert text.startswith(found.moment.day)

"""HL7 times as intervals: precision, zones, clock changes, and what is no time."""

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

import pytest

from adapter.hl7v2 import read_offset, read_time

CET = timezone(timedelta(hours=1))


class Berlin(tzinfo):
    """Berlin in 2025, so that the tests need no time zone database."""

    def utcoffset(self, moment: datetime | None) -> timedelta:
        assert moment is not None
        local = moment.replace(tzinfo=None)
        if datetime(2025, 3, 30, 2) <= local < datetime(2025, 3, 30, 3):
            return timedelta(hours=1 if moment.fold == 0 else 2)
        if datetime(2025, 10, 26, 2) <= local < datetime(2025, 10, 26, 3):
            return timedelta(hours=2 if moment.fold == 0 else 1)
        return timedelta(hours=2 if datetime(2025, 3, 30, 3) <= local < datetime(2025, 10, 26, 2) else 1)

    def dst(self, moment: datetime | None) -> timedelta:
        return self.utcoffset(moment) - timedelta(hours=1)

    def tzname(self, moment: datetime | None) -> str:
        return "Berlin"

    def fromutc(self, moment: datetime) -> datetime:
        utc = moment.replace(tzinfo=None)
        summer = datetime(2025, 3, 30, 1) <= utc < datetime(2025, 10, 26, 1)
        second = datetime(2025, 10, 26, 1) <= utc < datetime(2025, 10, 26, 2)
        return (moment + timedelta(hours=2 if summer else 1)).replace(fold=1 if second else 0)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("text", "precision", "earliest", "latest"),
    [
        ("2026", "year", utc(2025, 12, 31, 23), utc(2026, 12, 31, 23)),
        ("202602", "month", utc(2026, 1, 31, 23), utc(2026, 2, 28, 23)),
        ("202612", "month", utc(2026, 11, 30, 23), utc(2026, 12, 31, 23)),
        ("20240229", "day", utc(2024, 2, 28, 23), utc(2024, 2, 29, 23)),
        ("2026011009", "hour", utc(2026, 1, 10, 8), utc(2026, 1, 10, 9)),
        ("202601100930", "minute", utc(2026, 1, 10, 8, 30), utc(2026, 1, 10, 8, 31)),
        ("20260110093015", "second", utc(2026, 1, 10, 8, 30, 15), utc(2026, 1, 10, 8, 30, 16)),
        (
            "20260110093015.25",
            "second",
            utc(2026, 1, 10, 8, 30, 15, 250000),
            utc(2026, 1, 10, 8, 30, 15, 260000),
        ),
        (
            "20260110093015.12345678",
            "second",
            utc(2026, 1, 10, 8, 30, 15, 123456),
            utc(2026, 1, 10, 8, 30, 15, 123457),
        ),
    ],
)
def test_precision_and_interval(text: str, precision: str, earliest: datetime, latest: datetime) -> None:
    time = read_time(text, default_offset=CET)
    assert time is not None
    assert (time.precision, time.earliest, time.latest, time.zone) == (precision, earliest, latest, "default")
    assert (time.text, time.in_any_zone) == (text, (earliest, latest))


def test_own_zone_wins() -> None:
    early = read_time("20260110233000-0500", default_offset=CET)
    late = read_time("20260111040000+0000", default_offset=CET)
    assert early is not None
    assert late is not None
    assert (early.zone, early.earliest, early.date) == ("own", utc(2026, 1, 11, 4, 30), date(2026, 1, 10))
    assert late.earliest < early.earliest


def test_date_with_own_zone() -> None:
    time = read_time("20260110-0500", default_offset=None)
    assert time is not None
    assert (time.zone, time.precision, time.earliest) == ("own", "day", utc(2026, 1, 10, 5))


@pytest.mark.parametrize(
    ("text", "precision"),
    [
        ("20260110093000", "day"),
        ("2026011009", "day"),
        ("20260110", "day"),
        ("202601", "month"),
        ("2026", "year"),
    ],
)
def test_without_any_zone_only_the_date_is_known(text: str, precision: str) -> None:
    time = read_time(text, default_offset=None)
    assert time is not None
    assert (time.zone, time.precision) == ("none", precision)
    if precision == "day":
        assert (time.earliest, time.latest) == (utc(2026, 1, 10), utc(2026, 1, 11))
        assert time.in_any_zone == (utc(2026, 1, 9, 10), utc(2026, 1, 11, 12))


def test_an_hour_that_happens_twice_holds_both() -> None:
    time = read_time("20251026023000", default_offset=Berlin())
    assert time is not None
    assert time.local == "ambiguous"
    assert (time.earliest, time.latest) == (utc(2025, 10, 26, 0, 30), utc(2025, 10, 26, 1, 30, 1))


def test_an_hour_that_the_clock_skips() -> None:
    time = read_time("20250330023000", default_offset=Berlin())
    assert time is not None
    assert time.local == "nonexistent"
    assert (time.earliest, time.latest) == (utc(2025, 3, 30, 0, 30), utc(2025, 3, 30, 1, 30, 1))


def test_hours_beside_a_clock_change_are_plain() -> None:
    before = read_time("2025102601", default_offset=Berlin())
    assert before is not None
    assert (before.local, before.latest) == ("plain", utc(2025, 10, 26, 0))
    day = read_time("20251026", default_offset=Berlin())
    assert day is not None
    assert day.latest - day.earliest == timedelta(hours=25)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20260230",
        "20250229",
        "01/02/2026",
        "2026-01-10",
        "20261301",
        "20260100",
        "2026011024",
        "202601100960",
        "20260110093060",
        "202",
        "20261",
        "2026011009300",
        "20260110.5",
        "20260110093015.",
        "20260110093015+01",
        "20260110+1401",
        "20260110+0160",
        "20260110+9900",
        " 20260110",
        "20260110 ",
        "20260110\n",
        "0000",
        "00000101",
        "\uff12\uff10\uff12\uff16\uff10\uff11\uff11\uff10",
        "٢٠٢٦",
        "20260110T0930",
        "20260110Z",
        "20260110^D",
        '""',
        "-2026",
        "99991231235959-0500",
        "00010101+0100",
    ],
)
def test_no_time(text: str) -> None:
    assert read_time(text, default_offset=UTC) is None


def test_the_end_of_9999() -> None:
    time = read_time("99991231", default_offset=UTC)
    assert time is not None
    assert time.earliest == utc(9999, 12, 31)
    assert time.latest == datetime.max.replace(tzinfo=UTC)


def test_offset_of_msh_7() -> None:
    assert read_offset("20260110093000+0130") == timezone(timedelta(minutes=90))
    assert read_offset("20260110093000-0500") == timezone(timedelta(hours=-5))
    assert read_offset("20260110093000") is None
    assert read_offset("yesterday+0100") is None


def test_repr_holds_no_date() -> None:
    assert "1961" not in repr(read_time("19610405", default_offset=UTC))

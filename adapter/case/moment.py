"""Points in time as precise as the sender was, and ages counted from them.

A partial date is an interval, never its first day; nothing here reads a clock.
"""

import calendar
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was true: the half-open UTC interval [earliest, latest) that the sent text allows.

    `day` is the calendar date as the sender wrote it, in its own zone and no more precise than it was sent
    (2026, 2026-01 or 2026-01-10): the date that people know the event by.
    """

    earliest: datetime
    latest: datetime
    day: str = field(compare=False)

    @classmethod
    def at(cls, instant: datetime) -> "Moment":
        """The moment of one exact instant (aware)."""
        utc = instant.astimezone(UTC)
        return cls(utc, utc + timedelta(microseconds=1), f"{instant:%Y-%m-%d}")

    @classmethod
    def day_of(cls, instant: datetime) -> "Moment":
        """The calendar day of an instant, in the zone of that instant: what is true on that day, whatever the hour."""
        day = instant.date()
        return cls.of_dates(day, day + timedelta(days=1), day.isoformat())

    @classmethod
    def of_dates(cls, first: date, after: date, day: str) -> "Moment":
        """The moment of calendar dates: midnight UTC of the first to midnight UTC of the one after the last."""
        start, end = (datetime(d.year, d.month, d.day, tzinfo=UTC) for d in (first, after))
        return cls(start, end, day)

    def before(self, other: "Moment") -> bool:
        """Whether this is certainly earlier: the intervals do not touch."""
        return self.latest <= other.earliest

    def same(self, other: "Moment") -> bool:
        """Whether both cover the same interval, however each was written."""
        return self.earliest == other.earliest and self.latest == other.latest

    @property
    def span(self) -> timedelta:
        """How imprecise it is."""
        return self.latest - self.earliest

    def __repr__(self) -> str:
        return "Moment(...)"


_DURATION = re.compile(r"P(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)W)?(?:([0-9]+)D)?")


@dataclass(frozen=True, slots=True)
class Duration:
    """A calendar duration in ISO 8601 form (P30D, P3M): months are calendar months."""

    months: int
    days: int
    text: str

    @classmethod
    def parse(cls, text: str) -> "Duration":
        """Read `P[nY][nM][nW][nD]`. Raises ValueError for anything else and for an empty duration."""
        match = _DURATION.fullmatch(text)
        if match is None or text == "P":
            raise ValueError(f"not an ISO 8601 duration in years, months, weeks and days: {text!r}")
        years, months, weeks, days = (int(part or 0) for part in match.groups())
        return cls(years * 12 + months, weeks * 7 + days, text)

    def before(self, instant: datetime) -> datetime:
        """The instant this long before another; the first of all where none is so early."""
        try:
            return months_before(instant, self.months) - timedelta(days=self.days)
        except (ValueError, OverflowError):
            return datetime.min.replace(tzinfo=instant.tzinfo)

    @property
    def words(self) -> str:
        """The duration for people."""
        counted = ((self.months, "month"), (self.days, "day"))
        return " ".join(f"{number} {unit}{'s' * (number != 1)}" for number, unit in counted if number) or "0 days"


_IN_EVERY_MONTH = 28
"""The last day that every month has."""


def months_before(instant: datetime, months: int) -> datetime:
    """The same day and time `months` calendar months earlier, or the last day of that month. Raises ValueError where
    there is no such year."""
    index = instant.year * 12 + instant.month - 1 - months
    year, month = divmod(index, 12)
    day = instant.day if instant.day <= _IN_EVERY_MONTH else min(instant.day, calendar.monthrange(year, month + 1)[1])
    return instant.replace(year=year, month=month + 1, day=day)


def whole_months(since: datetime, until: datetime) -> int:
    """Completed calendar months from one instant to a later one."""
    months = (until.year - since.year) * 12 + until.month - since.month
    return months if (until.day, until.timetz()) >= (since.day, since.timetz()) else months - 1

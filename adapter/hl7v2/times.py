"""HL7 dates and times (DT, TS, DTM) as intervals: what was written, how precisely, and in which time zone.

Not for times of day alone (TM), nor for which of several times a value takes.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final, Literal, assert_never

Precision = Literal["year", "month", "day", "hour", "minute", "second"]
ZoneSource = Literal["own", "default", "none"]
LocalTime = Literal["plain", "ambiguous", "nonexistent"]

_DTM: Final = re.compile(
    r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d+))?)?)?)?)?)?([+-]\d{4})?", re.ASCII
)
_WIDEST: Final = timedelta(hours=14), timedelta(hours=12)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class HL7Time:
    """A time as sent, and the half-open interval `[earliest, latest)` of instants it can mean, in UTC.

    `zone` says where the zone came from: the text itself, the caller's default, or nowhere. With `none` the
    time of day is not used, the precision is a day at most, and the interval is the calendar date read as if
    it were UTC; `in_any_zone` gives the bounds that hold wherever it was written. `date` is the calendar date
    as written. `local` tells of clock changes: `ambiguous` happens twice (the interval holds both),
    `nonexistent` is skipped by the clock. Precision `second` may carry a fraction; the interval is as narrow
    as its last digit.
    """

    text: str = field(repr=False)
    precision: Precision
    earliest: datetime = field(repr=False)
    latest: datetime = field(repr=False)
    zone: ZoneSource
    date: date = field(repr=False)
    local: LocalTime = "plain"

    @property
    def in_any_zone(self) -> tuple[datetime, datetime]:
        """Bounds that hold in every zone from -12:00 to +14:00; the interval where the zone is known."""
        if self.zone != "none":
            return self.earliest, self.latest
        try:
            return self.earliest - _WIDEST[0], self.latest + _WIDEST[1]
        except OverflowError:
            return self.earliest, self.latest


def read_time(text: str, *, default_offset: tzinfo | None) -> HL7Time | None:
    """Read `YYYY[MM[DD[HH[MM[SS[.S+]]]]]][+/-ZZZZ]`; None for anything else, and for dates that do not exist.

    ASCII digits only, no blanks, offsets within 14 hours. `default_offset` is the zone of times that carry
    none (MSH-7's offset, or the sender's zone with its clock changes). Source: HL7 v2.9.1 section 2A.2.22
    (DTM).
    """
    match = _DTM.fullmatch(text)
    if match is None:
        return None
    own = _offset(match[8])
    if own is None and match[8] is not None:
        return None
    precision = _precision(match)
    try:
        start = _start(match)
        if own is not None:
            return _in_zone(text, precision, start, match[7], own, "own")
        if default_offset is not None:
            return _in_zone(text, precision, start, match[7], default_offset, "default")
        day = start.replace(hour=0, minute=0, second=0, microsecond=0)
        coarse: Precision = precision if precision in ("year", "month") else "day"
        return _in_zone(text, coarse, day, None, UTC, "none")
    except (ValueError, OverflowError):  # no such date, or its instant lies outside of the years 1 to 9999
        return None


def read_offset(text: str) -> timezone | None:
    """The offset that a time itself carries (MSH-7's is the message's default); None if it has none."""
    match = _DTM.fullmatch(text)
    return None if match is None else _offset(match[8])


@lru_cache(maxsize=128)  # few offsets are in use, of five characters at most
def _offset(text: str | None) -> timezone | None:
    if text is None:
        return None
    hours, minutes = int(text[1:3]), int(text[3:])
    if minutes > 59 or hours * 60 + minutes > 14 * 60:
        return None
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def _precision(match: re.Match[str]) -> Precision:
    levels: tuple[Precision, ...] = ("year", "month", "day", "hour", "minute", "second")
    return levels[sum(1 for group in range(2, 7) if match[group] is not None)]


def _start(match: re.Match[str]) -> datetime:
    """The first moment of the text, without zone; `ValueError` where there is no such date or time."""
    year, month, day, hour, minute, second = (match[group] for group in range(1, 7))
    micros = (match[7] or "")[:6].ljust(6, "0")
    return datetime(
        int(year),
        int(month or 1),
        int(day or 1),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        int(micros),
    )


def _in_zone(
    text: str, precision: Precision, start: datetime, fraction: str | None, zone: tzinfo, source: ZoneSource
) -> HL7Time:
    last = _after(start, precision, fraction) - _MICROSECOND
    earliest = min(_instants(start, zone))
    latest = max(_instants(last, zone))
    fixed = isinstance(zone, timezone) or precision in ("year", "month", "day")
    local: LocalTime = "plain" if fixed else _local(start, zone)
    end = latest if latest == datetime.max.replace(tzinfo=UTC) else latest + _MICROSECOND
    return HL7Time(text, precision, earliest, end, source, start.date(), local)


def _instants(moment: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """Both readings of a local time; they differ only where the clock is set back or forward."""
    if isinstance(zone, timezone):  # a fixed offset: no clock is ever set
        only = moment.replace(tzinfo=zone).astimezone(UTC)
        return only, only
    first, second = (moment.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second


def _local(moment: datetime, zone: tzinfo) -> LocalTime:
    first, second = _instants(moment, zone)
    if first == second:
        return "plain"
    return "ambiguous" if first.astimezone(zone).replace(tzinfo=None) == moment else "nonexistent"


def _after(start: datetime, precision: Precision, fraction: str | None) -> datetime:
    """The first moment after the text's interval, without zone (at the end of 9999, the last there is)."""
    try:
        return _next(start, precision, fraction)
    except (OverflowError, ValueError):
        return datetime.max


def _next(start: datetime, precision: Precision, fraction: str | None) -> datetime:
    match precision:
        case "year":
            return start.replace(year=start.year + 1)
        case "month":
            return (start + timedelta(days=31)).replace(day=1)
        case "day":
            return start + timedelta(days=1)
        case "hour":
            return start + timedelta(hours=1)
        case "minute":
            return start + timedelta(minutes=1)
        case "second":
            return start + timedelta(microseconds=10 ** (6 - min(len(fraction or ""), 6)))
        case _:
            assert_never(precision)

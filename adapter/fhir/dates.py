"""FHIR date, dateTime and instant as moments as precise as they were sent.

Real senders leave out zones and seconds: a time without a zone counts as its date only, and says so.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

from adapter.case.moment import Moment

_FORM = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?",
    re.ASCII,
)


class FhirTime(NamedTuple):
    """A moment, and whether a time of day had to be dropped because no zone came with it."""

    moment: Moment
    zone_missing: bool


@lru_cache(maxsize=1024)
def read_date(text: str) -> FhirTime | None:
    """The moment that a FHIR date or dateTime names; None when it is not a date (1/2/2026, 2026-02-30), or ends
    after the year 9999."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        if hour is None or zone is None:
            earliest, latest = _days(int(year), month, day)
            if hour is not None:
                datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))
            return FhirTime(Moment.of_dates(earliest, latest, text[:10]), hour is not None)
        micro = int(fraction.ljust(6, "0")[:6]) if fraction else 0
        start = datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micro, _zone(zone)
        ).astimezone(UTC)
        end = start + (_MINUTE if second is None else _SECOND)
    except (ValueError, OverflowError):
        return None
    return FhirTime(Moment(start, end, text[:10]), False)


_MINUTE, _SECOND = timedelta(minutes=1), timedelta(seconds=1)


def _days(year: int, month: str | None, day: str | None) -> tuple[date, date]:
    if month is None:
        return date(year, 1, 1), date(year + 1, 1, 1)
    if day is None:
        following = date(year + 1, 1, 1) if int(month) == 12 else date(year, int(month) + 1, 1)
        return date(year, int(month), 1), following
    first = date(year, int(month), int(day))
    return first, first + timedelta(days=1)


@lru_cache(maxsize=256)
def _zone(text: str) -> timezone:
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    if minutes > 59 or hours * 60 + minutes > 14 * 60:
        raise ValueError("no such zone")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)

"""Statements by their times: which of them no other one certainly outdates.

What two times leave open stays open: both statements then stand. The cost is linear in the number of statements.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from heapq import nlargest

from adapter.case.fact import Statement
from adapter.case.moment import Moment

_Interval = tuple[datetime, datetime]


class Times:
    """The dated statements of a list, by when they were true and when they were released.

    What holds until it is changed (an active problem-list entry), and what has no date, is neither older nor newer.
    """

    __slots__ = ("_first_end", "_first_issue", "_last_issue", "_last_start", "_of_end", "_of_start", "_statements")

    def __init__(self, statements: Iterable[Statement]) -> None:
        self._statements = list(statements)
        dated = [when for one in self._statements if (when := _time(one)) is not None]
        starts, ends = [when.earliest for when in dated], [when.latest for when in dated]
        self._last_start, self._first_end = max(starts, default=None), min(ends, default=None)
        self._of_start = starts.count(self._last_start) if self._last_start is not None else 0
        self._of_end = ends.count(self._first_end) if self._first_end is not None else 0
        self._first_issue: dict[_Interval, datetime] = {}
        self._last_issue: dict[_Interval, datetime] = {}
        for one in self._statements:
            if one.issued is not None and one.when is not None and not one.enduring:
                self._note_issue((one.when.earliest, one.when.latest), one.issued.earliest)

    def _note_issue(self, key: _Interval, released: datetime) -> None:
        self._first_issue[key] = min(self._first_issue.get(key, released), released)
        self._last_issue[key] = max(self._last_issue.get(key, released), released)

    def _days(self) -> dict[str, datetime]:
        """The calendar days of the statements, each with its latest beginning."""
        days: dict[str, datetime] = {}
        for when in (one.when for one in self._statements):
            if when is not None:
                days[when.day] = max(days.get(when.day, when.earliest), when.earliest)
        return days

    def newest(self) -> list[Statement]:
        """The statements that no other one certainly outdates: by effective time, then by issue."""
        return [one for one in self._statements if not self.outdate(one)]

    def oldest(self) -> list[Statement]:
        """The statements that certainly outdate no other one."""
        return [one for one in self._statements if not self._outdated_by(one)]

    def of_the_newest_day(self) -> list[Statement]:
        """The statements that are not certainly of an earlier calendar day than another."""
        days = self._days()
        newest = {day: days[day] for day in nlargest(2, days, key=days.__getitem__)}
        return [one for one in self._statements if not _of_earlier_day(one, newest)]

    def outdate(self, statement: Statement) -> bool:
        """Whether another one of them certainly outdates the statement."""
        when = _time(statement)
        if when is None or self._last_start is None:
            return False
        if when.latest <= self._last_start:
            return when.earliest < self._last_start or self._of_start > 1
        last = self._last_issue.get((when.earliest, when.latest))
        return statement.issued is not None and last is not None and statement.issued.earliest < last

    def _outdated_by(self, statement: Statement) -> bool:
        """Whether the statement certainly outdates another one of them."""
        when = _time(statement)
        if when is None or self._first_end is None:
            return False
        if self._first_end <= when.earliest:
            return self._first_end < when.latest or self._of_end > 1
        first = self._first_issue.get((when.earliest, when.latest))
        return statement.issued is not None and first is not None and first < statement.issued.earliest


def _of_earlier_day(statement: Statement, newest: Mapping[str, datetime]) -> bool:
    """Whether a statement is certainly of an earlier day than the first of these that is not its own."""
    when = statement.when
    other = next((start for day, start in newest.items() if when is not None and day != when.day), None)
    return when is not None and other is not None and when.latest <= other


def _time(statement: Statement) -> Moment | None:
    """The time that may be compared; none of what has no age."""
    return None if statement.enduring else statement.when

"""Statements by their times: which of them no other one certainly outdates.

What two times leave open stays open: both statements then stand. The cost is linear in the number of statements.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from heapq import nlargest

from adapter.case.fact import Statement
from adapter.case.moment import Moment

_Interval = tuple[datetime, datetime]


class Times:
    """The dated statements of a list, by when they were true and when they were released.

    What holds until it is changed (an active problem-list entry), and what has no date, is neither older nor newer.
    """

    __slots__ = ("_days", "_ends", "_first_end", "_first_issue", "_last_issue", "_last_start", "_starts", "_statements")

    def __init__(self, statements: Iterable[Statement]) -> None:
        self._statements = list(statements)
        moments = [when for one in self._statements if (when := _time(one)) is not None]
        self._starts = Counter(when.earliest for when in moments)
        self._ends = Counter(when.latest for when in moments)
        self._last_start = max(self._starts, default=None)
        self._first_end = min(self._ends, default=None)
        self._first_issue: dict[_Interval, datetime] = {}
        self._last_issue: dict[_Interval, datetime] = {}
        self._days: dict[str, datetime] = {}
        for one in self._statements:
            self._note(one)

    def _note(self, statement: Statement) -> None:
        when, issued = statement.when, statement.issued
        if when is None:
            return
        self._days[when.day] = max(self._days.get(when.day, when.earliest), when.earliest)
        if issued is not None and not statement.enduring:
            key, released = (when.earliest, when.latest), issued.earliest
            self._first_issue[key] = min(self._first_issue.get(key, released), released)
            self._last_issue[key] = max(self._last_issue.get(key, released), released)

    def newest(self) -> list[Statement]:
        """The statements that no other one certainly outdates: by effective time, then by issue."""
        return [one for one in self._statements if not self.outdate(one)]

    def oldest(self) -> list[Statement]:
        """The statements that certainly outdate no other one."""
        return [one for one in self._statements if not self._outdated_by(one)]

    def of_the_newest_day(self) -> list[Statement]:
        """The statements that are not certainly of an earlier calendar day than another."""
        newest = nlargest(2, self._days, key=self._days.__getitem__)
        return [one for one in self._statements if not self._of_earlier_day(one, newest)]

    def outdate(self, statement: Statement) -> bool:
        """Whether another one of them certainly outdates the statement."""
        when = _time(statement)
        if when is None or self._last_start is None:
            return False
        if when.latest <= self._last_start:
            return when.earliest < self._last_start or self._starts[self._last_start] > 1
        last = self._last_issue.get((when.earliest, when.latest))
        return statement.issued is not None and last is not None and statement.issued.earliest < last

    def _outdated_by(self, statement: Statement) -> bool:
        """Whether the statement certainly outdates another one of them."""
        when = _time(statement)
        if when is None or self._first_end is None:
            return False
        if self._first_end <= when.earliest:
            return self._first_end < when.latest or self._ends[self._first_end] > 1
        first = self._first_issue.get((when.earliest, when.latest))
        return statement.issued is not None and first is not None and first < statement.issued.earliest

    def _of_earlier_day(self, statement: Statement, newest: list[str]) -> bool:
        when = statement.when
        other = next((day for day in newest if when is not None and day != when.day), None)
        return when is not None and other is not None and when.latest <= self._days[other]


def _time(statement: Statement) -> Moment | None:
    """The time that may be compared; none of what has no age."""
    return None if statement.enduring else statement.when

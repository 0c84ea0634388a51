"""Which results a withdrawal may be meant for that names none of them: those of its code and time.

Not for withdrawals that name their result: they take it back (versions.py).
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import accumulate

from adapter.case.fact import Standing, Statement
from adapter.case.moment import Moment

_Place = tuple[int, int]
"""Where a statement stands: in the order of the messages' times, and in that of their arrival."""


class Doubts:
    """The withdrawals of one fact that found no result of their own, by what they may be meant for."""

    __slots__ = ("_of_code",)

    def __init__(self, withdrawals: Iterable[tuple[int, Statement]]) -> None:
        listed: dict[str, list[tuple[int, Statement]]] = defaultdict(list)
        for position, statement in withdrawals:
            listed[statement.origin.concept].append((position, statement))
        self._of_code = {concept: _OfCode(found) for concept, found in listed.items()}

    def concern(self, position: int, statement: Statement) -> bool:
        """Whether one of them may be meant for a result that stands there, and came before it or is older."""
        of_code = self._of_code.get(statement.origin.concept)
        if of_code is None or statement.standing in (Standing.WITHDRAWN, Standing.UNSAID):
            return False
        return of_code.concern((position, statement.arrival), _time(statement))


class _OfCode:
    """The withdrawals of one code; those with a time in its order."""

    __slots__ = ("_all", "_dated", "_reach", "_starts", "_undated")

    def __init__(self, withdrawals: Iterable[tuple[int, Statement]]) -> None:
        known = [((position, one.arrival), _time(one)) for position, one in withdrawals]
        self._all = _last(place for place, _ in known)
        self._undated = _last(place for place, when in known if when is None)
        timed = [(when.earliest, when.latest, place) for place, when in known if when is not None]
        self._dated = sorted(timed, key=lambda one: one[:2])
        self._starts = [earliest for earliest, _, _ in self._dated]
        self._reach: list[datetime] = list(accumulate((latest for _, latest, _ in self._dated), max))

    def concern(self, place: _Place, when: Moment | None) -> bool:
        if when is None:
            return _before(place, self._all)
        if _before(place, self._undated):
            return True
        index = bisect_left(self._starts, when.latest) - 1
        while index >= 0 and self._reach[index] > when.earliest:
            _, latest, own = self._dated[index]
            if latest > when.earliest and _before(place, own):
                return True
            index -= 1
        return False


def _last(places: Iterable[_Place]) -> _Place:
    """The last position and the last arrival of all; before everything where there is none."""
    listed = list(places)
    return max((one for one, _ in listed), default=-1), max((two for _, two in listed), default=-1)


def _before(place: _Place, other: _Place) -> bool:
    return place[0] < other[0] or place[1] < other[1]


def _time(statement: Statement) -> Moment | None:
    """The time that tells one result of a code from another; none of what holds until it is changed."""
    return None if statement.enduring else statement.when

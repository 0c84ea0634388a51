"""The versions of results: a correction replaces, a withdrawal takes back, an older message never replaces a newer one.

Each statement is looked up, never searched for: the cost is linear in their number. Not for which result then decides.
"""

from collections import defaultdict
from datetime import datetime

from adapter.case.doubts import Doubts
from adapter.case.fact import Standing, Statement

_Slot = tuple[datetime, datetime, str, str]
"""What a withdrawal without an order is known by: the time of the result, its sender and its code."""


class Versions:
    """One statement per result, in the order in which the results first came."""

    __slots__ = ("_by_key", "_emptied", "_found", "_met", "_of_series", "_of_slot", "_places", "_taken", "_withdrawals")

    def __init__(self) -> None:
        self._by_key: dict[str, Statement] = {}
        self._places: dict[str, int] = {}
        self._taken = 0
        self._of_series: dict[str, dict[str, None]] = defaultdict(dict)
        self._of_slot: dict[_Slot, dict[str, None]] | None = None
        self._withdrawals: list[tuple[int, str, Statement]] = []
        self._found: set[str] = set()
        self._emptied: dict[_Slot, int] = {}
        self._met: set[_Slot] = set()

    def current(self) -> list[Statement]:
        """What each result says now, and whether a withdrawal without a result of its own may be meant for it."""
        unmatched = [(place, one) for place, _, one in self._withdrawals if one.unmatched]
        if not unmatched:
            return list(self._by_key.values())
        doubts = Doubts(unmatched)
        return [
            one._replace(disputed=True) if doubts.concern(self._places[key], one) else one
            for key, one in self._by_key.items()
        ]

    def unmatched(self) -> list[Statement]:
        """The withdrawals for which there was no result, neither before nor after them."""
        return [
            one
            for _, key, one in self._withdrawals
            if key not in self._found and (one.identity or _slot(one) not in self._met)
        ]

    def take(self, statement: Statement, name: str) -> None:
        """Add the next statement; `name` is its own where it has no identity."""
        self._taken += 1
        withdrawal = statement.standing is Standing.WITHDRAWN
        if withdrawal and not statement.identity:
            slot = _slot(statement)
            if slot is not None:
                self._empty(slot, statement.arrival)
        elif self._emptied and not withdrawal:
            slot = _slot(statement)
            if slot is not None and statement.arrival < self._emptied.get(slot, 0):
                self._met.add(slot)
                return
        key = statement.identity or name
        if statement.replaces and key not in self._by_key:
            key = self._only_of_series(statement) or key
        if withdrawal:
            self._withdrawals.append((self._taken, key, statement))
        elif statement.standing is not Standing.UNSAID:
            self._found.add(key)
        earlier = self._by_key.get(key)
        if earlier is None or _outlasts(statement, earlier):
            self._put(key, _promoted(statement, earlier))

    def _empty(self, slot: _Slot, arrival: int) -> None:
        """Take back what is known by the slot, and what arrived before and comes later by its own time."""
        for key in tuple(self._slots().get(slot, ())):
            if self._by_key[key].standing is not Standing.WITHDRAWN:
                self._met.add(slot)
            self._drop(key)
        self._emptied[slot] = max(arrival, self._emptied.get(slot, 0))

    def _slots(self) -> dict[_Slot, dict[str, None]]:
        """The results by what a withdrawal without an order is known by; kept from the first such withdrawal on."""
        if self._of_slot is None:
            self._of_slot = defaultdict(dict)
            for key, statement in self._by_key.items():
                slot = _slot(statement)
                if slot is not None:
                    self._of_slot[slot][key] = None
        return self._of_slot

    def _only_of_series(self, statement: Statement) -> str:
        """The one stored version of a result whose time the correction changed; several withdrawn ones all go."""
        keys = tuple(self._of_series.get(statement.series, ())) if statement.series else ()
        if len(keys) > 1 and statement.standing not in (Standing.WITHDRAWN, Standing.UNSAID):
            return ""
        for key in keys[1:]:
            self._drop(key)
        return keys[0] if keys else ""

    def _put(self, key: str, statement: Statement) -> None:
        earlier = self._by_key.get(key)
        if earlier is not None and (earlier.series, _slot(earlier)) != (statement.series, _slot(statement)):
            self._forget(key, earlier, but=statement.series)
        self._by_key[key] = statement
        self._places[key] = self._taken
        if statement.series:
            self._of_series[statement.series][key] = None
        if self._of_slot is not None:
            slot = _slot(statement)
            if slot is not None:
                self._of_slot[slot][key] = None

    def _drop(self, key: str) -> None:
        self._forget(key, self._by_key.pop(key))

    def _forget(self, key: str, statement: Statement, but: str = "") -> None:
        """Leave the indexes; in that of the series `but`, a result keeps the place at which it first came."""
        if statement.series != but:
            self._of_series.get(statement.series, {}).pop(key, None)
        slot = _slot(statement)
        if self._of_slot is not None and slot is not None:
            self._of_slot.get(slot, {}).pop(key, None)


def _outlasts(statement: Statement, earlier: Statement) -> bool:
    """Whether a statement takes the place of one that stands before it; a withdrawal does, whatever the times say, and
    is replaced by nothing that arrived before it."""
    if statement.standing is Standing.WITHDRAWN:
        return True
    if earlier.standing is Standing.WITHDRAWN and statement.arrival < earlier.arrival:
        return False
    return not issued_before(statement, earlier)


def issued_before(statement: Statement, earlier: Statement) -> bool:
    """Whether a statement was certainly released before another."""
    return (
        statement.issued is not None
        and earlier.issued is not None
        and statement.issued.earliest < earlier.issued.earliest
    )


def _slot(statement: Statement) -> _Slot | None:
    when = statement.when
    if when is None:
        return None
    return when.earliest, when.latest, statement.origin.source, statement.origin.concept


def _promoted(statement: Statement, earlier: Statement | None) -> Statement:
    """The preliminary statement made final, where this one says no more than that it is final now."""
    stored = (Standing.PRELIMINARY, Standing.FINAL)
    if statement.standing is not Standing.PROMOTED or earlier is None or earlier.standing not in stored:
        return statement
    return earlier._replace(standing=Standing.FINAL, reason="", issued=statement.issued)

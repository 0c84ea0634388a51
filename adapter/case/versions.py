"""The versions of results: a correction replaces, a withdrawal takes back, an older message never replaces a newer one.

Each statement is looked up, never searched for: the cost is linear in their number. Not for which result then decides.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime

from adapter.case.fact import Standing, Statement

_Slot = tuple[datetime, datetime, str, str]
"""What a withdrawal without an order is known by: the time of the result, its sender and its code."""


class Versions:
    """One statement per result, in the order in which the results first came."""

    __slots__ = ("_by_key", "_of_series", "_of_slot")

    def __init__(self) -> None:
        self._by_key: dict[str, Statement] = {}
        self._of_series: dict[str, dict[str, None]] = defaultdict(dict)
        self._of_slot: dict[_Slot, dict[str, None]] = defaultdict(dict)

    def current(self) -> list[Statement]:
        """What each result says now."""
        return list(self._by_key.values())

    def take(self, statement: Statement, name: str) -> None:
        """Add the next statement; `name` is its own where it has no identity."""
        slot = _slot(statement)
        if not statement.identity and statement.standing is Standing.WITHDRAWN and slot is not None:
            for key in tuple(self._of_slot.get(slot, ())):
                self._drop(key)
        key = statement.identity or name
        if statement.replaces and key not in self._by_key:
            key = self._only_of_series(statement) or key
        earlier = self._by_key.get(key)
        if earlier is None or not issued_before(statement, earlier):
            self._put(key, _promoted(statement, earlier))

    def _only_of_series(self, statement: Statement) -> str:
        """The one stored version of a result whose time the correction changed; several withdrawn ones all go."""
        keys = tuple(self._of_series.get(statement.series, ())) if statement.series else ()
        if len(keys) > 1 and statement.standing is not Standing.WITHDRAWN:
            return ""
        for key in keys[1:]:
            self._drop(key)
        return keys[0] if keys else ""

    def _put(self, key: str, statement: Statement) -> None:
        earlier = self._by_key.get(key)
        if earlier is not None and (earlier.series, _slot(earlier)) != (statement.series, _slot(statement)):
            self._forget(key, earlier, but=statement.series)
        self._by_key[key] = statement
        if statement.series:
            self._of_series[statement.series][key] = None
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
        if slot is not None:
            self._of_slot.get(slot, {}).pop(key, None)


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
    return replace(earlier, standing=Standing.FINAL, reason="", issued=statement.issued)

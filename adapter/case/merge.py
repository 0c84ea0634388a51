"""From all statements about one fact to the fact as it stands on a given day.

Corrections and withdrawals first, then time (future, undated, stale), then the fact's own way of merging. Whatever is
set aside stays on the fact with its reason.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import assert_never

from adapter.case.catalogue import NO_EXPIRY, FactDefinition, Merge
from adapter.case.fact import Fact, Standing, State, Statement, Unused, origins_of, place_key
from adapter.case.origin import Origin
from adapter.case.times import Times
from adapter.case.value import Coded, Members, Quantity, Value
from adapter.case.versions import Versions

EARLIEST_YEAR = 1895
"""Dates before it are placeholders (0001-01-01, 1800-01-01), never events of a living patient (assumption)."""

LATEST_YEAR = 9998
"""The last year of which facts can be judged: times beyond the day are counted too, and no year follows 9999."""

FUTURE_TOLERANCE = timedelta(hours=24)
"""How far ahead of the as-of time a value may be dated before it is excluded (clocks and zones differ)."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The day on which facts are judged, and whether a procedure is being signed (which shortens some ages)."""

    as_of: datetime
    procedure: bool = False


def merge(definition: FactDefinition, statements: Sequence[Statement], clock: Clock) -> Fact:
    """The fact on the clock's day. `statements` are in order of arrival; the order matters only between corrections."""
    if not statements:
        return Fact(definition.name, State.ABSENT, "not-recorded")
    current = effective_versions(statements)
    fact = _standing(definition, current, clock)
    disputed = [one for one in current if one.disputed]
    if not disputed:
        return fact
    undisputed = _standing(definition, [one for one in current if not one.disputed], clock)
    return doubted(fact, undisputed, disputed)


def doubted(fact: Fact, undisputed: Fact, disputed: Iterable[Statement]) -> Fact:
    """The fact where nobody knows whether some statements were taken back: conflicting, unless that makes no odds."""
    if fact.known == undisputed.known:
        return fact if fact.known is None else undisputed
    when, origins = fact.when or undisputed.when, origins_of(disputed)
    return Fact(fact.name, State.CONFLICTING, "withdrawal-unmatched", None, when, origins, undisputed.unused)


def _standing(definition: FactDefinition, current: Sequence[Statement], clock: Clock) -> Fact:
    """The fact by the current versions of its results."""
    usable: list[Statement] = []
    unused: list[Unused] = []
    expiry = definition.expiry(procedure=clock.procedure)
    limit = None if expiry is None else expiry.before(clock.as_of)
    for statement in current:
        setback = _set_back(statement, clock, limit)
        if setback is None:
            usable.append(statement)
        else:
            unused.append(setback)
    if not usable:
        return _without_value(definition, current, unused)
    return _merged(definition, usable, _newest_first(unused))


def effective_versions(statements: Sequence[Statement]) -> list[Statement]:
    """One statement per result: a correction replaces what it corrects, an older message never replaces a newer one."""
    if _all_first(statements):
        return list(statements)
    versions = Versions()
    for number, statement in enumerate(statements):
        versions.take(statement, f"#{number}")
    return versions.current()


def _all_first(statements: Sequence[Statement]) -> bool:
    """Whether each is the first version of a result, as nearly always: nothing is corrected then, or taken back."""
    known: set[str] = set()
    for statement in statements:
        if statement.replaces or statement.standing is Standing.WITHDRAWN or statement.identity in known:
            return False
        if statement.identity:
            known.add(statement.identity)
    return True


def _set_back(statement: Statement, clock: Clock, limit: datetime | None) -> Unused | None:
    """Why the statement may not decide its fact, or None when it may; `limit` is how long before it may be dated."""
    match statement.standing:
        case Standing.FINAL:
            return _untimely(statement, clock, limit)
        case Standing.PRELIMINARY:
            return _unused(statement, State.PRELIMINARY, statement.reason or "preliminary")
        case Standing.EXCLUDED:
            return _unused(statement, State.EXCLUDED, statement.reason)
        case Standing.ABSENT | Standing.WITHDRAWN | Standing.UNSAID:
            return _unused(statement, State.ABSENT, statement.reason)
        case Standing.PROMOTED:
            return _unused(statement, State.ABSENT, "nothing-to-promote")
        case _:
            assert_never(statement.standing)


def _untimely(statement: Statement, clock: Clock, limit: datetime | None) -> Unused | None:
    when = statement.when
    if when is not None and when.earliest.year < EARLIEST_YEAR:
        return _unused(statement, State.EXCLUDED, "implausible-date")
    if when is not None and when.earliest > clock.as_of + FUTURE_TOLERANCE:
        return _unused(statement, State.EXCLUDED, "future-date")
    if limit is None or statement.enduring:
        return None
    if when is None:
        return _unused(statement, State.UNDATED, "undated")
    if when.latest <= limit:
        return _unused(statement, State.STALE, "stale")
    if when.span > clock.as_of - limit:
        return _unused(statement, State.UNDATED, "date-too-imprecise")
    if when.earliest.date() >= limit.date():
        return None
    if when.span > timedelta(days=1):
        return _unused(statement, State.UNDATED, "date-too-imprecise")
    return _unused(statement, State.STALE, "stale")


def _unused(statement: Statement, state: State, reason: str) -> Unused:
    return Unused(state, reason, statement.when, statement.origin, statement.value)


def _newest_first(unused: list[Unused]) -> tuple[Unused, ...]:
    def key(item: Unused) -> tuple[float, str, str]:
        newest = item.when.earliest.timestamp() if item.when else float("-inf")
        return (-newest, item.origin.document, item.origin.place)

    return tuple(sorted(unused, key=key))


# What a fact without a usable value is called, most telling state first.
_ORDER = (State.CONFLICTING, State.PRELIMINARY, State.STALE, State.UNDATED, State.EXCLUDED, State.ABSENT)


def _without_value(definition: FactDefinition, statements: Sequence[Statement], unused: list[Unused]) -> Fact:
    if not unused:
        return Fact(definition.name, State.ABSENT, "not-recorded")
    ordered = _newest_first(unused)
    leading = min(ordered, key=lambda item: _ORDER.index(item.state))
    shown = None
    if leading.state is not State.ABSENT:
        shown = next((s for s in statements if s.origin == leading.origin and s.value is not None), None)
    return Fact(
        definition.name,
        leading.state,
        leading.reason,
        shown.value if shown else None,
        leading.when,
        (leading.origin,),
        tuple(item for item in ordered if item is not leading),
    )


def _merged(definition: FactDefinition, usable: list[Statement], unused: tuple[Unused, ...]) -> Fact:
    # A statement that only narrows an answer ("on an analogue") never competes in time with one that gives it.
    narrowing = [s for s in usable if _narrows(s)]
    giving = [s for s in usable if not _narrows(s)] if narrowing else usable
    match definition.merge:
        case Merge.LATEST:
            return _agreed(definition, Times(giving).newest() + narrowing, unused)
        case Merge.EARLIEST:
            return _agreed(definition, Times(giving).oldest() + narrowing, unused)
        case Merge.ANY:
            return _agreed(definition, usable, unused)
        case Merge.UNION:
            return _union(definition, usable, unused)
        case Merge.LARGEST:
            return _largest(definition, usable, unused)
        case _:
            assert_never(definition.merge)


def _narrows(statement: Statement) -> bool:
    return isinstance(statement.value, Coded) and statement.value.exact is None


def _agreed(definition: FactDefinition, leading: list[Statement], unused: tuple[Unused, ...]) -> Fact:
    value = _common(leading)
    if value is None:
        return _conflicting(definition, leading, unused)
    return _present(definition, value, leading, unused)


def _present(definition: FactDefinition, value: Value, stated: list[Statement], unused: tuple[Unused, ...]) -> Fact:
    """The fact with the value that these statements come to, dated by the newest, with what is odd about any."""
    newest = max(stated, key=_time_key)
    origins = _origins(stated, newest, value)
    remarks = tuple(sorted({statement.remark for statement in stated if statement.remark}))
    return Fact(definition.name, State.PRESENT, "", value, newest.when, origins, unused, remarks)


def _origins(stated: list[Statement], newest: Statement, value: Value | None) -> tuple[Origin, ...]:
    """Where it was stated, in a fixed order. First where the date of the fact stands: of the statements of that day, of
    those with its value, the latest."""
    in_order = sorted(stated, key=_place)
    first = in_order[0]
    if first.when != newest.when or first.value != value:
        of_its_day = (one for one in in_order if _day(one) == _day(newest))
        first = max(of_its_day, key=lambda one: (one.value == value, _time_key(one)[:2]))
    return tuple(dict.fromkeys((first.origin, *(one.origin for one in in_order))))


def _place(statement: Statement) -> tuple[str, int, str]:
    return place_key(statement.origin)


def _day(statement: Statement) -> str:
    return statement.when.day if statement.when else ""


def _conflicting(definition: FactDefinition, stated: list[Statement], unused: tuple[Unused, ...]) -> Fact:
    """The fact that these statements contradict each other about."""
    newest = max(stated, key=_time_key)
    reason, origins = "conflicting-values", _origins(stated, newest, None)
    return Fact(definition.name, State.CONFLICTING, reason, None, newest.when, origins, unused)


def _time_key(statement: Statement) -> tuple[bool, datetime, str, str]:
    when = statement.when.earliest if statement.when else _NO_TIME
    return (statement.when is not None, when, statement.origin.document, statement.origin.place)


_NO_TIME = datetime.min.replace(tzinfo=UTC)


def _common(statements: list[Statement]) -> Value | None:
    """The value that all statements allow, or None when they contradict each other."""
    values = [statement.value for statement in statements if statement.value is not None]
    common = values[0] if values else None
    for value in values[1:]:
        common = None if common is None else _both(common, value)
    return common


def _both(one: Value, other: Value) -> Value | None:
    if isinstance(one, Coded) and isinstance(other, Coded):
        return Coded(one.possible & other.possible) if one.possible & other.possible else None
    return one if one == other else None


def _union(definition: FactDefinition, usable: list[Statement], unused: tuple[Unused, ...]) -> Fact:
    """All members together. An event that an explicit complete list leaves out contradicts it, unless it came later."""
    lists = [(s, s.value) for s in _since_last_complete(definition, usable) if isinstance(s.value, Members)]
    closed = [(s, value) for s, value in lists if value.complete]
    against = [
        one
        for event, value in lists
        for statement, stated in closed
        if not _admits(statement, stated, event, value)
        for one in (event, statement)
    ]
    if against and definition.max_age != NO_EXPIRY:
        # A list of what is planned now: contradicting drafts are all planned, and the list is not known to be whole.
        together = reduce(Members.joined, (replace(value, complete=False) for _, value in lists))
        return _present(definition, together, usable, unused)
    if against:
        return _conflicting(definition, against, unused)
    joined = reduce(Members.joined, (_explained(s, value, closed) for s, value in lists))
    return _present(definition, joined, usable, unused)


def _explained(event: Statement, value: Members, closed: list[tuple[Statement, Members]]) -> Members:
    """A recorded list without the groups that a complete statement explains: TACE of unknown kind, "cTACE only"."""
    explained = frozenset(
        group
        for group in value.one_of
        for statement, stated in closed
        if statement is not event and group & stated.certain and not _later(statement, event)
    )
    return Members(value.certain, value.one_of - explained, value.complete)


def _later(statement: Statement, event: Statement) -> bool:
    """Whether an event certainly came after a statement."""
    return statement.when is not None and event.when is not None and statement.when.before(event.when)


def _since_last_complete(definition: FactDefinition, usable: list[Statement]) -> list[Statement]:
    """For a list that describes the present (it expires), a newer complete statement replaces what was said before."""
    if definition.max_age == NO_EXPIRY:
        return usable
    complete = Times(s for s in usable if isinstance(s.value, Members) and s.value.complete)
    return [one for one in usable if not complete.outdate(one)]


def _admits(statement: Statement, stated: Members, event: Statement, value: Members) -> bool:
    groups = all(group & stated.certain for group in value.one_of)
    return event is statement or _later(statement, event) or (value.certain <= stated.certain and groups)


def _largest(definition: FactDefinition, usable: list[Statement], unused: tuple[Unused, ...]) -> Fact:
    """The largest quantity of the newest study; what is dated too loosely to be older than it may belong to it."""
    study = Times(usable).of_the_newest_day()
    exact = [(s.value.exact, s) for s in study if isinstance(s.value, Quantity) and s.value.exact is not None]
    if len(exact) != len(study) or len(set(map(_day, study))) > 1:
        return _agreed(definition, study, unused)
    value = Quantity.of(max(number for number, _ in exact))
    return _present(definition, value, study, unused)

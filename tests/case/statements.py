"""Statements, moments and fact definitions as the tests of the case write them, in one short line each.

Not for expectations: each test says for itself what the fact must be.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from adapter.case.case import Case, build_case
from adapter.case.catalogue import NO_EXPIRY, FactDefinition, Kind, Merge
from adapter.case.fact import Fact, Standing, Statement
from adapter.case.merge import Clock, merge
from adapter.case.moment import Moment
from adapter.case.origin import Origin
from adapter.case.value import Coded, Day, Flag, Members, Quantity, Value

AS_OF = datetime(2026, 1, 12, 12, tzinfo=UTC)
CLOCK = Clock(AS_OF)
SIGNING = Clock(AS_OF, procedure=True)
YES, NO = Flag(True), Flag(False)


def on(text: str) -> Moment:
    """The moment of a calendar date as precise as it is written: 2026, 2026-01 or 2026-01-10."""
    parts = [int(part) for part in text.split("-")]
    match parts:
        case [year]:
            return Moment.of_dates(date(year, 1, 1), date(year + 1, 1, 1), text)
        case [year, month]:
            return Moment.of_dates(date(year, month, 1), date(year + month // 12, month % 12 + 1, 1), text)
        case _:
            first = date(*parts)
            return Moment.of_dates(first, first + timedelta(days=1), text)


def at(text: str) -> Moment:
    """The moment of an instant, `2026-01-10T08:00Z`."""
    return Moment.at(datetime.fromisoformat(text))


def amount(number: str) -> Quantity:
    return Quantity.of(Decimal(number))


def between(low: str, high: str) -> Quantity:
    return Quantity(Decimal(low), Decimal(high))


def code(*possible: str) -> Coded:
    return Coded(frozenset(possible))


def event(*codes: str) -> Members:
    """A list that one recorded event adds to, and that others may add to as well."""
    return Members(frozenset(codes))


def one_of(*codes: str) -> Members:
    """An event that was one of these, nobody says which."""
    return Members(frozenset(), frozenset({frozenset(codes)}))


def these_only(*codes: str) -> Members:
    """An explicit answer: these, and no others."""
    return Members(frozenset(codes), complete=True)


def says(
    fact: str,
    value: Value | None,
    when: Moment | None = None,
    *,
    place: str = "OBX[1]-5",
    standing: Standing = Standing.FINAL,
    issued: Moment | None = None,
    identity: str = "",
    reason: str = "",
    enduring: bool = False,
) -> Statement:
    return Statement(fact, standing, value, Origin("hl7v2", "A1", place), when, issued, identity, reason, enduring)


def born(text: str, place: str = "PID-7") -> Statement:
    return says("birth_date", Day(on(text)), place=place)


def defined(
    kind: Kind, how: Merge = Merge.LATEST, max_age: str = "P30D", max_age_procedure: str = ""
) -> FactDefinition:
    """A fact of the small catalogue that tests of merging use."""
    return FactDefinition(
        name="x",
        label="x",
        kind=kind,
        role="input",
        meaning="x",
        unit="mg/dL" if kind is Kind.QUANTITY else "",
        values=("a", "b", "c", "d") if kind in (Kind.CODED, Kind.LIST) else (),
        merge=how,
        max_age=max_age,
        max_age_procedure=max_age_procedure,
    )


RESULT = defined(Kind.QUANTITY)
JUDGEMENT = defined(Kind.FLAG)
ANSWER = defined(Kind.CODED)
HISTORY = defined(Kind.LIST, Merge.UNION, NO_EXPIRY)
DIAGNOSIS = defined(Kind.FLAG, Merge.ANY, NO_EXPIRY)
SIZE = defined(Kind.QUANTITY, Merge.LARGEST)


def merged(definition: FactDefinition, *statements: Statement, clock: Clock = CLOCK) -> Fact:
    return merge(definition, statements, clock)


def case(*statements: Statement, as_of: datetime = AS_OF) -> Case:
    return build_case("Patient/p1", statements, Clock(as_of))


def fact(name: str, statements: Iterable[Statement], as_of: datetime = AS_OF) -> Fact:
    """The fact of the shipped catalogue as these statements make it."""
    return case(*statements, as_of=as_of).facts[name]

"""Case files: synthetic patients written down fact by fact, for worked examples and tests.

A file is a JSON list of `{"id", "title", "facts", "expect"}`; it is not a wire, and nothing in it is guessed
or repaired.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import assert_never

from adapter.case.case import Case, build_case
from adapter.case.catalogue import Catalogue, FactDefinition, Kind, catalogue
from adapter.case.fact import Standing, Statement
from adapter.case.merge import Clock
from adapter.case.moment import Moment
from adapter.case.number import read_decimal
from adapter.case.origin import Origin
from adapter.case.value import Coded, Day, Flag, Members, Quantity, Value

Json = None | bool | str | Decimal | list["Json"] | dict[str, "Json"]


class CaseFileError(ValueError):
    """A case file that says something a case cannot hold; the message names the case and the fact, never the
    value."""


@dataclass(frozen=True, slots=True)
class CaseEntry:
    """One case of a file: the case, its title, and what is expected of its evaluation (empty when nothing is
    stated)."""

    case: Case
    title: str
    expect: Mapping[str, str | tuple[str, ...]]


def read_cases(text: str, clock: Clock, table: Catalogue | None = None) -> tuple[CaseEntry, ...]:
    """The cases of a file, every fact dated at the clock's day. `null` is unknown. Raises CaseFileError."""
    content = read_json(text)
    if not isinstance(content, list):
        raise CaseFileError("a case file is a list of cases")
    entries = tuple(_entry(item, number, clock, table or catalogue()) for number, item in enumerate(content, 1))
    seen: set[str] = set()
    for entry in entries:
        if entry.case.subject in seen:
            raise CaseFileError(f"case {entry.case.subject} stands twice")
        seen.add(entry.case.subject)
    return entries


def case_of(subject: str, facts: Mapping[str, Json], clock: Clock, table: Catalogue | None = None) -> Case:
    """A case from its facts by name, as a case file writes them. Raises CaseFileError."""
    return build_case(subject, _statements(subject, facts, clock, table or catalogue()), clock, table)


def read_json(text: str) -> Json:
    """JSON with exact numbers, each name once in an object. Raises CaseFileError."""
    try:
        content: Json = json.loads(
            text,
            parse_float=_number,
            parse_int=_number,
            parse_constant=_constant,
            object_pairs_hook=_unique,
        )
    except json.JSONDecodeError as error:
        raise CaseFileError(f"not JSON: line {error.lineno}, column {error.colno}") from None
    return content


def _number(text: str) -> Decimal:
    number = read_decimal(text)
    if number is None:
        raise CaseFileError("a number of a case file is one plain decimal number")
    return number


def _constant(text: str) -> Decimal:
    raise CaseFileError(f"{text} is not a number")


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise CaseFileError("a name stands twice in one object")
    return content


def _entry(item: Json, number: int, clock: Clock, table: Catalogue) -> CaseEntry:
    if not isinstance(item, dict) or not isinstance(item.get("id"), str) or not isinstance(item.get("facts"), dict):
        raise CaseFileError(f"case {number} of the file needs an id and its facts")
    subject, facts = str(item["id"]), item["facts"]
    unknown = sorted(item.keys() - {"id", "title", "facts", "expect"})
    if unknown or not isinstance(facts, dict):
        raise CaseFileError(f"case {subject}: unknown member {', '.join(unknown)}")
    title = item.get("title", "")
    if not isinstance(title, str):
        raise CaseFileError(f"case {subject}: the title is a text")
    return CaseEntry(case_of(subject, facts, clock, table), title, _expect(subject, item.get("expect", {})))


def _expect(subject: str, content: Json) -> dict[str, str | tuple[str, ...]]:
    if not isinstance(content, dict):
        raise CaseFileError(f"case {subject}: expect is an object of lists")
    expected: dict[str, str | tuple[str, ...]] = {}
    for name, value in content.items():
        if isinstance(value, str):
            expected[name] = value
        elif isinstance(value, list) and all(isinstance(code, str) for code in value):
            expected[name] = tuple(str(code) for code in value)
        else:
            raise CaseFileError(f"case {subject}: expect.{name} is a text or a list of codes")
    return expected


def _statements(subject: str, facts: Mapping[str, Json], clock: Clock, table: Catalogue) -> Iterator[Statement]:
    for name, content in facts.items():
        if name not in table:
            raise CaseFileError(f"case {subject}: unknown fact {name}")
        if content is None:
            continue
        value = value_of(table[name], content)
        if value is None:
            raise CaseFileError(f"case {subject}: {name} is not {wanted(table[name])}")
        origin = Origin("case", subject, f"facts.{name}")
        yield Statement(name, Standing.FINAL, value, origin, Moment.at(clock.as_of))


def wanted(fact: FactDefinition) -> str:
    """What a value of the fact looks like in a case file, for error messages."""
    match fact.kind:
        case Kind.FLAG:
            return "true or false"
        case Kind.CODED:
            return f"one of {', '.join(fact.values)}"
        case Kind.QUANTITY:
            bounds = f" from {fact.plausible[0]} to {fact.plausible[1]}" if fact.plausible else ""
            return f"a number{bounds} in {fact.unit}"
        case Kind.LIST:
            return f"a list of {', '.join(fact.values)}"
        case Kind.DAY:
            return "a date YYYY-MM-DD"
        case _:
            assert_never(fact.kind)


def value_of(fact: FactDefinition, content: Json) -> Value | None:
    """The value that a case file writes so, None when the fact cannot be that."""
    match fact.kind:
        case Kind.FLAG:
            return Flag(content) if isinstance(content, bool) else None
        case Kind.CODED:
            return _coded(fact, content)
        case Kind.QUANTITY:
            return _quantity(fact, content)
        case Kind.LIST:
            return _members(fact, content)
        case Kind.DAY:
            return _day(content)
        case _:
            assert_never(fact.kind)


def _codes(fact: FactDefinition, content: Json) -> frozenset[str] | None:
    """Codes that the fact allows, each once."""
    if not isinstance(content, list):
        return None
    codes = [code for code in content if isinstance(code, str) and code in fact.values]
    return frozenset(codes) if len(set(codes)) == len(content) else None


def _coded(fact: FactDefinition, content: Json) -> Coded | None:
    match content:
        case str():
            return Coded(frozenset({content})) if content in fact.values else None
        case {"one_of": possible, **rest} if not rest:
            codes = _codes(fact, possible)
            return Coded(codes) if codes else None
        case _:
            return None


_BOUNDS = {"low", "above", "high", "below"}


def _quantity(fact: FactDefinition, content: Json) -> Quantity | None:
    if isinstance(content, Decimal):
        return Quantity.of(content) if _plausible(fact, [content]) else None
    if not isinstance(content, dict) or not content or content.keys() - _BOUNDS:
        return None
    numbers = {name: number for name, number in content.items() if isinstance(number, Decimal)}
    if len(numbers) != len(content) or {"low", "above"} <= numbers.keys() or {"high", "below"} <= numbers.keys():
        return None
    low, high = numbers.get("low", numbers.get("above")), numbers.get("high", numbers.get("below"))
    if (
        low is not None
        and high is not None
        and (low > high or (low == high and len({"low", "high"} & numbers.keys()) < 2))
    ):
        return None
    bounds = Quantity(low, high, "above" in numbers, "below" in numbers)
    return bounds if _plausible(fact, numbers.values()) else None


def _plausible(fact: FactDefinition, numbers: Iterable[Decimal]) -> bool:
    return fact.plausible is None or all(fact.plausible[0] <= number <= fact.plausible[1] for number in numbers)


def _members(fact: FactDefinition, content: Json) -> Members | None:
    if isinstance(content, list):
        codes = _codes(fact, content)
        return None if codes is None else Members(codes, complete=True)
    match content:
        case {"has": has, "one_of": list(groups), "complete": bool(complete), **rest} if not rest:
            certain = _codes(fact, has)
            read = [_codes(fact, group) for group in groups]
            known = frozenset(group for group in read if group)
            return None if certain is None or len(known) != len(groups) else Members(certain, known, complete)
        case _:
            return None


def _day(content: Json) -> Day | None:
    if not isinstance(content, str) or len(content) != len("2026-01-10"):
        return None
    try:
        start = datetime.strptime(content, "%Y-%m-%d").replace(tzinfo=UTC)
        return Day(Moment(start, start + timedelta(days=1), content))
    except (ValueError, OverflowError):
        return None

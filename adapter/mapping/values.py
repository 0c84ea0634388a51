"""From a raw value to the value of a fact: numbers with their units, coded answers, yes and no, lists.

What cannot be read for certain becomes a problem with a reason; nothing is rescaled, rounded or guessed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import assert_never

from adapter.case.catalogue import FactDefinition
from adapter.case.fact import Standing
from adapter.case.number import MAX_DIGITS, read_decimal
from adapter.case.value import Coded, Quantity, Value
from adapter.mapping.item import Amount, Choices, Codings, Date, Missing, RawValue, Unusable, YesNo
from adapter.mapping.tables import Tables
from adapter.terminology.units import Conversion, is_molar


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no value: the statement is then excluded, or absent."""

    standing: Standing
    reason: str


def excluded(reason: str) -> Problem:
    """The value cannot be used."""
    return Problem(Standing.EXCLUDED, reason)


def absent(reason: str) -> Problem:
    """The source says that there is no value."""
    return Problem(Standing.ABSENT, reason)


Reading = Value | Problem


def not_a_value(raw: RawValue) -> Problem | None:
    """The problem of a raw value that says why there is nothing to read."""
    match raw:
        case Missing(reason):
            return absent(reason)
        case Unusable(reason):
            return excluded(reason)
        case Amount() | Choices() | YesNo() | Date():
            return None
        case _:
            assert_never(raw)


def read_quantity(
    raw: RawValue,
    fact: FactDefinition,
    analyte: str,
    tables: Tables,
    code_units: frozenset[str] = frozenset(),
    *,
    unit_asked: bool = False,
) -> Reading:
    """A number in the fact's unit, or an interval where a comparator or a range was sent.

    `code_units` are the units that the code's definition allows: mass and amount of substance may not contradict it.
    `unit_asked`: the question names the unit (our own questionnaire), so that a bare number is in it.
    """
    if not isinstance(raw, Amount):
        return not_a_value(raw) or excluded("not-a-quantity")
    if unit_asked and not raw.units:
        raw = replace(raw, units=(fact.unit,))
    conversion = _conversion(raw, analyte, tables)
    if isinstance(conversion, Problem):
        return conversion
    if code_units and conversion.molar not in {is_molar(unit) for unit in code_units}:
        return excluded("unit-contradicts-code")
    low = _bound(raw.low, conversion)
    if isinstance(low, Problem):
        return low
    high = low if raw.high == raw.low else _bound(raw.high, conversion)
    if isinstance(high, Problem):
        return high
    if low is None and high is None:
        return absent("empty")
    if not _plausible(fact, low) or not (high is low or _plausible(fact, high)):
        return excluded("implausible")
    return Quantity(low, high, raw.low_open, raw.high_open)


def _conversion(raw: Amount, analyte: str, tables: Tables) -> Conversion | Problem:
    """The conversion of the unit as sent; code and printed unit may not name two different ones."""
    spelling, *others = [unit for unit in raw.units if unit] or [""]
    first = tables.units.find(analyte, spelling)
    if first is None:
        return excluded("unit-unknown" if spelling else "unit-missing")
    for unit in others:
        other = tables.units.find(analyte, unit)
        if other is not None and (other.multiply_by, other.divide_by) != (first.multiply_by, first.divide_by):
            return excluded("unit-conflicting")
    return excluded("unit-ambiguous") if first.ambiguous else first


def _bound(text: str, conversion: Conversion) -> Decimal | Problem | None:
    if not text:
        return None
    number = read_decimal(text)
    if number is None:
        return excluded("not-a-number")
    if conversion.most is not None and number > conversion.most:
        return excluded("fraction-above-one")
    return conversion.apply(number)


def _plausible(fact: FactDefinition, number: Decimal | None) -> bool:
    return number is None or fact.plausible is None or fact.plausible[0] <= number <= fact.plausible[1]


def read_answer(raw: RawValue, answers: dict[str, str], fact: FactDefinition, tables: Tables) -> Reading:
    """The value that the row gives to a coded answer; codings of one answer may not mean two values.

    The project's own code of a value says nothing alone here; beside a standard code it must say the same.
    """
    if not isinstance(raw, Choices):
        return not_a_value(raw) or excluded("not-a-coded-answer")
    if len(raw.choices) != 1:
        return excluded("multiple-values") if raw.choices else absent("empty")
    values = {answers[concept] for concept in concepts(raw.choices[0], tables) if concept in answers}
    own = {
        c.code for c in raw.choices[0] if tables.systems.uri(c.system) == tables.own_system and c.code in fact.values
    }
    if len(values) > 1 or (values and own - values):
        return excluded("conflicting-codes")
    return Coded(frozenset(values)) if values else excluded("answer-unmapped")


def concepts(codings: Codings, tables: Tables) -> set[str]:
    """The concepts that codings stand for in the verified tables."""
    found: set[str] = set()
    for coding in codings:
        system = tables.systems.uri(coding.system)
        code = tables.codes.find(system, tables.systems.normal(system, coding.code)) if system else None
        if code is not None:
            found.add(code.concept)
    return found


HIGH = frozenset({"H", "HH", "HU", ">"})
LOW = frozenset({"L", "LL", "LU", "<"})
NOT_HIGH = LOW | {"N"}


def read_limit(raw: RawValue, flags: Iterable[str], normal: Amount | None) -> list[tuple[str, bool]]:
    """Whether a result is above the laboratory's limit, by its flag and by the range sent with it: `(how, above)`.

    Both are given when both are there, so that a contradiction between them becomes visible.
    """
    found: list[tuple[str, bool]] = []
    codes = set(flags)
    if codes & HIGH and not codes & NOT_HIGH:
        found.append(("flag", True))
    elif codes & NOT_HIGH and not codes & HIGH:
        found.append(("flag", False))
    compared = _comparable(raw, normal)
    by_range = None if compared is None or normal is None else _above_range(compared, normal)
    return found if by_range is None else [*found, ("range", by_range)]


def _above_range(number: Decimal, normal: Amount) -> bool | None:
    """Whether the number is above the upper end of the range; None where there is none."""
    upper = _limit(normal.high)
    if upper is None:
        return None
    return number >= upper if normal.high_open else number > upper


def flag_contradicts(raw: RawValue, flags: Iterable[str], normal: Amount | None) -> bool:
    """Whether the flag says high, low or normal where the number and the range sent with it say otherwise."""
    codes = set(flags)
    compared = _comparable(raw, normal) if codes else None
    if compared is None or normal is None:
        return False
    lower = _limit(normal.low)
    above = _above_range(compared, normal)
    below = None if lower is None else compared < lower
    said_high, said_low, said_normal = bool(codes & HIGH), bool(codes & LOW), codes == {"N"}
    return (
        (said_high and above is False)
        or (said_low and below is False)
        or (said_normal and (above is True or below is True))
    )


def _limit(text: str) -> Decimal | None:
    """The end of a range; senders repeat few."""
    return _remembered(text) if len(text) <= MAX_DIGITS else None


_remembered = lru_cache(maxsize=1024)(read_decimal)


def _comparable(raw: RawValue, normal: Amount | None) -> Decimal | None:
    """The number, where it is exact and the range is in the same unit."""
    if not isinstance(raw, Amount) or normal is None or raw.exact is None:
        return None
    if normal.units and raw.units and not set(normal.units) & set(raw.units):
        return None
    return read_decimal(raw.exact)

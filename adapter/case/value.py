"""What a fact can be: yes or no, a coded answer, a quantity, a list, or a date.

A value may be known only in part (an interval, two possible codes, a list that may go on): every question put to it is
answered TRUE, FALSE or UNKNOWN, and it is never narrowed by guessing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, assert_never

from adapter.case.moment import Moment
from adapter.case.number import plain
from adapter.case.truth import Truth, truth

Comparison = Literal["<", "<=", ">", ">=", "==", "!="]


@dataclass(frozen=True, slots=True)
class Flag:
    """A yes or no that somebody stated."""

    yes: bool

    def __repr__(self) -> str:
        return "Flag(...)"


@dataclass(frozen=True, slots=True)
class Coded:
    """A coded answer: the one code that was stated, or the codes that remain possible."""

    possible: frozenset[str]

    def within(self, codes: frozenset[str]) -> Truth:
        """Whether the answer is one of the codes; UNKNOWN when only some of the possible answers are."""
        if self.possible <= codes:
            return Truth.TRUE
        return Truth.UNKNOWN if self.possible & codes else Truth.FALSE

    @property
    def exact(self) -> str | None:
        """The code, when only one is possible."""
        return next(iter(self.possible)) if len(self.possible) == 1 else None

    def __repr__(self) -> str:
        return "Coded(...)"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in the fact's own unit, held as an interval: `<0.2` and `2-3` are intervals, `2.0` is a point.

    A missing bound is unbounded; an open bound is not itself possible.
    """

    low: Decimal | None
    high: Decimal | None
    low_open: bool = False
    high_open: bool = False

    @classmethod
    def of(cls, number: Decimal) -> "Quantity":
        """The quantity that is exactly this number."""
        return cls(number, number)

    @property
    def exact(self) -> Decimal | None:
        """The number, when it is not an interval."""
        return self.low if self.low is not None and self.low == self.high else None

    def compare(self, comparison: Comparison, other: "Quantity") -> Truth:
        """Whether the comparison holds; UNKNOWN when the intervals overlap so that it could go either way."""
        match comparison:
            case "<":
                return _below(self, other)
            case ">":
                return _below(other, self)
            case ">=":
                return _below(self, other).negated()
            case "<=":
                return _below(other, self).negated()
            case "==":
                return _equal(self, other)
            case "!=":
                return _equal(self, other).negated()
            case _:
                assert_never(comparison)

    def __repr__(self) -> str:
        return "Quantity(...)"


def _below(left: Quantity, right: Quantity) -> Truth:
    if _all_below(left, right):
        return Truth.TRUE
    return Truth.FALSE if left.low is not None and right.high is not None and left.low >= right.high else Truth.UNKNOWN


def _all_below(left: Quantity, right: Quantity) -> bool:
    if left.high is None or right.low is None:
        return False
    return left.high < right.low or (left.high == right.low and (left.high_open or right.low_open))


def _equal(left: Quantity, right: Quantity) -> Truth:
    if left.exact is not None and right.exact is not None:
        return truth(left.exact == right.exact)
    apart = Truth.TRUE in (_below(left, right), _below(right, left))
    return Truth.FALSE if apart else Truth.UNKNOWN


@dataclass(frozen=True, slots=True)
class Members:
    """A list: its certain members, groups of which one at least is a member, and whether it is known to be complete.

    `complete` is set only by an explicit statement ("these, and no others"; "none"). A recorded procedure adds a member
    and never closes the list, so that what is not recorded stays unknown.
    """

    certain: frozenset[str]
    one_of: frozenset[frozenset[str]] = frozenset()
    complete: bool = False

    def has_any(self, codes: frozenset[str]) -> Truth:
        """Whether one of the codes is in the list."""
        if self.certain & codes or any(group <= codes for group in self.one_of):
            return Truth.TRUE
        if not self.complete or any(group & codes for group in self.one_of):
            return Truth.UNKNOWN
        return Truth.FALSE

    def nonempty(self) -> Truth:
        """Whether the list has a member; an empty list that is not known to be complete is UNKNOWN."""
        if self.certain or self.one_of:
            return Truth.TRUE
        return Truth.FALSE if self.complete else Truth.UNKNOWN

    def joined(self, other: "Members") -> "Members":
        """Both lists as one; it is complete when either statement was."""
        certain = self.certain | other.certain
        return Members(certain, self.one_of | other.one_of, self.complete or other.complete)

    def __repr__(self) -> str:
        return "Members(...)"


@dataclass(frozen=True, slots=True)
class Day:
    """A date, such as the date of birth."""

    moment: Moment

    def __repr__(self) -> str:
        return "Day(...)"


Value = Flag | Coded | Quantity | Members | Day


def to_plain(value: Value) -> object:
    """The value as JSON for interface files: null-free, numbers as Decimal, partial knowledge spelt out.

    Point quantities are numbers; intervals are `{"low", "high"}`; several possible codes are `{"one_of": [...]}`;
    a list that may go on, or has a member known only as one of several, is `{"has", "one_of", "complete": false}`.
    """
    match value:
        case Flag(yes):
            return yes
        case Coded(possible):
            return value.exact or {"one_of": sorted(possible)}
        case Quantity():
            return value.exact if value.exact is not None else _interval(value)
        case Members(certain, one_of, complete):
            if complete and not one_of:
                return sorted(certain)
            groups = sorted(sorted(group) for group in one_of)
            return {"has": sorted(certain), "one_of": groups, "complete": complete}
        case Day(moment):
            return moment.day
        case _:
            assert_never(value)


def _interval(quantity: Quantity) -> dict[str, object]:
    bounds: dict[str, object] = {}
    if quantity.low is not None:
        bounds["above" if quantity.low_open else "low"] = quantity.low
    if quantity.high is not None:
        bounds["below" if quantity.high_open else "high"] = quantity.high
    return bounds


def to_text(value: Value, words: Mapping[str, str] = MappingProxyType({})) -> str:
    """The value for people, without its unit; `words` replaces codes that do not read as words."""
    match value:
        case Flag(yes):
            return "yes" if yes else "no"
        case Coded(possible):
            return " or ".join(_words(code, words) for code in sorted(possible))
        case Quantity():
            return _quantity_text(value)
        case Members():
            return _members_text(value, words)
        case Day(moment):
            return moment.day
        case _:
            assert_never(value)


def _quantity_text(value: Quantity) -> str:
    if value.exact is not None:
        return plain(value.exact)
    low = None if value.low is None else plain(value.low)
    high = None if value.high is None else plain(value.high)
    if low is None:
        return f"{'<' if value.high_open else '<='}{high}"
    if high is None:
        return f"{'>' if value.low_open else '>='}{low}"
    return f"{low} to {high}"


def _words(code: str, words: Mapping[str, str]) -> str:
    return words.get(code) or code.replace("_", " ")


def _members_text(value: Members, words: Mapping[str, str]) -> str:
    parts = [_words(code, words) for code in sorted(value.certain)]
    groups = sorted(value.one_of, key=sorted)
    parts += ["one of " + "/".join(_words(code, words) for code in sorted(group)) for group in groups]
    if not value.complete:
        return (", ".join(parts) or "none recorded") + " (others not excluded)"
    return ", ".join(parts) or "none"

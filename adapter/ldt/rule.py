"""A rule made ready to run: its condition compiled, its effects as values.

What the effects of several rules come to for one therapy is decided in ratings.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from adapter.ldt.compile import Condition
from adapter.ldt.schema import EffectRow, RuleRow


class Rated(Enum):
    """What a rule says of a therapy (P3, P7, P8, P9)."""

    PREFERRED = "preferred"
    REASONABLE = "reasonable"
    NOT_RECOMMENDED = "not_recommended"
    OVERRIDE = "override_not_recommended"
    CONTRAINDICATED = "contraindicated"
    SUPPORT = "support"
    DOWNGRADE = "downgrade"

    @property
    def excludes(self) -> bool:
        """Whether it can take a therapy off the list of options (P10)."""
        return self in _EXCLUDING

    @property
    def offers(self) -> bool:
        """Whether it can put a therapy on the list of options."""
        return self in _OFFERING


_EXCLUDING = frozenset({Rated.NOT_RECOMMENDED, Rated.OVERRIDE, Rated.CONTRAINDICATED})
_OFFERING = frozenset({Rated.PREFERRED, Rated.REASONABLE, Rated.SUPPORT})


class Remarked(Enum):
    """What else a rule can set: a code of codes.yaml."""

    STOP = "stop"
    CAUTION = "caution"
    ACTION = "action"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Rating:
    """A rule's word on one therapy."""

    rule: str
    rated: Rated
    therapy: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A code that a rule sets."""

    remarked: Remarked
    code: str


def ratings_of(rule: str, effects: tuple[EffectRow, ...]) -> Iterator[Rating]:
    """The therapies that the effects rate, in the order written."""
    for effect in effects:
        for rated in Rated:
            for therapy in getattr(effect, rated.value) or ():
                yield Rating(rule, rated, therapy)


def settings_of(effects: tuple[EffectRow, ...]) -> Iterator[Setting]:
    """The codes that the effects set, in the order written."""
    for effect in effects:
        for remarked in Remarked:
            code = getattr(effect, remarked.value)
            if code is not None:
                yield Setting(remarked, code)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its compiled condition.

    `row` is the rule as written, `section` its part of the guideline; `facts` are the facts its condition
    reads; `about` are the therapies that it rates or asks about.
    """

    id: str
    row: RuleRow
    section: str
    condition: Condition
    ratings: tuple[Rating, ...]
    settings: tuple[Setting, ...]
    facts: tuple[str, ...]
    about: frozenset[str]

    @property
    def therapies(self) -> frozenset[str]:
        """The therapies that it rates."""
        return frozenset(rating.therapy for rating in self.ratings)

    def __repr__(self) -> str:
        return f"Rule({self.id})"

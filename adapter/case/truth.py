"""Truth with three values, after Kleene: what a comparison with a fact can say.

It knows nothing of facts or rules; UNKNOWN is an answer here, never an error and never "no".
"""

from collections.abc import Iterable
from enum import Enum


class Truth(Enum):
    """TRUE, FALSE, or UNKNOWN because what is on record does not settle it."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    def negated(self) -> "Truth":
        """Kleene's NOT: UNKNOWN stays UNKNOWN."""
        return _NEGATED[self]


_NEGATED = {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE, Truth.UNKNOWN: Truth.UNKNOWN}


def truth(known: bool) -> Truth:
    """The truth of something that is known either way."""
    return Truth.TRUE if known else Truth.FALSE


def all_of(parts: Iterable[Truth]) -> Truth:
    """Kleene's AND: one FALSE settles it, whatever is unknown."""
    result = Truth.TRUE
    for part in parts:
        if part is Truth.FALSE:
            return Truth.FALSE
        if part is Truth.UNKNOWN:
            result = Truth.UNKNOWN
    return result


def any_of(parts: Iterable[Truth]) -> Truth:
    """Kleene's OR: one TRUE settles it, whatever is unknown."""
    result = Truth.FALSE
    for part in parts:
        if part is Truth.TRUE:
            return Truth.TRUE
        if part is Truth.UNKNOWN:
            result = Truth.UNKNOWN
    return result

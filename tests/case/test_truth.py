"""Kleene's logic against every possible world of the unknown parts.

Not for comparisons of values, which have their own file.
"""

from collections.abc import Iterable
from itertools import product

import pytest

from adapter.case.truth import Truth, all_of, any_of, truth

WORLDS = {Truth.TRUE: (True,), Truth.FALSE: (False,), Truth.UNKNOWN: (True, False)}
PARTS = [parts for length in range(4) for parts in product(Truth, repeat=length)]


def settled(answers: Iterable[bool]) -> Truth:
    """What all possible worlds say together."""
    seen = set(answers)
    return Truth.UNKNOWN if len(seen) > 1 else truth(seen.pop())


@pytest.mark.parametrize("parts", PARTS)
def test_and_and_or_say_what_all_worlds_say(parts: tuple[Truth, ...]) -> None:
    worlds = list(product(*(WORLDS[part] for part in parts)))
    assert all_of(parts) is settled(all(world) for world in worlds)
    assert any_of(parts) is settled(any(world) for world in worlds)


@pytest.mark.parametrize("part", Truth)
def test_not_says_what_all_worlds_say(part: Truth) -> None:
    assert part.negated() is settled(not known for known in WORLDS[part])


@pytest.mark.parametrize("parts", PARTS)
def test_the_laws_of_de_morgan(parts: tuple[Truth, ...]) -> None:
    assert all_of(parts).negated() is any_of(part.negated() for part in parts)

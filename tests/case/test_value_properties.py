"""Every answer about a partly known value, against all the worlds that it leaves possible.

Not for examples from the domain, which stand in test_values.py.
"""

import operator
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.case.truth import Truth, truth
from adapter.case.value import Coded, Comparison, Members, Quantity, to_plain

COMPARISONS: dict[Comparison, Callable[[Decimal, Decimal], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
OPPOSITE: dict[Comparison, Comparison] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
MIRRORED: dict[Comparison, Comparison] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}

# Bounds are 0, 1, 2; a grid of quarters puts three points into each gap and three beyond each end.
BOUNDS = [None, *((Decimal(bound), is_open) for bound in range(3) for is_open in (False, True))]
GRID = [Decimal(step) / 4 for step in range(-3, 12)]


def settled(answers: Iterable[bool]) -> Truth:
    seen = set(answers)
    return Truth.UNKNOWN if len(seen) > 1 else truth(seen.pop())


def _possible(quantity: Quantity, number: Decimal) -> bool:
    if quantity.low is not None and (number < quantity.low or (quantity.low_open and number == quantity.low)):
        return False
    return quantity.high is None or not (number > quantity.high or (quantity.high_open and number == quantity.high))


def _quantities() -> Iterator[Quantity]:
    for low, high in product(BOUNDS, BOUNDS):
        made = Quantity(low and low[0], high and high[0], bool(low and low[1]), bool(high and high[1]))
        if any(_possible(made, number) for number in GRID):
            yield made


QUANTITIES = [(quantity, [n for n in GRID if _possible(quantity, n)]) for quantity in _quantities()]


@pytest.mark.hazard("HZ-V08")
@pytest.mark.hazard("HZ-V15")
@pytest.mark.parametrize("comparison", COMPARISONS)
def test_a_comparison_says_what_all_possible_numbers_say(comparison: Comparison) -> None:
    holds = COMPARISONS[comparison]
    for (left, lefts), (right, rights) in product(QUANTITIES, QUANTITIES):
        expected = settled(holds(one, other) for one, other in product(lefts, rights))
        assert left.compare(comparison, right) is expected, (left.low, left.high, right.low, right.high)


numbers = st.decimals(allow_nan=False, allow_infinity=False, places=6) | st.integers(-5, 5).map(Decimal)


@st.composite
def quantities(draw: st.DrawFn) -> Quantity:
    low, high = sorted((draw(numbers), draw(numbers)))
    if low == high:
        return Quantity.of(low)
    return Quantity(
        draw(st.sampled_from([low, None])),
        draw(st.sampled_from([high, None])),
        draw(st.booleans()),
        draw(st.booleans()),
    )


@given(quantities(), quantities(), st.sampled_from(list(COMPARISONS)))
def test_a_comparison_its_opposite_and_its_mirror_agree(
    left: Quantity, right: Quantity, comparison: Comparison
) -> None:
    answer = left.compare(comparison, right)
    assert left.compare(OPPOSITE[comparison], right) is answer.negated()
    assert right.compare(MIRRORED[comparison], left) is answer


@given(numbers, numbers, st.sampled_from(list(COMPARISONS)))
def test_exact_numbers_compare_as_numbers(one: Decimal, other: Decimal, comparison: Comparison) -> None:
    answer = Quantity.of(one).compare(comparison, Quantity.of(other))
    assert answer is truth(COMPARISONS[comparison](one, other))


CODES = frozenset("abc")
some_codes = st.frozensets(st.sampled_from(sorted(CODES)), min_size=1)
groups = st.frozensets(st.frozensets(st.sampled_from(sorted(CODES)), min_size=1), max_size=2)


@st.composite
def lists(draw: st.DrawFn) -> Members:
    return Members(draw(st.frozensets(st.sampled_from(sorted(CODES)))), draw(groups), draw(st.booleans()))


def _subsets(codes: frozenset[str]) -> Iterator[frozenset[str]]:
    return (frozenset(chosen) for size in range(len(codes) + 1) for chosen in combinations(sorted(codes), size))


def stated(members: Members) -> list[frozenset[str]]:
    """All lists that have exactly what the statement speaks of."""
    named = members.certain.union(*members.one_of)
    return [
        world
        for world in _subsets(named)
        if members.certain <= world and all(group & world for group in members.one_of)
    ]


def worlds(members: Members) -> list[frozenset[str]]:
    """All lists that the value leaves possible: with anything beside, unless it is complete. `z` is any other code."""
    others = [frozenset[str]()] if members.complete else list(_subsets(CODES | {"z"}))
    return [world | other for world in stated(members) for other in others]


@pytest.mark.hazard("HZ-C12")
@given(lists(), some_codes)
def test_a_list_has_a_member_when_all_possible_lists_have_it(members: Members, codes: frozenset[str]) -> None:
    assert members.has_any(codes) is settled(bool(world & codes) for world in worlds(members))


@given(lists())
def test_a_list_is_empty_only_when_all_possible_lists_are(members: Members) -> None:
    assert members.nonempty() is settled(bool(world) for world in worlds(members))


SMALL_LISTS = [
    Members(certain, frozenset(group for group in (pair,) if group), complete)
    for certain in _subsets(CODES)
    for pair in [frozenset[str](), *map(frozenset, combinations("abc", 2))]
    for complete in (False, True)
]


@pytest.mark.parametrize("asked", sorted(map(sorted, filter(None, _subsets(CODES)))))
def test_a_joined_list_never_says_more_than_both_lists_together(asked: list[str]) -> None:
    """Each list adds what it has; whatever one of them may have must stay possible in both together."""
    codes = frozenset(asked)
    for one, other in product(SMALL_LISTS, SMALL_LISTS):
        answer = one.joined(other).has_any(codes)
        together = {bool((left | right) & codes) for left in stated(one) for right in stated(other)}
        assert answer is Truth.UNKNOWN or together == {answer is Truth.TRUE}, (to_plain(one), to_plain(other))


@given(lists(), lists())
def test_joining_has_no_order(one: Members, other: Members) -> None:
    assert one.joined(other) == other.joined(one)


@given(lists(), lists())
def test_a_joined_list_is_complete_when_one_of_them_was(one: Members, other: Members) -> None:
    assert one.joined(other).complete is (one.complete or other.complete)
    assert one.certain | other.certain <= one.joined(other).certain


@given(st.frozensets(st.sampled_from(sorted(CODES)), min_size=1), some_codes)
def test_a_coded_answer_is_within_when_all_possible_answers_are(
    possible: frozenset[str], codes: frozenset[str]
) -> None:
    assert Coded(possible).within(codes) is settled(code in codes for code in possible)

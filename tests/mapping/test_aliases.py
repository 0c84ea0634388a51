"""Retired numbers of patients: followed to the end, never in a circle, the same merge twice is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.mapping.aliases import Aliases


def test_a_number_that_was_never_retired_stands_for_itself() -> None:
    assert Aliases().resolve("a") == "a"


@pytest.mark.hazard("HZ-P08")
def test_merges_are_followed_to_the_end() -> None:
    aliases = Aliases([("a", "b"), ("c", "a"), ("b", "d")])
    assert [aliases.resolve(key) for key in "abcd"] == ["d"] * 4
    assert list(aliases) == [("a", "b"), ("c", "b"), ("b", "d")]


@pytest.mark.hazard("HZ-P09")
@pytest.mark.parametrize("pairs", [[("a", "a")], [("a", "b"), ("b", "a")], [("a", "b"), ("b", "c"), ("c", "a")]])
def test_a_circle_is_refused(pairs: list[tuple[str, str]]) -> None:
    aliases = Aliases(pairs[:-1])
    before = list(aliases)
    assert aliases.join(*pairs[-1]) == "cycle"
    assert list(aliases) == before


@pytest.mark.hazard("HZ-P08")
def test_the_same_merge_again_changes_nothing() -> None:
    aliases = Aliases([("a", "b")])
    assert (aliases.join("a", "b"), list(aliases)) == ("known", [("a", "b")])
    assert (aliases.asked("a", "b"), aliases.asked("b", "c")) == ("known", "joined")


KEYS = st.sampled_from("abcdefg")


@given(st.lists(st.tuples(KEYS, KEYS), max_size=20))
@pytest.mark.hazard("HZ-P09")
def test_any_merges_in_any_order_end_at_one_number_that_was_not_retired(pairs: list[tuple[str, str]]) -> None:
    aliases = Aliases(pairs)
    retired = {pair[0] for pair in aliases}
    assert all(aliases.resolve(key) not in retired for key in "abcdefg")
    assert Aliases([*aliases, *pairs]).resolve("a") == aliases.resolve("a")

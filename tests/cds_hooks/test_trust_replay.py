"""The memory of used tokens: what every ReplayStore has to do, shown by the fake."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.trust import MemoryReplayStore, ReplayStore


def uses(store: ReplayStore, *uses: tuple[str, str, float, float]) -> list[bool]:
    async def run() -> list[bool]:
        return [await store.first_use(issuer, jti, expires=expires, now=now) for issuer, jti, expires, now in uses]

    return asyncio.run(run())


@pytest.mark.hazard("HZ-X05")
def test_J6_a_token_is_new_once_until_it_expires() -> None:
    assert uses(
        MemoryReplayStore(),
        ("a", "1", 10, 0),
        ("a", "1", 10, 0),
        ("a", "2", 10, 0),
        ("b", "1", 10, 0),
        ("a", "1", 10, 10),
    ) == [True, False, True, True, False]


def test_J6_what_has_expired_is_forgotten() -> None:
    store = MemoryReplayStore()
    uses(store, *((("a", str(n), n, 0)) for n in range(100)))
    assert store.remembered == 100
    uses(store, ("a", "new", 300, 90))
    assert store.remembered == 11


def test_J6_of_many_at_the_same_moment_one_is_first() -> None:
    store = MemoryReplayStore()

    async def run() -> list[bool]:
        return await asyncio.gather(*(store.first_use("a", "1", expires=9, now=0) for _ in range(50)))

    assert sum(asyncio.run(run())) == 1


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("123"), st.integers(0, 20)), max_size=30))
def test_J6_no_token_is_new_twice_while_it_lives(tokens: list[tuple[str, str, int]]) -> None:
    store = MemoryReplayStore()
    living: dict[tuple[str, str], int] = {}
    for now, (issuer, jti, life) in enumerate(tokens):
        (new,) = uses(store, (issuer, jti, now + life, now))
        if living.get((issuer, jti), -1) >= now:
            assert not new
        else:
            assert new
            living[issuer, jti] = now + life

"""Used tokens: new once, in every process and after a restart, until they expire."""

import asyncio
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.store import Store, StoreUnavailable, init_store, open_store
from cds_hooks.trust import MemoryReplayStore

Use = tuple[str, str, float, float]


def first(store: Store, issuer: str = "a", token_id: str = "1", expires: float = 10, now: float = 0) -> bool:
    return asyncio.run(store.tokens.first_use(issuer, token_id, expires=expires, now=now))


@pytest.mark.hazard("HZ-X05")
def test_a_token_is_new_once_also_after_a_restart(url: str) -> None:
    with open_store(url) as store:
        assert [first(store), first(store)] == [True, False]
    with open_store(url) as again:
        assert [first(again), first(again, now=10), first(again, token_id="2")] == [False, False, True]


def test_tokens_of_two_issuers_are_two(store: Store) -> None:
    assert [first(store, "a", "bc"), first(store, "ab", "c"), first(store, "a", "bc")] == [True, True, False]


def test_any_text_is_an_id(store: Store) -> None:
    odd = ["\ud800", "\x00", "'; DROP TABLE used_tokens", "\U0001f993", "x" * 100_000]
    assert [first(store, token_id=one) for one in odd * 2] == [True] * 5 + [False] * 5
    assert store.check().healthy


def test_what_has_expired_is_removed(store: Store, tmp_path: Path) -> None:
    for number in range(20):
        assert first(store, token_id=str(number), expires=number)
    assert first(store, token_id="new", expires=300, now=15)
    with sqlite3.connect(tmp_path / "store" / "messages.db") as connection:
        kept = connection.execute("SELECT expires FROM used_tokens ORDER BY expires").fetchall()
    connection.close()
    assert kept == [(15,), (16,), (17,), (18,), (19,), (300,)]


def test_of_many_at_the_same_moment_one_is_first(store: Store) -> None:
    async def run() -> list[bool]:
        return await asyncio.gather(*(store.tokens.first_use("a", "1", expires=9, now=0) for _ in range(50)))

    assert sum(asyncio.run(run())) == 1


def test_a_store_that_cannot_be_asked_lets_nobody_in(store: Store) -> None:
    store.close()
    with pytest.raises(StoreUnavailable):
        first(store)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("123"), st.integers(0, 20)), max_size=20))
def test_it_answers_as_the_memory_of_one_process_does(tokens: list[tuple[str, str, int]]) -> None:
    memory = MemoryReplayStore()
    with TemporaryDirectory() as folder:
        init_store(f"sqlite:///{folder}/x.db")
        with open_store(f"sqlite:///{folder}/x.db") as store:
            for now, (issuer, token_id, life) in enumerate(tokens):
                expected = asyncio.run(memory.first_use(issuer, token_id, expires=now + life, now=now))
                assert first(store, issuer, token_id, now + life, now) is expected

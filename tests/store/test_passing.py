"""Messages that are passed by: few statements for all of them leave what is stored as the long way does."""

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.store import Effect, Judgement, Noted, Settled, Store, init_store, open_store
from adapter.store import passing as sql
from tests.store.arrivals import arrival

NOW = datetime(2026, 1, 12, 12, tzinfo=UTC)
KEYS = ("HOSP/MR/P1", "HOSP/MR/P2", 'a"~1/MR/é\U0001f600')

before = st.sampled_from(("new", "new", "new", "discarded", "replayed", "known", "remarkable", "mapped"))
messages = st.lists(st.tuples(before, st.sampled_from(KEYS), st.booleans()), min_size=1, max_size=8)


def prepared(store: Store, before: str, key: str, number: int) -> None:
    """A message with something in its past; its findings are those of another judgement where it is remarkable."""
    known = (key,) if before == "known" else ()
    findings = (Noted("content-not-checked", ""),) if before == "remarkable" else ()
    store.append(arrival(f"A{number}", patients=known, findings=findings))
    if before in ("replayed", "mapped"):
        store.judge_and_finish([Judgement(number, "received", patient_keys=(KEYS[0],))], {number: KEYS[0]}, NOW)
    if before == "replayed":
        store.replay([number])
    if before == "discarded":
        store.discard(number, "not wanted")


def stored(store: Store) -> list[object]:
    rows: list[object] = [(one.id, one.state, one.reason, one.findings, one.patient_keys) for one in store.messages()]
    reviews = [(one.patient_key, one.message) for one in store.reviews(100)]
    return [*rows, store.applied(), reviews, [store.in_use([key]) for key in KEYS]]


def after(messages: list[tuple[str, str, bool]], *, judging: bool) -> list[object]:
    """What is stored after the messages that are marked are passed; `judging`: with a judgement that says of each what
    nobody needs to say."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'ldt.db'}"
        init_store(url)
        with open_store(url) as store:
            for number, (before, key, _) in enumerate(messages, 1):
                prepared(store, before, key, number)
            passed = {number: key for number, (_, key, passes) in enumerate(messages, 1) if passes}
            needless = [Judgement(number, "received", patient_keys=(key,)) for number, key in passed.items()]
            return [store.judge_and_finish(needless if judging else [], passed, NOW), *stored(store)]


@settings(max_examples=40, deadline=None)
@given(messages)
def test_what_needs_no_judgement_is_stored_as_with_one(messages: list[tuple[str, str, bool]]) -> None:
    assert after(messages, judging=False) == after(messages, judging=True)


def test_messages_that_are_as_they_came_are_done_with_together(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [store.append(arrival(f"A{number}", patients=())).message for number in range(3)]
    passed: Mapping[int, str] = dict(zip(numbers, KEYS, strict=True))

    def one_by_one(judged: list[Judgement], _: object) -> frozenset[int]:
        assert not judged
        return frozenset()

    monkeypatch.setattr(sql, "settle_judgements", one_by_one)
    assert store.judge_and_finish([], passed, NOW) == set(numbers)
    assert [(one.state, one.patient_keys) for one in store.messages()] == [("mapped", (key,)) for key in KEYS]
    assert store.applied() == [(f"A{number}", key) for number, key in enumerate(KEYS)]


def test_what_was_applied_already_is_no_fault(store: Store) -> None:
    number = store.append(arrival("A1", patients=())).message
    store.record(Effect(((number, KEYS[0]),), NOW))
    assert store.judge_and_finish([], {number: KEYS[0]}, NOW) == {number}
    assert store.applied() == [("A1", KEYS[0])]


@pytest.mark.parametrize(("limit", "after", "found"), [(2, 0, [1, 2]), (9, 0, [1, 2, 4]), (2, 2, [4]), (0, 0, [])])
def test_what_waits_is_told_in_order_of_arrival(store: Store, limit: int, after: int, found: list[int]) -> None:
    for number in range(4):
        store.append(arrival(f"A{number}"))
    store.settle_all([Settled(3, "mapped")])
    assert store.waiting(limit, after) == found

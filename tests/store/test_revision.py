"""Second thoughts about stored messages: processed anew, discarded, patients to be evaluated again."""

from datetime import UTC, datetime

import pytest

from adapter.store import Effect, Evaluated, Judgement, Noted, Settled, Store
from tests.store.arrivals import arrival

NOW = datetime(2026, 1, 12, 12, tzinfo=UTC)
KEY, OTHER = "HOSP/MR/P1", "HOSP/MR/P2"


def applied(store: Store, control_id: str = "A1", key: str = KEY) -> int:
    """A message that was stored and applied to its patient."""
    number = store.append(arrival(control_id, control_id.encode(), patients=(key,))).message
    store.record(Effect(((number, key),), NOW))
    store.settle_all([Settled(number, "evaluated")])
    return number


def quarantined(store: Store, *keys: str) -> int:
    arrived = arrival("Q1", b"Q1", state="quarantined", reason="no-authority", patients=keys)
    return store.append(arrived).message


def used(store: Store, key: str = KEY) -> list[int]:
    return [message.id for message in store.in_use([key])]


def reviewed(store: Store) -> list[tuple[str, int]]:
    return [(review.patient_key, review.message) for review in store.reviews(10)]


def test_a_replayed_message_counts_on_until_it_is_judged_again(store: Store) -> None:
    number = applied(store)
    assert store.replay([number]) == (number,)
    assert store.message(number).state == "received"
    assert used(store) == [number]


def test_a_quarantined_message_counts_only_after_it_is_judged_again(store: Store) -> None:
    number = quarantined(store, KEY)
    assert store.replay([number]) == (number,)
    assert (store.message(number).state, store.message(number).reason) == ("received", "")
    assert used(store) == []
    store.judge([Judgement(number, "received", patient_keys=(OTHER,))])
    assert (used(store), used(store, OTHER)) == ([], [number])


def test_what_does_not_exist_or_waits_already_is_not_replayed(store: Store) -> None:
    waiting = store.append(arrival("A1")).message
    number = quarantined(store)
    assert store.replay([waiting, 99, number, number]) == (number,)
    assert store.replay([number]) == ()


def test_a_message_that_is_still_at_fault_stays_in_quarantine_with_its_new_reason(store: Store) -> None:
    number = quarantined(store, KEY)
    store.replay([number])
    store.judge([Judgement(number, "quarantined", "charset", (Noted("charset", "byte 7"),))])
    found = store.message(number)
    assert (found.state, found.reason, found.findings) == ("quarantined", "charset", (Noted("charset", "byte 7"),))


def test_a_message_that_turns_out_to_be_another_patients_is_taken_back_from_the_first(store: Store) -> None:
    number = applied(store)
    store.replay([number])
    store.judge([Judgement(number, "received", patient_keys=(OTHER,))])
    assert reviewed(store) == [(KEY, number)]
    assert store.applied() == []
    assert (used(store), used(store, OTHER)) == ([], [number])


def test_a_message_that_is_judged_as_before_asks_for_no_review(store: Store) -> None:
    number = applied(store)
    store.replay([number])
    store.judge([Judgement(number, "received", patient_keys=(KEY,))])
    assert reviewed(store) == []
    assert store.applied() == [("A1", KEY)]


def test_judging_a_message_that_does_not_wait_for_it_changes_nothing(store: Store) -> None:
    number = applied(store)
    store.judge([Judgement(number, "quarantined", "charset")])
    assert store.message(number).state == "evaluated"


def test_that_a_control_id_was_reused_stays_known(store: Store) -> None:
    store.append(arrival("A1", b"one"))
    number = store.append(arrival("A1", b"two", state="quarantined", findings=(Noted("charset", "byte 1"),))).message
    store.replay([number])
    store.judge([Judgement(number, "received", findings=(Noted("escape-hex", "OBX[1]-5"),))])
    assert store.message(number).findings == (
        Noted("escape-hex", "OBX[1]-5"),
        Noted("control-id-reused", "MSH[1]-10"),
    )


def test_a_discarded_message_counts_no_longer_and_is_kept(store: Store) -> None:
    number = applied(store)
    assert store.discard(number, "wrong patient, said the laboratory")
    found = store.message(number)
    assert (found.state, found.reason) == ("discarded", "wrong patient, said the laboratory")
    assert store.raw(number) == b"A1"
    assert used(store) == []
    assert store.applied() == []
    assert reviewed(store) == [(KEY, number)]


def test_a_message_is_discarded_once(store: Store) -> None:
    number = applied(store)
    assert store.discard(number, "first")
    assert not store.discard(number, "second")
    assert not store.discard(99, "none")
    assert store.message(number).reason == "first"
    assert len(store.reviews(10)) == 1


def test_a_message_that_waits_to_be_judged_again_can_be_discarded(store: Store) -> None:
    number = quarantined(store, KEY)
    store.replay([number])
    assert store.discard(number, "a test message")
    assert store.message(number).state == "discarded"


def test_a_message_discarded_while_it_was_processed_stays_discarded(store: Store) -> None:
    number = store.append(arrival("A1", patients=(KEY,))).message
    store.discard(number, "wrong patient")
    store.record(Effect(((number, KEY),), NOW))
    store.settle_all([Settled(number, "mapped")])
    assert store.message(number).state == "discarded"
    assert reviewed(store) == [(KEY, number)]


def test_a_discarded_message_can_be_brought_back(store: Store) -> None:
    number = applied(store)
    store.discard(number, "by mistake")
    assert store.replay([number]) == (number,)
    assert used(store) == []
    store.judge([Judgement(number, "received", patient_keys=(KEY,))])
    assert used(store) == [number]


def test_a_message_that_goes_into_quarantine_after_it_was_applied_is_taken_back(store: Store) -> None:
    number = applied(store)
    store.settle_all([Settled(number, "quarantined", "processing-failed")])
    assert store.applied() == []
    assert reviewed(store) == [(KEY, number)]


def test_an_effect_answers_its_reviews_and_no_later_ones(store: Store) -> None:
    first, second = applied(store), applied(store, "A2")
    store.discard(first, "wrong")
    asked = tuple(store.reviews(10))
    store.discard(second, "wrong too")
    store.record(Effect((), NOW, reviews=asked))
    assert reviewed(store) == [(KEY, second)]


@pytest.mark.parametrize("limit", [1, 2])
def test_as_many_reviews_are_read_as_wanted(store: Store, limit: int) -> None:
    for control_id in ("A1", "A2", "A3"):
        store.discard(applied(store, control_id), "wrong")
    assert len(store.reviews(limit)) == limit


def test_judgements_and_the_end_of_some_messages_are_stored_together(store: Store) -> None:
    passed, other, gone = (store.append(arrival(f"A{n}", patients=())).message for n in range(3))
    store.discard(gone, "not wanted")
    judged = [Judgement(number, "received", patient_keys=(KEY,)) for number in (passed, other, gone)]
    assert store.judge_and_finish(judged, {passed: KEY, gone: KEY}, NOW) == {passed, other}
    assert [message.state for message in store.messages()] == ["mapped", "received", "discarded"]
    assert store.applied() == [("A0", KEY)]
    assert used(store) == [passed, other]


def test_numbers_with_messages_are_told_from_others(store: Store) -> None:
    quarantined(store, KEY)
    assert store.linked([KEY, OTHER]) == {KEY}
    assert store.entangled([KEY, OTHER]) == set()


def test_what_is_joined_advised_or_to_be_reviewed_is_entangled(store: Store) -> None:
    keys = [f"HOSP/MR/{name}" for name in ("retired", "survivor", "advised", "reviewed", "other")]
    merge = store.append(arrival("M1")).message
    store.judge([Judgement(merge, "received", patient_keys=tuple(keys[:2]), joined=((keys[0], keys[1]),))])
    store.record(Effect(((merge, keys[2]),), NOW, {keys[2]: Evaluated("f", "r", "info", b"{}")}))
    store.discard(applied(store, "A1", keys[3]), "not wanted")
    assert store.entangled(keys) == set(keys[:4])

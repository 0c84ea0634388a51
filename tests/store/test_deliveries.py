"""The queue of deliveries: what is due, what supersedes what, and what an operator can bring back."""

from datetime import UTC, datetime, timedelta

import pytest

from adapter.store import Delivery, Effect, Evaluated, Store, open_store
from tests.store.arrivals import arrival

NOW = datetime(2026, 1, 12, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
KEY, OTHER = "HOSP/MR/P1", "HOSP/MR/P2"


def evaluated(
    store: Store, fingerprint: str, key: str = KEY, destinations: tuple[str, ...] = ("fhir",), *, revoked: bool = False
) -> int | None:
    number = store.append(arrival(fingerprint, fingerprint.encode(), patients=(key,))).message
    made = Evaluated(fingerprint, "rules", "info", b"{}", revoked, b"MSH")
    made_now = store.record(Effect(((number, key),), NOW, {key: made}, destinations))
    return made_now[0] if made_now else None


def due(store: Store, destination: str = "fhir", now: datetime = NOW) -> list[int]:
    return [delivery.evaluation for delivery in store.due(destination, now, 10)]


def only(store: Store) -> Delivery:
    (delivery,) = store.deliveries()
    return delivery


def test_an_evaluation_is_due_at_once_for_each_destination(store: Store) -> None:
    number = evaluated(store, "a", destinations=("fhir", "hl7v2"))
    assert (due(store), due(store, "hl7v2"), due(store, "other")) == ([number], [number], [])
    assert [d.destination for d in store.deliveries_of(number or 0)] == ["fhir", "hl7v2"]


def test_what_is_to_be_sent_is_kept_with_the_evaluation(store: Store) -> None:
    number = evaluated(store, "a")
    assert number is not None
    found = store.evaluation_by_number(number).evaluated
    assert (found.care_plan, found.hl7v2) == (b"{}", b"MSH")


def test_a_later_evaluation_takes_the_place_of_one_that_waits_and_of_a_dead_one(store: Store) -> None:
    evaluated(store, "a")
    evaluated(store, "b")
    store.settle_delivery(store.deliveries("waiting")[0].id, "dead", NOW, "status 422")
    newest = evaluated(store, "c")
    assert due(store) == [newest]
    assert [delivery.state for delivery in store.deliveries()] == ["superseded", "superseded", "waiting"]


def test_patients_do_not_supersede_each_other(store: Store) -> None:
    assert due(store) == []
    numbers = [evaluated(store, "a"), evaluated(store, "b", OTHER)]
    assert due(store) == numbers


def test_what_was_delivered_stays_delivered(store: Store) -> None:
    evaluated(store, "a")
    store.settle_delivery(only(store).id, "delivered", NOW)
    evaluated(store, "b")
    assert [delivery.state for delivery in store.deliveries()] == ["delivered", "waiting"]


def test_a_failed_attempt_is_due_later(store: Store) -> None:
    number = evaluated(store, "a")
    store.settle_delivery(only(store).id, "waiting", LATER, "timeout")
    assert (due(store), due(store, now=LATER)) == ([], [number])
    assert (only(store).attempts, only(store).error) == (1, "timeout")


def test_an_attempt_that_ends_after_a_later_evaluation_came_changes_nothing(store: Store) -> None:
    evaluated(store, "a")
    under_way = only(store).id
    evaluated(store, "b")
    store.settle_delivery(under_way, "dead", NOW, "status 400")
    assert [delivery.state for delivery in store.deliveries()] == ["superseded", "waiting"]


def test_only_a_dead_delivery_can_be_revived(store: Store) -> None:
    evaluated(store, "a")
    number = only(store).id
    assert not store.revive(number, LATER)
    store.settle_delivery(number, "dead", NOW, "status 422")
    assert store.revive(number, LATER)
    assert (only(store).state, only(store).attempts, only(store).error) == ("waiting", 0, "")
    assert not store.revive(99, LATER)


def test_an_evaluation_that_says_what_the_last_one_said_is_neither_kept_nor_delivered(store: Store) -> None:
    assert evaluated(store, "a") is not None
    assert evaluated(store, "a") is None
    assert len(store.deliveries()) == 1
    assert evaluated(store, "a", revoked=True) is not None


def test_one_message_can_lead_to_several_evaluations(store: Store) -> None:
    number = store.append(arrival("A1", patients=(KEY,))).message
    made = [Evaluated(text, "rules", "info", text.encode()) for text in ("a", "b", "a")]
    for one in made:
        assert store.record(Effect(((number, KEY),), NOW, {KEY: one}))
    assert [found.evaluated for found in store.evaluations_because_of(number)] == made
    assert store.evaluations_because_of(99) == []


def test_the_queue_survives_a_restart(url: str) -> None:
    with open_store(url) as store:
        number = evaluated(store, "a")
        store.settle_delivery(only(store).id, "waiting", LATER, "timeout")
    with open_store(url) as store:
        assert due(store, now=LATER) == [number]
        assert only(store).attempts == 1


@pytest.mark.parametrize("limit", [0, 1])
def test_as_many_are_read_as_wanted(store: Store, limit: int) -> None:
    evaluated(store, "a")
    evaluated(store, "b", OTHER)
    assert len(store.due("fhir", NOW, limit)) == limit


def test_what_waits_and_what_is_stuck_is_counted(store: Store) -> None:
    empty = store.check().backlog
    assert empty is not None
    assert (empty.oldest, empty.reviews, dict(empty.messages)) == (None, 0, {})
    evaluated(store, "a", destinations=("fhir", "hl7v2"))
    store.settle_delivery(store.deliveries()[0].id, "dead", NOW, "status 422")
    store.discard(1, "wrong")
    store.append(arrival("A2"))
    backlog = store.check().backlog
    assert backlog is not None
    assert dict(backlog.deliveries) == {("fhir", "dead"): 1, ("hl7v2", "waiting"): 1}
    assert (backlog.delivering("dead"), backlog.delivering("delivered")) == (1, 0)
    assert dict(backlog.messages) == {"discarded": 1, "received": 1}
    assert backlog.oldest == store.message(2).received_at
    assert backlog.reviews == 1

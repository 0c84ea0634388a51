"""Delivery of advice: success, every class of failure, waits by an injected clock, the circuit, restarts."""

import asyncio
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from adapter.server.circuit import Circuit
from adapter.server.delivery import Deliverer, Schedule
from adapter.server.destination import Attempt, Delivered, Rejected, Retry
from adapter.store import Delivery, Effect, Evaluated, Evaluation, Store, StoreUnavailable, init_store, open_store
from tests.store.arrivals import arrival

NOW = datetime(2026, 1, 12, 12, tzinfo=UTC)
SCHEDULE = Schedule(attempts=4, first=10.0, longest=60.0)


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Scripted:
    """A destination that answers as told, then takes everything; an exception is raised."""

    answers: list[Attempt | Exception] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    name: str = "fhir"

    async def send(self, evaluation: Evaluation) -> Attempt:
        self.sent.append(evaluation.id)
        answer = self.answers.pop(0) if self.answers else Delivered()
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Delivered):
            self.taken.append(evaluation.id)
        return answer

    async def close(self) -> None:
        return


@pytest.fixture
def url(tmp_path: Path) -> str:
    address = f"sqlite:///{tmp_path}/ldt.db"
    init_store(address)
    return address


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


def queue(store: Store, fingerprint: str = "a", key: str = "HOSP/MR/P1", *names: str) -> int:
    number = store.append(arrival(fingerprint, fingerprint.encode(), patients=(key,))).message
    plan = json.dumps({"resourceType": "CarePlan", "id": f"plan-{key[-2:]}"}).encode()
    made = Evaluated(fingerprint, "rules", "info", plan)
    (evaluation,) = store.record(Effect(((number, key),), NOW, {key: made}, names or ("fhir",)))
    return evaluation


def deliverer(
    store: Store, destination: Scripted, clock: Clock | None = None, *, failures: int = 100, pause: float = 30.0
) -> Deliverer:
    circuit = Circuit(failures, timedelta(seconds=pause))
    return Deliverer(store, destination, SCHEDULE, circuit, clock or Clock(), random.Random(1))


def deliver(one: Deliverer, clock: Clock | None = None, seconds: float = 0.0) -> None:
    """Deliver everything that is due, then again after some time."""

    async def run() -> None:
        while await one.step():
            pass

    asyncio.run(run())
    if clock is not None:
        clock.pass_by(seconds)
        asyncio.run(run())


def only(store: Store) -> Delivery:
    (delivery,) = store.deliveries()
    return delivery


def test_advice_is_delivered_once(store: Store) -> None:
    number, destination = queue(store), Scripted()
    one = deliverer(store, destination)
    deliver(one)
    deliver(one)
    assert destination.sent == [number]
    assert (only(store).state, only(store).attempts, only(store).error) == ("delivered", 1, "")


def test_what_is_refused_for_good_is_dead_at_once(store: Store) -> None:
    queue(store)
    destination = Scripted([Rejected("status 422")])
    deliver(deliverer(store, destination))
    assert len(destination.sent) == 1
    assert (only(store).state, only(store).attempts, only(store).error) == ("dead", 1, "status 422")


def test_waits_double_up_to_the_longest_and_half_of_each_is_chance() -> None:
    schedule, chance = Schedule(100, 10.0, 60.0), random.Random(7)
    for failed, whole in ((1, 10), (2, 20), (3, 40), (4, 60), (5, 60), (90, 60), (5000, 60)):
        waits = [schedule.wait(failed, chance) for _ in range(200)]
        assert whole / 2 <= min(waits) < whole * 0.6
        assert whole * 0.9 < max(waits) <= whole


def test_what_may_succeed_later_is_tried_again_and_then_dead(store: Store) -> None:
    queue(store)
    clock, destination = Clock(), Scripted([Retry(f"status 50{number}") for number in range(9)])
    one = deliverer(store, destination, clock)
    for attempt in range(1, SCHEDULE.attempts):
        deliver(one)
        delivery = only(store)
        assert (delivery.state, delivery.attempts, delivery.error) == ("waiting", attempt, f"status 50{attempt - 1}")
        longest = min(SCHEDULE.longest, SCHEDULE.first * 2 ** (attempt - 1))
        assert longest / 2 <= (delivery.due_at - clock.now).total_seconds() <= longest
        clock.now = delivery.due_at - timedelta(seconds=0.001)
        deliver(one)
        assert len(destination.sent) == attempt
        clock.now = delivery.due_at
    deliver(one)
    assert (only(store).state, only(store).attempts, only(store).error) == ("dead", SCHEDULE.attempts, "status 503")
    clock.pass_by(1e6)
    deliver(one)
    assert len(destination.sent) == SCHEDULE.attempts


def test_a_destination_that_asks_for_time_gets_it(store: Store) -> None:
    queue(store)
    queue(store, "b", "HOSP/MR/P2")
    clock, destination = Clock(), Scripted([Retry("status 429", 300.0)])
    one = deliverer(store, destination, clock)
    deliver(one, clock, 299)
    assert len(destination.sent) == 1
    assert store.deliveries()[0].due_at == NOW + timedelta(seconds=300)
    clock.pass_by(1)
    deliver(one)
    assert len(destination.taken) == 2


def test_a_fault_of_ours_is_tried_again_and_stops_no_other(store: Store) -> None:
    first, second = queue(store), queue(store, "b", "HOSP/MR/P2")
    destination = Scripted([RuntimeError("DOE^JANE")])
    deliver(deliverer(store, destination))
    assert destination.taken == [second]
    assert [(d.evaluation, d.state, d.error) for d in store.deliveries()] == [
        (first, "waiting", "internal-error"),
        (second, "delivered", ""),
    ]


@pytest.mark.hazard("HZ-M08")
def test_one_that_is_refused_blocks_none_behind_it(store: Store) -> None:
    numbers = [queue(store, f"{number}", f"HOSP/MR/P{number}") for number in range(11)]
    destination = Scripted([Rejected("status 400")])
    deliver(deliverer(store, destination))
    assert destination.taken == numbers[1:]
    assert [d.evaluation for d in store.deliveries("dead")] == numbers[:1]
    assert store.revive(store.deliveries("dead")[0].id, NOW)
    deliver(deliverer(store, destination))
    assert sorted(destination.taken) == numbers


def test_after_failures_in_a_row_a_destination_is_left_alone_and_then_probed_once(store: Store) -> None:
    for number in range(6):
        queue(store, f"{number}", f"HOSP/MR/P{number}")
    clock, destination = Clock(), Scripted([Retry("timeout")] * 4)
    one = deliverer(store, destination, clock, failures=3)
    seen = []
    with capture_logs() as logs:
        for seconds in (0.0, 29.9, 0.1, 120.0):
            clock.pass_by(seconds)
            before = one.state
            deliver(one)
            seen.append((before, len(destination.sent), one.state))
    assert seen == [
        ("closed", 3, "open"),
        ("open", 3, "open"),
        ("half-open", 4, "open"),
        ("half-open", 10, "closed"),
    ]
    assert len(store.deliveries("delivered")) == 6
    assert [(log["event"], log["destination"]) for log in logs] == [
        ("circuit_opened", "fhir"),
        ("circuit_closed", "fhir"),
    ]


def test_refusals_do_not_open_the_circuit(store: Store) -> None:
    for number in range(5):
        queue(store, f"{number}", f"HOSP/MR/P{number}")
    one = deliverer(store, Scripted([Rejected("status 422")] * 5), failures=2)
    deliver(one)
    assert one.state == "closed"
    assert len(store.deliveries("dead")) == 5


def test_a_success_between_failures_keeps_the_circuit_closed(store: Store) -> None:
    for number in range(5):
        queue(store, f"{number}", f"HOSP/MR/P{number}")
    one = deliverer(store, Scripted([Retry("x"), Delivered(), Retry("x"), Delivered(), Retry("x")]), failures=2)
    deliver(one)
    assert one.state == "closed"


def test_destinations_do_not_wait_for_each_other(store: Store) -> None:
    queue(store, "a", "HOSP/MR/P1", "fhir", "hl7v2")
    down, up = Scripted([Retry("timeout")] * 3), Scripted(name="hl7v2")
    deliver(deliverer(store, down, failures=1))
    deliver(deliverer(store, up))
    assert {d.destination: d.state for d in store.deliveries()} == {"fhir": "waiting", "hl7v2": "delivered"}


def test_only_the_newest_advice_of_a_patient_is_sent(store: Store) -> None:
    queue(store)
    newest = queue(store, "b")
    destination = Scripted()
    deliver(deliverer(store, destination))
    assert destination.sent == [newest]


def test_older_advice_under_way_never_comes_after_newer(store: Store) -> None:
    first = queue(store)
    clock, destination = Clock(), Scripted([Retry("timeout")])
    one = deliverer(store, destination, clock)
    deliver(one)
    newest = queue(store, "b")
    deliver(one, clock, 1e6)
    assert destination.sent == [first, newest]
    assert [d.state for d in store.deliveries()] == ["superseded", "delivered"]


def test_the_queue_and_its_waits_survive_a_restart(url: str) -> None:
    clock, destination = Clock(), Scripted([Retry("timeout")])
    with open_store(url) as store:
        number = queue(store)
        deliver(deliverer(store, destination, clock))
    with open_store(url) as store:
        after = deliverer(store, destination, clock)
        deliver(after)
        assert destination.sent == [number]
        clock.pass_by(SCHEDULE.first)
        deliver(after)
        assert (only(store).state, only(store).attempts) == ("delivered", 2)


def test_what_has_arrived_is_not_sent_again_while_the_store_cannot_note_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(store)
    destination = Scripted()
    one = deliverer(store, destination)

    def unavailable(*_: object) -> None:
        raise StoreUnavailable("SQLITE_FULL")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "settle_delivery", unavailable)
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                asyncio.run(one.step())
    assert len(destination.sent) == 1
    deliver(one)
    assert len(destination.sent) == 1
    assert only(store).state == "delivered"


def test_the_loop_survives_faults_and_wakes_when_something_is_queued(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination = Scripted()
    one = deliverer(store, destination)
    due, faults = Store.due, [StoreUnavailable("SQLITE_BUSY"), RuntimeError("ours")]

    def faulty(self: Store, name: str, now: datetime, limit: int) -> list[Delivery]:
        if faults:
            raise faults.pop(0)
        return due(self, name, now, limit)

    monkeypatch.setattr(Store, "due", faulty)
    monkeypatch.setattr("adapter.server.delivery.IDLE", 0.01)

    async def run() -> None:
        running = asyncio.create_task(one.run())
        await asyncio.sleep(0.2)
        monkeypatch.setattr("adapter.server.delivery.IDLE", 60.0)
        await asyncio.sleep(0.05)
        queue(store)
        one.wake()
        async with asyncio.timeout(10):
            while not destination.taken:
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(run())
    assert len(destination.taken) == 1


ANSWERS = st.lists(
    st.sampled_from(["delivered", "rejected", "retry", "asked", "fault"]),
    max_size=12,
)


def answer(word: str) -> Attempt | Exception:
    match word:
        case "delivered":
            return Delivered()
        case "rejected":
            return Rejected("status 400")
        case "asked":
            return Retry("status 503", 45.0)
        case "fault":
            return RuntimeError("ours")
        case _:
            return Retry("timeout")


async def whole_hour(one: Deliverer, clock: Clock) -> None:
    for _ in range(60):
        while await one.step():
            pass
        clock.pass_by(60)


@settings(max_examples=60, deadline=None)
@given(words=ANSWERS, patients=st.lists(st.sampled_from(["P1", "P2", "P3"]), min_size=1, max_size=5))
def test_whatever_fails_ends_delivered_or_dead_and_nothing_arrives_twice(
    words: list[str], patients: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    address = f"sqlite:///{tmp_path_factory.mktemp('store')}/ldt.db"
    init_store(address)
    clock, destination = Clock(), Scripted([answer(word) for word in words])
    with open_store(address) as store:
        for number, patient in enumerate(patients):
            queue(store, str(number), f"HOSP/MR/{patient}")
        newest = {patient: number + 1 for number, patient in enumerate(patients)}
        one = deliverer(store, destination, clock, failures=2)
        asyncio.run(whole_hour(one, clock))
        assert store.deliveries("waiting") == []
        settled = {d.evaluation: d.state for d in store.deliveries() if d.state != "superseded"}
    assert set(settled) == set(newest.values())
    assert len(destination.taken) == len(set(destination.taken))
    assert set(destination.taken) == {number for number, state in settled.items() if state == "delivered"}

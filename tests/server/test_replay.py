"""Messages processed anew and discarded, and patients evaluated again: by the processor, on a store."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapter.advice.hl7v2 import REVOKED, Link
from adapter.hl7v2 import parse_message
from adapter.mapping.site import Accepted, Profile, Site
from adapter.mapping.tables import tables
from adapter.server.casework import Outcome, Task
from adapter.server.intake import Intake
from adapter.server.processing import Processor
from adapter.store import Judgement, Settled, Store, init_store, open_store
from tests.server.casework import KEY, InPlace, plan, states
from tests.server.feeds import LIVER, NET, NOW, adt, oru, own, stored

OCCLUDED = own("portal_vein_status", "occluded")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'ldt.db'}"
    init_store(url)
    with open_store(url) as opened:
        yield opened


def work(store: Store) -> InPlace:
    return InPlace(store, link=Link())


def processor(
    store: Store,
    *,
    evaluating: Callable[[Task], Outcome] | None = None,
    judging: Callable[[int], Judgement] | None = None,
) -> Processor:
    working = InPlace(store, link=Link(), evaluating=evaluating, judging=judging)
    return Processor(store, working, lambda: NOW, ("fhir", "hl7v2"))


def process(one: Processor) -> None:
    async def run() -> None:
        while await one.step():
            pass

    asyncio.run(run())


def contraindicated(store: Store) -> bool:
    return any(activity["detail"]["doNotPerform"] for activity in plan(store)["activity"])


def advised(store: Store) -> None:
    """A patient with two messages, the second of which contraindicates embolisation."""
    stored(store, adt(NET, LIVER, control_id="A1"))
    stored(store, oru(own("differentiation", "well"), own("portal_vein_status", "occluded", 2), control_id="A2"))
    process(processor(store))
    assert contraindicated(store)


def test_a_discarded_message_no_longer_decides(store: Store) -> None:
    advised(store)
    store.discard(2, "wrong patient")
    process(processor(store))
    assert not contraindicated(store)
    assert states(store) == [("evaluated", ""), ("discarded", "wrong patient")]
    holds = store.evaluation(KEY)
    assert holds is not None
    assert holds.message == 2
    assert [d.evaluation for d in store.deliveries("waiting")] == [holds.id, holds.id]
    assert store.reviews(10) == []


def test_advice_is_revoked_and_names_its_patient_when_nothing_is_left(store: Store) -> None:
    stored(store, adt(NET, LIVER, control_id="A1"))
    process(processor(store))
    before = plan(store)
    store.discard(1, "a test patient")
    process(processor(store))
    after = plan(store)
    assert (before["status"], after["status"]) == ("draft", "revoked")
    assert after["id"] == before["id"]
    assert after["subject"] == before["subject"]
    found = store.evaluation(KEY)
    assert found is not None
    sent = parse_message(found.evaluated.hl7v2)
    assert "P1^^^HOSP^MR" in [s.field(3).text for s in sent.segments if s.name == "PID"]
    assert REVOKED in [s.field(5).text for s in sent.segments if s.name == "OBX"]


@pytest.mark.hazard("HZ-M08")
def test_a_message_that_could_not_be_processed_has_one_effect_after_the_fault_is_mended(store: Store) -> None:
    """And the ten behind it were not kept waiting."""

    def faulty(task: Task) -> Outcome:
        if task.keys[0] == KEY:
            raise RuntimeError("a fault of ours")
        return work(store).casework.evaluate(task)

    stored(store, adt(NET, LIVER, control_id="A1"))
    for number in range(10):
        key = f"Q{number}"
        stored(store, adt(NET, LIVER, control_id=key, patient=key), f"HOSP/MR/{key}")
    process(processor(store, evaluating=faulty))
    assert states(store) == [("quarantined", "processing-failed"), *[("evaluated", "")] * 10]
    assert store.replay([1]) == (1,)
    process(processor(store))
    process(processor(store))
    assert states(store)[0] == ("evaluated", "")
    assert store.applied().count(("A1", KEY)) == 1
    assert len(store.evaluations_because_of(1)) == 1


def test_a_message_in_quarantine_is_judged_again_by_the_settings_of_today(store: Store) -> None:
    raw = adt(NET, LIVER, control_id="A1").replace(b"P1^^^HOSP^MR", b"P1^^^^MR")
    asyncio.run(Intake(store).receive(raw))
    assert states(store) == [("received", "")]
    process(processor(store))
    assert states(store) == [("quarantined", "no-authority")]
    store.replay([1])
    process(processor(store))
    assert states(store) == [("quarantined", "no-authority")]
    store.replay([1])
    process(processor(store, judging=lambda number: Judgement(number, "received", patient_keys=("[HOSP]/MR/P1",))))
    assert states(store) == [("evaluated", "")]
    assert plan(store, "[HOSP]/MR/P1")["status"] == "draft"


def test_a_message_of_no_used_type_is_ignored_again(store: Store) -> None:
    raw = adt(control_id="A1").replace(b"ADT^A08^ADT_A01", b"SIU^S12^SIU_S12")
    asyncio.run(Intake(store).receive(raw))
    assert states(store) == [("ignored", "type-not-used")]
    store.replay([1])
    process(processor(store))
    assert states(store) == [("ignored", "type-not-used")]


def test_what_the_settings_of_today_refuse_stays_in_quarantine(store: Store) -> None:
    raw = adt(NET, LIVER, control_id="A1").replace(b"|P|2.5.1", b"|T|2.5.1")
    stored(store, raw)
    trying = InPlace(store, site=Site(tables(), others=Profile(accepted=Accepted(processing_ids=frozenset({"T"})))))
    process(Processor(store, trying, lambda: NOW))
    assert states(store) == [("evaluated", "")]
    store.replay([1])
    process(processor(store))
    assert states(store) == [("quarantined", "refused")]
    assert plan(store)["status"] == "revoked"


def test_a_damaged_message_is_quarantined(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(store, adt(NET, LIVER, control_id="A1"))
    process(processor(store))
    store.replay([1])
    monkeypatch.setattr("adapter.store.store.read_raw", lambda *_: (b"other bytes", b"hash"))
    process(processor(store))
    assert states(store) == [("quarantined", "damaged")]


def test_a_message_that_fails_when_it_is_processed_anew_is_taken_back_from_its_patient(store: Store) -> None:
    advised(store)
    store.replay([2])

    def faulty(task: Task) -> Outcome:
        if len(store.in_use(task.keys)) > 1:
            raise RuntimeError("a fault of ours")
        return work(store).casework.evaluate(task)

    process(processor(store, evaluating=faulty))
    assert states(store) == [("evaluated", ""), ("quarantined", "processing-failed")]
    assert not contraindicated(store)


def test_replaying_everything_changes_nothing(store: Store) -> None:
    advised(store)
    before, applied = store.evaluation(KEY), store.applied()
    store.replay([1, 2])
    process(processor(store))
    assert store.evaluation(KEY) == before
    assert store.applied() == applied
    assert states(store) == [("mapped", ""), ("mapped", "")]


def test_an_old_message_of_another_patient_moves_to_the_right_one(store: Store) -> None:
    advised(store)
    store.replay([2])
    process(processor(store, judging=lambda number: Judgement(number, "received", patient_keys=("HOSP/MR/P9",))))
    assert not contraindicated(store)
    assert store.applied() == [("A1", KEY), ("A2", "HOSP/MR/P9")]


def test_a_review_that_fails_waits_and_stops_nobody(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    advised(store)
    stored(store, adt(NET, LIVER, control_id="B1", patient="P2"), "HOSP/MR/P2")
    store.discard(2, "wrong")
    tried = []

    def faulty(task: Task) -> Outcome:
        tried.append(task.keys[0])
        if task.keys[0] == KEY:
            raise RuntimeError("a fault of ours")
        return work(store).casework.evaluate(task)

    one = processor(store, evaluating=faulty)
    process(one)
    process(one)
    assert sorted(tried) == [KEY, "HOSP/MR/P2"]
    assert [review.patient_key for review in store.reviews(10)] == [KEY]
    monkeypatch.setattr("adapter.server.processing.PATIENCE", 0.0)
    one.work = work(store)
    process(one)
    assert store.reviews(10) == []
    assert not contraindicated(store)


def test_a_message_discarded_while_it_is_processed_is_taken_out_again(store: Store) -> None:
    stored(store, adt(NET, LIVER, control_id="A1"))
    number = stored(store, oru(own("differentiation", "well"), OCCLUDED, control_id="A2"))

    def slow(task: Task) -> Outcome:
        outcome = work(store).casework.evaluate(task)
        store.discard(number, "wrong patient")
        return outcome

    one = processor(store, evaluating=slow)
    asyncio.run(one.step())
    one.work = work(store)
    process(one)
    assert states(store) == [("evaluated", ""), ("discarded", "wrong patient")]
    assert not contraindicated(store)


def test_every_evaluation_has_a_message_of_its_own(store: Store) -> None:
    advised(store)
    store.discard(2, "wrong")
    process(processor(store))
    ids = [
        parse_message(found.evaluated.hl7v2).header.control_id
        for number in (1, 2)
        for found in store.evaluations_because_of(number)
    ]
    assert len(ids) == len(set(ids)) == 2
    assert all(len(one) == 20 for one in ids)


def test_new_advice_is_announced(store: Store) -> None:
    announced: list[int] = []
    one = processor(store)
    one.queued = lambda: announced.append(len(store.deliveries("waiting")))
    stored(store, adt(NET, LIVER, control_id="A1"))
    process(one)
    store.settle_all([Settled(1, "received")])
    process(one)
    assert announced == [2]


@pytest.mark.hazard("HZ-M02")
def test_a_message_that_comes_twice_leads_to_one_care_plan_on_its_way(store: Store) -> None:
    raw, answers = adt(NET, LIVER, control_id="A1"), []
    for _ in range(2):
        answers.append(asyncio.run(Intake(store).receive(raw)).code)
        process(processor(store))
    assert answers == ["AA", "AA"]
    assert states(store) == [("evaluated", "")]
    assert [(d.evaluation, d.destination) for d in store.deliveries()] == [(1, "fhir"), (1, "hl7v2")]


def test_the_patient_is_named_as_the_newest_message_names_them(store: Store) -> None:
    stored(store, adt(NET, LIVER, control_id="A1", person="DOE^JANE||19610405|F"))
    stored(store, oru(own("differentiation", "well"), control_id="A2", person="DOE^JANE^ANN||19610405|F"))
    process(processor(store))
    found = store.evaluation(KEY)
    assert found is not None
    (pid,) = (s for s in parse_message(found.evaluated.hl7v2).segments if s.name == "PID")
    assert pid.raw == b"PID|1||P1^^^HOSP^MR||DOE^JANE^ANN||19610405|F"

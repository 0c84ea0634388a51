"""Messages that a fault of ours keeps from being applied: the older advice says so, until somebody has acted."""

import asyncio
import json

import pytest

from adapter.advice.hl7v2 import Link
from adapter.hl7v2 import parse_message
from adapter.mapping.hl7v2_patient import PatientKey
from adapter.server.casework import Outcome, Task
from adapter.server.processing import Processor
from adapter.server.recall import recall
from adapter.store import Judgement, Store, StoreError, StoreUnavailable
from tests.server.casework import InPlace
from tests.server.feeds import LIVER, NET, NOW, adt, oru, own, stored

KEY = "HOSP/MR/P1"
SAID = "1 about this patient could not be applied; newer facts may be among them"


def process(store: Store, work: InPlace) -> None:
    async def run() -> None:
        processor = Processor(store, work, lambda: NOW, ("fhir",))
        for _ in range(20):
            if not await processor.step():
                return
        raise AssertionError("processing does not come to an end")

    asyncio.run(run())


def sound(store: Store) -> InPlace:
    return InPlace(store, link=Link())


def failing(store: Store, *bad: int) -> InPlace:
    """Casework that fails on a patient with these messages."""
    work = sound(store)

    def evaluate(task: Task) -> Outcome:
        if {used.id for used in store.in_use(task.keys)} & set(bad) - task.without:
            raise RuntimeError("a fault of ours")
        return work.casework.evaluate(task)

    return InPlace(store, link=Link(), evaluating=evaluate)


def plan(store: Store, key: str = KEY) -> str:
    found = store.evaluation(key)
    return "" if found is None else found.evaluated.care_plan.decode()


def advised(store: Store) -> str:
    """A patient with advice; the plan."""
    stored(store, adt(NET, LIVER, control_id="A1"))
    process(store, sound(store))
    assert SAID not in plan(store)
    return plan(store)


def unread(store: Store) -> str:
    """What the advice says that it does not know of, in the CarePlan and in the message."""
    found = store.evaluation(KEY)
    assert found is not None
    lines = [obx.field(5).text for obx in parse_message(found.evaluated.hl7v2).named("OBX")]
    assert any(SAID in line for line in lines) == (SAID in plan(store))
    return SAID if SAID in plan(store) else ""


@pytest.mark.hazard("HZ-M08")
def test_older_advice_says_that_a_message_could_not_be_applied_and_is_delivered_again(store: Store) -> None:
    before = advised(store)
    stored(store, oru(own("differentiation", "poor"), control_id="A2"))
    process(store, failing(store, 2))
    assert store.message(2).reason == "processing-failed"
    assert unread(store) == SAID
    assert json.loads(plan(store))["id"] == json.loads(before)["id"]
    assert [one.state for one in store.deliveries()] == ["superseded", "waiting"]
    assert recall(sound(store).casework, (PatientKey.of("HOSP", "MR", "P1"),)).unused == 1


@pytest.mark.parametrize("act", ["replay", "discard"])
def test_it_is_said_until_somebody_has_acted(store: Store, act: str) -> None:
    advised(store)
    stored(store, oru(own("differentiation", "poor"), control_id="A2"))
    process(store, failing(store, 2))
    process(store, sound(store))
    assert unread(store) == SAID
    if act == "replay":
        store.replay([2])
    else:
        store.discard(2, "a test")
    process(store, sound(store))
    assert unread(store) == ""
    assert ("of message A2" in plan(store)) == (act == "replay")


def test_a_patient_who_stays_without_advice_gets_none_for_it(store: Store) -> None:
    stored(store, oru(own("differentiation", "poor"), control_id="A1"))
    process(store, failing(store, 1))
    process(store, sound(store))
    assert (store.message(1).reason, plan(store), store.reviews(9)) == ("processing-failed", "", [])


def test_a_message_in_quarantine_for_what_it_says_is_no_news_of_the_patient(store: Store) -> None:
    before = advised(store)
    stored(store, oru(own("differentiation", "poor"), control_id="A2", person="ROE^JOHN||19700101|M"))
    process(store, sound(store))
    store.review_advised()
    process(store, sound(store))
    assert (store.message(2).reason, plan(store)) == ("identity-conflict", before)


@pytest.mark.hazard("HZ-M08")
def test_a_message_that_cannot_be_mapped_is_known_to_be_of_its_patient(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    advised(store)
    number = stored(store, oru(own("differentiation", "poor"), control_id="A2"), "HOSP/MR/OTHER")

    def faulty(*_: object) -> None:
        raise LookupError("a fault of ours")

    with monkeypatch.context() as patch:
        patch.setattr("adapter.mapping.hl7v2_reading.found", faulty)
        patch.setattr("adapter.server.content.glance", lambda *_: None)
        process(store, sound(store))
    process(store, sound(store))
    assert (store.message(number).reason, store.message(number).patient_keys) == ("mapping-failed", (KEY,))
    assert unread(store) == SAID


def test_a_store_that_fails_meanwhile_is_no_reason_to_take_a_message_for_nobodys(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = stored(store, oru(own("differentiation", "poor"), control_id="A2"))

    def faulty(*_: object) -> None:
        raise LookupError("a fault of ours")

    def gone(*_: object) -> None:
        raise StoreUnavailable("locked")

    casework = sound(store).casework
    (taken,) = store.taken([number])
    monkeypatch.setattr("adapter.server.casework.judge_stored", faulty)
    monkeypatch.setattr(Store, "message", gone)
    with pytest.raises(StoreUnavailable):
        casework.judge(number, taken)


def test_a_message_of_which_nothing_can_be_read_is_nobodys(store: Store) -> None:
    before = advised(store)
    number = stored(store, oru(own("differentiation", "poor"), control_id="A2"))
    process(store, InPlace(store, link=Link(), judging=lambda _: Judgement(number, "quarantined", "mapping-failed")))
    assert (store.message(number).patient_keys, plan(store)) == ((), before)


def test_a_damaged_message_leaves_a_mark_where_its_patient_is_known(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    advised(store)
    stored(store, oru(own("differentiation", "poor"), control_id="A2"))
    process(store, sound(store))
    raw = Store.raw

    def damaged(opened: Store, number: int) -> bytes:
        if number == 2:
            raise StoreError("message 2 is damaged")
        return raw(opened, number)

    monkeypatch.setattr(Store, "raw", damaged)
    store.review_advised()
    process(store, sound(store))
    assert (store.message(2).reason, unread(store)) == ("damaged", SAID)

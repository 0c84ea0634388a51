"""Processing behind the acknowledgement: facts of all messages of a patient, evaluated when a deciding fact changes."""

import asyncio
import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from adapter.server.casework import Outcome, Task
from adapter.server.processing import Processor
from adapter.server.seen import Seen
from adapter.store import Judgement, Settled, Store, StoreUnavailable, init_store, open_store
from tests.server.casework import KEY, InPlace, plan, states
from tests.server.feeds import LIVER, NET, NOW, adt, oru, own, stored


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'ldt.db'}"
    init_store(url)
    opened = open_store(url)
    yield opened
    opened.close()


def process(
    store: Store, *, now: datetime = NOW, work: InPlace | None = None, destinations: tuple[str, ...] = ()
) -> None:
    """Process everything that waits."""

    async def run() -> None:
        processor = Processor(store, work or InPlace(store), lambda: now, destinations)
        while await processor.step():
            pass

    asyncio.run(run())


def test_facts_of_several_messages_make_one_case(store: Store) -> None:
    stored(store, adt(NET, LIVER, control_id="A1"))
    stored(store, oru(own("differentiation", "well"), own("portal_vein_status", "occluded", 2), control_id="A2"))
    process(store)
    assert states(store) == [("evaluated", ""), ("evaluated", "")]
    contraindicated = [a["detail"] for a in plan(store)["activity"] if a["detail"]["doNotPerform"]]
    assert {detail["code"]["coding"][0]["code"] for detail in contraindicated} >= {"tae", "ctace"}
    assert plan(store)["subject"]["identifier"]["value"] == "P1"


def test_a_patient_whom_the_service_does_not_concern_is_not_evaluated(store: Store) -> None:
    stored(store, oru(own("portal_vein_status", "occluded"), control_id="A1"))
    process(store)
    assert states(store) == [("mapped", "")]
    assert store.evaluation(KEY) is None
    assert store.applied() == [("A1", KEY)]


@pytest.mark.parametrize(
    ("later", "said"),
    [
        (adt("DG1|1||^Portal vein thrombosis||20260110|F", control_id="A3"), "1 diagnosis as new as the data in use"),
        (
            oru("OBX|1|NM|BILI^Bilirubin^L||9|mg/dL|||||F|||20260110", control_id="A3"),
            "a result whose name is that of Total bilirubin",
        ),
    ],
    ids=["diagnosis", "result"],
)
def test_what_could_not_be_read_and_may_change_the_advice_makes_a_new_evaluation(
    store: Store, later: bytes, said: str
) -> None:
    stored(store, adt(NET, LIVER, control_id="A1"))
    stored(store, oru(own("differentiation", "well"), own("portal_vein_status", "patent", 2), control_id="A2"))
    process(store)
    assert said not in str(plan(store))
    stored(store, later)
    process(store)
    assert states(store)[-1] == ("evaluated", "")
    assert said in str(plan(store))


def test_an_older_diagnosis_that_could_not_be_read_makes_none(store: Store) -> None:
    stored(store, adt(NET, LIVER, control_id="A1"))
    stored(store, oru(own("differentiation", "well"), own("portal_vein_status", "patent", 2), control_id="A2"))
    process(store)
    stored(store, adt("DG1|1||I10.9^Hypertension^I10C||20190110|F", control_id="A3"))
    process(store)
    assert states(store)[-1] == ("mapped", "")


def test_a_message_that_changes_no_deciding_fact_makes_no_new_evaluation(store: Store) -> None:
    stored(store, adt(NET, LIVER, control_id="A1"))
    process(store)
    first = store.evaluation(KEY)
    stored(store, oru("OBX|1|NM|2345-7^Glucose^LN||5.4|mmol/L|||||F|||20260110", control_id="A2"))
    process(store)
    assert states(store) == [("evaluated", ""), ("mapped", "")]
    assert store.evaluation(KEY) == first


def test_a_deciding_fact_that_changes_makes_a_new_evaluation_of_the_same_care_plan(store: Store) -> None:
    stored(store, adt(NET, LIVER, control_id="A1"))
    process(store)
    first = plan(store)
    stored(store, oru(own("differentiation", "well"), control_id="A2"))
    process(store)
    assert plan(store) != first
    assert plan(store)["id"] == first["id"]
    assert states(store)[1] == ("evaluated", "")


def test_a_withdrawal_changes_the_advice_that_rested_on_it(store: Store) -> None:
    stored(store, adt(NET, LIVER, control_id="A1"))
    stored(store, oru(own("differentiation", "well"), own("portal_vein_status", "occluded", 2), control_id="A2"))
    process(store)
    assert any(a["detail"]["doNotPerform"] for a in plan(store)["activity"])
    wrong = oru(own("portal_vein_status", "occluded", 2, status="W"), control_id="A2")
    stored(store, wrong.replace(b"|A2|P|", b"|A3|P|"))
    process(store)
    assert not any(a["detail"]["doNotPerform"] for a in plan(store)["activity"])


def test_advice_is_revoked_when_the_diagnosis_is_taken_back(store: Store) -> None:
    diagnosis = adt(NET + "||||||||||||||D1^ADT|A", LIVER + "||||||||||||||D2^ADT|A", control_id="A1")
    stored(store, diagnosis)
    process(store)
    assert plan(store)["status"] == "draft"
    gone = adt(NET + "||||||||||||||D1^ADT|D", LIVER + "||||||||||||||D2^ADT|D", control_id="A2")
    stored(store, gone)
    process(store)
    assert plan(store)["status"] == "revoked"
    found = store.evaluation(KEY)
    assert found is not None
    assert found.evaluated.revoked


def test_messages_beyond_a_batch_are_judged_ahead_and_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapter.server.processing.BATCH", 2)
    for number in range(5):
        stored(store, adt(NET, LIVER, control_id=f"A{number}"))
    work, asked = InPlace(store), list[int]()

    def judging(number: int) -> Judgement:
        asked.append(number)
        return work.casework.judge(number).judgement

    process(store, work=InPlace(store, judging=judging))
    assert asked == [1, 2, 3, 4, 5]
    assert states(store) == [*[("evaluated", "")] * 2, *[("mapped", "")] * 3]


def test_judging_ahead_waits_for_the_store_like_all_else(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapter.server.processing.BATCH", 1)
    for number in range(2):
        stored(store, adt(NET, LIVER, control_id=f"A{number}"))
    work, failures = InPlace(store), iter((False, True, False))

    def judging(number: int) -> Judgement:
        if next(failures):
            raise StoreUnavailable("SQLITE_BUSY")
        return work.casework.judge(number).judgement

    process(store, work=InPlace(store, judging=judging))
    assert next(failures, None) is None
    assert [state for state, _ in states(store)] == ["evaluated", "mapped"]


class Watched(InPlace):
    """Casework that notes what it was asked about together."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.looks: list[list[int]] = []

    async def judge(self, numbers: Sequence[int]) -> list[Seen]:
        self.looks.append(list(numbers))
        return await super().judge(numbers)


def test_messages_that_come_one_by_one_are_looked_at_together(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapter.server.processing.GATHERING", 1.0)
    work = Watched(store)

    async def run() -> None:
        processor = Processor(store, work, lambda: NOW)
        running = asyncio.create_task(processor.run())
        for number in range(4):
            await asyncio.to_thread(stored, store, adt(NET, LIVER, control_id=f"A{number}"))
            processor.wake()
            while store.waiting(1) and number in (0, 3):
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(run())
    assert work.looks == [[1], [2, 3, 4]]


def test_what_waits_is_looked_at_in_its_turn_while_more_and_more_arrives(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapter.server.processing.GATHERING", 0.05)
    work, count = Watched(store), itertools.count()

    async def run() -> None:
        processor = Processor(store, work, lambda: NOW)
        running = asyncio.create_task(processor.run())
        async with asyncio.timeout(30):
            while len(work.looks) < 4:
                await asyncio.to_thread(stored, store, adt(NET, LIVER, control_id=f"A{next(count)}"))
                processor.wake()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(run())
    looked_at = [number for look in work.looks for number in look]
    assert looked_at == list(range(1, len(looked_at) + 1))


def test_patients_stay_apart(store: Store) -> None:
    stored(store, adt(NET, LIVER, control_id="A1"))
    stored(store, adt(NET, control_id="B1", patient="P2", person="ROE^JOHN||19500101|M"), "HOSP/MR/P2")
    process(store)
    assert store.evaluation("HOSP/MR/P2") is None
    assert store.evaluation(KEY) is not None


@pytest.mark.hazard("HZ-P13")
def test_another_person_under_the_same_number_is_quarantined_and_adds_no_fact(store: Store) -> None:
    stored(store, adt(NET, LIVER, control_id="A1"))
    process(store)
    before = plan(store)
    other = oru(own("differentiation", "poor"), control_id="A2", person="ROE^JOHN||19700101|M")
    stored(store, other)
    process(store)
    assert states(store) == [("evaluated", ""), ("quarantined", "identity-conflict")]
    assert plan(store) == before
    assert store.applied() == [("A1", KEY)]


def test_a_fault_with_one_patient_stops_nobody_else(store: Store) -> None:
    stored(store, adt(NET, LIVER, control_id="A1"))
    stored(store, adt(NET, LIVER, control_id="B1", patient="P2", person="ROE^JOHN||19500101|M"), "HOSP/MR/P2")

    def faulty(task: Task) -> Outcome:
        if task.keys[0] == KEY:
            raise RuntimeError("a fault of ours")
        return InPlace(store).casework.evaluate(task)

    process(store, work=InPlace(store, evaluating=faulty))
    assert states(store) == [("quarantined", "processing-failed"), ("evaluated", "")]
    assert store.replay([1]) == (1,)  # once the fault is mended
    process(store)
    assert states(store)[0] == ("evaluated", "")


def test_processing_again_does_nothing_twice(store: Store) -> None:
    stored(store, adt(NET, LIVER, control_id="A1"))
    process(store, destinations=("fhir",))
    first = store.evaluation(KEY)
    store.settle_all([Settled(1, "received")])  # as after a crash between the effect and the new state
    process(store, destinations=("fhir",))
    assert store.evaluation(KEY) == first
    assert store.applied() == [("A1", KEY)]
    assert len(store.deliveries("waiting")) == 1


def merge(control_id: str, *, survivor: str = "P1", retired: str = "P0", person: str = "DOE^JANE||19610405|F") -> bytes:
    """An ADT^A40 that lets one number stand for the other."""
    message = adt(f"MRG|{retired}^^^HOSP^MR", control_id=control_id, patient=survivor, person=person)
    return (
        message.replace(b"ADT^A08^ADT_A01", b"ADT^A40^ADT_A39")
        .replace(b"EVN|A08", b"EVN|A40")
        .replace(b"PV1|1|O\r", b"")
    )


@pytest.mark.hazard("HZ-P09")
def test_a_merge_makes_one_patient_of_two_and_takes_back_what_was_advised_under_the_old_number(store: Store) -> None:
    stored(store, adt(NET, LIVER, control_id="A1", patient="P0"), "HOSP/MR/P0")
    process(store)
    assert plan(store, "HOSP/MR/P0")["status"] == "draft"
    stored(store, merge("M1"))
    stored(store, oru(own("differentiation", "well"), control_id="A2"))
    process(store, destinations=("fhir",))
    assert states(store) == [("evaluated", "")] * 3
    assert plan(store)["subject"]["identifier"]["value"] == "P1"
    assert plan(store, "HOSP/MR/P0")["status"] == "revoked"
    assert store.applied() == [("A1", "HOSP/MR/P0"), ("M1", KEY), ("A2", KEY)]
    assert len(store.deliveries("waiting")) == 2


def test_a_merge_that_comes_again_changes_nothing(store: Store) -> None:
    stored(store, adt(NET, LIVER, control_id="A1", patient="P0"), "HOSP/MR/P0")
    for control_id in ("M1", "M2"):
        stored(store, merge(control_id))
        process(store)
    assert states(store) == [("evaluated", ""), ("evaluated", ""), ("mapped", "")]
    assert len(store.evaluations_because_of(3)) == 0


def test_a_later_message_under_the_old_number_counts_for_the_patient_of_the_new_one(store: Store) -> None:
    stored(store, merge("M1"))
    process(store)
    stored(store, adt(NET, LIVER, control_id="A1", patient="P0"), "HOSP/MR/P0")
    process(store)
    assert plan(store)["status"] == "draft"
    assert store.evaluation("HOSP/MR/P0") is None


def test_a_merge_that_is_discarded_separates_the_patients_again(store: Store) -> None:
    stored(store, adt(NET, LIVER, control_id="A1", patient="P0"), "HOSP/MR/P0")
    stored(store, merge("M1"))
    process(store)
    assert plan(store)["status"] == "draft"
    store.discard(2, "wrong patients")
    process(store)
    assert (plan(store)["status"], plan(store, "HOSP/MR/P0")["status"]) == ("revoked", "draft")


@pytest.mark.hazard("HZ-P13")
def test_a_merge_of_two_persons_is_quarantined_and_joins_nothing(store: Store) -> None:
    stored(store, adt(NET, LIVER, control_id="A1", patient="P0"), "HOSP/MR/P0")
    stored(store, oru(own("differentiation", "well"), control_id="A2", person="ROE^JOHN||19500101|M"))
    stored(store, merge("M1", person="ROE^JOHN||19500101|M"))
    process(store)
    assert states(store) == [("evaluated", ""), ("mapped", ""), ("quarantined", "identity-conflict")]
    assert (plan(store, "HOSP/MR/P0")["status"], store.evaluation(KEY)) == ("draft", None)


def test_a_later_evaluation_is_delivered_instead_of_the_earlier(store: Store) -> None:
    stored(store, adt(NET, LIVER, control_id="A1"))
    process(store, destinations=("fhir",))
    stored(store, oru(own("differentiation", "well"), control_id="A2"))
    process(store, destinations=("fhir",))
    assert [delivery.state for delivery in store.deliveries("superseded")] == ["superseded"]
    (waiting,) = store.deliveries("waiting")
    assert store.evaluation_by_number(waiting.evaluation).message == 2

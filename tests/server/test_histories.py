"""What several messages do to the advice on a patient, one after another, from the door to the stored CarePlan."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from adapter.advice.hl7v2 import Link
from adapter.server.casework import Outcome, Task
from adapter.server.intake import Intake
from adapter.server.processing import Processor
from adapter.store import Judgement, Store
from tests.server.casework import InPlace

NOW = datetime(2026, 1, 12, 12, tzinfo=UTC)
JANE = "DOE^JANE||19610405|F"
DIAGNOSES = (
    "DG1|1||C7A.012^Malignant carcinoid tumor of the ileum^I10C|||F\r"
    "DG1|2||C7B.02^Secondary carcinoid tumors of liver^I10C|||F\r"
)


def oru(control_id: str, platelets: str, *, order: str = "R1", status: str = "F", patient: str = "P1") -> str:
    """A platelet count of one order."""
    return (
        f"MSH|^~\\&|LAB|HOSP|NELM|HOSP|20260110093000+0000||ORU^R01^ORU_R01|{control_id}|P|2.5.1\r"
        f"PID|1||{patient}^^^HOSP^MR||{JANE}\r"
        f"OBR|1||{order}^LAB|58410-2^CBC^LN|||20260110080000+0000|||||||||||||||20260110090000+0000|||F\r"
        f"OBX|1|NM|777-3^Platelets^LN||{platelets}|10*3/uL|||||{status}|||20260110080000+0000\r"
    )


def merge(control_id: str, survivor: str, retired: str) -> str:
    return (
        f"MSH|^~\\&|LAB|HOSP|NELM|HOSP|20260110093000+0000||ADT^A40^ADT_A39|{control_id}|P|2.5.1\r"
        f"EVN||20260111\rPID|1||{survivor}^^^HOSP^MR||{JANE}\rMRG|{retired}^^^HOSP^MR\r"
    )


def diagnosed(patient: str = "P1") -> str:
    """Somebody whom the advice concerns."""
    return (
        "MSH|^~\\&|ADT|HOSP|NELM|HOSP|20260109090000+0000||ADT^A08^ADT_A01|D1|P|2.5.1\r"
        f"EVN|A08|20260109090000+0000\rPID|1||{patient}^^^HOSP^MR||{JANE}\rPV1|1|O\r{DIAGNOSES}"
        "OBX|1|CWE|differentiation^^99LDT||well^^99LDT||||||F|||20260109\r"
    )


def feed(store: Store, *messages: str, together: bool = False) -> list[str]:
    """Send messages one after another, each processed before the next, or all `together`; the acknowledgement codes."""

    async def run() -> list[str]:
        codes: list[str] = []
        for message in messages:
            codes.append((await Intake(store).receive(message.encode())).code)
            if not together:
                await processed(store)
        await processed(store)
        return codes

    return asyncio.run(run())


async def processed(store: Store) -> Processor:
    """Process what waits, in at most so many steps as there can be work for."""
    processor = Processor(store, InPlace(store, link=Link()), lambda: NOW, ("fhir",))
    for _ in range(20):
        if not await processor.step():
            return processor
    raise AssertionError("processing does not come to an end")


def states(store: Store) -> list[tuple[str, str]]:
    return [(message.state, message.reason) for message in store.messages()]


def plan(store: Store, patient: str = "P1") -> str:
    """The CarePlan that holds, as text; empty where nothing does."""
    found = store.evaluation(f"HOSP/MR/{patient}")
    return "" if found is None or found.evaluated.revoked else found.evaluated.care_plan.decode()


def platelets(store: Store, patient: str = "P1") -> int | None:
    """The platelet count that the advice on a patient rests on."""
    text = plan(store, patient)
    contained = json.loads(text)["contained"] if text else []
    found = [one["valueQuantity"]["value"] for one in contained if one["id"] == "platelets-10e9-l"]
    return found[0] if found else None


@pytest.mark.hazard("HZ-P08")
def test_results_before_a_merge_move_to_the_surviving_number(store: Store) -> None:
    assert feed(store, diagnosed("P2"), oru("A1", "35", patient="P2")) == ["AA", "AA"]
    assert platelets(store, "P2") == 35
    assert feed(store, merge("A2", "P1", "P2")) == ["AA"]
    assert platelets(store, "P1") == 35
    assert "of message A1" in plan(store)
    assert plan(store, "P2") == ""
    before = store.evaluation("HOSP/MR/P1")
    feed(store, merge("A2", "P1", "P2"), merge("A9", "P1", "P2"))
    assert store.evaluation("HOSP/MR/P1") == before


@pytest.mark.hazard("HZ-P10")
def test_a_late_result_under_the_retired_number_counts_for_the_surviving_one(store: Store) -> None:
    feed(store, diagnosed("P2"), oru("A1", "35", patient="P2"), merge("A2", "P1", "P2"))
    late = oru("A4", "60", order="R9", patient="P2").replace("20260110080000+0000\r", "20260111080000+0000\r")
    assert feed(store, late) == ["AA"]
    assert platelets(store, "P1") == 60
    assert plan(store, "P2") == ""


@pytest.mark.hazard("HZ-P09")
@pytest.mark.parametrize("last", [merge("A3", "P1", "P1"), merge("A3", "P2", "P1")])
def test_a_merge_in_a_circle_is_quarantined_and_changes_nothing(store: Store, last: str) -> None:
    feed(store, diagnosed("P2"), oru("A1", "35", patient="P2"), merge("A2", "P1", "P2"))
    before = store.evaluation("HOSP/MR/P1")
    assert feed(store, last) == ["AA"]
    assert states(store)[-1] == ("quarantined", "merge-cycle")
    assert store.evaluation("HOSP/MR/P1") == before
    assert plan(store, "P2") == ""


@pytest.mark.hazard("HZ-P11")
def test_another_person_under_a_number_waits_for_an_analyst(store: Store) -> None:
    other = oru("A2", "35", order="R2").replace(JANE, "ROE^MAX||19990101|M")
    assert feed(store, diagnosed(), oru("A1", "210"), other) == ["AA"] * 3
    assert states(store)[-1] == ("quarantined", "identity-conflict")
    assert "R-214" not in plan(store)  # neither low nor missing
    assert len(list(store.messages(state="quarantined"))) == 1


@pytest.mark.hazard("HZ-P16")
def test_a_result_of_the_wrong_patient_is_taken_out_of_the_advice(store: Store) -> None:
    feed(store, diagnosed(), oru("A1", "35"))
    assert platelets(store) == 35
    feed(store, oru("A2", "35", status="W"))
    assert platelets(store) is None
    assert "Platelets: wrong patient or sample" in plan(store)
    assert len(store.evaluations_because_of(2)) == len(store.evaluations_because_of(3)) == 1


@pytest.mark.hazard("HZ-S02")
def test_a_correction_makes_new_advice(store: Store) -> None:
    feed(store, diagnosed(), oru("A1", "35"))
    first = store.evaluation("HOSP/MR/P1")
    feed(store, oru("A2", "135", status="C"))
    assert "R-214" not in plan(store)
    assert store.evaluation("HOSP/MR/P1") != first


@pytest.mark.hazard("HZ-M04")
def test_a_result_that_comes_again_under_another_id_is_one_value(store: Store) -> None:
    feed(store, diagnosed(), oru("A1", "210"))
    before = store.evaluation("HOSP/MR/P1")
    assert feed(store, oru("A2", "210")) == ["AA"]
    assert len(list(store.messages())) == 3
    assert store.evaluation("HOSP/MR/P1") == before


def status(store: Store, patient: str = "P1") -> str:
    """The status of the patient's CarePlan; empty where there is none."""
    found = store.evaluation(f"HOSP/MR/{patient}")
    return "" if found is None else str(json.loads(found.evaluated.care_plan)["status"])


def dead(control_id: str, patient: str = "P1") -> str:
    return diagnosed(patient).replace("|D1|", f"|{control_id}|").replace(JANE, JANE + "|" * 22 + "Y")


@pytest.mark.hazard("HZ-P15")
@pytest.mark.parametrize("together", [True, False])
def test_advice_on_a_patient_who_has_died_is_revoked(store: Store, together: bool) -> None:
    feed(store, diagnosed(), oru("A1", "35"))
    assert status(store) == "draft"
    feed(store, dead("D2"), oru("A2", "60", order="R2"), together=together)
    assert {state for state, _ in states(store)} <= {"mapped", "evaluated"}
    found = store.evaluation("HOSP/MR/P1")
    assert found is not None
    assert (found.evaluated.revoked, status(store)) == (True, "revoked")
    assert b"died" in found.evaluated.care_plan
    assert b"REVOKED" in found.evaluated.hl7v2
    store.discard(3, "another patient has died")
    feed(store)
    assert status(store) == "draft"


@pytest.mark.hazard("HZ-P15")
def test_nobody_is_advised_on_a_patient_who_is_dead_from_the_first_message_on(store: Store) -> None:
    feed(store, dead("D2"), oru("A2", "60"), together=True)
    assert {state for state, _ in states(store)} == {"mapped"}
    assert store.evaluation("HOSP/MR/P1") is None


@pytest.mark.hazard("HZ-P15")
def test_advice_under_a_number_that_is_merged_into_that_of_a_dead_patient_is_revoked(store: Store) -> None:
    feed(store, diagnosed("P2"), dead("D2", "P1"), merge("M1", "P1", "P2"))
    assert (status(store, "P1"), status(store, "P2")) == ("", "revoked")


@pytest.mark.hazard("HZ-P12")
@pytest.mark.parametrize("other", ["P1\x07", "P1" + "0" * 300])
def test_a_number_that_no_index_can_hold_is_nobodys(store: Store, other: str) -> None:
    feed(store, diagnosed(), oru("A1", "35"))
    before = store.evaluation("HOSP/MR/P1")
    feed(store, oru("A2", "210", patient=other).replace(JANE, "ROE^MAX||19990101|M"))
    assert states(store)[-1] == ("quarantined", "identifier-unusable")
    assert store.evaluation("HOSP/MR/P1") == before


@pytest.mark.hazard("HZ-P13")
def test_a_message_that_is_held_for_one_patient_has_no_effect_on_another(store: Store) -> None:
    """A merge of three numbers, one of which is another person, comes together with a result."""
    feed(store, diagnosed("P1"), oru("A1", "35", patient="P1"))
    feed(store, oru("B1", "210", patient="P2"), oru("C1", "210", patient="P3").replace(JANE, "ROE^MAX||19990101|M"))
    before = store.evaluation("HOSP/MR/P1")
    both = merge("M1", "P2", "P1").replace("MRG|P1^^^HOSP^MR", "MRG|P1^^^HOSP^MR~P3^^^HOSP^MR")
    feed(store, both, oru("B2", "211", order="R7", patient="P2"), together=True)
    assert states(store)[-2] == ("quarantined", "identity-conflict")
    assert store.evaluation("HOSP/MR/P1") == before
    assert store.evaluation("HOSP/MR/P2") is None
    assert store.evaluations_because_of(5) == []


@pytest.mark.hazard("HZ-P13")
def test_no_advice_of_a_message_is_stored_before_it_is_known_that_the_message_counts(store: Store) -> None:
    """Its second patient is somebody else than the number says: the first one's part must not count for a moment."""
    feed(store, oru("C1", "210", patient="P3").replace(JANE, "ROE^MAX||19990101|M"))
    second = oru("X", "35", patient="P3").split("\r", 1)[1]
    feed(store, diagnosed("P1") + second)
    assert states(store)[-1] == ("quarantined", "identity-conflict")
    assert store.evaluation("HOSP/MR/P1") is None
    assert store.evaluations_because_of(2) == []


def test_a_discard_that_changes_nothing_comes_to_an_end(store: Store) -> None:
    feed(store, diagnosed(), oru("A1", "210"))
    before = store.evaluation("HOSP/MR/P1")
    feed(store, oru("A2", "211", order="R9").replace("777-3^Platelets", "2345-7^Glucose"))
    store.discard(3, "not wanted")
    feed(store)
    assert (store.evaluation("HOSP/MR/P1"), store.reviews(10)) == (before, [])


@pytest.mark.hazard("HZ-T14")
def test_advice_is_looked_at_again_every_day(store: Store) -> None:
    feed(store, diagnosed(), oru("A1", "35"))
    assert platelets(store) == 35

    async def days_later(days: int) -> None:
        processor = await processed(store)
        processor.now = lambda: NOW + timedelta(days=days)
        await processor.review_daily()
        assert len(store.reviews(10)) == 1
        await processor.review_daily()
        assert len(store.reviews(10)) == 1
        while await processor.step():
            pass

    asyncio.run(days_later(1))
    assert platelets(store) == 35
    asyncio.run(days_later(60))
    assert platelets(store) is None
    assert len(store.deliveries("waiting")) == 1


def test_a_message_that_is_discarded_and_replayed_while_it_is_processed_counts(store: Store) -> None:
    feed(store, diagnosed())
    working = InPlace(store)

    def meanwhile(task: Task) -> Outcome:
        outcome = working.casework.evaluate(task)
        store.discard(2, "by mistake")
        store.replay([2])
        working.evaluating = None
        return outcome

    async def run() -> None:
        await Intake(store).receive(oru("A1", "35").encode())
        working.evaluating = meanwhile
        processor = Processor(store, working, lambda: NOW)
        for _ in range(20):
            if not await processor.step():
                return
        raise AssertionError("processing does not come to an end")

    asyncio.run(run())
    assert states(store)[-1][0] in ("mapped", "evaluated")
    assert [one.id for one in store.in_use(["HOSP/MR/P1"])] == [1, 2]
    assert platelets(store) == 35


def test_a_merge_that_is_judged_to_be_none_separates_the_patients_again(store: Store) -> None:
    feed(store, diagnosed("P2"), merge("M1", "P1", "P2"))
    assert (status(store, "P1"), status(store, "P2")) == ("draft", "revoked")
    store.replay([2])
    store.judge([Judgement(2, "received", patient_keys=("HOSP/MR/P1",))])
    assert {review.patient_key for review in store.reviews(10)} == {"HOSP/MR/P1", "HOSP/MR/P2"}


def test_a_destination_that_was_not_set_for_a_while_gets_the_newest_advice(store: Store) -> None:
    feed(store, diagnosed())
    (first,) = store.deliveries("waiting")
    store.settle_delivery(first.id, "delivered", NOW)
    store.discard(1, "a test")

    async def without_destination() -> None:
        processor = Processor(store, InPlace(store), lambda: NOW)
        while await processor.step():
            pass

    asyncio.run(without_destination())
    assert status(store) == "revoked"
    assert store.deliveries("waiting") == []
    for _ in range(2):
        store.catch_up(("fhir", "hl7v2"), NOW)
    holds = store.evaluation("HOSP/MR/P1")
    assert holds is not None
    assert [(one.evaluation, one.destination) for one in store.deliveries("waiting")] == [(holds.id, "fhir")]


@pytest.mark.hazard("HZ-P16")
def test_a_withdrawal_that_finds_nothing_is_noted_at_its_message(store: Store) -> None:
    feed(store, diagnosed(), oru("A1", "35"), oru("A2", "35", order="R7", status="W"))
    assert "withdrawal-unmatched" in [noted.code for noted in store.message(3).findings]
    assert platelets(store) is None
    assert "Platelets" in plan(store)


def test_a_message_of_the_future_does_not_outdo_later_ones(store: Store) -> None:
    ahead = diagnosed().replace("20260109090000+0000||ADT", "20360109090000+0000||ADT")
    feed(store, ahead)
    assert "sent-ahead" in [noted.code for noted in store.message(1).findings]


def registered(control_id: str, indicator: str, *, sent: str) -> str:
    """An update of the registration with a death indicator."""
    return (
        f"MSH|^~\\&|ADT|HOSP|NELM|HOSP|{sent}+0000||ADT^A08^ADT_A01|{control_id}|P|2.5.1\r"
        f"EVN|A08|{sent}+0000\rPID|1||P1^^^HOSP^MR||{JANE}{'|' * 22}{indicator}\r"
    )


@pytest.mark.hazard("HZ-P15")
@pytest.mark.parametrize("indicator", ["N", '""'])
def test_a_death_revokes_the_advice_and_a_later_registration_brings_it_back(store: Store, indicator: str) -> None:
    feed(store, diagnosed(), registered("T1", "Y", sent="20260110090000"))
    assert plan(store) == ""
    feed(store, registered("T0", indicator, sent="20260110080000"))
    assert plan(store) == ""
    feed(store, registered("T2", indicator, sent="20260110100000"))
    assert json.loads(plan(store))["status"] == "draft"
    assert "death taken back" in plan(store)


def unlinked(control_id: str, *patients: str) -> str:
    """ADT^A37 of two numbers, a day after `merge`."""
    people = "".join(f"PID|1||{patient}^^^HOSP^MR||{JANE}\r" for patient in patients)
    head = f"MSH|^~\\&|LAB|HOSP|NELM|HOSP|20260111093000+0000||ADT^A37|{control_id}|P|2.5.1\r"
    return f"{head}EVN||20260111\r{people}"


@pytest.mark.hazard("HZ-P08")
def test_an_unlink_of_merged_numbers_waits_until_somebody_has_decided(store: Store) -> None:
    feed(store, diagnosed("P2"), oru("A1", "35", patient="P2"), merge("A2", "P1", "P2"))
    before = plan(store)
    assert feed(store, unlinked("U1", "P1", "P2"), oru("A3", "40", order="R2", patient="P5")) == ["AA", "AA"]
    assert states(store)[3:] == [("quarantined", "unlink-not-applied"), ("mapped", "")]
    assert plan(store) == before
    store.discard(3, "the persons are not the same")
    store.replay([4])
    feed(store)
    assert states(store)[2:4] == [("discarded", "the persons are not the same"), ("evaluated", "")]
    assert (plan(store), platelets(store, "P2")) == ("", 35)

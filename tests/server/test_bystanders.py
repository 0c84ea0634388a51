"""Patients whom the advice cannot concern are passed by: nothing that is stored differs from evaluating them all."""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.advice.assessment import could_concern
from adapter.advice.hl7v2 import Link
from adapter.mapping.hl7v2_patient import Demographics
from adapter.mapping.hl7v2_plain import Plain
from adapter.server import casework
from adapter.server.bystanders import Bystander, Bystanders, bystander, with_all
from adapter.server.casework import Outcome, Task
from adapter.server.intake import Intake
from adapter.server.processing import Processor
from adapter.store import Effect, Evaluated, Store, init_store, open_store
from tests.server.casework import InPlace
from tests.server.feeds import LIVER, NET, NOW, adt, oru, own

JANE, JOHN = "DOE^JANE||19610405|F", "ROE^JOHN||19500101|M"
PERSONS = (JANE, JOHN, "DOE^J||1961|U", "ROE^JANE||19610405|F", "DOE||19500101|")
GLUCOSE = "OBX|1|NM|2345-7^Glucose^LN||5.4|mmol/L|||||{status}|||20260110"
PLATELETS = "OBX|1|NM|777-3^Platelets^LN||{value}|10*3/uL|||||{status}|||2026010{day}"

_events = {"A40": "ADT^A40^ADT_A39", "A24": "ADT^A24^ADT_A24", "A11": "ADT^A11^ADT_A09", "A08": "ADT^A08^ADT_A01"}


def event(name: str, *segments: str, patient: str, person: str) -> bytes:
    raw = adt(*segments, control_id="ID", patient=patient, person=person)
    return raw.replace(b"ADT^A08^ADT_A01", _events[name].encode()).replace(b"PV1|1|O", b"PV1|1|O" + b"|" * 17 + b"V1")


def result(*segments: str, patient: str, person: str, order: str, when: str = "20260110") -> bytes:
    raw = oru(*segments, control_id="ID", patient=patient, person=person)
    return raw.replace(b"ID-R^LAB", f"{order}^LAB".encode()).replace(b"20260110093000", when.encode() + b"093000")


patients, persons = st.sampled_from(("P1", "P1", "P2", "P3")), st.sampled_from((*[JANE] * 16, *PERSONS))
statuses = st.sampled_from(("F", "F", "F", "C", "P", "W"))
obx = st.one_of(
    st.builds(GLUCOSE.format, status=statuses),
    st.builds(PLATELETS.format, status=statuses, value=st.sampled_from(("35", "210", "x")), day=st.integers(7, 9)),
    st.builds(own, st.just("diagnosis"), st.sampled_from(("nen", "hcc")), status=statuses),
    st.builds(own, st.just("liver_metastases"), st.sampled_from(("true", "false")), status=statuses),
    st.builds(own, st.just("planned_therapies"), st.just("ctace"), status=statuses),
)
diagnosis = st.sampled_from((NET, LIVER, "DG1|1||I10^Essential hypertension^I10C|||F", NET.replace("|F", "|A")))
results = st.builds(
    result,
    obx,
    patient=patients,
    person=persons,
    order=st.sampled_from(("R1", "R2")),
    when=st.sampled_from(("20260109", "20260110", "20260111")),
)
admissions = st.builds(
    lambda name, segments, **who: event(name, *segments, **who),
    st.sampled_from(("A08", "A08", "A11", "A24")),
    st.lists(diagnosis, max_size=2),
    patient=patients,
    person=persons,
)
merges = st.builds(
    lambda retired, **who: event("A40", f"MRG|{retired}^^^HOSP^MR", **who).replace(
        b"PV1|1|O|||||||||||||||||V1\r", b""
    ),
    patients,
    patient=patients,
    person=persons,
)
messages = st.one_of(results, results, results, results, results, admissions, admissions, merges)
histories = st.lists(st.lists(messages, min_size=1, max_size=4), min_size=1, max_size=5)


def numbered(history: Sequence[Sequence[bytes]]) -> list[list[bytes]]:
    """The messages with control ids of their own."""
    count = iter(range(1000))
    return [[raw.replace(b"|ID|P|", f"|M{next(count)}|P|".encode()) for raw in batch] for batch in history]


def outcome(
    history: Sequence[Sequence[bytes]],
    *,
    passing: bool,
    discarded: int = 0,
    together: int = 500,
    restarted: bool = False,
) -> tuple[list[object], int]:
    """All that is stored after these batches, and how many times patients were evaluated; `discarded` is the number of
    a message that is discarded after the second batch, `together` how many messages are looked at together; a processor
    that is `restarted` remembers nothing of the batches before."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'ldt.db'}"
        init_store(url)
        with open_store(url) as store:
            work = InPlace(store, link=Link())
            tasks: list[Task] = []

            def evaluating(task: Task) -> Outcome:
                tasks.append(task)
                return work.casework.evaluate(task)

            if not passing:
                work.judging = lambda number: work.casework.judge(number).judgement
            work.evaluating = evaluating
            concerned = could_concern if passing else lambda _: True
            gone = patch.object(casework.Casework, "_passed_by", casework.Casework._passed_by if passing else _nobody)
            with (
                gone,
                patch("adapter.server.casework.could_concern", concerned),
                patch("adapter.server.processing.BATCH", together),
            ):
                asyncio.run(run(store, work, history, discarded, restarted=restarted))
            return stored(store), len(tasks)


def _nobody(*_: object) -> None:
    """In place of telling who is passed by."""


async def run(
    store: Store, work: InPlace, history: Sequence[Sequence[bytes]], discarded: int, *, restarted: bool = False
) -> None:
    processor = Processor(store, work, lambda: NOW, ("fhir",))
    for number, batch in enumerate(history, 1):
        if restarted:
            processor = Processor(store, work, lambda: NOW, ("fhir",))
        for raw in batch:
            await Intake(store).receive(raw)
        while await processor.step():
            pass
        if number == 2 and discarded:
            store.discard(discarded, "not wanted")


def stored(store: Store) -> list[object]:
    """Messages, applications, what is advised, deliveries and reviews; control ids of advice are by chance."""
    found: list[object] = [(one.id, one.state, one.reason, one.findings, one.patient_keys) for one in store.messages()]
    found += [store.applied(), store.reviews(100)]
    for patient in ("P1", "P2", "P3"):
        held = store.evaluation(f"HOSP/MR/{patient}")
        if held is not None:
            made = held.evaluated
            found.append(
                (held.patient_key, held.message, made.fingerprint, made.revoked, made.indicator, made.care_plan)
            )
    found.append([(one.evaluation, one.state) for one in store.deliveries()])
    return found


@pytest.mark.hazard("HZ-P13")
@settings(max_examples=40, deadline=None)
@given(histories, st.integers(0, 4), st.sampled_from((1, 2, 500)), st.booleans())
def test_passing_patients_by_changes_nothing_that_is_stored(
    history: list[list[bytes]], discarded: int, together: int, restarted: bool
) -> None:
    feed = numbered(history)
    passing, evaluated = outcome(feed, passing=True, discarded=discarded, together=together, restarted=restarted)
    always, all_of_them = outcome(feed, passing=False, discarded=discarded, together=together)
    assert passing == always
    assert evaluated <= all_of_them


FIRST = oru(GLUCOSE.format(status="F"), control_id="ID")
ADVISED = adt(NET, LIVER, control_id="ID", patient="P2")
MERGE = event("A40", "MRG|P2^^^HOSP^MR", patient="P1", person=JANE)
WITHDRAWN = oru(PLATELETS.format(status="W", value="35", day=8), control_id="ID")
CANCELLED = event("A11", patient="P1", person=JANE)
OTHER = oru(GLUCOSE.format(status="F"), control_id="ID", person=JOHN)
CALLED = oru(GLUCOSE.format(status="F"), control_id="ID", person="DOE||19610405|")
LIKE_BOTH = oru(GLUCOSE.format(status="F"), control_id="ID", person="DOE||19610405|M")
NAMED_OTHERWISE = oru(GLUCOSE.format(status="F"), control_id="ID", person="ROE||19610405|F")


@pytest.mark.parametrize(
    ("history", "discarded", "found"),
    [
        ([[FIRST], [WITHDRAWN]], 0, "withdrawal-unmatched"),
        ([[FIRST], [CANCELLED]], 0, "withdrawal-unmatched"),
        ([[FIRST], [OTHER]], 0, "identity-conflict"),
        ([[FIRST, OTHER]], 0, "identity-conflict"),
        ([[ADVISED, FIRST], [MERGE]], 0, "(3, 'evaluated'"),
        ([[ADVISED], [FIRST, MERGE]], 0, "(2, 'evaluated'"),
        ([[CALLED], [NAMED_OTHERWISE], [LIKE_BOTH]], 1, "(3, 'quarantined'"),
        ([[oru(own("diagnosis", "nen"), control_id="ID")], [adt(LIVER, control_id="ID")]], 0, "(2, 'evaluated'"),
        ([[adt(NET, control_id="ID")], [adt(LIVER, control_id="ID")], [FIRST]], 2, '"revoked"'),
    ],
)
@pytest.mark.parametrize("restarted", [False, True])
def test_what_only_all_messages_of_a_patient_tell_is_found(
    history: list[list[bytes]], discarded: int, found: str, restarted: bool
) -> None:
    feed = numbered(history)
    passing, _ = outcome(feed, passing=True, discarded=discarded, restarted=restarted)
    assert passing == outcome(feed, passing=False, discarded=discarded, restarted=restarted)[0]
    assert found in str(passing)


def test_results_of_a_bystander_are_never_evaluated() -> None:
    glucose = [[oru(GLUCOSE.format(status="F"), control_id=f"A{number}")] for number in range(3)]
    found, evaluated = outcome(glucose, passing=True)
    assert found == outcome(glucose, passing=False)[0]
    assert evaluated == 0
    assert outcome(glucose, passing=False)[1] == 3


def test_the_message_that_makes_the_advice_concern_somebody_has_all_earlier_ones_evaluated() -> None:
    history = [
        [oru(own("diagnosis", "nen"), control_id="A1")],
        [oru(GLUCOSE.format(status="F"), control_id="A2")],
        [oru(own("liver_metastases", "true"), control_id="A3")],
    ]
    found, evaluated = outcome(history, passing=True)
    assert found == outcome(history, passing=False)[0]
    assert evaluated == 1
    assert "evaluated" in str(found[2])


def test_who_was_evaluated_once_can_be_a_bystander_afterwards() -> None:
    """As after a restart, when nothing is remembered."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'ldt.db'}"
        init_store(url)
        with open_store(url) as store:
            tasks: list[Task] = []
            work = InPlace(store)

            def evaluating(task: Task) -> Outcome:
                tasks.append(task)
                return work.casework.evaluate(task)

            work.evaluating = evaluating
            for number, again in enumerate((False, True, True)):
                batch = [oru(GLUCOSE.format(status="F"), control_id=f"A{number}{one}") for one in range(2)]
                asyncio.run(run(store, work, [batch[:1], batch[1:]] if again else [batch], 0))
            assert [len(task.keys) for task in tasks] == [1, 1]  # once after each restart, never for the first messages


def test_who_was_advised_meanwhile_is_no_bystander(store: Store) -> None:
    work, tasks = InPlace(store), list[Task]()

    def evaluating(task: Task) -> Outcome:
        tasks.append(task)
        return work.casework.evaluate(task)

    work.evaluating = evaluating

    async def feed() -> None:
        processor = Processor(store, work, lambda: NOW)
        await Intake(store).receive(FIRST)
        await processor.step()
        store.record(Effect(((1, "HOSP/MR/P1"),), NOW, {"HOSP/MR/P1": Evaluated("f", "r", "info", b"{}")}))
        await Intake(store).receive(FIRST.replace(b"|ID|", b"|M2|"))
        await processor.step()

    asyncio.run(feed())
    assert [task.keys for task in tasks] == [("HOSP/MR/P1",)]
    found = store.evaluation("HOSP/MR/P1")
    assert found is not None
    assert found.evaluated.revoked


SAID = Plain("P", Demographics("19610405", "F", "doe"), frozenset({"platelets_10e9_l"}))


@pytest.mark.parametrize(
    ("earlier", "number", "message"),
    [
        (Bystander(Demographics("19500101", "M", "doe"), frozenset(), 1), 2, SAID),
        (Bystander(SAID.person, frozenset(), 2), 2, SAID),
        (
            Bystander(SAID.person, frozenset({"diagnosis"}), 1),
            2,
            Plain("P", SAID.person, frozenset({"planned_therapies"})),
        ),
        (None, 1, Plain("P", SAID.person, frozenset({"diagnosis", "liver_metastases"}))),
    ],
)
def test_nobody_is_a_bystander_who_may_be_another_person_or_concerned(
    earlier: Bystander | None, number: int, message: Plain
) -> None:
    assert bystander(earlier, number, message) is None
    assert with_all(earlier, [(number, message), (number + 1, SAID)]) is None


def test_a_person_is_completed_by_each_message() -> None:
    born, called = (
        Plain("P", Demographics("1961", "", ""), frozenset()),
        Plain("P", Demographics("1961", "F", "doe"), frozenset()),
    )
    known = with_all(None, [(1, born), (2, called)])
    assert known == Bystander(Demographics("1961", "F", "doe"), frozenset(), 2)


def test_who_was_not_heard_of_for_longest_is_forgotten_first() -> None:
    kept = Bystanders(most=2)
    known = Bystander(SAID.person, frozenset(), 1)
    for key in ("A", "B", "A", "C"):
        kept.keep(key, known)
    assert (kept.get("A"), kept.get("B"), kept.get("C")) == (known, None, known)
    kept.forget(["A", "X"])
    assert kept.get("A") is None

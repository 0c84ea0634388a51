"""One example of each HL7 v2 message type that is used, written by hand, with the facts and the ledger that it must give.

A pair of files dropped into fixtures/hl7v2 is tested without a word here. Findings are compared whole; the date of birth
and the age, which every message states, are left out.
"""

import json
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from adapter.case.case import Case
from adapter.case.value import to_plain
from adapter.hl7v2 import parse_message, split_messages
from adapter.mapping.hl7v2 import map_hl7v2_bytes
from adapter.mapping.hl7v2_events import event_of
from adapter.mapping.ledger import Level
from adapter.mapping.patient import Mapping
from adapter.server.message_types import USED
from tests.mapping import counting
from tests.mapping.senders import CLOCK, finding_codes
from tests.mapping.test_twins import settled
from tests.repository import ROOT

FOLDER = ROOT / "fixtures" / "hl7v2"
EXAMPLES = sorted(FOLDER.glob("*.hl7"))
OF_EVERY_PATIENT = {"birth_date", "age_years"}

REQUIRED = {
    "ORU": "R01 R30 R31 R32 R40",
    "OUL": "R21 R22 R23 R24",
    "MDM": "T01 T02 T03 T04 T05 T06 T07 T08 T09 T10 T11",
    "ADT": "A01 A02 A03 A04 A05 A06 A07 A08 A09 A10 A11 A12 A13 A18 A24 A28 A31 A34 A37 A40 A47",
    "PPR": "PC1 PC2 PC3",
    "BAR": "P01 P05 P12",
    "DFT": "P03 P11",
    "ORM": "O01",
    "OML": "O21 O33 O35",
    "OMG": "O19",
    "OMI": "O23",
    "OMP": "O09",
    "RDE": "O01 O11 O25",
    "RDS": "O13",
    "RAS": "O17",
    "RGV": "O15",
}
"""The types and events that must have an example, by the conformance statement."""


def expected_of(path: Path) -> dict[str, object]:
    text = path.with_suffix(".json").read_text(encoding="utf-8")
    found: dict[str, object] = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    return found


@pytest.fixture(params=EXAMPLES, ids=lambda path: str(path.stem), scope="module")
def example(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture(scope="module")
def expected(example: Path) -> dict[str, dict[str, dict[str, dict[str, object]]]]:
    found: dict[str, dict[str, dict[str, dict[str, object]]]] = expected_of(example)  # type: ignore[assignment]
    return found


@pytest.fixture(scope="module")
def mapping(example: Path) -> Mapping:
    return map_hl7v2_bytes(example.read_bytes(), example.name)


@pytest.fixture(scope="module")
def cases(mapping: Mapping) -> dict[str, Case]:
    return {patient.subject: patient.case(CLOCK) for patient in mapping.patients}


def test_every_type_has_an_example_that_holds_it() -> None:
    """A file holds a message of the type that it is named after; EVN-1 has the event where MSH-9 has none."""
    assert {path.stem for path in EXAMPLES} == {f"{c}_{e}" for c, events in REQUIRED.items() for e in events.split()}
    assert REQUIRED.keys() == USED.keys()
    for path in EXAMPLES:
        messages = [parse_message(chunk.raw) for chunk in split_messages(path.read_bytes())]
        assert path.stem in {event_of(message).replace("^", "_") for message in messages}


def test_every_example_says_what_it_is_about() -> None:
    about = [str(expected_of(path)["about"]) for path in EXAMPLES]
    assert len(set(about)) == len(about)
    assert all(sentence.endswith(".") for sentence in about)


def test_exactly_the_expected_patients_have_exactly_the_expected_facts(
    cases: dict[str, Case], expected: dict[str, dict[str, dict[str, dict[str, object]]]]
) -> None:
    present = {
        subject: {
            name: settled(to_plain(fact.known))
            for name, fact in case.facts.items()
            if fact.known is not None and name not in OF_EVERY_PATIENT
        }
        for subject, case in cases.items()
    }
    wanted = {
        subject: {name: settled(value) for name, value in patient["facts"].items()}
        for subject, patient in expected["patients"].items()
    }
    assert present == wanted


def test_what_does_not_count_says_why(
    cases: dict[str, Case], expected: dict[str, dict[str, dict[str, dict[str, object]]]]
) -> None:
    for subject, patient in expected["patients"].items():
        facts = cases[subject].facts
        wanted = patient.get("not_present", {})
        assert {name: [facts[name].state.value, facts[name].reason] for name in wanted} == wanted
        shown = patient.get("on_record", {})
        assert {name: value and to_plain(value) for name in shown for value in [facts[name].on_record]} == shown


def test_facts_are_of_their_day(
    cases: dict[str, Case], expected: dict[str, dict[str, dict[str, dict[str, object]]]]
) -> None:
    for subject, patient in expected["patients"].items():
        when = {name: cases[subject].facts[name].when for name in patient.get("days", {})}
        assert {name: moment.day if moment else "" for name, moment in when.items()} == patient.get("days", {})


def test_the_ledger_is_the_expected_one(example: Path, mapping: Mapping, expected: dict[str, object]) -> None:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in mapping.whole_ledger.entries:
        if entry.level is Level.CONTAINER:
            found[entry.name][entry.outcome.value] += 1
    assert found == expected["ledger"]
    text = example.read_text(encoding="utf-8")
    assert {name: sum(outcomes.values()) for name, outcomes in found.items()} == counting.segments(text)
    assert mapping.whole_ledger.coded == counting.coded_segments(text)
    assert mapping.whole_ledger.balanced


def test_the_findings_are_the_expected_ones(mapping: Mapping, expected: dict[str, object]) -> None:
    assert sorted(finding_codes(mapping)) == sorted(expected.get("findings", []))  # type: ignore[call-overload]


def test_changes_of_numbers_are_read(mapping: Mapping, expected: dict[str, object]) -> None:
    found = [[change.kind, change.survivor.text, change.retired.text] for change in mapping.changes]
    assert found == expected.get("changes", [])

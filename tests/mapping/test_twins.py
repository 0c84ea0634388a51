"""Twins: each invented patient, written by hand for both wires, gives one case, and the case that was thought out.

A folder dropped into fixtures/patients is tested without a word here; nothing in it is made by the code under test.
"""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from adapter.case.case import Case
from adapter.case.catalogue import NO_EXPIRY, catalogue
from adapter.case.fact import Fact
from adapter.case.merge import Clock
from adapter.case.moment import Moment
from adapter.case.value import to_plain
from adapter.fhir.dates import read_date
from adapter.fhir.document import read_document
from adapter.mapping.fhir import map_fhir
from adapter.mapping.hl7v2 import map_hl7v2_bytes
from tests.mapping.senders import only
from tests.repository import ROOT

FOLDERS = sorted(path for path in (ROOT / "fixtures" / "patients").iterdir() if path.is_dir())

# What is derived is dated at the as-of time where it is derived, and at the report where a sender states it.
DERIVED = {"months_since_last_transarterial"}

Expected = dict[str, object]


@pytest.fixture(params=FOLDERS, ids=lambda folder: str(folder.name), scope="module")
def folder(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict[str, Expected]:
    found: dict[str, Expected] = json.loads(
        (folder / "expected.json").read_text(encoding="utf-8"), parse_float=Decimal, parse_int=Decimal
    )
    return found


@pytest.fixture(scope="module")
def clock(expected: dict[str, Expected]) -> Clock:
    as_of = read_date(str(expected["as_of"]))
    assert as_of is not None
    return Clock(as_of.moment.earliest)


@pytest.fixture(scope="module")
def by_fhir(folder: Path, clock: Clock) -> Case:
    return only(map_fhir(read_document((folder / "bundle.json").read_bytes()), "bundle.json")).case(clock)


@pytest.fixture(scope="module")
def by_hl7(folder: Path, clock: Clock) -> Case:
    return only(map_hl7v2_bytes((folder / "messages.hl7").read_bytes(), "messages.hl7")).case(clock)


def stands(fact: Fact) -> tuple[str, str, str, object]:
    """Name, state, reason and value."""
    value = None if fact.on_record is None else settled(to_plain(fact.on_record))
    return fact.name, fact.state.value, fact.reason, value


def settled(value: object) -> object:
    """The value with its lists in a fixed order."""
    match value:
        case list():
            return sorted((settled(item) for item in value), key=repr)
        case dict():
            return {key: settled(item) for key, item in value.items()}
        case _:
            return value


def times(case: Case) -> dict[str, Moment | None]:
    """When the facts that age were true."""
    ageing = (fact for fact in catalogue().facts.values() if fact.max_age != NO_EXPIRY)
    return {fact.name: case.facts[fact.name].when for fact in ageing if fact.name not in DERIVED}


def test_there_are_patients() -> None:
    assert len(FOLDERS) >= 10


def test_both_wires_give_equal_facts(by_fhir: Case, by_hl7: Case) -> None:
    assert [stands(fact) for fact in by_fhir.facts.values()] == [stands(fact) for fact in by_hl7.facts.values()]


def test_both_wires_date_what_ages_alike(by_fhir: Case, by_hl7: Case) -> None:
    assert times(by_fhir) == times(by_hl7)


def test_both_wires_see_the_same_contradictions(by_fhir: Case, by_hl7: Case) -> None:
    assert by_fhir.findings == by_hl7.findings


@pytest.mark.parametrize("wire", ["by_fhir", "by_hl7"])
def test_exactly_the_expected_facts_are_present(
    wire: str, expected: dict[str, Expected], request: pytest.FixtureRequest
) -> None:
    case: Case = request.getfixturevalue(wire)
    present = {name: to_plain(fact.known) for name, fact in case.facts.items() if fact.known is not None}
    wanted = {**expected["facts"], **expected["observed"]}
    assert {name: settled(value) for name, value in present.items()} == {
        name: settled(value) for name, value in wanted.items()
    }


@pytest.mark.parametrize("wire", ["by_fhir", "by_hl7"])
def test_what_is_not_present_says_why(wire: str, expected: dict[str, Expected], request: pytest.FixtureRequest) -> None:
    case: Case = request.getfixturevalue(wire)
    wanted = expected.get("not_present", {})
    assert {name: case.facts[name].state.value for name in wanted} == wanted


def test_each_wire_names_the_patient_by_its_own_number(folder: Path, by_fhir: Case, by_hl7: Case) -> None:
    entries = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))["entry"]
    [patient] = [entry for entry in entries if entry["resource"]["resourceType"] == "Patient"]
    resource = patient["resource"]
    assert by_fhir.subject == (f"Patient/{resource['id']}" if "id" in resource else patient["fullUrl"])
    assert by_hl7.subject in {f"HOSP/MR/{identifier['value']}" for identifier in resource["identifier"]}

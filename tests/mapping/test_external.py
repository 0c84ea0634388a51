"""Public FHIR resources that nobody of this project wrote: they cost no exception and are all accounted for.

None of them is about a neuroendocrine tumour; what they must not do is say that they are.
"""

import json
from pathlib import Path

import pytest

from adapter.case.fact import State
from adapter.fhir.document import read_document
from adapter.mapping.fhir import map_fhir
from adapter.mapping.ledger import Entry, Level, Outcome
from adapter.mapping.patient import Mapping
from tests.mapping.senders import CLOCK
from tests.repository import ROOT

FILES = sorted((ROOT / "fixtures" / "external").glob("*/*.json"))


@pytest.fixture(params=FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def path(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture
def mapping(path: Path) -> Mapping:
    return map_fhir(read_document(path.read_bytes()), path.name)


def test_there_are_sixty_of_them() -> None:
    assert len(FILES) == 60


def test_each_resource_and_coded_element_has_an_outcome_with_its_reason(mapping: Mapping) -> None:
    entries = mapping.whole_ledger.entries
    assert entries
    assert all(entry.outcome is Outcome.USED or entry.reason for entry in entries)


def test_a_used_resource_has_said_something(mapping: Mapping) -> None:
    for patient in mapping.patients:
        used = {_key(entry) for entry in patient.ledger.entries if _used(entry)}
        stated = {statement.origin.place.split("#")[0] for statement in patient.statements}
        assert used <= stated


def _used(entry: Entry) -> bool:
    return entry.outcome is Outcome.USED and entry.level is Level.CODED


def _key(entry: Entry) -> str:
    return entry.place.split("#")[0]


def test_a_resource_belongs_to_the_patient_that_it_names(path: Path, mapping: Mapping) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    if document["resourceType"] == "Bundle":
        return
    named = document.get("subject", document.get("patient", {})).get("reference", "")
    assert [patient.subject for patient in mapping.patients] == ([named] if named else [])


def test_none_of_them_states_a_neuroendocrine_tumour(mapping: Mapping) -> None:
    for patient in mapping.patients:
        case = patient.case(CLOCK)
        assert case.known("diagnosis") is case.known("planned_therapies") is None
        assert case.facts["diagnosis"].state in (State.ABSENT, State.EXCLUDED)


@pytest.mark.parametrize(
    ("name", "fact", "row"),
    [
        ("Observation-tumor-size-pathology", "", ""),  # a breast tumour: without a liver as body site it says nothing
        ("Observation-ecog-performance-status-fully-active", "ecog", "ecog"),
        ("Observation-histologic-grade-intermediate", "who_grade", "who-grade"),
        ("Observation-cancer-disease-status-improved", "overall_disease_status", "overall-disease-status"),
        ("Observation-history-of-cancer-metastatic-to-liver", "", ""),
    ],
)
def test_what_a_public_example_of_a_profile_comes_to(name: str, fact: str, row: str) -> None:
    """The profiles are those that a mCODE sender uses, so their examples show which rows real senders reach."""
    [path] = [path for path in FILES if path.stem == name]
    [patient] = map_fhir(read_document(path.read_bytes()), name).patients
    stated = {(statement.fact, statement.origin.row) for statement in patient.statements}
    assert stated == ({(fact, row)} if fact else set())

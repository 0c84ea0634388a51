"""problem-list-item-create: the diagnosis that is being added opens the question and decides nothing."""

import pytest
from starlette.testclient import TestClient

from tests.server.hooks.calling import card, cards, example

NEW = "problem-list-item-create"


def test_metastases_that_are_being_added_are_not_on_record(client: TestClient) -> None:
    found = card(client, example(NEW))
    assert "liver metastases (not saved yet)" in found["summary"]
    assert "**Options**" not in found["detail"]
    assert "suggestions" not in found


@pytest.mark.parametrize("status", ["confirmed", "provisional", "unconfirmed", None])
def test_its_status_makes_no_difference_before_it_is_saved(client: TestClient, status: str | None) -> None:
    request = example(NEW)
    new = request["context"]["conditions"]["entry"][0]["resource"]
    if status is None:
        del new["verificationStatus"]
    else:
        new["verificationStatus"]["coding"][0]["code"] = status
    assert "liver metastases (not saved yet)" in card(client, request)["summary"]


def test_what_is_on_record_is_advised_on_as_before(client: TestClient) -> None:
    request = example(NEW)
    before = example("encounter-start")
    request["prefetch"] = before["prefetch"]
    found, old = card(client, request), card(client, before)
    assert found["summary"].startswith(old["summary"])
    assert "Liver metastases: a statement of 2026-01-12 (yes) was not used (not saved yet" in found["detail"]


@pytest.mark.parametrize("status", ["refuted", "entered-in-error"])
def test_a_diagnosis_that_is_added_as_none_takes_nothing_back(client: TestClient, status: str) -> None:
    request = example(NEW)
    request["prefetch"] = example("encounter-start")["prefetch"]
    new = request["context"]["conditions"]["entry"][0]["resource"]
    new |= {"id": "mets", "recordedDate": "2025-03-04"}
    new["verificationStatus"]["coding"][0]["code"] = status
    found = card(client, request)
    assert "no therapy can be advised yet" in found["summary"]
    assert "Liver metastases: yes" in found["detail"]


def test_another_diagnosis_of_another_patient_group_is_silent(client: TestClient) -> None:
    request = example(NEW)
    request["prefetch"]["conditions"] = None
    assert card(client, request)  # C7B.02 says that there is a neuroendocrine neoplasm, too
    new = request["context"]["conditions"]["entry"][0]["resource"]
    new["code"] = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I10"}]}
    assert cards(client, request) == []


def test_a_diagnosis_that_cannot_be_read_is_never_silence_beside_a_tumour(client: TestClient) -> None:
    request = example(NEW)
    request["context"]["conditions"]["entry"][0]["resource"]["code"] = "C7B.02"
    assert "context.conditions: 1 resource(s) could not be read" in card(client, request)["detail"]
    request["prefetch"]["conditions"] = None
    assert cards(client, request) == []

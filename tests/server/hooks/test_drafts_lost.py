"""Drafts that share an id, did not all come, or are selected and not there: each is judged or told of, none is lost."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.server.hooks.calling import (
    PATIENT,
    SNOMED,
    answer,
    card,
    cards,
    drafted,
    drug_order,
    example,
    service_order,
    without_metastases,
)

SIGN = "order-sign-tace-portal-vein-occluded"
SELECT = "order-select-beside-tace"
TACE, SIRT, OCTREOTIDE, TEMOZOLOMIDE = "314617008", "764677008", "7617", "37776"
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
NEXT = [{"relation": "next", "url": "https://ehr.example.org/fhir?page=2"}]
Json = dict[str, Any]


def sign(*orders: Json) -> Json:
    return drafted(example(SIGN), *orders)


CODED = {"coding": [{"system": SNOMED, "code": TACE}]}


def judged(found: Json) -> str:
    """What the card says of the orders that were judged."""
    line, *_ = [line for line in found["detail"].splitlines() if "Orders judged" in line]
    return str(line)


@pytest.mark.hazard("HZ-A02")
@pytest.mark.parametrize("first", [0, 1])
def test_two_orders_of_one_id_are_both_judged(client: TestClient, first: int) -> None:
    orders = [service_order(TACE, "one"), service_order("609232008", "one")]
    found = card(client, sign(*(orders[first:] + orders[:first])))
    assert found["indicator"] == "critical"
    assert "MWA" in judged(found)
    assert "cTACE" in judged(found)


def test_the_last_change_of_a_draft_takes_nothing_back(client: TestClient) -> None:
    newer = service_order("609232008", "one", meta={"lastUpdated": "2026-01-12T00:00:00Z"})
    assert card(client, sign(service_order(TACE, "one"), newer))["indicator"] == "critical"


def test_a_selected_id_selects_all_that_have_it(client: TestClient) -> None:
    request = drafted(
        example(SELECT), service_order("609232008", "one"), service_order(TACE, "one"), drug_order(OCTREOTIDE)
    )
    request["context"]["selections"] = ["ServiceRequest/one"]
    found = card(client, request)
    assert found["indicator"] == "critical"
    assert "SSA" not in judged(found)


@pytest.mark.hazard("HZ-A02")
def test_a_drug_that_stands_twice_under_one_id_is_not_chosen_by_its_place(client: TestClient) -> None:
    drugs = [
        {"resourceType": "Medication", "id": "x", "code": drug_order(code)["medicationCodeableConcept"]}
        for code in (OCTREOTIDE, "4492")
    ]
    order = drug_order(OCTREOTIDE, medicationReference={"reference": "Medication/x"})
    del order["medicationCodeableConcept"]
    detail = card(client, sign(*drugs, order))["detail"]
    assert "1 order(s) carry no code that could be read" in detail
    assert "SSA" not in detail.split("**Options**")[0]
    assert "Orders judged: SSA" in card(client, sign(drugs[0], drugs[0], order))["detail"]


def test_a_patient_who_comes_twice_with_the_drafts_is_still_the_patient(client: TestClient) -> None:
    patients = [{"resourceType": "Patient", "id": "hk-31", "gender": gender} for gender in ("female", "unknown")]
    assert card(client, sign(*patients, service_order(TACE)))["indicator"] == "critical"


def test_two_new_diagnoses_of_one_id_are_both_read(client: TestClient) -> None:
    request = example("problem-list-item-create")
    entries = request["context"]["conditions"]["entry"]
    other = {
        **entries[0]["resource"],
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I10"}]},
    }
    entries.append({"resource": other})
    assert "liver metastases (not saved yet)" in card(client, request)["summary"]


@pytest.mark.hazard("HZ-A02")
@pytest.mark.parametrize(
    "lack", [{"total": 3}, {"total": "3"}, {"link": NEXT}, {"link": {"relation": "next"}}, {"total": 1}]
)
@pytest.mark.parametrize("orders", [(), (drug_order(OCTREOTIDE),)], ids=["none came", "one came"])
def test_drafts_that_did_not_all_come_are_told_of(client: TestClient, lack: Json, orders: tuple[Json, ...]) -> None:
    request = without_metastases(sign(*orders))
    request["context"]["draftOrders"].update(lack)
    if lack == {"total": 1} and orders:
        assert cards(client, request) == []
        return
    found = card(client, request)
    assert "context.draftOrders" in found["detail"].split("**Data that could not be had**")[1]
    assert "some data not used" in found["summary"] or "no advice until" in found["summary"]
    assert ", of those that came with the call:" in judged(found)


def test_an_error_in_place_of_drafts_is_told_of(client: TestClient) -> None:
    request = without_metastases(sign())
    request["context"]["draftOrders"] = OUTCOME
    assert "context.draftOrders: the EHR answered with an error" in card(client, request)["detail"]
    request["context"]["draftOrders"] = {"resourceType": "Bundle", "entry": [{"resource": OUTCOME}]}
    assert "context.draftOrders: the EHR answered with an error" in card(client, request)["detail"]


@pytest.mark.parametrize("text", ["Medication/x", "Patient/hk-31", "ServiceRequest/gone"])
def test_a_selection_that_is_no_order_of_the_drafts_leaves_all_to_be_judged(client: TestClient, text: str) -> None:
    medication = {"resourceType": "Medication", "id": "x", "code": drug_order(OCTREOTIDE)["medicationCodeableConcept"]}
    patient = {"resourceType": "Patient", "id": PATIENT["reference"].split("/")[1]}
    request = drafted(example(SELECT), medication, patient, service_order(TACE))
    request["context"]["selections"] = [text]
    found = card(client, request)
    assert found["indicator"] == "critical"
    assert "1 selected order(s) are not among the draft orders: all drafts were judged" in found["detail"]


def test_a_selected_order_that_did_not_come_is_not_said_to_be_none(client: TestClient) -> None:
    request = example(SELECT)
    request["context"]["draftOrders"]["entry"] = []
    found = card(client, request)
    assert "1 selected order(s) are not among the draft orders" in found["detail"]
    assert ", of those that came with the call: none (the draft orders could not be read)" in judged(found)


def test_an_empty_selection_is_named(client: TestClient) -> None:
    request = example(SELECT)
    request["context"]["selections"] = []
    found = card(client, request)
    assert found["indicator"] == "critical"
    assert "No order is selected: all drafts were judged" in found["detail"]


@pytest.mark.hazard("HZ-A02")
def test_orders_inside_of_a_request_group_are_told_of(client: TestClient) -> None:
    group = {"resourceType": "RequestGroup", "id": "g", "status": "draft", "intent": "order", "subject": PATIENT}
    assert cards(client, without_metastases(sign(group))) == []
    holding = group | {"contained": [service_order(TACE), {"resourceType": "Device", "id": "d"}]}
    found = card(client, without_metastases(sign(holding)))
    assert "context.draftOrders: 1 order(s) inside of other resources were not judged" in found["detail"]


@pytest.mark.hazard("HZ-A02")
@pytest.mark.parametrize(
    "other",
    [
        {"resourceType": "RequestGroup", "action": [{"code": [CODED]}]},
        {"resourceType": "CarePlan", "activity": [{"detail": {"code": CODED}}]},
        {"resourceType": "Task", "code": CODED},
        {"resourceType": "Procedure", "code": CODED},
    ],
    ids=lambda other: other["resourceType"],
)
def test_a_plan_that_is_said_by_another_type_is_told_of(client: TestClient, other: Json) -> None:
    whose = {"for": PATIENT} if other["resourceType"] == "Task" else {"subject": PATIENT}
    for said in (other, json.loads(json.dumps(other).replace(json.dumps(CODED), '{"text": "TACE"}'))):
        found = card(client, drafted(example(SIGN), {**said, "id": "o1", "status": "draft", **whose}))
        assert "1 order(s) inside of other resources were not judged" in found["detail"]


def test_an_error_in_place_of_drafts_is_no_order_of_another_type(client: TestClient) -> None:
    request = example("order-sign-tace-portal-vein-occluded")
    request["context"]["draftOrders"] = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "exception"}],
    }
    found = card(client, request)["detail"].replace("\\", "")
    assert "Orders judged, of those that came with the call: none (the draft orders could not be read)" in found


def test_a_bundle_that_goes_on_is_not_called_whole(client: TestClient) -> None:
    request = example("patient-view-07")
    request["prefetch"]["observations"]["link"] = [{"relation": "next", "url": "https://ehr.example.org/fhir?page=2"}]
    count = len(request["prefetch"]["observations"]["entry"])
    request["prefetch"]["observations"]["total"] = count
    found = card(client, request)["detail"].replace("\\", "")
    assert f"observations: incomplete ({count} received, not all)" in found


def test_a_narrative_is_no_plan(client: TestClient) -> None:
    text = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">"text": TACE</div>'}
    task = {"resourceType": "Task", "id": "t1", "status": "draft", "for": PATIENT, "text": text}
    assert cards(client, drafted(example(SIGN), task)) == []


MICROSPHERES = {"itemCodeableConcept": {"text": "Y-90 TheraSphere"}, "subject": PATIENT}
DRUG = {"medicationCodeableConcept": drug_order(OCTREOTIDE)["medicationCodeableConcept"]}


@pytest.mark.hazard("HZ-A02")
@pytest.mark.parametrize(
    "order",
    [
        {"resourceType": "ProcedureRequest", "code": CODED, "subject": PATIENT},
        {"resourceType": "ProcedureRequest", "code": {"text": "TACE"}, "subject": PATIENT},
        {"resourceType": "ReferralRequest", "serviceRequested": [CODED], "patient": PATIENT},
        {"resourceType": "DiagnosticOrder", "item": [{"code": CODED}], "subject": PATIENT},
        {"resourceType": "MedicationOrder", **DRUG, "patient": PATIENT},
        {"resourceType": "MedicationDispense", **DRUG, "subject": PATIENT},
        {"resourceType": "DeviceUseRequest", "device": {"reference": "Device/y90"}, "subject": PATIENT},
        {"resourceType": "DeviceDispense", "device": {"concept": CODED}, "subject": PATIENT},
        {"resourceType": "SupplyRequest", **MICROSPHERES},
    ],
    ids=lambda order: order["resourceType"],
)
def test_an_order_of_a_type_that_is_not_read_is_told_of(client: TestClient, order: Json) -> None:
    told = f"context.draftOrders: 1 order(s) of types that are not read ({order['resourceType']}) were not judged"
    order = {**order, "id": "x1", "status": "draft"}
    alone = card(client, without_metastases(drafted(example(SIGN), order)))
    assert told in alone["detail"]
    assert "order not judged" in alone["summary"]
    beside = card(client, drafted(example(SIGN), order, service_order(TACE)))
    assert told in beside["detail"]
    assert beside["indicator"] == "critical"
    group = {"resourceType": "RequestGroup", "id": "g", "status": "draft", "subject": PATIENT, "contained": [order]}
    assert "1 order(s) inside of other resources were not judged" in card(client, sign(group))["detail"]


@pytest.mark.hazard("HZ-P03")
def test_an_order_of_such_a_type_for_somebody_else_stops_the_call(client: TestClient) -> None:
    order = {
        "resourceType": "MedicationOrder",
        "id": "x1",
        "status": "draft",
        "patient": {"reference": "Patient/other"},
    }
    assert answer(client, drafted(example(SIGN), order)).status_code == 412

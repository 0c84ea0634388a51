"""What could be the diagnosis, or an order for an embolisation, and was set aside for its form, never ends in silence."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from adapter.store import Store
from tests.server.hooks.calling import (
    SNOMED,
    card,
    client_of,
    drafted,
    drug_order,
    example,
    service_order,
    without_metastases,
)

SIGN = "order-sign-tace-portal-vein-occluded"
TACE = "314617008"
Json = dict[str, Any]


def with_conditions(change: Callable[[Json], object]) -> Json:
    """The call with both of its Conditions changed."""
    call = copy.deepcopy(example(SIGN))
    for entry in call["prefetch"]["conditions"]["entry"]:
        change(entry["resource"])
    return call


def answer(client: TestClient, call: Json) -> tuple[int, int]:
    """The status and how many cards there are; 412 has none."""
    response = client.post("/cds-services/ldt-order-sign", json=call)
    return response.status_code, len(response.json().get("cards", []))


def local(code: str) -> Json:
    return {"coding": [{"system": "urn:oid:1.2.3", "code": code}]}


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.update(modifierExtension=[{"url": "https://example.org/x", "valueBoolean": True}]),
        lambda one: one.update(implicitRules="https://example.org/rules"),
        lambda one: one.update(clinicalStatus=local("A")),
        lambda one: one.update(verificationStatus=local("C")),
        lambda one: one.update(recordedDate="2027-01-01", onsetDateTime="2027-01-01"),
    ],
    ids=["modifier", "rules", "clinical status", "verification status", "future"],
)
def test_a_diagnosis_that_is_set_aside_for_its_form_is_named_on_a_card(
    client: TestClient, change: Callable[[Json], object]
) -> None:
    assert answer(client, with_conditions(change)) == (200, 1)


@pytest.mark.hazard("HZ-P03")
@pytest.mark.parametrize("subject", [None, {"display": "Jane"}, {"reference": "#p"}, {"reference": "hk-31"}])
def test_conditions_of_nobody_may_be_the_diagnosis(client: TestClient, subject: Json | None) -> None:
    assert answer(client, with_conditions(lambda one: one.update(subject=subject))) == (412, 0)


@pytest.mark.parametrize("status", ["refuted", "entered-in-error"])
def test_what_is_refuted_stays_silent(client: TestClient, status: str) -> None:
    system = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    said = {"coding": [{"system": system, "code": status}]}
    assert answer(client, with_conditions(lambda one: one.update(verificationStatus=said))) == (200, 0)


@pytest.mark.hazard("HZ-A03")
def test_metastases_of_the_liver_by_their_site_are_never_silence(client: TestClient) -> None:
    call = drafted(example(SIGN), drug_order("7617"))
    mets = next(one["resource"] for one in call["prefetch"]["conditions"]["entry"] if one["resource"]["id"] == "mets")
    mets["code"] = {"coding": [{"system": SNOMED, "code": "128462008"}]}
    for site, spoken in (("10200004", 1), ("71854001", 0)):
        mets["bodySite"] = [{"coding": [{"system": SNOMED, "code": site}]}]
        assert answer(client, call) == (200, spoken)


@pytest.mark.hazard("HZ-A03")
def test_conditions_that_came_in_another_form_are_read_or_missed(client: TestClient) -> None:
    call = example(SIGN)
    entries = call["prefetch"]["conditions"]["entry"]
    for entry in entries:
        entry["search"] = {"mode": "include"}
    assert card(client, call)["indicator"] == "critical"
    nested = {"resourceType": "Bundle", "type": "searchset", "entry": copy.deepcopy(entries)}
    call["prefetch"]["conditions"] = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": nested}]}
    assert answer(client, call) == (412, 0)


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize("code", ["incomplete", "suppressed", "timeout"])
def test_what_the_client_did_not_get_is_lacking_however_lightly_it_says_so(client: TestClient, code: str) -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": code}]}
    call = example(SIGN)
    told = {"resource": outcome, "search": {"mode": "outcome"}}
    call["prefetch"]["conditions"] = {"resourceType": "Bundle", "type": "searchset", "entry": [told]}
    assert answer(client, call) == (412, 0)


def test_an_order_with_a_tilde_in_its_id_is_judged(client: TestClient) -> None:
    order = service_order(TACE, id="x~1")
    call = drafted(example("order-select-beside-tace"), order)
    call["context"]["selections"] = ["ServiceRequest/x~1"]
    assert "TACE" in card(client, call)["detail"]


@pytest.mark.hazard("HZ-P03")
@pytest.mark.parametrize("subject", [None, {"identifier": {"value": "7"}}])
def test_an_order_of_nobody_is_told_of_in_summary_and_gaps(client: TestClient, subject: Json | None) -> None:
    order = service_order(TACE)
    order["subject"] = subject
    told = card(client, drafted(example(SIGN), order))
    assert "some data not used" in told["summary"]
    assert "1 entry(ies) name no patient or cannot be read, and were not judged" in told["detail"]


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize("code", [{"text": "TACE liver"}, None, local("TACE")])
def test_an_order_in_words_speaks_to_a_patient_whose_metastases_are_not_on_record(
    client: TestClient, code: Json | None
) -> None:
    order = service_order(TACE)
    order["code"] = code
    assert answer(client, drafted(without_metastases(example(SIGN)), order)) == (200, 1)


@pytest.mark.hazard("HZ-A13")
def test_a_critical_card_never_waits_for_what_was_answered(store: Store) -> None:
    client = client_of(store, quiet_hours=24)
    store.close()
    assert card(client, example(SIGN))["indicator"] == "critical"


def test_a_card_is_shown_where_the_store_cannot_say_what_was_answered(store: Store) -> None:
    client = client_of(store, quiet_hours=24)
    store.close()
    assert client.post("/cds-services/ldt-encounter-start", json=example("encounter-start")).json()["cards"]


@pytest.mark.parametrize("selections", [[], ["ServiceRequest/x"]])
def test_without_a_known_selection_all_drafts_are_judged(client: TestClient, selections: list[str]) -> None:
    call = example("order-select-beside-tace")
    call["context"]["selections"] = selections
    told = card(client, call)
    assert "all drafts were judged" in told["detail"]
    assert "not judged now" not in told["detail"]


def test_a_dispatch_that_names_no_order_says_so(client: TestClient) -> None:
    call = example("order-dispatch-tace")
    call["context"]["dispatchedOrders"] = []
    told = client.post("/cds-services/ldt-order-dispatch", json=call)
    assert told.status_code == 400 or "no order is named" in told.json()["cards"][0]["detail"]

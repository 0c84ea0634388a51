"""order-dispatch: orders are named in the call and found in the prefetch; what is not found is told."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.server.hooks.calling import answer as answer_of
from tests.server.hooks.calling import card, cards, drug_order, example, refused, without_metastases

TACE, UNKNOWN = "order-dispatch-tace", "order-dispatch-unknown-order"


def test_an_order_that_is_not_sent_out_is_no_plan_of_this_call(client: TestClient) -> None:
    request = example(TACE)
    request["prefetch"]["medications"]["entry"].append({"resource": drug_order("1999687", status="active")})
    request["prefetch"]["medications"]["total"] = 2
    judged = "Orders judged: one of cTACE/DEB-TACE (SNOMED CT 314617008, ServiceRequest/tace)"
    assert f"{judged}\n" in card(client, request)["detail"]
    request["context"]["dispatchedOrders"].append("MedicationRequest/m1")
    assert f"{judged}; PRRT (RxNorm 1999687, MedicationRequest/m1)\n" in card(client, request)["detail"]


def test_beside_a_danger_and_without_advice_nothing_is_called_provisional(client: TestClient) -> None:
    first, _ = card(client, example(TACE))["detail"].split("**The whole answer**")
    certain = "**How certain:** the danger holds whatever is missing; 1 missing fact could exclude what is planned; "
    assert certain in first
    assert "provisional" not in first


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize("key", ["services", "devices", "medications"])
def test_orders_that_could_not_be_had_are_never_silence(client: TestClient, key: str) -> None:
    request = without_metastases(example(UNKNOWN))
    del request["prefetch"][key]
    found = card(client, request)
    assert found["indicator"] == "warning"
    assert f"could not be judged ({key}: not provided by the EHR)" in found["detail"]


def test_an_order_that_is_found_needs_no_other_key(client: TestClient) -> None:
    request = example(TACE)
    del request["prefetch"]["medications"], request["prefetch"]["devices"]
    found = card(client, request)
    assert found["indicator"] == "critical"
    assert "not provided" not in found["detail"]


def test_an_absolute_reference_to_the_server_is_resolved(client: TestClient) -> None:
    request = example(TACE)
    request["context"]["dispatchedOrders"] = [f"{request['fhirServer']}/ServiceRequest/tace"]
    assert card(client, request)["indicator"] == "critical"


def test_a_patient_without_a_neuroendocrine_neoplasm_stays_silent(client: TestClient) -> None:
    request = example(UNKNOWN)
    request["prefetch"]["conditions"] = None
    request["prefetch"]["observations"] = None
    assert cards(client, request) == []


@pytest.mark.hazard("HZ-P02")
def test_a_task_for_somebody_else_stops_the_evaluation(client: TestClient) -> None:
    request: dict[str, Any] = example(TACE)
    request["context"]["fulfillmentTasks"][0]["for"] = {"reference": "Patient/somebody-else"}
    assert refused(answer_of(client, request), 412) == "other-patient"


@pytest.mark.hazard("HZ-P02")
def test_an_active_order_of_somebody_else_stops_the_evaluation(client: TestClient) -> None:
    request = example(TACE)
    order = request["prefetch"]["medications"]["entry"][0]["resource"]
    order["subject"] = {"reference": "Patient/somebody-else"}
    assert refused(answer_of(client, request), 412) == "other-patient"


@pytest.mark.hazard("HZ-A02")
@pytest.mark.parametrize(
    ("own", "other", "judged"),
    [
        (None, None, True),
        (None, "2026-01-02T00:00:00Z", True),
        ("2026-01-02T00:00:00Z", None, True),
        ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", True),
        ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", False),
    ],
)
def test_of_an_order_that_comes_twice_only_an_older_version_is_left_out(
    client: TestClient, own: str | None, other: str | None, judged: bool
) -> None:
    for turn in (1, -1):
        request = example(TACE)
        services = request["prefetch"]["services"]
        order = services["entry"][0]["resource"]
        ablation = {**order, "code": {"coding": [{**order["code"]["coding"][0], "code": "609232008"}]}}
        versions = [(order, own), (ablation, other)][::turn]
        services["entry"] = [
            {"resource": one | ({"meta": {"lastUpdated": time}} if time else {})} for one, time in versions
        ]
        services["total"] = 2
        assert ("one of cTACE/DEB-TACE" in card(client, request)["detail"]) is judged

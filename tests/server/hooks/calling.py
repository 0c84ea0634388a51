"""Calls of the six services, and what every answer of theirs must keep.

Not a test itself.
"""

import json
from typing import Any

from starlette.testclient import TestClient

from adapter.fhir.check import check_resource
from adapter.ldt import rule_set
from adapter.mapping.tables import tables
from adapter.server.app import build_app
from adapter.server.intake import Intake
from adapter.server.settings import Settings
from adapter.store import Store
from cds_hooks import check_response
from tests.cds_hooks.invariants import broken_in_response
from tests.repository import ROOT

FOLDER = ROOT / "fixtures/hooks"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
PATIENT = {"reference": "Patient/hk-31"}

Json = dict[str, Any]


def client_of(store: Store, **settings: object) -> TestClient:
    """A server on this store, as of the day of the examples."""
    checked = Settings.model_validate({"as_of": "2026-01-12", **settings})
    app = build_app(checked, store, Intake(store), tables(), rule_set())
    return TestClient(app, raise_server_exceptions=False)


def example(name: str) -> Json:
    """The call of an example, to be changed at will."""
    loaded: Json = json.loads((FOLDER / f"{name}.json").read_bytes())
    return loaded


def answer(client: TestClient, request: Json) -> Any:
    """The answer of the service of the call's hook."""
    return client.post(f"/cds-services/ldt-{request['hook']}", json=request)


def cards(client: TestClient, request: Json) -> list[Json]:
    """The cards of a call, each as the specification and FHIR want it."""
    response = answer(client, request)
    assert response.status_code == 200, response.text
    assert check_response(response.content) == []
    assert broken_in_response(response.json()) == []
    found: list[Json] = response.json()["cards"]
    for resource in created(found):
        check_resource(resource)
    return found


def card(client: TestClient, request: Json) -> Json:
    """The one card of a call."""
    [found] = cards(client, request)
    return found


def created(found: list[Json]) -> list[Json]:
    """The resources that the cards suggest to create."""
    return [
        action["resource"]
        for one in found
        for suggestion in one.get("suggestions", ())
        for action in suggestion["actions"]
    ]


def refused(response: Any, status: int) -> str:
    """The code of an OperationOutcome with that status."""
    assert response.status_code == status, response.text
    outcome = response.json()
    assert outcome["resourceType"] == "OperationOutcome"
    return str(outcome["issue"][0]["details"]["coding"][0]["code"])


def drafted(request: Json, *orders: Json) -> Json:
    """The call with these drafts in place of its own, all of them selected where it selects."""
    request["context"]["draftOrders"] = {"resourceType": "Bundle", "entry": [{"resource": order} for order in orders]}
    if "selections" in request["context"]:
        request["context"]["selections"] = [f"{order['resourceType']}/{order['id']}" for order in orders]
    return request


def service_order(code: str, id: str = "s1", **members: object) -> Json:
    """A draft ServiceRequest."""
    concept = {"coding": [{"system": SNOMED, "code": code}]}
    return {
        "resourceType": "ServiceRequest",
        "id": id,
        "status": "draft",
        "subject": PATIENT,
        "code": concept,
        **members,
    }


def drug_order(code: str, id: str = "m1", **members: object) -> Json:
    """A draft MedicationRequest."""
    concept = {"coding": [{"system": RXNORM, "code": code}]}
    own = {"resourceType": "MedicationRequest", "id": id, "status": "draft", "subject": PATIENT}
    return {**own, "medicationCodeableConcept": concept, **members}


def without_metastases(request: Json) -> Json:
    """The call for the same patient without liver metastases on record."""
    conditions = request["prefetch"]["conditions"]
    conditions["entry"] = [entry for entry in conditions["entry"] if entry["resource"]["id"] != "mets"]
    conditions["total"] = len(conditions["entry"])
    return request

"""References that name the call's FHIR server in another spelling are of that server; those of another one are not."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.server.hooks.calling import answer, card, example, refused

SIGN = "order-sign-tace-portal-vein-occluded"
SELECT = "order-select-beside-tace"
PATIENT = "Patient/hk-31"
SAME = [
    "https://ehr.example.org/fhir",
    "https://ehr.example.org/fhir/",
    "https://EHR.Example.org/fhir",
    "https://ehr.example.org:443/fhir",
    "HTTPS://ehr.example.org./fhir",
]
OTHER = [
    "http://ehr.example.org/fhir",
    "https://ehr.example.org:8443/fhir",
    "https://ehr.example.org/FHIR",
    "https://ehr.example.org/fhir/r4",
    "https://ehr.example.org",
    "https://ehr.example.org.evil.example/fhir",
    "https://evil.example/https://ehr.example.org/fhir",
    "https://x@ehr.example.org/fhir",
]
Json = dict[str, Any]
each_pair = pytest.mark.parametrize(
    ("server", "base"),
    [*((SAME[0], base) for base in SAME), *((server, SAME[0]) for server in SAME), (SAME[2], SAME[3])],
)


def referring(server: str, base: str, name: str = SIGN, *, full_urls: bool = False) -> Json:
    """The call of this server, with all references (and addresses of entries) absolute under the base."""
    under = base.rstrip("/")
    text = json.dumps(example(name)).replace(f'"{PATIENT}"', f'"{under}/{PATIENT}"')
    request: Json = json.loads(text)
    request["fhirServer"] = server
    if full_urls:
        bundles = [value for value in request["prefetch"].values() if value and value.get("entry")]
        for entry in (entry for bundle in bundles for entry in bundle["entry"]):
            entry["fullUrl"] = f"{under}/{entry['resource']['resourceType']}/{entry['resource']['id']}"
    return request


@pytest.mark.hazard("HZ-P04")
@pytest.mark.parametrize("full_urls", [False, True])
@each_pair
def test_one_server_in_two_spellings_is_one(client: TestClient, server: str, base: str, full_urls: bool) -> None:
    expected = card(client, example(SIGN))
    found = card(client, referring(server, base, full_urls=full_urls))
    assert found["summary"] == expected["summary"]
    assert found["detail"] == expected["detail"]


@pytest.mark.hazard("HZ-P04")
@pytest.mark.parametrize("base", OTHER)
@pytest.mark.parametrize("server", SAME[:3:2])
def test_the_same_id_on_another_server_is_another_patient(client: TestClient, server: str, base: str) -> None:
    assert refused(answer(client, referring(server, base)), 412) == "other-patient"


@pytest.mark.hazard("HZ-P04")
@each_pair
def test_a_selection_by_any_spelling_of_the_server_is_found(client: TestClient, server: str, base: str) -> None:
    request = example(SELECT)
    request["fhirServer"] = server
    request["context"]["selections"] = [f"{base.rstrip('/')}/MedicationRequest/oct"]
    if base.startswith("HTTPS"):
        assert answer(client, request).status_code == 400  # the hook wants http or https in small letters
        return
    found = card(client, request)
    assert found["indicator"] == "warning"
    assert "not among the draft orders" not in found["detail"]


@pytest.mark.hazard("HZ-P04")
@pytest.mark.parametrize("base", ["https://EHR.example.org:443/fhir", "https://ehr.example.org/fhir"])
def test_a_drug_that_is_referred_to_by_another_spelling_is_read(client: TestClient, base: str) -> None:
    request = example(SIGN)
    code = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "7617"}]}
    medication = {"resourceType": "Medication", "id": "x", "code": code}
    order = {
        "resourceType": "MedicationRequest",
        "id": "m",
        "status": "draft",
        "subject": {"reference": PATIENT},
        "medicationReference": {"reference": f"{base}/Medication/x"},
    }
    entries = [{"fullUrl": f"{SAME[0]}/Medication/x", "resource": medication}, {"resource": order}]
    request["context"]["draftOrders"]["entry"] = entries
    assert "Orders judged: SSA" in card(client, request)["detail"]

"""The diagnosis may stand in results or answers that could not be had: beside metastases or an embolisation no silence."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.server.hooks.calling import answer, cards, drafted, drug_order, example, refused, service_order

SIGN = "order-sign-tace-portal-vein-occluded"
VIEW = "encounter-start"
TACE, OCTREOTIDE = "314617008", "7617"
ELSEWHERE = ("observations", "responses")
FAILED: dict[str, Any] = {
    "not provided": ...,
    "error": {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]},
    "partial": {"resourceType": "Bundle", "type": "searchset", "total": 3},
    "unreadable": {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": {"resourceType": 7}}]},
    "of nobody": {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": {"resourceType": "Observation", "id": "o", "status": "final"}}],
    },
    "no resource": "none",
}
Json = dict[str, Any]


def call(name: str, *orders: Json, keep: str = "mets") -> Json:
    """The call with whole prefetch, and no condition but those named; nobody says what the tumour is."""
    request = example(name)
    conditions = request["prefetch"]["conditions"]
    conditions["entry"] = [entry for entry in conditions["entry"] if entry["resource"]["id"] == keep]
    conditions["total"] = len(conditions["entry"])
    for entry in conditions["entry"]:
        system = "http://hl7.org/fhir/sid/icd-10-cm"
        entry["resource"]["code"] = {"coding": [{"system": system, "code": "C78.7"}]}
    for key in ELSEWHERE:
        request["prefetch"][key] = None
    return drafted(request, *orders) if orders else request


def failing(request: Json, key: str, how: str) -> Json:
    """The call with a key that could not be had."""
    request["prefetch"][key] = FAILED[how]
    if FAILED[how] is ...:
        del request["prefetch"][key]
    return request


each_failure = pytest.mark.parametrize("how", FAILED)
each_key = pytest.mark.parametrize("key", ELSEWHERE)


@pytest.mark.hazard("HZ-A03")
@each_key
@each_failure
def test_beside_liver_metastases(client: TestClient, key: str, how: str) -> None:
    assert cards(client, call(VIEW)) == []
    assert refused(answer(client, failing(call(VIEW), key, how)), 412) == "data-unavailable"


@pytest.mark.hazard("HZ-A03")
@each_key
@each_failure
def test_beside_a_liver_directed_draft(client: TestClient, key: str, how: str) -> None:
    assert cards(client, call(SIGN, service_order(TACE), keep="")) == []
    response = answer(client, failing(call(SIGN, service_order(TACE), keep=""), key, how))
    assert refused(response, 412) == "data-unavailable"
    assert key in response.text


@each_key
@each_failure
def test_everybody_else_stays_silent(client: TestClient, key: str, how: str) -> None:
    for request in (call(VIEW, keep=""), call(SIGN, drug_order(OCTREOTIDE), keep="")):
        assert cards(client, failing(request, key, how)) == []


@each_key
def test_a_diagnosis_that_is_another_one_stays_silent(client: TestClient, key: str) -> None:
    request = failing(call(SIGN, service_order(TACE)), key, "error")
    coding = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C22.0"}
    request["prefetch"]["conditions"]["entry"].append(
        {
            "resource": {
                **request["prefetch"]["conditions"]["entry"][0]["resource"],
                "id": "hcc",
                "code": {"coding": [coding]},
            }
        }
    )
    request["prefetch"]["conditions"]["total"] = 2
    assert cards(client, request) == []


IN_WORDS = [{"text": "neuroendocrine tumour"}, {"coding": [{"system": "urn:oid:1.2.3", "code": "N1"}]}]


def with_diagnosis(request: Json, code: Json) -> Json:
    """The call with one more condition on record."""
    one = {"resourceType": "Condition", "id": "words", "subject": {"reference": "Patient/hk-31"}, "code": code}
    conditions = request["prefetch"]["conditions"]
    conditions["entry"].append({"resource": one})
    conditions["total"] = len(conditions["entry"])
    return request


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize("code", IN_WORDS, ids=["words", "a system of their own"])
def test_a_diagnosis_in_words_beside_a_liver_directed_draft_is_no_silence(client: TestClient, code: Json) -> None:
    request = with_diagnosis(call(SIGN, service_order(TACE)), code)
    assert refused(answer(client, request), 412) == "data-unavailable"


@pytest.mark.parametrize("code", [{"text": "High blood pressure"}, IN_WORDS[1]], ids=["words", "a system of their own"])
def test_another_diagnosis_in_words_without_such_a_draft_is_silence(client: TestClient, code: Json) -> None:
    for request in (call(VIEW), call(SIGN, drug_order(OCTREOTIDE))):
        assert cards(client, with_diagnosis(request, code)) == []


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize("key", ["observations", "responses"])
def test_another_diagnosis_by_a_known_code_is_silence(client: TestClient, key: str) -> None:
    code = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C18.9"}]}
    request = with_diagnosis(call(SIGN, service_order(TACE)), code)
    assert cards(client, request) == []
    assert refused(answer(client, failing(request, key, "error")), 412) == "data-unavailable"


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize(
    "sent",
    [
        {"resourceType": "List", "id": "l", "subject": {"reference": "Patient/hk-31"}},
        {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Encounter", "id": "e"}}]},
        {"resourceType": "Patient", "id": "hk-31"},
    ],
    ids=["a list", "another query", "the patient"],
)
@pytest.mark.parametrize("key", ["conditions", "observations", "procedures"])
def test_a_key_that_is_filled_with_something_else_is_lacking(client: TestClient, key: str, sent: Json) -> None:
    request = example(SIGN)
    before = request["prefetch"][key]
    request["prefetch"][key] = sent
    if key == "conditions":
        assert refused(answer(client, request), 412) == "data-unavailable"
        return
    [found] = cards(client, request)
    assert f"{key}: filled with something else" in found["detail"]
    request["prefetch"][key] = before
    assert "filled with something else" not in cards(client, request)[0]["detail"]


def test_what_came_under_another_key_is_read(client: TestClient) -> None:
    request = example(SIGN)
    sent = request["prefetch"]
    sent["conditions"], sent["observations"] = sent["observations"], sent["conditions"]
    [found] = cards(client, request)
    assert found["indicator"] == "critical"
    assert "filled with something else" not in found["detail"]

"""An answer to another query, or one resource for a search, is not what was wanted: it never counts as none on record."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.server.hooks.calling import answer, card, cards, example, refused

SIGN = "order-sign-tace-portal-vein-occluded"
VIEW = "encounter-start"
EHR = "https://ehr.example.org/fhir"
Json = dict[str, Any]

NOBODY = ("Condition?patient=", "Condition?patient=undefined", "Condition/_search?subject=Patient/null")
RIGHT = ("Condition?patient=hk-31", "Condition/_search?subject=Patient%2Fhk-31", "Patient/hk-31/Condition", "Condition")
HYPERTENSION = {
    "resourceType": "Condition",
    "id": "h",
    "subject": {"reference": "Patient/hk-31"},
    "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I10"}]},
}


def bundle(url: str, *resources: Json) -> Json:
    """A searchset that answers this query."""
    entries = [{"resource": resource} for resource in resources]
    links = [{"relation": "self", "url": f"{EHR}/{url}"}]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "link": links, "entry": entries}


def asking(url: str, *resources: Json, key: str = "conditions", name: str = SIGN) -> Json:
    """The call with a key that answers this query."""
    request = example(name)
    request["prefetch"][key] = bundle(url, *resources)
    return request


def linked(url: str, key: str) -> Json:
    """The call with this self link beside what it holds anyway."""
    request = example(SIGN)
    request["prefetch"][key]["link"] = [{"relation": "self", "url": f"{EHR}/{url}"}]
    return request


@pytest.mark.hazard("HZ-P01")
@pytest.mark.parametrize("name", [SIGN, VIEW, "order-dispatch-tace", "problem-list-item-create"])
@pytest.mark.parametrize("key", ["conditions", "observations", "procedures"])
@pytest.mark.parametrize("query", ["patient=ZebraCanary", "subject=Patient/ZebraCanary"])
def test_an_answer_about_another_patient_stops_the_evaluation(
    client: TestClient, name: str, key: str, query: str
) -> None:
    kind = {"conditions": "Condition", "observations": "Observation", "procedures": "Procedure"}[key]
    response = answer(client, asking(f"{kind}?{query}", key=key, name=name))
    assert refused(response, 412) == "other-patient"
    assert response.json()["issue"][0]["expression"] == [f"prefetch.{key}"]
    assert "ZebraCanary" not in response.text


@pytest.mark.hazard("HZ-P01")
def test_so_does_one_that_is_not_empty(client: TestClient) -> None:
    assert refused(answer(client, linked("Condition?patient=other", "conditions")), 412) == "other-patient"


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize("url", [*NOBODY, "Observation?patient=hk-31", "Patient/hk-31/Observation"])
def test_nothing_found_by_another_query_is_no_silence(client: TestClient, url: str) -> None:
    response = answer(client, asking(url))
    assert refused(response, 412) == "data-unavailable"
    assert "prefetch key conditions is needed whole: the EHR sent a query" in response.text


@pytest.mark.parametrize("url", RIGHT)
def test_nothing_found_by_the_right_query_is_none_on_record(client: TestClient, url: str) -> None:
    assert cards(client, asking(url)) == []
    assert cards(client, asking(url, HYPERTENSION)) == []


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize("url", NOBODY)
def test_what_was_found_for_nobody_is_lacking(client: TestClient, url: str) -> None:
    assert refused(answer(client, asking(url, HYPERTENSION)), 412) == "data-unavailable"
    told = card(client, linked(url.replace("Condition", "Observation"), "observations"))["detail"]
    assert "observations: the EHR sent a query that names no patient" in told


@pytest.mark.hazard("HZ-A03")
def test_results_that_nobody_asked_for_are_could_not_be_read(client: TestClient) -> None:
    told = card(client, asking("Procedure?patient=hk-31", key="observations"))
    assert "observations: the EHR sent a query for another type of resource, and found nothing" in told["detail"]
    assert "none on record, as the EHR says: observations" not in told["detail"]
    assert "could not be read" in told["summary"]


@pytest.mark.parametrize("key", ["conditions", "observations"])
def test_the_right_query_beside_what_it_found_changes_nothing(client: TestClient, key: str) -> None:
    kind = {"conditions": "Condition", "observations": "Observation"}[key]
    assert card(client, linked(f"{kind}?patient=hk-31&_sort=-date", key)) == card(client, example(SIGN))


def test_what_came_under_another_key_is_read_with_its_query(client: TestClient) -> None:
    request = example(SIGN)
    sent = request["prefetch"]
    for key, kind in (("conditions", "Condition"), ("observations", "Observation")):
        sent[key]["link"] = [{"relation": "self", "url": f"{EHR}/{kind}?patient=hk-31"}]
    sent["conditions"], sent["observations"] = sent["observations"], sent["conditions"]
    assert card(client, request)["indicator"] == "critical"


def test_the_log_says_what_was_wrong_with_the_query(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    answer(client, asking("Condition?patient="))
    assert "'conditions': 'never-asked/no-patient'" in capsys.readouterr().out


def alone(request: Json, key: str, id: str) -> Json:
    """The call with one resource of a key in place of its Bundle."""
    entries = request["prefetch"][key]["entry"]
    [request["prefetch"][key]] = [entry["resource"] for entry in entries if entry["resource"]["id"] == id]
    return request


@pytest.mark.hazard("HZ-A04")
def test_one_condition_that_concerns_the_patient_gives_the_card_that_says_so(client: TestClient) -> None:
    told = card(client, alone(example(SIGN), "conditions", "net"))
    assert told["indicator"] == "critical"
    assert "conditions: one resource came where a search was asked" in told["detail"]


@pytest.mark.hazard("HZ-A04")
def test_one_condition_in_place_of_all_is_no_silence(client: TestClient) -> None:
    response = answer(client, alone(example(VIEW), "conditions", "net"))
    assert refused(response, 412) == "data-unavailable"
    assert "one resource came where a search was asked" in response.text


@pytest.mark.hazard("HZ-A04")
def test_one_result_in_place_of_all_may_hide_the_diagnosis(client: TestClient) -> None:
    request = example(VIEW)
    entries = request["prefetch"]["conditions"]["entry"]
    request["prefetch"]["conditions"]["entry"] = [one for one in entries if one["resource"]["id"] == "mets"]
    request["prefetch"]["conditions"]["total"] = 1
    for one in request["prefetch"]["conditions"]["entry"]:
        one["resource"]["code"] = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C78.7"}]}
    request["prefetch"]["responses"] = None
    request["prefetch"]["observations"] = None
    assert cards(client, request) == []
    request["prefetch"]["observations"] = alone(example(VIEW), "observations", "bili")["prefetch"]["observations"]
    response = answer(client, request)
    assert refused(response, 412) == "data-unavailable"
    assert "observations: one resource came where a search was asked" in response.text

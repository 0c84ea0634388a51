"""Every hook: data of another patient is 412 and no word of them leaves; faults and gaps are never silence."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.server.hooks.calling import answer, card, example, refused

EXAMPLES = [
    "encounter-start",
    "order-select-beside-tace",
    "order-sign-tace-portal-vein-occluded",
    "order-dispatch-tace",
    "problem-list-item-create",
    "patient-view-07",
]
every = pytest.mark.parametrize("name", EXAMPLES)
CANARY = "ZebraCanary"


@pytest.mark.hazard("HZ-P01")
@every
def test_another_patient_in_the_prefetch_stops_the_evaluation(client: TestClient, name: str) -> None:
    request = example(name)
    request["prefetch"]["patient"]["id"] = CANARY
    response = answer(client, request)
    assert refused(response, 412) == "other-patient"
    assert response.json()["issue"][0]["expression"] == ["prefetch.patient"]
    assert CANARY not in response.text
    assert request["context"]["patientId"] not in response.text


@pytest.mark.hazard("HZ-P02")
@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("order-select-beside-tace", "draftOrders"),
        ("order-sign-tace-portal-vein-occluded", "draftOrders"),
        ("problem-list-item-create", "conditions"),
    ],
)
def test_P9_one_foreign_resource_of_the_context_stops_the_evaluation(
    client: TestClient, name: str, member: str
) -> None:
    request = example(name)
    entries: list[dict[str, Any]] = request["context"][member]["entry"]
    foreign = {**entries[-1]["resource"], "id": "foreign", "subject": {"reference": f"Patient/{CANARY}"}}
    entries.append({"resource": foreign})
    response = answer(client, request)
    assert refused(response, 412) == "other-patient"
    assert CANARY not in response.text


@every
def test_the_place_of_foreign_data_is_told(client: TestClient, name: str) -> None:
    request = example(name)
    entries: list[dict[str, Any]] = request["prefetch"]["conditions"]["entry"]
    own = entries[0]["resource"]
    entries += [{"resource": {**own, "id": f"f{n}", "subject": {"reference": f"Patient/{CANARY}"}}} for n in range(5)]
    place, more = f"prefetch.conditions.entry[{len(entries) - 5}].resource", "and 2 more"
    response = answer(client, request)
    (issue,) = response.json()["issue"]
    assert issue["expression"] == [place]
    assert place in issue["details"]["text"]
    assert more in issue["details"]["text"]
    assert CANARY not in response.text


def test_a_foreign_order_of_a_type_that_is_not_read_stops_it_too(client: TestClient) -> None:
    request = example("order-sign-microspheres")
    diet = request["context"]["draftOrders"]["entry"][1]["resource"]
    diet["patient"] = {"reference": f"Patient/{CANARY}"}
    assert refused(answer(client, request), 412) == "other-patient"


@pytest.mark.hazard("HZ-A03")
@every
def test_without_the_conditions_nothing_is_said_and_it_is_no_silence(client: TestClient, name: str) -> None:
    request = example(name)
    del request["prefetch"]["conditions"]
    assert refused(answer(client, request), 412) == "data-unavailable"


@pytest.mark.hazard("HZ-A04")
@every
def test_a_part_of_the_conditions_gives_a_card_that_says_so(client: TestClient, name: str) -> None:
    request = example(name)
    request["prefetch"]["conditions"]["total"] = 40
    assert "conditions: incomplete" in card(client, request)["detail"]


@pytest.mark.hazard("HZ-A04")
@pytest.mark.parametrize("name", ["order-sign-not-a-net", "patient-view-09"])
def test_a_part_of_the_conditions_without_a_tumour_is_no_silence(client: TestClient, name: str) -> None:
    request = example(name)
    request["prefetch"]["conditions"]["total"] = 40
    assert refused(answer(client, request), 412) == "data-unavailable"


@pytest.mark.hazard("HZ-A03")
@every
@pytest.mark.parametrize("key", ["observations", "procedures", "administrations", "statements", "responses", "patient"])
def test_other_keys_that_could_not_be_had_are_named(client: TestClient, name: str, key: str) -> None:
    request = example(name)
    del request["prefetch"][key]
    assert f"{key}: not provided by the EHR" in card(client, request)["detail"]


@pytest.mark.hazard("HZ-A02")
@every
def test_a_fault_in_the_rules_is_500(client: TestClient, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError(CANARY)

    monkeypatch.setattr("adapter.advice.assessment.evaluate", broken)
    response = answer(client, example(name))
    assert refused(response, 500) == "internal-error"
    assert CANARY not in response.text


@pytest.mark.hazard("HZ-X01")
@every
def test_no_text_of_a_record_or_an_order_reaches_a_card(client: TestClient, name: str) -> None:
    request = example(name)
    hostile = f"{CANARY} <img src=x onerror=alert(1)> [x](javascript:alert(1)) \u202e"
    for resource in [*_resources(request["prefetch"]), *_resources(request["context"])]:
        resource["note"] = [{"text": hostile}]
        for concept in ("code", "medicationCodeableConcept"):
            if concept in resource:
                resource[concept]["text"] = hostile
    assert CANARY not in answer(client, request).text


def _resources(tree: Any) -> list[dict[str, Any]]:
    if isinstance(tree, list):
        return [found for one in tree for found in _resources(one)]
    if not isinstance(tree, dict):
        return []
    own = [tree] if tree.get("resourceType") not in (None, "Bundle") else []
    return own + [found for one in tree.values() for found in _resources(one)]

"""What cards suggest: drafts about the patient of the call, one action each, nothing where there is nothing to do."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from adapter.advice.assessment import Assessment
from adapter.advice.careplan import care_plan
from adapter.advice.overriding import OVERRIDE_REASONS
from adapter.fhir.check import InvalidOutput
from adapter.store import Store
from tests.server.hooks.calling import answer, card, client_of, created, drafted, drug_order, example

SIGN = "order-sign-tace-portal-vein-occluded"
SPEAKING = [SIGN, "order-sign-microspheres", "order-dispatch-tace", "encounter-start", "patient-view-07"]
LABELS = ["Request a discussion in the tumour board", "Order total bilirubin", "Keep these options as a draft CarePlan"]


def labels(found: dict[str, Any]) -> list[str]:
    return [suggestion["label"] for suggestion in found.get("suggestions", ())]


@pytest.mark.hazard("HZ-A07")
@pytest.mark.hazard("HZ-A14")
@pytest.mark.parametrize("name", SPEAKING)
def test_R8_R9_each_suggestion_creates_one_draft_about_the_patient(client: TestClient, name: str) -> None:
    request = example(name)
    response = answer(client, request).json()
    assert set(response) == {"cards"}
    for suggestion in response["cards"][0]["suggestions"]:
        [action] = suggestion["actions"]
        assert action["type"] == "create"
        assert action["description"] == suggestion["label"]
        assert not suggestion.get("isRecommended")
    for resource in created(response["cards"]):
        assert resource["subject"] == {"reference": f"Patient/{request['context']['patientId']}"}
        assert (resource["status"], resource["intent"]) == ("draft", "proposal")
        assert "id" not in resource
        assert not {"dosageInstruction", "occurrenceDateTime", "period", "performer"} & set(resource)


@pytest.mark.parametrize("name", SPEAKING)
def test_R6_R7_R11_a_card_has_what_feedback_needs(client: TestClient, name: str) -> None:
    found = card(client, example(name))
    assert found["selectionBehavior"] == "any"
    assert found["source"]["topic"]["code"].isalnum()
    assert {reason["code"] for reason in found["overrideReasons"]} == set(OVERRIDE_REASONS)
    assert {reason["system"].rpartition("/")[2] for reason in found["overrideReasons"]} == {"ldt-override-reason"}
    ids = [found["uuid"], *(suggestion["uuid"] for suggestion in found["suggestions"])]
    assert len(set(ids)) == len(ids)


def test_ids_belong_to_one_call_of_one_service(client: TestClient) -> None:
    request = example("encounter-start")
    again = {**request, "hookInstance": "6f1c9a52-83d4-4c7e-9a11-0000000000ff"}
    other = {**request, "hook": "patient-view"}
    assert card(client, request)["uuid"] == card(client, request)["uuid"]
    assert len({card(client, one)["uuid"] for one in (request, again, other)}) == 3


def test_a_missing_laboratory_value_is_ordered_by_its_code(client: TestClient) -> None:
    found = card(client, example(SIGN))
    assert labels(found) == LABELS
    order = found["suggestions"][1]["actions"][0]["resource"]
    assert order["code"]["coding"] == [
        {
            "system": "http://loinc.org",
            "code": "1975-2",
            "display": "Bilirubin.total [Mass/volume] in Serum or Plasma",
        }
    ]


def test_a_value_that_is_on_its_way_is_not_ordered_again(client: TestClient) -> None:
    request = example(SIGN)
    bilirubin = request["prefetch"]["observations"]["entry"][0]["resource"]
    bilirubin |= {"status": "preliminary", "effectiveDateTime": "2026-01-11T07:00:00Z"}
    found = card(client, request)
    assert "Total bilirubin: not final" in found["detail"]
    assert "Order total bilirubin" not in labels(found)


@pytest.mark.hazard("HZ-A04")
@pytest.mark.parametrize("gap", ["missing", "partial", "of nobody"])
def test_no_test_is_ordered_where_results_could_not_be_had_whole(client: TestClient, gap: str) -> None:
    request = example(SIGN)
    if gap == "missing":
        del request["prefetch"]["observations"]
    elif gap == "of nobody":
        del request["prefetch"]["observations"]["entry"][0]["resource"]["subject"]
    else:
        request["prefetch"]["observations"] |= {"total": 90}
    found = card(client, request)
    assert ("observations: " in found["detail"]) is (gap != "of nobody")
    assert not any(label.startswith("Order ") for label in labels(found))


def test_where_the_scope_is_unknown_only_what_is_missing_is_offered(client: TestClient) -> None:
    request = example("encounter-start")
    observations = request["prefetch"]["observations"]["entry"]
    observations[:] = [entry for entry in observations if entry["resource"]["id"] != "diff"]
    request["prefetch"]["observations"]["total"] = len(observations)
    found = card(client, request)
    assert "no advice until" in found["summary"]
    assert labels(found) == []


def test_outside_of_the_scope_nothing_is_suggested(client: TestClient) -> None:
    request = example(SIGN)
    request["prefetch"]["patient"]["birthDate"] = "2015-02-03"
    found = card(client, request)
    assert "does not apply" in found["detail"]
    assert labels(found) == []


@pytest.mark.hazard("HZ-P15")
@pytest.mark.parametrize("name", [SIGN, "order-dispatch-tace", "encounter-start", "problem-list-item-create"])
def test_a_closed_record_gets_no_suggestion_and_no_advice(client: TestClient, name: str) -> None:
    request = example(name)
    request["prefetch"]["patient"]["deceasedBoolean"] = True
    found = card(client, request)
    assert (found["indicator"], labels(found)) == ("info", [])
    assert "the record says that the patient has died" in found["summary"]
    assert "overrideReasons" not in found


def test_a_plan_refers_to_no_draft_of_the_call(client: TestClient) -> None:
    """The ids of drafts are the client's own: a stored plan could not refer to them."""
    found = card(client, drafted(example(SIGN), drug_order("1547545")))
    assert "Planned therapies: " in found["detail"].split("**Facts that decided**")[1]
    plan = created([found])[-1]
    references = [info["reference"] for info in plan["supportingInfo"]]
    assert "#planned-therapies" in references
    assert [one for one in references if "context" in one or "Request" in one] == []
    [contained] = [one for one in plan["contained"] if one["id"] == "planned-therapies"]
    assert "context.draftOrders MedicationRequest/m1" in contained["note"][0]["text"]


def test_what_the_client_cannot_create_is_not_offered(store: Store) -> None:
    found = card(client_of(store, ehr_profile="epic-like"), example(SIGN))
    assert labels(found) == LABELS[:2]
    assert found["source"]["topic"]["code"].isalnum()


@pytest.mark.hazard("HZ-A14")
def test_a_suggestion_about_somebody_else_never_leaves(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def of_somebody_else(assessment: Assessment, **more: Any) -> dict[str, object]:
        return care_plan(assessment, **more) | {"subject": {"reference": "Patient/P9"}}

    monkeypatch.setattr("adapter.advice.suggestions.care_plan", of_somebody_else)
    response = answer(client, example(SIGN))
    assert response.status_code == 500
    assert "P9" not in response.text + caplog.text
    assert InvalidOutput.__name__ in caplog.text


@pytest.mark.hazard("HZ-T14")
@pytest.mark.hazard("HZ-A06")
@pytest.mark.parametrize("name", SPEAKING)
def test_a_card_says_what_it_rests_on(client: TestClient, name: str) -> None:
    detail = card(client, example(name))["detail"]
    for part in ("Data as of 2026-01-12", "Rule set ldt-nelm 2026.1.0", "**Sources**", "**Facts that decided**"):
        assert part in detail
    assert "For health professionals of a tumour board" in detail

"""No words of whoever sends a call come back: not those of names, notes, displays and titles, nor those in ids and codes."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from adapter.ldt import rule_set
from adapter.mapping.tables import tables
from adapter.server.app import build_app
from adapter.server.intake import Intake
from adapter.server.settings import Settings
from adapter.store import Store, init_store, open_store
from tests.server.hooks.calling import answer, card, drafted, drug_order, example, service_order

EXAMPLES = [
    "encounter-start",
    "order-select-beside-tace",
    "order-sign-tace-portal-vein-occluded",
    "order-dispatch-tace",
    "problem-list-item-create",
    "patient-view-07",
]
every = pytest.mark.parametrize("name", EXAMPLES)
MARK = "ZebraCanary"
WORDS = st.sampled_from(
    [" {}", "{} lives at 5 Main St", " <b>{}</b>", " **{}** [x](http://{}.example)", "|{}|`x`", "\u202e{} 1961"]
)
FREE = ("display", "text", "title", "name", "description", "comment", "note")
Json = dict[str, Any]


def planted(tree: Any, words: str) -> Any:
    """The call with the words in every text that is free, and added to every id, address and reference but those that say
    whose a resource is."""
    if isinstance(tree, list):
        return [planted(one, words) for one in tree]
    if not isinstance(tree, dict):
        return tree
    found = {name: planted(value, words) for name, value in tree.items()}
    found |= {name: words for name in FREE if isinstance(tree.get(name), str)}
    if "coding" in tree:
        found["text"] = words
    if "system" in tree and "code" in tree and "value" not in tree:
        found["display"] = words
    kind = tree.get("resourceType")
    if kind not in (None, "Bundle"):
        found |= {"note": [{"text": words}], "text": {"status": "generated", "div": words}}
        found["requester"] = {"reference": f"Practitioner/{words}", "display": words}
        found["identifier"] = [{"system": words, "value": words}]
        if kind == "Observation":
            found |= {"performer": [{"reference": f"Organization/{words}"}], "specimen": {"display": words}}
            found["method"] = {"text": words}
    if kind not in (None, "Bundle", "Patient"):
        found["id"] = f"{tree.get('id', '')}{words}"
    if "resource" in tree:
        found["fullUrl"] = f"urn:uuid:{words}"
    if "family" in tree:
        found["family"] = words
    return found


@pytest.mark.hazard("HZ-X01")
@every
@settings(max_examples=6, deadline=None)
@given(words=WORDS)
def test_words_in_texts_ids_and_references_stay_out_of_the_answer(calls: TestClient, name: str, words: str) -> None:
    request = example(name)
    before = card(calls, request)
    for part in ("context", "prefetch"):
        request[part] = planted(request[part], words.format(MARK, MARK))
    response = answer(calls, request)
    assert MARK not in response.text
    [found] = response.json()["cards"]
    assert ("Portal vein: occluded" in found["detail"]) is ("Portal vein: occluded" in before["detail"])


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """A server for all examples, on a store that nobody reads."""
    url = f"sqlite:///{tmp_path_factory.mktemp('words')}/messages.db"
    init_store(url)
    store: Store = open_store(url)
    app = build_app(Settings.model_validate({"as_of": "2026-01-12"}), store, Intake(store), tables(), rule_set())
    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.hazard("HZ-X01")
@pytest.mark.parametrize("member", ["system", "code"])
@pytest.mark.parametrize("kind", ["order", "procedure", "diagnosis"])
def test_words_in_a_code_are_only_told_of(client: TestClient, member: str, kind: str) -> None:
    request = drafted(example("order-sign-tace-portal-vein-occluded"), service_order("314617008"), drug_order("7617"))
    coding = {"system": "urn:oid:1.2.3", "code": "X1", member: f"{MARK} lives here"}
    if kind == "order":
        request["context"]["draftOrders"]["entry"][0]["resource"]["code"]["coding"] = [coding]
    else:
        of_kind = {"procedure": ("Procedure", "procedures"), "diagnosis": ("Condition", "conditions")}
        resource_type, key = of_kind[kind]
        resource = {
            "resourceType": resource_type,
            "id": "odd",
            "status": "completed",
            "subject": {"reference": "Patient/hk-31"},
            "code": {"coding": [coding]},
        }
        bundle = request["prefetch"][key] or {"resourceType": "Bundle", "type": "searchset", "entry": []}
        bundle["entry"].append({"resource": resource})
        request["prefetch"][key] = {**bundle, "total": len(bundle["entry"])}
    found = card(client, request)
    assert MARK not in str(found)
    if kind != "diagnosis":
        assert {"system": "another system: X1", "code": "a code that has not the form of one"}[member] in found[
            "detail"
        ]


@pytest.mark.hazard("HZ-X01")
@pytest.mark.parametrize("kind", [f"{MARK} Bundle", f"{MARK}<b>", "bundle"])
@pytest.mark.parametrize("key", ["conditions", "observations", "procedures"])
def test_a_type_that_is_none_makes_a_value_unreadable(client: TestClient, key: str, kind: str) -> None:
    request = example("order-sign-tace-portal-vein-occluded")
    request["prefetch"][key] = {"resourceType": kind}
    response = answer(client, request)
    assert MARK not in response.text
    assert response.status_code == (412 if key == "conditions" else 200)
    if key != "conditions":
        assert f"{key}: not readable as FHIR" in response.json()["cards"][0]["detail"]


def test_an_id_that_is_none_is_replaced_by_its_place(client: TestClient) -> None:
    request = example("order-sign-tace-portal-vein-occluded")
    request["prefetch"]["conditions"]["entry"][1]["resource"]["id"] = f"{MARK} <b>"
    found = card(client, request)
    assert MARK not in str(found)
    assert "prefetch.conditions.Bundle.entry\\[1\\].resource#code" in found["detail"]

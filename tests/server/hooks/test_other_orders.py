"""Orders that no rule concerns: silence for what is plainly something else, each cause in its own words for the rest."""

import csv
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from adapter.ldt import rule_set
from adapter.mapping.tables import tables
from adapter.server.app import build_app
from adapter.server.intake import Intake
from adapter.server.listeners import site_of
from adapter.server.settings import Settings
from adapter.store import Store
from tests.server.hooks.calling import (
    PATIENT,
    SNOMED,
    card,
    cards,
    client_of,
    drafted,
    drug_order,
    example,
    service_order,
    without_metastases,
)

MAPPINGS = Path(__file__).parents[3] / "mappings"
SIGN = "order-sign-tace-portal-vein-occluded"
SELECT = "order-select-beside-tace"
Json = dict[str, Any]

DIET = {"resourceType": "NutritionOrder", "id": "n1", "status": "draft", "patient": PATIENT}
SAFE_OTHER = drug_order("7617", id="oct")
TACE = service_order("314617008", id="tace")


def named(order: Json, display: str) -> Json:
    """The order with words beside its code."""
    member = "code" if "code" in order else "medicationCodeableConcept"
    return {**order, member: {"coding": [{**order[member]["coding"][0], "display": display}]}}


PARACETAMOL = named(drug_order("161", id="p1"), "Paracetamol")
ECHO = named(service_order("40701008", id="e1"), "Echocardiography")


@pytest.mark.parametrize("name", [SIGN, SELECT])
@pytest.mark.parametrize(
    "orders",
    [[PARACETAMOL], [ECHO], [DIET], [PARACETAMOL, ECHO, DIET], [named(PARACETAMOL, "Paracetamol 500 mg tablet")]],
    ids=["drug", "procedure", "diet", "all", "with a name"],
)
def test_orders_that_no_rule_concerns_are_silence(client: TestClient, name: str, orders: list[Json]) -> None:
    assert cards(client, drafted(example(name), *orders)) == []


def test_a_local_code_beside_a_known_one_is_read_by_the_known_one_where_it_has_words(client: TestClient) -> None:
    known = PARACETAMOL["medicationCodeableConcept"]["coding"]
    local = {"system": "urn:oid:1.2.3", "code": "PARA"}
    for told, silent in (({**local, "display": "Paracetamol 500"}, True), (local, False)):
        order = {**PARACETAMOL, "medicationCodeableConcept": {"coding": [told, *known]}}
        assert (cards(client, drafted(example(SIGN), order)) == []) is silent


@pytest.mark.hazard("HZ-A02")
def test_a_medication_beside_it_names_no_procedure(client: TestClient) -> None:
    drug = {"resourceType": "Medication", "id": "x", "code": PARACETAMOL["medicationCodeableConcept"]}
    request = drafted(example(SIGN), drug, service_order("77373"))
    assert "without words that say what it is" in card(client, request)["detail"]
    order = {key: value for key, value in PARACETAMOL.items() if key != "medicationCodeableConcept"}
    order["medicationReference"] = {"reference": "Medication/x"}
    assert cards(client, drafted(example(SIGN), drug, order)) == []


def test_selecting_another_order_beside_a_harmless_draft_is_silence(client: TestClient) -> None:
    request = drafted(example(SELECT), PARACETAMOL, SAFE_OTHER)
    request["context"]["selections"] = ["MedicationRequest/p1"]
    assert cards(client, request) == []
    request["context"]["selections"] = ["MedicationRequest/oct"]
    assert "Orders judged: SSA" in card(client, request)["detail"]


@pytest.mark.hazard("HZ-A02")
def test_a_contraindicated_draft_is_told_of_whatever_is_selected_beside_it(client: TestClient) -> None:
    request = drafted(example(SELECT), PARACETAMOL, TACE)
    request["context"]["selections"] = ["MedicationRequest/p1"]
    found = card(client, request)
    assert "another draft is to be avoided" in found["summary"]
    assert "Orders judged: none (1 for what no rule reads)" in found["detail"]
    signed = card(client, drafted(example(SIGN), PARACETAMOL, TACE))
    assert signed["indicator"] == "critical"


@pytest.mark.hazard("HZ-A02")
@pytest.mark.parametrize(
    ("order", "cause"),
    [
        ({**TACE, "code": {"text": "TACE"}}, "1 could not be read"),
        ({**TACE, "code": {"coding": [{"system": "urn:oid:1.2.3", "code": "X"}]}}, "1 could not be read"),
        ({**TACE, "code": 7}, "1 could not be read"),
        ({**TACE, "subject": None}, "1 could not be read"),
        ({**TACE, "modifierExtension": [{"url": "urn:x", "valueBoolean": True}]}, "1 could not be read"),
        (
            named(ECHO, "Transarterial chemoembolization of liver"),
            "1 under a code that is in no table, with words of a therapy that the rules read",
        ),
        (
            named(PARACETAMOL, "1 ML octreotide 0.1 MG/ML Injection"),
            "1 under a code that is in no table, with words of a therapy that the rules read",
        ),
        (drug_order("3639"), "1 without what has to stand beside it"),
        (drug_order("1534772"), "1 for what no rule reads"),
        ({**TACE, "status": "revoked"}, "1 not about to be done, by status or doNotPerform"),
    ],
    ids=[
        "words only",
        "local code",
        "no FHIR",
        "of nobody",
        "modifier",
        "procedure by name",
        "drug by name",
        "agent alone",
        "declared as not read",
        "revoked",
    ],
)
def test_what_may_be_a_therapy_is_never_silence_and_its_cause_is_said(
    client: TestClient, order: Json, cause: str
) -> None:
    assert f"Orders judged: none ({cause}" in card(client, drafted(example(SIGN), order))["detail"]


@pytest.mark.hazard("HZ-A02")
@pytest.mark.parametrize(
    "words",
    [
        "Occlusion of Hepatic Artery, Percutaneous Approach",
        "Destruction of Right Lobe Liver, Percutaneous Approach",
        "Introduction of Other Antineoplastic into Peripheral Artery, Percutaneous Approach",
        "SIR-Spheres", "Drug-eluting beads", "Y 90 resin spheres", "RFA liver", "MWA of liver metastasis", "HIFU liver",
        "Electroporation of liver", "Radiofréquence hépatique", "Laser-induced thermotherapy of liver", "Liver lobectomy",
        "Metastasectomy of liver", "Lipiodol", "Epirubicin", "IR intra-arterial liver therapy",
    ],
)  # fmt: skip
def test_an_unknown_code_with_words_of_a_therapy_is_never_silence(client: TestClient, words: str) -> None:
    assert "words of a therapy" in card(client, drafted(example(SIGN), named(ECHO, words)))["detail"]


@pytest.mark.hazard("HZ-A02")
@pytest.mark.parametrize(
    "beside",
    [
        {"orderDetail": [{"text": "TACE segment VI"}]},
        {"note": [{"text": "for TACE"}]},
        {"note": [{"text": "Planned:\nSIRT"}]},
        {"note": [{"text": "\u00c9:\tSIRT"}]},
        {"reasonCode": [{"text": "chemoembolisation planned"}]},
        {"bodySite": [{"coding": [{"system": SNOMED, "code": "76015000", "display": "Hepatic artery"}]}]},
        {"note": [{"text": "\u00c9mbolisation: radiofr\u00e9quence"}]},
    ],
    ids=["detail", "note", "line of a note", "beyond a tab", "reason", "site", "escaped"],
)
def test_a_general_order_that_names_the_therapy_elsewhere_is_never_silence(client: TestClient, beside: Json) -> None:
    order = {**named(service_order("240917005"), "Interventional radiology procedure"), **beside}
    assert "words of a therapy" in card(client, drafted(example(SIGN), order))["detail"]


@pytest.mark.hazard("HZ-A02")
def test_an_unknown_code_without_words_is_never_silence(client: TestClient) -> None:
    for order in (service_order("40701008"), drug_order("161"), service_order("77373")):
        detail = card(client, drafted(example(SIGN), order))["detail"]
        assert "Orders judged: none (1 under a code that is in no table, without words that say what it is)" in detail


@pytest.mark.parametrize(
    "words",
    ["Hepatic function panel", "Hepatitis B surface antigen", "Ultrasound of abdomen", "Glucose", "Arterial blood gas",
     "Excision of lesion of skin"],
)  # fmt: skip
def test_orders_with_other_words_are_silence(client: TestClient, words: str) -> None:
    assert cards(client, drafted(example(SIGN), named(ECHO, words))) == []


@pytest.mark.hazard("HZ-A02")
def test_every_code_that_plans_a_therapy_has_words_of_one() -> None:
    facts = {"planned_therapies", "planned_vasopressor"}
    concepts = {one for row in tables().rows if row.kind == "order" and row.fact in facts for one in row.concepts}
    with (MAPPINGS / "codes.csv").open(encoding="utf-8", newline="") as file:
        displays = [line["display"] for line in csv.DictReader(file) if line["concept"] in concepts]
    assert len(displays) > 50
    assert [display for display in displays if display and not tables().therapy_words.name_any(display)] == []


@pytest.mark.hazard("HZ-A02")
@pytest.mark.parametrize("how", ["contained", "reference", "medication"])
def test_a_therapy_that_is_named_in_a_medication_is_never_silence(client: TestClient, how: str) -> None:
    drug = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "1", "display": "Afinitor"}]}
    plain = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "1"}]}
    medication: Json = {"resourceType": "Medication", "id": "x", "code": plain if how == "reference" else drug}
    order = {key: value for key, value in PARACETAMOL.items() if key != "medicationCodeableConcept"}
    order["medicationReference"] = {"reference": "#x" if how == "contained" else "Medication/x"}
    if how == "reference":
        order["medicationReference"]["display"] = "Everolimus 10 mg"
    if how == "contained":
        request = drafted(example(SIGN), {**order, "contained": [medication]})
    else:
        request = drafted(example(SIGN), medication, order)
    assert "words of a therapy" in card(client, request)["detail"]


@pytest.mark.hazard("HZ-A02")
def test_words_of_a_liver_directed_therapy_speak_before_metastases_are_on_record(client: TestClient) -> None:
    octreotide = named(PARACETAMOL, "octreotide")
    for words in (
        "Hepatic artery embolisation",
        "Mikrowellenablation der Leber",
        "SIRT",
        "Y-90 microspheres",
        "DEB-TACE",
        "cTACE",
    ):
        order = without_metastases(drafted(example(SIGN), named(ECHO, words)))
        assert "words of a therapy" in card(client, order)["detail"]
    assert cards(client, without_metastases(drafted(example(SIGN), octreotide))) == []  # as under its own code


def test_a_call_without_drafts_says_so(client: TestClient) -> None:
    request = example(SIGN)
    request["context"]["draftOrders"] = {"resourceType": "Bundle", "entry": []}
    assert "Orders judged: none (the call brings no draft orders)" in card(client, request)["detail"]
    request["context"]["draftOrders"] = {"entry": []}
    assert "Orders judged: none (the draft orders could not be read)" in card(client, request)["detail"]


def test_a_selection_that_selects_nothing_says_that_all_were_judged(client: TestClient) -> None:
    request = drafted(example(SELECT), PARACETAMOL, SAFE_OTHER)
    request["context"]["selections"] = []
    found = card(client, request)
    assert "No order is selected: all drafts were judged" in found["detail"]
    assert "Orders judged: SSA" in found["detail"]
    assert "Data that could not be had" not in found["detail"]
    request = drafted(example(SELECT), PARACETAMOL)
    request["context"]["selections"] = []
    assert cards(client, request) == []


def test_other_orders_that_are_sent_out_are_silence(client: TestClient) -> None:
    request = example("order-dispatch-tace")
    echo = {**ECHO, "status": "active", "code": {"coding": [{"system": SNOMED, "code": "40701008"}], "text": "Echo"}}
    request["prefetch"]["services"] = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": echo}]}
    request["context"]["dispatchedOrders"] = ["ServiceRequest/e1"]
    assert cards(client, request) == []
    request["context"]["dispatchedOrders"] = ["ServiceRequest/gone"]
    told = "Orders judged, of those that came with the call: none (the orders that are sent out were not found)"
    assert told in card(client, request)["detail"]


def test_a_code_system_that_the_site_names_is_a_known_one(store: Store, tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text('code_systems:\n  "HOSPDRUG": "urn:oid:1.2.3"\n', encoding="utf-8")
    settings = Settings.model_validate({"as_of": "2026-01-12", "site": tmp_path})
    code = {"coding": [{"system": "urn:oid:1.2.3", "code": "PARA"}], "text": "Paracetamol"}
    request = drafted(example(SIGN), {**PARACETAMOL, "medicationCodeableConcept": code})
    assert "Orders judged: none (1 could not be read)" in card(client_of(store), request)["detail"]
    known = site_of(settings).tables
    app = build_app(settings, store, Intake(store), known, rule_set())
    assert cards(TestClient(app), request) == []

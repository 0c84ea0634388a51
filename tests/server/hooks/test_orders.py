"""order-select and order-sign: drafts become planned therapies, and a contraindicated one is critical."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.server.hooks.calling import PATIENT, answer, card, cards, drafted, drug_order, example, service_order
from tests.server.hooks.calling import without_metastases as no_metastases

SIGN = "order-sign-tace-portal-vein-occluded"
SELECT = "order-select-beside-tace"
TACE, SIRT, OCTREOTIDE = "314617008", "764677008", "7617"


def sign(*orders: dict[str, Any]) -> dict[str, Any]:
    return drafted(example(SIGN), *orders)


@pytest.mark.parametrize(
    ("order", "read_as"),
    [
        (service_order(TACE), "one of cTACE/DEB-TACE"),
        (service_order(SIRT), "one of radiation segmentectomy/TARE (lobar)/TARE (whole liver)"),
        (service_order("609232008"), "MWA"),
        (drug_order("1999687"), "PRRT"),
        (drug_order(OCTREOTIDE), "SSA"),
        (drug_order("4492"), "chemotherapy"),
        (drug_order("141704"), "everolimus"),
        (drug_order("3992"), "epinephrine"),
        (drug_order("7512"), "norepinephrine"),
    ],
)
def test_an_order_is_read_as_what_it_plans(client: TestClient, order: dict[str, Any], read_as: str) -> None:
    line = next(line for line in card(client, sign(order))["detail"].splitlines() if "Orders judged" in line)
    assert read_as.lower() in line.lower()


def test_the_two_drugs_of_captem_are_one_plan(client: TestClient) -> None:
    detail = card(client, sign(drug_order("37776"), drug_order("194000", id="m2")))["detail"]
    told = "CapTem (RxNorm 37776, MedicationRequest/m1; RxNorm 194000, MedicationRequest/m2)"
    assert f"Orders judged: {told}\n" in detail.replace("\\", "")


def test_of_three_drafts_the_card_names_the_one_that_is_judged(client: TestClient) -> None:
    drafts = (
        service_order("609232008", id="ablation"),
        drug_order("1999687", id="prrt"),
        drug_order(OCTREOTIDE, id="oct"),
    )
    request = drafted(example(SELECT), *drafts)
    request["context"]["selections"] = ["MedicationRequest/prrt"]
    found = card(client, request)
    assert found["summary"].startswith("NET liver metastases: order PRRT not rated yet; ")
    first = found["detail"].replace("\\", "").split("**The whole answer**")[0]
    assert "Orders judged: PRRT (RxNorm 1999687, MedicationRequest/prrt)\n" in first
    assert "other drafts count as planned beside them" in first


def test_orders_that_could_not_be_judged_stand_beside_the_one_that_was(client: TestClient) -> None:
    unread = service_order("1", id="what")
    unread["code"] = {"text": "chemoembolisation"}
    detail = card(client, sign(drug_order("1999687"), unread))["detail"]
    assert "MedicationRequest/m1). Not judged: 1 could not be read\n" in detail.replace("\\", "")


def test_of_a_long_plan_the_summary_has_the_verdict_and_the_card_the_names(client: TestClient) -> None:
    found = card(client, example("order-sign-microspheres"))
    assert found["summary"].startswith(
        "NET liver metastases: order TARE (whole liver) not recommended, others below; no therapy can be advised yet; "
    )
    assert "(SNOMED CT 764678003, DeviceRequest/spheres)" in found["detail"]
    said = "ordered: TARE (whole liver) not recommended, or radiation segmentectomy or TARE (lobar) not rated yet\n"
    assert said in found["detail"].replace("\\", "")


def test_an_order_that_no_rule_rates_is_told_apart_from_the_advice_as_a_whole(client: TestClient) -> None:
    found = card(client, sign(drug_order(OCTREOTIDE)))
    assert found["summary"] == (
        "NET liver metastases: order SSA rated by no rule; no therapy can be advised yet; 21 facts missing"
    )
    assert "What the rules say of what is ordered: SSA rated by no rule\n" in found["detail"]


def test_an_order_beside_it_that_could_not_be_judged_is_in_the_summary(client: TestClient) -> None:
    unread = service_order("1", id="what") | {"code": {"text": "chemoembolisation"}}
    found = card(client, sign(drug_order(OCTREOTIDE), unread, service_order("609232008", id="over", status="revoked")))
    assert "order rated by no rule, and 1 other not judged; " in found["summary"]
    dangerous = card(client, sign(service_order(TACE), unread))
    assert "order contraindicated or to be avoided: cTACE, DEB-TACE; 1 other not judged" in dangerous["summary"]


def test_a_card_on_no_order_says_so_in_its_summary(client: TestClient) -> None:
    found = card(client, sign(service_order("609232008", status="revoked")))
    assert found["summary"].startswith("NET liver metastases: order not judged; ")


def test_a_drug_by_reference_to_a_medication_among_the_drafts_is_read(client: TestClient) -> None:
    medication = {"resourceType": "Medication", "id": "x", "code": drug_order(OCTREOTIDE)["medicationCodeableConcept"]}
    order = drug_order(OCTREOTIDE, medicationReference={"reference": "Medication/x"})
    del order["medicationCodeableConcept"]
    assert "Orders judged: SSA" in card(client, sign(medication, order))["detail"]
    request = drafted(example(SELECT), medication, order)
    request["context"]["selections"] = ["MedicationRequest/m1"]
    detail = card(client, request)["detail"]
    assert "Orders judged: SSA" in detail
    assert "other drafts" not in detail  # a Medication is no draft


@pytest.mark.parametrize("status", ["draft", "active", None])
def test_C3_what_is_signed_again_is_planned_whatever_its_status(client: TestClient, status: str | None) -> None:
    order = drug_order("1999687", status=status, authoredOn="2024-01-01")
    if status is None:
        del order["status"]
    assert "Orders judged: PRRT" in card(client, sign(order))["detail"]


@pytest.mark.hazard("HZ-A02")
@pytest.mark.parametrize("status", ["unknown", "Draft", "planned", "proposed"])
def test_an_order_in_a_status_that_does_not_say_that_it_is_over_is_judged(client: TestClient, status: str) -> None:
    assert card(client, sign(service_order(TACE, status=status)))["indicator"] == "critical"


@pytest.mark.parametrize("status", ["cancelled", "stopped", "completed", "entered-in-error", "on-hold", "ended"])
def test_what_is_over_is_not_planned(client: TestClient, status: str) -> None:
    found = card(client, sign(service_order(TACE, status=status)))
    assert found["indicator"] == "warning"
    assert "Orders judged: none (1 not about to be done, by status or doNotPerform)" in found["detail"]


def test_an_order_that_forbids_is_not_planned(client: TestClient) -> None:
    assert card(client, sign(service_order(TACE, doNotPerform=True)))["indicator"] == "warning"


def test_only_a_liver_directed_order_makes_laboratory_values_too_old(client: TestClient) -> None:
    assert "Total bilirubin: too old" in card(client, sign(service_order(SIRT)))["detail"]
    for other in (sign(drug_order(OCTREOTIDE)), drafted(example(SELECT), service_order(SIRT))):
        found = card(client, other)
        assert "too old" not in found["detail"]
        assert "being signed" not in found["detail"]


def test_the_selected_order_is_critical_and_another_draft_is_not(client: TestClient) -> None:
    request = example(SELECT)
    assert card(client, request)["indicator"] == "warning"
    request["context"]["selections"] = ["ServiceRequest/tace"]
    found = card(client, request)
    assert found["indicator"] == "critical"
    assert "not judged now" not in found["detail"]


def test_the_selected_one_of_two_equal_drafts_is_critical(client: TestClient) -> None:
    request = example(SELECT)
    entries = request["context"]["draftOrders"]["entry"]
    entries.append({"resource": {**entries[0]["resource"], "id": "again"}})
    request["context"]["selections"] = ["ServiceRequest/again"]
    assert card(client, request)["indicator"] == "critical"


def test_a_selected_drug_that_makes_another_draft_dangerous_is_critical(client: TestClient) -> None:
    request = example(SELECT)
    observations = request["prefetch"]["observations"]["entry"]
    observations[:] = [entry for entry in observations if entry["resource"]["id"] != "pv"]
    poor = {**observations[-1]["resource"], "id": "heart", "valueBoolean": True}
    poor["code"] = {"coding": [{**poor["code"]["coding"][0], "code": "lvef_poor"}]}
    poor.pop("valueCodeableConcept", None)
    observations.append({"resource": poor})
    request["prefetch"]["observations"]["total"] = len(observations)
    tace, doxorubicin = service_order(TACE), drug_order("3639")
    request = drafted(request, tace, doxorubicin)
    request["context"]["selections"] = ["MedicationRequest/m1"]
    found = card(client, request)
    assert found["indicator"] == "critical"
    assert "TACE with doxorubicin: planned, but contraindicated" in found["detail"]


@pytest.mark.parametrize("selection", ["ServiceRequest/gone", "https://other.example.org/fhir/MedicationRequest/oct"])
def test_a_selection_that_is_no_draft_leaves_all_drafts_to_be_judged(client: TestClient, selection: str) -> None:
    request = example(SELECT)
    request["context"]["selections"] = [selection]
    found = card(client, request)
    assert found["indicator"] == "critical"
    assert "1 selected order(s) are not among the draft orders: all drafts were judged" in found["detail"]


def test_a_selection_by_the_address_of_the_server_is_found(client: TestClient) -> None:
    request = example(SELECT)
    request["context"]["selections"] = [f"{request['fhirServer']}/MedicationRequest/oct"]
    assert card(client, request)["indicator"] == "warning"


# When hooks speak: a liver-directed draft is enough beside a neuroendocrine neoplasm, other drafts are not.
def test_a_liver_directed_draft_speaks_before_metastases_are_on_record(client: TestClient) -> None:
    assert "liver metastases" in card(client, no_metastases(sign(service_order(TACE))))["summary"]
    assert cards(client, no_metastases(sign(drug_order(OCTREOTIDE)))) == []


UNREADABLE = [
    {**service_order(TACE), "code": "TACE"},
    {key: value for key, value in service_order(TACE).items() if key != "subject"},
    service_order(TACE, modifierExtension=[{"url": "urn:x", "valueBoolean": True}]),
]


@pytest.mark.hazard("HZ-A02")
@pytest.mark.hazard("HZ-P03")
@pytest.mark.parametrize("order", UNREADABLE, ids=["unreadable", "of nobody", "with a modifier"])
def test_an_order_that_cannot_be_judged_is_never_silence(client: TestClient, order: dict[str, Any]) -> None:
    found = card(client, no_metastases(sign(order)))
    assert found["indicator"] == "warning"
    assert "Orders judged: none (1 could not be read)" in found["detail"]
    assert any(words in found["detail"] for words in ("could not be read", "no subject", "modifier"))


@pytest.mark.parametrize(
    "order",
    [
        service_order(TACE) | {"code": {"text": "TACE"}},
        {"resourceType": "MedicationRequest", "id": "m1", "status": "draft", "subject": PATIENT},
        drug_order("1") | {"medicationCodeableConcept": None, "medicationReference": {"reference": "Medication/gone"}},
    ],
    ids=["words only", "nothing", "a reference that leads nowhere"],
)
def test_an_order_without_a_code_is_named(client: TestClient, order: dict[str, Any]) -> None:
    sent = {name: value for name, value in order.items() if value is not None}
    detail = card(client, sign(sent))["detail"]
    assert "context.draftOrders: 1 order(s) carry no code that could be read" in detail
    assert "Orders judged: none (1 could not be read)" in detail
    assert "orders whose codes are not read as facts" not in detail  # there is no code


@pytest.mark.hazard("HZ-A02")
def test_blanks_around_the_code_of_an_order_hide_it_from_nobody(client: TestClient) -> None:
    assert card(client, no_metastases(sign(service_order(f" {TACE} "))))["indicator"] == "critical"


@pytest.mark.hazard("HZ-A02")
def test_an_embolisation_of_an_artery_that_is_not_named_is_no_silence(client: TestClient) -> None:
    embolisation = service_order("16736007")
    found = card(client, no_metastases(sign(embolisation)))
    assert "orders whose codes are not read as facts: SNOMED CT 16736007" in found["detail"]


def test_drafts_that_are_no_fhir_are_named(client: TestClient) -> None:
    request = no_metastases(example(SIGN))
    request["context"]["draftOrders"] = {"entry": []}
    assert "context.draftOrders: not readable as FHIR" in card(client, request)["detail"]


@pytest.mark.parametrize("member", ["category", "code.coding", "bodySite"])
def test_objects_in_place_of_arrays_are_read(client: TestClient, member: str) -> None:
    concept = {"coding": {"system": "http://snomed.info/sct", "code": TACE}}
    changed: dict[str, dict[str, Any]] = {
        "category": {"category": concept},
        "code.coding": {"code": concept},
        "bodySite": {"bodySite": {"coding": [{"system": "http://snomed.info/sct", "code": "10200004"}]}},
    }
    assert card(client, sign(service_order(TACE) | changed[member]))["indicator"] == "critical"


def test_a_draft_with_the_id_of_a_stored_resource_corrects_nothing(client: TestClient) -> None:
    """Ids of drafts are the client's own: they may be those of stored resources."""
    request = example("problem-list-item-create")
    stored = request["prefetch"]["conditions"]["entry"][0]["resource"]
    new = request["context"]["conditions"]["entry"][0]["resource"]
    new["id"] = stored["id"]
    new["verificationStatus"]["coding"][0]["code"] = "entered-in-error"
    assert cards(client, request) == []  # the stored diagnosis stands, and no metastasis is added
    new["verificationStatus"]["coding"][0]["code"] = "confirmed"
    assert "Diagnosis: neuroendocrine neoplasm" not in card(client, request)["detail"].split("**On record")[0]
    assert "liver metastases (not saved yet)" in card(client, request)["summary"]


def test_orders_of_types_that_no_rule_reads_are_left_alone(client: TestClient) -> None:
    diet = {"resourceType": "NutritionOrder", "id": "n1", "status": "draft", "patient": PATIENT}
    assert cards(client, no_metastases(sign(diet))) == []


def test_the_same_call_again_gives_the_same_answer(client: TestClient) -> None:
    for name in (SIGN, SELECT, "problem-list-item-create", "order-dispatch-tace"):
        assert answer(client, example(name)).content == answer(client, example(name)).content

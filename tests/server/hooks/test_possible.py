"""A diagnosis that no table reads, and that may be the one, is no reason for silence; any other diagnosis is."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.server.hooks.calling import SNOMED, answer, card, cards, drug_order, example, refused, service_order
from tests.server.hooks.test_diagnosis_elsewhere import SIGN, VIEW, call, with_diagnosis

Json = dict[str, Any]
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
OTHER_ORDER = drug_order("161")


def coded(system: str, code: str, display: str = "") -> Json:
    """A concept with one coding."""
    return {"coding": [{"system": system, "code": code} | ({"display": display} if display else {})]}


def in_words(text: str) -> Json:
    """An order that says only in words what is ordered."""
    return service_order("x") | {"code": {"text": text}}


def with_histology(request: Json, **value: object) -> Json:
    """The call with a result of histology."""
    code = {"coding": [{"system": "http://loinc.org", "code": "59847-4"}]}
    result = {"resourceType": "Observation", "id": "hist", "status": "final", "code": code, **value}
    request["prefetch"]["observations"] = {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [
            {"resource": result | {"subject": {"reference": "Patient/hk-31"}, "effectiveDateTime": "2025-12-01"}}
        ],
    }
    return request


UNREAD = {
    "words": {"text": "Well-differentiated neuroendocrine tumor of ileum"},
    "short words": {"text": "NET of the small bowel, G2"},
    "German": {"text": "Neuroendokriner Tumor des Dünndarms"},
    "a code of SNOMED CT": coded(SNOMED, "999000123", "Ileal neuroendocrine neoplasm (disorder)"),
    "a system of their own": coded("urn:oid:1.2.3", "N1", "Karzinoid des Ileums"),
    "morphology": coded("http://terminology.hl7.org/CodeSystem/icd-o-3", "8240/3"),
    "a syndrome": coded(ICD, "E34.0"),
    "a code that is none": coded(ICD, "C7A.9999"),
}
OTHERS = {
    "a cancer": coded(ICD, "C18.7", "Malignant neoplasm of sigmoid colon"),
    "pain, with a number like a morphology": coded(SNOMED, "82423001", "Chronic pain"),
    "words of something else": {"text": "Planet fasciitis, internet addiction, cabinet fever"},
    "morphology of something else": coded("http://terminology.hl7.org/CodeSystem/icd-o-3", "8140/3"),
}


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize("code", UNREAD.values(), ids=UNREAD)
def test_beside_liver_metastases_it_is_no_silence(client: TestClient, code: Json) -> None:
    for request in (call(VIEW), call(SIGN, OTHER_ORDER), call(SIGN, service_order("314617008"))):
        assert refused(answer(client, with_diagnosis(request, code)), 412) == "data-unavailable"


@pytest.mark.parametrize("code", UNREAD.values(), ids=UNREAD)
def test_without_metastases_and_therapy_it_is_silence(client: TestClient, code: Json) -> None:
    for request in (call(VIEW, keep=""), call(SIGN, OTHER_ORDER, keep="")):
        with_diagnosis(request, coded(ICD, "I10"))
        request["prefetch"]["conditions"]["entry"][0]["resource"]["id"] = "pressure"
        assert cards(client, with_diagnosis(request, code)) == []


@pytest.mark.parametrize("code", OTHERS.values(), ids=OTHERS)
def test_any_other_one_is_silence(client: TestClient, code: Json) -> None:
    for request in (call(VIEW), call(SIGN, OTHER_ORDER)):
        assert cards(client, with_diagnosis(request, code)) == []


def test_one_that_is_ruled_out_is_silence(client: TestClient) -> None:
    request = with_diagnosis(call(VIEW), UNREAD["words"])
    system = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    status = {"coding": [{"system": system, "code": "refuted"}]}
    request["prefetch"]["conditions"]["entry"][-1]["resource"]["verificationStatus"] = status
    assert cards(client, request) == []


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize(
    "order",
    [
        in_words("Chemoembolization (TACE) of liver metastases"),
        service_order("x")
        | {"code": coded("http://www.ama-assn.org/go/cpt", "75894", "Transcatheter embolization, liver")},
    ],
    ids=["words", "a code"],
)
def test_an_order_and_a_diagnosis_that_both_could_not_be_read_are_no_silence(client: TestClient, order: Json) -> None:
    for code in ({"text": "Neuroendocrine tumor of ileum"}, {"text": "Tumour, see letter"}):
        request = with_diagnosis(call(SIGN, order), code)
        assert refused(answer(client, request), 412) == "data-unavailable"
    elsewhere = call(SIGN, order, keep="")
    del elsewhere["prefetch"]["observations"]
    assert refused(answer(client, elsewhere), 412) == "data-unavailable"


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize(
    "value",
    [
        {"valueCodeableConcept": coded("http://terminology.hl7.org/CodeSystem/icd-o-3", "8150/3")},
        {"valueCodeableConcept": {"text": "PanNET"}},
        {"valueString": "Well-differentiated NET, Ki-67 4 %"},
    ],
    ids=["morphology", "text", "string"],
)
def test_an_answer_of_histology_that_no_table_reads_is_no_silence(client: TestClient, value: Json) -> None:
    assert refused(answer(client, with_histology(call(VIEW), **value)), 412) == "data-unavailable"


@pytest.mark.parametrize(
    "value",
    [
        {"valueCodeableConcept": coded("http://terminology.hl7.org/CodeSystem/icd-o-3", "8140/3", "Adenocarcinoma")},
        {"valueString": "Adenocarcinoma"},
    ],
    ids=["morphology", "string"],
)
def test_an_answer_of_histology_that_is_another_tumour_is_silence(client: TestClient, value: Json) -> None:
    assert cards(client, with_histology(call(VIEW), **value)) == []


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize(
    "code",
    [
        {"text": "Multiple liver metastases"},
        {"text": "Lebermetastasen"},
        coded(SNOMED, "999000999", "Hepatic metastasis"),
    ],
    ids=["words", "German", "a code"],
)
def test_liver_metastases_that_no_table_reads_are_asked_for(client: TestClient, code: Json) -> None:
    request = example(VIEW)
    mets = next(
        one["resource"] for one in request["prefetch"]["conditions"]["entry"] if one["resource"]["id"] == "mets"
    )
    mets["code"] = code
    assert "liver metastases" in card(client, request)["summary"]
    mets["code"] = {"text": "Metastasis in the lung"}
    assert cards(client, request) == []
    mets["code"] = {"text": "Metastasis"}
    mets["bodySite"] = [{"text": "Liver"}]
    assert "liver metastases" in card(client, request)["summary"]
    mets["bodySite"] = [{"text": "Lung"}]
    assert cards(client, request) == []


def test_liver_metastases_being_added_under_an_unknown_code_are_asked_for(client: TestClient) -> None:
    request = example("problem-list-item-create")
    for entry in request["context"]["conditions"]["entry"]:
        entry["resource"]["code"] = coded(SNOMED, "999000999", "Metastatic neoplasm to liver segment IV")
    assert "liver metastases" in card(client, request)["summary"]


def test_a_neoplasm_being_added_in_words_is_no_silence(client: TestClient) -> None:
    request = example("problem-list-item-create")
    for entry in request["context"]["conditions"]["entry"]:
        entry["resource"]["code"] = {"text": "Ileal NET"}
    request["prefetch"]["conditions"] = call(VIEW)["prefetch"]["conditions"]
    assert refused(answer(client, request), 412) == "data-unavailable"


@pytest.mark.hazard("HZ-A03")
def test_a_list_of_which_no_diagnosis_can_be_read_is_no_silence(client: TestClient) -> None:
    request = call(VIEW)
    diagnoses = request["prefetch"]["conditions"]["entry"]
    diagnoses[0]["resource"]["code"] = coded("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "C78.7")
    assert refused(answer(client, with_diagnosis(request, {"text": "Gicht"})), 412) == "data-unavailable"
    assert cards(client, with_diagnosis(request, coded(ICD, "I10"))) == []

"""What a later message makes of an earlier one: corrections, withdrawals, repeats, and results that only look alike.

Statuses one by one are in test_statuses.py; the order of times is in test_hazards_time.py.
"""

from decimal import Decimal

import pytest

from adapter.fhir.document import read_document
from adapter.mapping.fhir import map_fhir
from tests.mapping.senders import (
    PATIENT,
    Json,
    Resource,
    bundle,
    by_fhir,
    by_hl7,
    concept,
    condition,
    fact,
    finding_codes,
    known,
    laboratory,
    obr,
    observation,
    obx,
    only,
    platelets,
    report,
    standing,
)

PLATELETS = "platelets_10e9_l"
HIAA = "1695-6^5-HIAA^LN"
HIGH: Json = [concept("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "H")]


def hiaa(value: str, *, limits: str = "", flag: str = "", status: str = "F", control: str = "A1") -> str:
    return report(obx(HIAA, value, "mg/(24.h)", range=limits, flag=flag, status=status), control=control)


def test_a_flag_and_a_range_say_whether_it_is_high() -> None:
    assert known(by_hl7(hiaa("60", flag="H")), "hiaa_high") is True
    assert known(by_hl7(hiaa("2", flag="N")), "hiaa_high") is False
    assert known(by_hl7(hiaa("60", limits="0-6")), "hiaa_high") is True
    assert known(by_hl7(hiaa("6", limits="0-6")), "hiaa_high") is False
    assert known(by_hl7(hiaa("6", limits="<6")), "hiaa_high") is True
    assert standing(by_hl7(hiaa("60", limits="0-6", flag="N")), "hiaa_high") == ("conflicting", "conflicting-values")
    assert standing(by_hl7(hiaa("60")), "hiaa_high") == ("excluded", "no-limit-sent")
    assert standing(by_hl7(hiaa("60", flag="H~N")), "hiaa_high") == ("excluded", "no-limit-sent")
    assert standing(by_hl7(hiaa("60", flag="A")), "hiaa_high") == ("excluded", "no-limit-sent")


def test_a_flag_and_a_range_say_it_in_fhir_too() -> None:
    limits: Json = [{"high": {"value": 6, "code": "mg/(24.h)"}}]
    urine = laboratory("1695-6", 60, "mg/(24.h)")
    assert known(by_fhir({**urine, "interpretation": HIGH}), "hiaa_high") is True
    assert known(by_fhir({**urine, "referenceRange": limits}), "hiaa_high") is True
    assert known(by_fhir({**laboratory("1695-6", 2, "mg/(24.h)"), "referenceRange": limits}), "hiaa_high") is False
    low: Json = [concept("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "N")]
    both: Resource = {**urine, "referenceRange": limits, "interpretation": low}
    assert standing(by_fhir(both), "hiaa_high") == ("conflicting", "conflicting-values")
    two: Json = [{"high": {"value": 6, "code": "mg/(24.h)"}}, {"high": {"value": 90, "code": "mg/(24.h)"}}]
    assert standing(by_fhir({**urine, "referenceRange": two}), "hiaa_high") == ("excluded", "no-limit-sent")
    critical: Json = [{"high": {"value": 90, "code": "mg/(24.h)"}, "type": concept("http://example.org", "critical")}]
    assert standing(by_fhir({**urine, "referenceRange": critical}), "hiaa_high") == ("excluded", "no-limit-sent")
    other_unit: Json = [{"high": {"value": 6, "code": "umol/(24.h)"}}]
    assert standing(by_fhir({**urine, "referenceRange": other_unit}), "hiaa_high") == ("excluded", "no-limit-sent")


@pytest.mark.parametrize("status", ["D", "W", "X"])
def test_a_withdrawn_flag_is_gone(status: str) -> None:
    first, second = hiaa("60", limits="0-6", flag="H"), hiaa('""', status=status, control="A2")
    assert known(by_hl7(first, second), "hiaa_high") is None


def test_a_withdrawn_flag_is_gone_in_fhir_too() -> None:
    high = laboratory("1695-6", 60, "mg/(24.h)", interpretation=HIGH)
    assert known(by_fhir(high, laboratory("1695-6", 60, "mg/(24.h)", status="entered-in-error")), "hiaa_high") is None


@pytest.mark.parametrize("status", ["entered-in-error", "corrected"])
def test_a_withdrawn_or_corrected_flag_leaves_that_of_another_result(status: str) -> None:
    high = laboratory("1695-6", 60, "mg/(24.h)", interpretation=HIGH, id="a")
    older = {"effectiveDateTime": "2026-01-09T08:00:00Z", "interpretation": HIGH}
    other = laboratory("1695-6", 70, "mg/(24.h)", id="b", status=status, **older)
    for resources in ((high, other), (other, high)):
        mapping = by_fhir(*resources)
        assert known(mapping, "hiaa_high") is True
        assert [origin.place for origin in fact(mapping, "hiaa_high").origins] == ["Observation/a#value"]


@pytest.mark.parametrize(("limits", "flag", "value"), [("0-6", "", False), ("", "N", False), ("", "", None)])
def test_a_correction_replaces_what_flag_and_range_said(limits: str, flag: str, value: bool | None) -> None:
    first = hiaa("60", limits="0-6", flag="H")
    second = hiaa("2", limits=limits, flag=flag, status="C", control="A2")
    assert known(by_hl7(first, second), "hiaa_high") is value


# One result, or two that look alike -----------------------------------------------------------------------------------
def test_the_same_message_twice_has_one_effect() -> None:
    once = by_hl7(report(platelets("210")))
    twice = by_hl7(report(platelets("210")), report(platelets("210")))
    assert fact(once, PLATELETS) == fact(twice, PLATELETS)


def test_an_older_release_never_replaces_a_newer_one() -> None:
    newer = report(platelets("135", status="C"), order=obr(released="20260110120000+0000"), control="A2")
    older = report(platelets("35"), order=obr(released="20260110090000+0000"))
    assert known(by_hl7(older, newer), PLATELETS) == known(by_hl7(newer, older), PLATELETS) == 135


@pytest.mark.parametrize(
    "other",
    [
        {"order": obr("R2^LAB")},
        {"sub": "2"},
        {"code": "26515-7^Platelets^LN"},
        {"head": "OTHER"},
    ],
    ids=["filler number", "sub-id", "code", "sender"],
)
def test_what_differs_in_its_identity_is_no_correction(other: dict[str, str]) -> None:
    """Two results of one moment with different values: neither is preferred."""
    first = report(platelets("35"))
    segment = obx(other.get("code", "777-3^Platelets^LN"), "135", "10*3/uL", sub=other.get("sub", ""), status="C")
    second = report(segment, order=other.get("order"), control="A2")
    if "head" in other:
        second = second.replace("|LAB|HOSP|", f"|{other['head']}|HOSP|", 1)
    assert standing(by_hl7(first, second), PLATELETS) == ("conflicting", "conflicting-values")


def test_a_later_report_of_the_same_order_may_add_an_older_result() -> None:
    """The time tells the results of one order apart, also across messages."""
    first, second = report(platelets("35")), report(platelets("210", when="20260109080000+0000"), control="A2")
    assert known(by_hl7(first, second), PLATELETS) == 35


def test_without_an_order_number_nothing_is_a_correction() -> None:
    bare = "OBR|1|||58410-2^CBC^LN|||20260110080000+0000"
    first, second = report(platelets("35"), order=bare), report(platelets("135"), order=bare, control="A2")
    assert standing(by_hl7(first, second), PLATELETS) == ("conflicting", "conflicting-values")


def test_a_code_of_ours_beside_a_standard_one_is_one_statement() -> None:
    own = "https://ldt-adapter.example.org/fhir/CodeSystem/ldt-fact"
    codings: Json = [{"system": own, "code": "bilirubin_mg_dl"}, {"system": "http://loinc.org", "code": "1975-2"}]
    mapping = by_fhir({**laboratory("1975-2", 1.1, "mg/dL"), "code": {"coding": codings}})
    assert [s.fact for s in only(mapping).statements] == ["birth_date", "bilirubin_mg_dl"]
    assert known(mapping, "bilirubin_mg_dl") == Decimal("1.1")


def lesion(value: str, number: int) -> str:
    return obx("33728-7^Size^LN", value, "mm", number=number, site="10200004^^SCT")


@pytest.mark.parametrize("sizes", [("41", "23"), ("23", "41")])
def test_two_lesions_without_sub_id_are_two(sizes: tuple[str, str]) -> None:
    mapping = by_hl7(report(*(lesion(size, number) for number, size in enumerate(sizes, 1))))
    assert known(mapping, "largest_lesion_cm") == Decimal("4.1")


def test_a_corrected_report_replaces_both_lesions() -> None:
    first = report(lesion("41", 1), lesion("23", 2))
    corrected = report(*(lesion(size, n).replace("|F|", "|C|") for n, size in ((1, "21"), (2, "23"))), control="A2")
    assert known(by_hl7(first, corrected), "largest_lesion_cm") == Decimal("2.3")


# One FHIR resource in two versions ------------------------------------------------------------------------------------
def test_the_later_version_of_a_resource_counts_and_a_finding_says_so() -> None:
    mapping = by_fhir(laboratory("777-3", 35, "10*3/uL"), laboratory("777-3", 135, "10*3/uL"))
    assert known(mapping, PLATELETS) == 135
    assert "resource-id-twice" in finding_codes(mapping)


def test_an_older_version_that_comes_later_does_not_count() -> None:
    newer = laboratory("777-3", 135, "10*3/uL", meta={"lastUpdated": "2026-01-11T00:00:00Z"})
    older = laboratory("777-3", 35, "10*3/uL", meta={"lastUpdated": "2026-01-10T00:00:00Z"})
    assert known(by_fhir(older, newer), PLATELETS) == known(by_fhir(newer, older), PLATELETS) == 135


def test_what_the_earlier_version_said_of_other_facts_is_gone() -> None:
    mapping = by_fhir(condition("C7B.02"), condition("C7B.01"))
    assert known(mapping, "liver_metastases") is None
    assert known(mapping, "extrahepatic_disease") is not None


def test_a_version_entered_in_error_without_its_code_takes_the_value_back() -> None:
    wiped: Resource = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "entered-in-error",
        "code": {"text": "removed"},
        "subject": {"reference": "Patient/P1"},
    }
    assert known(by_fhir(laboratory("777-3", 35, "10*3/uL"), wiped), PLATELETS) is None


# Lists whose members come one by one ----------------------------------------------------------------------------------
def test_components_with_the_code_of_the_list_are_its_members() -> None:
    own = "https://ldt-adapter.example.org/fhir/CodeSystem/ldt-fact"
    parts: list[Json] = [
        {"code": concept(own, "prior_liver_directed"), "valueCodeableConcept": concept(own, code)}
        for code in ("tae", "resection")
    ]
    spoilt: list[Json] = [*parts, {"code": concept(own, "prior_liver_directed"), "valueString": "and others"}]
    listed = observation("prior_liver_directed", system=own, component=parts)
    assert known(by_fhir(listed), "prior_liver_directed") == ["resection", "tae"]
    assert known(by_fhir({**listed, "component": spoilt}), "prior_liver_directed") is None


# Where a resource keeps what another one names ------------------------------------------------------------------------
def test_a_drug_may_be_named_by_reference() -> None:
    drug: Resource = {
        "resourceType": "Medication",
        "id": "d1",
        "code": concept("http://www.nlm.nih.gov/research/umls/rxnorm", "7617"),
    }
    given: Resource = {
        "resourceType": "MedicationAdministration",
        "id": "m1",
        "status": "completed",
        "subject": {"reference": "Patient/P1"},
        "effectiveDateTime": "2026-01-10",
    }
    contained: Resource = {**given, "contained": [drug], "medicationReference": {"reference": "#d1"}}
    named: Resource = {**given, "medicationReference": {"reference": "Medication/d1"}}
    missing: Resource = {**given, "medicationReference": {"reference": "Medication/d2"}}
    for mapping in (by_fhir(contained), by_fhir(named, drug)):
        assert known(mapping, "ssa_status") == {"one_of": ["controlled", "progressed"]}
    for mapping in (by_fhir(missing, drug), by_fhir({**contained, "medicationReference": {"reference": "#d2"}})):
        assert known(mapping, "ssa_status") is None


def test_a_morphology_extension_states_what_the_observation_would() -> None:
    url = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-histology-morphology-behavior"
    answer = concept("http://terminology.hl7.org/CodeSystem/icd-o-3", "8249/3")
    extension: Json = [{"url": url, "valueCodeableConcept": answer}, {"url": "https://example.org/other"}]
    mapping = by_fhir(condition("C7A.8", extension=extension))
    assert known(mapping, "differentiation") == "well"


def test_a_patient_named_by_its_identifier_is_the_one_who_has_it() -> None:
    number: Resource = {"system": "https://hosp.example.org/mrn", "value": "42"}
    patient: Resource = {**PATIENT, "identifier": [number]}
    result = laboratory("777-3", 210, "10*3/uL", subject={"identifier": number})
    elsewhere: Resource = {"identifier": {**number, "system": "https://other.example.org"}}
    stranger = laboratory("777-3", 35, "10*3/uL", subject=elsewhere, id="o2")
    nobody = laboratory("777-3", 36, "10*3/uL", subject={"identifier": {"system": number["system"]}}, id="o3")
    mapping = map_fhir(read_document(bundle(patient, result, stranger, nobody)), "b")
    [found] = mapping.patients
    assert [s.origin.sent for s in found.statements if s.fact == PLATELETS] == ["210 10*3/uL"]
    assert finding_codes(mapping) == ["no-subject", "no-subject"]


def test_an_identifier_that_two_patients_have_names_neither() -> None:
    number: Resource = {"system": "https://hosp.example.org/mrn", "value": "42"}
    patients: list[Resource] = [{**PATIENT, "id": id, "identifier": [number]} for id in ("P1", "P2")]
    result = laboratory("777-3", 210, "10*3/uL", subject={"identifier": number})
    mapping = map_fhir(read_document(bundle(*patients, result)), "b")
    assert not any(s.fact == PLATELETS for patient in mapping.patients for s in patient.statements)
    assert finding_codes(mapping) == ["no-subject"]

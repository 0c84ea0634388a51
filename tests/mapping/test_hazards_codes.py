"""Hazards of codes and meaning (HZ-C), as far as mapping and case decide them, with the input of each row.

All verified codes are sent in test_rows.py.
"""

from decimal import Decimal

import pytest

from adapter.mapping.hl7v2 import map_hl7v2_bytes
from adapter.mapping.ledger import Level, Outcome
from adapter.mapping.patient import Mapping
from tests.mapping.hazard_log import OBR, PID, log_mapping, log_message, log_obx, log_platelets, log_report
from tests.mapping.senders import (
    ICD10CM,
    OWN,
    SNOMED,
    Json,
    Resource,
    by_fhir,
    concept,
    condition,
    fact,
    finding_codes,
    known,
    laboratory,
    observation,
    only,
    standing,
)

PLATELETS = "platelets_10e9_l"
METASTASES = "liver_metastases"


@pytest.mark.hazard("HZ-C01")
def test_an_unmapped_code_is_not_guessed_by_its_name() -> None:
    local = log_mapping(log_report(log_obx("PLT^Platelets^L", "210", "10*3/uL")))
    named = by_fhir(observation("PLT", system="urn:example:lab", valueQuantity={"value": 210, "code": "10*3/uL"}))
    for mapping in (local, named):
        assert standing(mapping, PLATELETS) == ("absent", "not-recorded")
        entries = [e for e in mapping.whole_ledger.entries if e.level is Level.CODED]
        assert [(e.outcome, e.code.split("|")[1]) for e in entries] == [(Outcome.UNMAPPED, "PLT")]


@pytest.mark.hazard("HZ-C02")
def test_a_right_code_of_another_system_is_another_code() -> None:
    local = log_mapping(log_report(log_obx("777-3^Platelets^L", "210", "10*3/uL")))
    nameless = log_mapping(log_report(log_obx("777-3^Platelets", "210", "10*3/uL")))
    value: Resource = {"valueQuantity": {"value": 210, "code": "10*3/uL"}}
    bare: Resource = {**observation("777-3", **value), "code": {"coding": [{"code": "777-3"}]}}
    foreign = observation("777-3", system="http://loinc.org/", **value)
    for mapping in (local, nameless, by_fhir(bare), by_fhir(foreign)):
        assert standing(mapping, PLATELETS) == ("absent", "not-recorded")


@pytest.mark.hazard("HZ-C03")
@pytest.mark.parametrize(
    ("code", "name", "value", "unit", "of"),
    [
        ("777-3", "Hemoglobin", "12.1", "g/dL", PLATELETS),
        # The unit would fit: only the name contradicts.
        ("2160-0", "Bilirubin.total", "1.5", "mg/dL", "creatinine_mg_dl"),
    ],
)
def test_a_code_against_its_name_is_not_used(code: str, name: str, value: str, unit: str, of: str) -> None:
    hl7 = log_mapping(log_report(log_obx(f"{code}^{name}^LN", value, unit)))
    named: Resource = {"coding": [{"system": "http://loinc.org", "code": code, "display": name}]}
    fhir = by_fhir({**laboratory(code, float(value), unit), "code": named})
    for mapping in (hl7, fhir):
        assert fact(mapping, of).state.value == "excluded"
        assert known(mapping, of) is None


@pytest.mark.hazard("HZ-C03")
@pytest.mark.parametrize("name", ["", "Creatinine", "CREATININE, SERUM", "Kreatinin", "Creatinine; glucose fasting"])
def test_a_name_that_may_be_that_of_the_code_is_no_contradiction(name: str) -> None:
    mapping = log_mapping(log_report(log_obx(f"2160-0^{name}^LN", "1.5", "mg/dL")))
    assert known(mapping, "creatinine_mg_dl") == Decimal("1.5")


@pytest.mark.hazard("HZ-C04")
def test_two_answers_in_one_are_none() -> None:
    two = log_obx("33732-9^Grade^LN", "54102005^G1^SCT^1663004^G2^SCT", "", kind="CWE")
    assert standing(log_mapping(log_report(two)), "who_grade") == ("excluded", "conflicting-codes")
    codings: Json = [{"system": SNOMED, "code": code} for code in ("54102005", "1663004")]
    fhir = by_fhir(observation("33732-9", valueCodeableConcept={"coding": codings}))
    assert standing(fhir, "who_grade") == ("excluded", "conflicting-codes")
    own = log_obx("who_grade^^99LDT", "G1^^99LDT^G2^^99LDT", "", kind="CWE")
    assert standing(log_mapping(log_report(own)), "who_grade") == ("excluded", "conflicting-codes")


@pytest.mark.hazard("HZ-C04")
def test_two_codings_with_two_meanings_exclude_each_other() -> None:
    hl7 = log_mapping(log_report(log_obx("2160-0^Creatinine^LN^1975-2^Bilirubin^LN", "1.5", "mg/dL")))
    two: Resource = {"coding": [{"system": "http://loinc.org", "code": code} for code in ("2160-0", "1975-2")]}
    fhir = by_fhir({**laboratory("2160-0", 1.5, "mg/dL"), "code": two})
    for mapping in (hl7, fhir):
        for name in ("creatinine_mg_dl", "bilirubin_mg_dl"):
            assert standing(mapping, name) == ("excluded", "conflicting-codes")


@pytest.mark.hazard("HZ-C04")
def test_two_codings_with_one_meaning_are_one_result() -> None:
    same = log_mapping(log_report(log_obx("777-3^Platelets^LN^26515-7^Platelets^LN", "210", "10*3/uL")))
    assert known(same, PLATELETS) == 210


@pytest.mark.hazard("HZ-C05")
@pytest.mark.parametrize(
    ("code", "metastases", "site"),
    [
        ("C7B.02", True, None),
        ("C7B02", True, None),
        ("c7b.02", True, None),
        ("C7B.0", None, None),
        ("C7B.00", None, None),
        ("C7A.020", None, "midgut"),
    ],
)
def test_primary_and_metastasis_are_told_apart_in_every_spelling(
    code: str, metastases: bool | None, site: str | None
) -> None:
    hl7 = log_mapping(log_message(PID, f"DG1|1||{code}^^I10C||20260110|F", message="ADT^A08^ADT_A01"))
    for mapping in (by_fhir(condition(code)), hl7):
        assert known(mapping, "diagnosis") == "nen"
        assert known(mapping, METASTASES) is metastases
        assert known(mapping, "primary_site") == site


@pytest.mark.hazard("HZ-C05")
@pytest.mark.parametrize(
    ("code", "children"),
    [
        ("C7A", ("C7A.012", "C7A.1")),
        ("C7A.0", ("C7A.012", "C7A.090")),
        ("C7A.01", ("C7A.010", "C7A.012")),
        ("C7A.02", ("C7A.020", "C7A.026")),
        ("C7A.09", ("C7A.090", "C7A.092")),
        ("D3A", ("D3A.012", "D3A.8")),
        ("D3A.0", ("D3A.012", "D3A.090")),
        ("D3A.01", ("D3A.010", "D3A.012")),
        ("D3A.02", ("D3A.020", "D3A.026")),
        ("D3A.09", ("D3A.090", "D3A.092")),
    ],
)
def test_a_header_code_says_no_more_than_all_codes_below_it(code: str, children: tuple[str, ...]) -> None:
    """The diagnosis, as each of them does, and neither site nor differentiation nor metastases."""
    assert {known(by_fhir(condition(child)), "diagnosis") for child in children} == {"nen"}
    hl7 = log_mapping(log_message(PID, f"DG1|1||{code}^^I10C||20260110|F", message="ADT^A08^ADT_A01"))
    for mapping in (by_fhir(condition(code)), hl7):
        assert known(mapping, "diagnosis") == "nen"
        for name in ("primary_site", "differentiation", METASTASES):
            assert standing(mapping, name) == ("absent", "not-recorded")


def test_a_vipoma_is_a_functional_neuroendocrine_neoplasm() -> None:
    hl7 = log_mapping(log_message(PID, "DG1|1||31131002^^SCT||20260110|F", message="ADT^A08^ADT_A01"))
    for mapping in (by_fhir(condition("31131002", system=SNOMED)), hl7):
        assert (known(mapping, "diagnosis"), known(mapping, "functional_status")) == ("nen", "other_functional")
    morphology = observation("59847-4", valueCodeableConcept=concept(SNOMED, "31131002"))
    assert known(by_fhir(morphology), "diagnosis") == "nen"


LIVER, COLON = concept(SNOMED, "10200004"), concept(SNOMED, "71854001")
WITHOUT_SITE = [
    (SNOMED, "128462008"),
    (SNOMED, "14799000"),
    (SNOMED, "705176003"),
    (ICD10CM, "C79.9"),
    ("http://hl7.org/fhir/sid/icd-10", "C79.9"),
    (ICD10CM, "C7B"),
    (ICD10CM, "C7B.0"),
    (ICD10CM, "C7B.00"),
    (ICD10CM, "C7B.8"),
]


@pytest.mark.hazard("HZ-C05")
@pytest.mark.parametrize(("system", "code"), WITHOUT_SITE)
def test_metastases_without_a_site_in_the_code_are_of_the_site_beside_it(system: str, code: str) -> None:
    for sites in ([LIVER], [COLON, LIVER], [concept(SNOMED, "181268008")], [concept(SNOMED, "71133005")]):
        assert known(by_fhir(condition(code, system=system, bodySite=sites)), METASTASES) is True
    artery, local, words = concept(SNOMED, "76015000"), concept("urn:oid:1.2.3", "10200004"), Resource(text="liver")
    for sites in ([], [COLON], [artery], [local], [words]):
        mapping = by_fhir(condition(code, system=system, bodySite=sites))
        assert standing(mapping, METASTASES) == ("absent", "not-recorded")


@pytest.mark.hazard("HZ-C05")
@pytest.mark.parametrize(
    ("system", "code"),
    [
        (SNOMED, "363346000"),  # a malignant neoplasm of the liver may be a primary one
        (SNOMED, "255046005"),
        (ICD10CM, "C7A.8"),
        (ICD10CM, "C7B.03"),
        (ICD10CM, "C79.51"),
    ],
)
def test_the_liver_beside_any_other_code_is_no_metastasis(system: str, code: str) -> None:
    mapping = by_fhir(condition(code, system=system, bodySite=[LIVER]))
    assert standing(mapping, METASTASES) == ("absent", "not-recorded")


@pytest.mark.hazard("HZ-C05")
@pytest.mark.parametrize(
    ("status", "standing_of_it"),
    [("provisional", "preliminary"), ("refuted", "excluded"), ("entered-in-error", "absent")],
)
def test_metastases_by_site_that_are_not_confirmed_decide_nothing(status: str, standing_of_it: str) -> None:
    ver = concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", status)
    mapping = by_fhir(condition("128462008", system=SNOMED, bodySite=[LIVER], verificationStatus=ver))
    assert standing(mapping, METASTASES)[0] == standing_of_it
    assert known(mapping, METASTASES) is None


@pytest.mark.hazard("HZ-C06")
def test_grade_three_does_not_say_how_differentiated() -> None:
    hl7 = log_mapping(log_report(log_obx("33732-9^Grade^LN", "61026006^G3^SCT", "", kind="CWE")))
    fhir = by_fhir(observation("33732-9", valueCodeableConcept=concept(SNOMED, "61026006")))
    for mapping in (hl7, fhir):
        assert known(mapping, "who_grade") == "G3"
        assert standing(mapping, "differentiation") == standing(mapping, "diagnosis") == ("absent", "not-recorded")


def in_charset(name: str, micro: bytes) -> Mapping:
    head = log_message(PID, OBR, log_obx("14682-9^Creatinine^LN", "132.6", "@mol/L"))
    return map_hl7v2_bytes(head.replace("|P|2.5.1", f"|P|2.5.1||||||{name}").encode().replace(b"@", micro), "m")


@pytest.mark.hazard("HZ-C07")
def test_bytes_are_read_in_the_character_set_that_was_declared() -> None:
    right = [
        in_charset("8859/1", b"\xb5"),
        in_charset("UNICODE UTF-8", "µ".encode()),
        in_charset("UNICODE UTF-8", "μ".encode()),
    ]
    assert [known(mapping, "creatinine_mg_dl") for mapping in right] == [Decimal("1.5")] * 3
    wrong = in_charset("UNICODE UTF-8", b"\xb5")
    assert wrong.patients == ()
    assert "charset" in finding_codes(wrong)


@pytest.mark.hazard("HZ-C08")
def test_an_escape_forges_no_segment() -> None:
    forged = r"note \F\ with \X0D\OBX|9|NM|777-3^P^LN||5|10*3/uL|||||F"
    segment = f"OBX|1|TX|X1^n^L||{forged}||||||F|||20260110080000"
    mapping = log_mapping(log_report(segment))
    assert standing(mapping, PLATELETS) == ("absent", "not-recorded")
    assert [e.name for e in mapping.whole_ledger.entries if e.level is Level.CONTAINER].count("OBX") == 1


@pytest.mark.hazard("HZ-C09")
def test_the_declared_delimiters_are_used() -> None:
    raw = (
        "MSH#$%!@#LAB#HOSP#NELM#HOSP#20260110##ORU$R01#A1#P#2.5.1\r"
        "PID#1##P1$$$HOSP$MR\rOBR#1\rOBX#1#NM#777-3$P$LN##210#10*3/uL#####F\r"
    )
    found = fact(log_mapping(raw), PLATELETS)
    assert str(found.origins[0].sent) == "210 10*3/uL"
    # The row's message gives no time, so the value is shown and does not decide.
    assert found.state.value == "undated"
    assert found.on_record is not None
    dated = raw.replace("#####F", "#####F###20260110080000-0500")
    assert known(log_mapping(dated), PLATELETS) == 210


@pytest.mark.hazard("HZ-C10")
def test_null_deletes_and_empty_does_not() -> None:
    first, second = log_report(log_platelets("210")), log_report(log_platelets('""', status="C"), control="A2")
    mapping = log_mapping(first, second)
    assert standing(mapping, PLATELETS) == ("absent", "nulled")
    assert fact(mapping, PLATELETS).origins[0].document == "A2"
    silent = log_mapping(first, log_report("OBX|1|NM|2160-0^C^LN||1.0|mg/dL|||||F|||20260110080000", control="A2"))
    assert known(silent, PLATELETS) == 210


@pytest.mark.hazard("HZ-C11")
def test_several_lesions_stay_several() -> None:
    def size(sub: str, value: str, number: int) -> str:
        return f"OBX|{number}|NM|33728-7^Lesion size^LN|{sub}|{value}|mm|||||F|||20260110080000||||||10200004^Liver^SCT"

    mapping = log_mapping(log_report(size("1", "41", 1), size("2", "23", 2)))
    sizes = [s.origin.sent for s in only(mapping).statements if s.fact == "largest_lesion_cm"]
    assert sizes == ["41 mm", "23 mm"]
    assert known(mapping, "largest_lesion_cm") == Decimal("4.1")


@pytest.mark.hazard("HZ-C12")
def test_absent_imaging_is_unknown_and_not_negative() -> None:
    mapping = by_fhir(laboratory("777-3", 210, "10*3/uL"), condition("C7B.02"))
    for name in ("sstr_status", "sstr_imaging_modality", "sstr_low_uptake_lesions"):
        assert standing(mapping, name) == ("absent", "not-recorded")
    said = observation("sstr_status", system=OWN, valueCodeableConcept=concept(OWN, "not_avid"))
    assert known(by_fhir(said), "sstr_status") == "not_avid"

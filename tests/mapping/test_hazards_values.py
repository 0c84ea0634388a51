"""Hazards of values and units (HZ-V), as far as mapping and case decide them: each test sends the input of its row.

Rows about trends need a rule set that computes one; rows about cards are tested where cards are made.
"""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from adapter.case.truth import Truth
from adapter.case.value import Members, Quantity
from adapter.mapping.ledger import Outcome
from adapter.mapping.patient import Mapping
from tests.mapping.hazard_log import log_mapping, log_message, log_obx, log_platelets, log_report
from tests.mapping.senders import (
    OWN,
    Json,
    Resource,
    by_fhir,
    fact,
    finding_codes,
    known,
    laboratory,
    observation,
    quantity,
    questionnaire,
    standing,
)
from tests.mapping.small_tables import small_tables

PLATELETS = "platelets_10e9_l"
CREATININE = "creatinine_mg_dl"
BILIRUBIN = "bilirubin_mg_dl"


def compared(mapping: Mapping, name: str, comparison: str, limit: str) -> Truth:
    value = fact(mapping, name).known
    assert isinstance(value, Quantity)
    return value.compare(comparison, Quantity.of(Decimal(limit)))  # type: ignore[arg-type]


def both(code: str, value: str, unit: str) -> list[Mapping]:
    """The same result by HL7 and by FHIR."""
    return [
        log_mapping(log_report(log_obx(f"{code}^x^LN", value, unit))),
        by_fhir(laboratory(code, json.loads(value), unit)),
    ]


@pytest.mark.hazard("HZ-V01")
def test_a_molar_value_is_converted_and_shown_as_sent() -> None:
    for mapping in both("14682-9", "132.6", "umol/L"):
        assert known(mapping, CREATININE) == Decimal("1.5")
        [origin] = fact(mapping, CREATININE).origins
        assert origin.sent == "132.6 umol/L"


@pytest.mark.hazard("HZ-V02")
def test_a_mass_unit_under_a_molar_code_is_excluded_and_the_reverse_too() -> None:
    for code, value, unit in (("14682-9", "1.5", "mg/dL"), ("2160-0", "132.6", "umol/L")):
        for mapping in both(code, value, unit):
            assert standing(mapping, CREATININE) == ("excluded", "unit-contradicts-code")
            assert "unit-contradicts-code" in finding_codes(mapping)


@pytest.mark.hazard("HZ-V03")
@pytest.mark.parametrize(
    ("value", "unit"),
    [("210", "10*3/uL"), ("210", "K/uL"), ("210", "10*9/L"), ("210", "x10E3/uL"), ("210", "G/L"), ("210000", "/uL")],
)
def test_one_unit_in_many_spellings(value: str, unit: str) -> None:
    assert [known(mapping, PLATELETS) for mapping in both("777-3", value, unit)] == [210, 210]


@pytest.mark.hazard("HZ-V04")
def test_a_missing_unit_is_never_guessed() -> None:
    bare: Resource = observation("1975-2", valueQuantity={"value": 1.1})
    for mapping in (log_mapping(log_report(log_obx("1975-2^Bilirubin^LN", "1.1", ""))), by_fhir(bare)):
        assert standing(mapping, BILIRUBIN) == ("excluded", "unit-missing")
        assert fact(mapping, BILIRUBIN).on_record is None
        assert "unit-missing" in finding_codes(mapping)


@pytest.mark.hazard("HZ-V05")
def test_an_unknown_unit_is_excluded_and_counted() -> None:
    for mapping in both("777-3", "210", "thou/mcl?"):
        assert standing(mapping, PLATELETS) == ("excluded", "unit-unknown")
        assert finding_codes(mapping).count("unit-unknown") == 1


@pytest.mark.hazard("HZ-V06")
def test_giga_per_litre_of_one_analyte_is_not_grams_of_another(tmp_path: Path) -> None:
    """No rule reads haemoglobin: a small table reads it into a fact that is held in g/dL like it."""
    haemoglobin = small_tables(
        tmp_path,
        (
            "rows.yaml",
            '    concepts: ["albumin"]\n    number: "albumin"',
            '    concepts: ["haemoglobin"]\n    number: "haemoglobin"',
        ),
        ("rows.yaml", '  haemoglobin: "no rule reads it"', '  albumin: "no rule reads it"'),
    )
    wrong = log_report(log_obx("718-7^Hemoglobin^LN", "7.2", "G/L"))
    right = log_report(log_obx("718-7^Hemoglobin^LN", "72", "g/L"))
    assert standing(log_mapping(wrong, table=haemoglobin), "albumin_g_dl") == ("excluded", "unit-unknown")
    assert known(log_mapping(right, table=haemoglobin), "albumin_g_dl") == Decimal("7.2")
    assert known(log_mapping(log_report(log_platelets("210", "G/L"))), PLATELETS) == 210
    assert standing(log_mapping(log_report(log_platelets("210", "g/L"))), PLATELETS) == ("excluded", "unit-ambiguous")


@pytest.mark.hazard("HZ-V07")
def test_a_caret_inside_a_unit_is_escaped_or_the_value_is_excluded() -> None:
    assert known(log_mapping(log_report(log_platelets("210", r"10\S\3/uL"))), PLATELETS) == 210
    assert standing(log_mapping(log_report(log_platelets("210", "10^3/uL"))), PLATELETS) == ("excluded", "unit-unknown")


@pytest.mark.hazard("HZ-V08")
def test_a_comparator_is_kept() -> None:
    by_text = log_mapping(log_report(log_obx("1975-2^Bilirubin^LN", "<0.2", "mg/dL", kind="ST")))
    by_member = by_fhir(observation("1975-2", valueQuantity=quantity(0.2, "mg/dL", comparator="<")))
    for mapping in (by_text, by_member):
        assert known(mapping, BILIRUBIN) == {"below": Decimal("0.2")}
        assert compared(mapping, BILIRUBIN, ">=", "2") is Truth.FALSE
        assert compared(mapping, BILIRUBIN, ">=", "0.1") is Truth.UNKNOWN
        assert fact(mapping, BILIRUBIN).origins[0].sent == "<0.2 mg/dL"


@pytest.mark.hazard("HZ-V10")
@pytest.mark.parametrize(
    ("code", "value", "unit", "name"),
    [("2160-0", "1,5", "mg/dL", CREATININE), ("777-3", "1,250", "10*3/uL", PLATELETS)],
)
def test_a_comma_is_no_number(code: str, value: str, unit: str, name: str) -> None:
    assert standing(log_mapping(log_report(log_obx(f"{code}^x^LN", value, unit))), name) == ("excluded", "not-a-number")
    as_text = by_fhir(observation(code, valueQuantity=quantity(value, unit)))
    assert standing(as_text, name) == ("excluded", "not-a-number")


@pytest.mark.hazard("HZ-V11")
@pytest.mark.parametrize(
    "text", ["nan", "inf", "1_000", "١٢", "1e999", "0x10", " ", "1.", ".5", "1 000", "--1", "1e5e5"]
)
def test_what_languages_take_for_numbers_is_none(text: str) -> None:
    assert standing(log_mapping(log_report(log_platelets(text))), PLATELETS) == ("excluded", "not-a-number")


@pytest.mark.hazard("HZ-V12")
@pytest.mark.parametrize("value", ["210000", "-5"])
def test_an_impossible_value_is_excluded_and_never_rescaled(value: str) -> None:
    for mapping in both("777-3", value, "10*3/uL"):
        assert standing(mapping, PLATELETS) == ("excluded", "implausible")
        assert fact(mapping, PLATELETS).origins[0].sent == f"{value} 10*3/uL"
        assert "implausible" in finding_codes(mapping)


@pytest.mark.hazard("HZ-V13")
def test_zero_is_a_value() -> None:
    for mapping in both("751-8", "0.0", "10*3/uL"):
        assert known(mapping, "neutrophils") == 0
        assert compared(mapping, "neutrophils", "<", "1.5") is Truth.TRUE


@pytest.mark.hazard("HZ-V14")
def test_text_and_nothing_are_no_value() -> None:
    hemolysed = log_mapping(log_report(log_platelets("Hemolyzed, see note", "", kind="TX")))
    empty = log_mapping(log_report(log_platelets("")))
    assert standing(hemolysed, PLATELETS) == ("absent", "text-result")
    for kind in ("ST", ""):
        worded = log_mapping(log_report(log_platelets("Hemolyzed", "", kind=kind)))
        assert standing(worded, PLATELETS) == ("absent", "text-result")
    assert standing(empty, PLATELETS) == ("absent", "empty")
    assert standing(by_fhir(observation("777-3", valueString="Hemolyzed")), PLATELETS) == ("absent", "text-result")
    assert standing(by_fhir(observation("777-3")), PLATELETS) == ("absent", "empty")


@pytest.mark.hazard("HZ-V15")
def test_an_interval_is_not_its_first_number() -> None:
    by_sn = log_mapping(log_report(log_obx("29593-1^Ki-67^LN", "^2^-^3", "%", kind="SN")))
    by_range = by_fhir(observation("29593-1", valueRange={"low": quantity(2, "%"), "high": quantity(3, "%")}))
    for mapping in (by_sn, by_range):
        assert known(mapping, "ki67_percent") == {"low": 2, "high": 3}
        assert compared(mapping, "ki67_percent", ">=", "3") is Truth.UNKNOWN
        assert standing(mapping, "who_grade") == ("absent", "not-recorded")


@pytest.mark.hazard("HZ-V16")
def test_a_fraction_is_told_from_a_percentage_by_its_unit() -> None:
    fraction, percentage = both("29593-1", "0.04", "1"), both("29593-1", "4", "%")
    assert [known(mapping, "ki67_percent") for mapping in (*fraction, *percentage)] == [4] * 4
    assert [known(mapping, "ki67_percent") for mapping in both("29593-1", "0.04", "%")] == [Decimal("0.04")] * 2
    assert [standing(m, "ki67_percent") for m in both("29593-1", "4", "1")] == [("excluded", "fraction-above-one")] * 2


@pytest.mark.hazard("HZ-V19")
def test_one_name_for_three_specimens_maps_by_code_alone(tmp_path: Path) -> None:
    local = small_tables(
        tmp_path,
        ("systems.csv", "uri,title,name,fold,note\n", "uri,title,name,fold,note\nurn:example:lab,Laboratory,L,,\n"),
        (
            "codes.csv",
            "concept,system,code,display,units,confidence,note\n",
            "concept,system,code,display,units,confidence,note\nurine_5hiaa_24h,urn:example:lab,U24,5-HIAA,mg/(24.h),high,\n",
        ),
    )
    sent = [
        f"OBX|{n}|NM|{code}^5-HIAA^L||9|mg/(24.h)|{limit}||||F|||20260110080000"
        for n, (code, limit) in enumerate((("U24", "0-6"), ("USPOT", "0-99"), ("PLAS", "0-99")), 1)
    ]
    mapping = log_mapping(log_report(*sent), table=local)
    assert known(mapping, "hiaa_high") is True
    assert {s.origin.place for s in mapping.patients[0].statements if s.fact == "hiaa_high"} == {"OBX[1]-5"}
    assert {(e.code, e.reason) for e in mapping.whole_ledger.entries if e.outcome is Outcome.UNMAPPED and e.code} == {
        ("L|USPOT", "code-unmapped"),
        ("L|PLAS", "code-unmapped"),
    }


@pytest.mark.hazard("HZ-V20")
def test_direct_bilirubin_is_not_total_bilirubin() -> None:
    for mapping in both("1968-7", "0.3", "mg/dL"):
        assert standing(mapping, BILIRUBIN) == ("absent", "not-recorded")
        assert any(
            entry.outcome is Outcome.UNMAPPED and entry.code.endswith("1968-7")
            for entry in mapping.whole_ledger.entries
        )


@pytest.mark.hazard("HZ-V21")
def test_several_values_in_one_field_are_none() -> None:
    repeated = log_mapping(log_report(log_obx("2160-0^Creatinine^LN", "1.2~4.8", "mg/dL")))
    assert standing(repeated, CREATININE) == ("excluded", "multiple-values")
    half = log_obx("33732-9^Grade^LN", "54102005^^SCT~^G2", "", kind="CWE")
    assert standing(log_mapping(log_report(half)), "who_grade") == ("excluded", "not-a-coded-answer")
    graded = log_obx("33732-9^Grade^LN", "54102005^^SCT~1663004^^SCT", "", kind="CWE")
    assert standing(log_mapping(log_report(graded)), "who_grade") == ("excluded", "multiple-values")


def flagged(value: str, flag: str) -> list[Mapping]:
    """A platelet count with its range 150-400 and a flag, by HL7 and by FHIR."""
    segment = f"OBX|1|NM|777-3^Platelets^LN||{value}|10*3/uL|150-400|{flag}|||F|||20260110080000"
    coded: Json = [{"coding": [{"code": flag}]}]
    limits: Json = [{"low": quantity(150, "10*3/uL"), "high": quantity(400, "10*3/uL")}]
    resource = laboratory("777-3", json.loads(value), "10*3/uL", interpretation=coded, referenceRange=limits)
    return [log_mapping(log_report(segment)), by_fhir(resource)]


@pytest.mark.hazard("HZ-V22")
@pytest.mark.parametrize(
    ("value", "flag"), [("210", "LL"), ("210", "H"), ("35", "N"), ("410", "N"), ("410", "L"), ("35", "HH")]
)
def test_a_flag_against_the_value_is_said(value: str, flag: str) -> None:
    for mapping in flagged(value, flag):
        assert known(mapping, PLATELETS) == int(value)
        assert "flag-contradicts-value" in finding_codes(mapping)


@pytest.mark.hazard("HZ-V22")
@pytest.mark.parametrize(
    ("value", "flag"),
    [("210", "N"), ("35", "LL"), ("35", "L"), ("410", "H"), ("150", "N"), ("400", "N"), ("35", "A"), ("210", "")],
)
def test_a_flag_that_agrees_is_not_mentioned(value: str, flag: str) -> None:
    assert [finding_codes(mapping) for mapping in flagged(value, flag)] == [[], []]


@pytest.mark.hazard("HZ-V23")
def test_a_threshold_is_compared_exactly() -> None:
    for value in ("1.50", "1.5"):
        for mapping in both("2160-0", value, "mg/dL"):
            assert compared(mapping, CREATININE, ">=", "1.5") is Truth.TRUE
    for mapping in both("14682-9", "132.6", "umol/L"):
        assert compared(mapping, CREATININE, ">=", "1.5") is Truth.TRUE
    for mapping in both("14682-9", "132.59999", "umol/L"):
        assert compared(mapping, CREATININE, ">=", "1.5") is Truth.FALSE


@pytest.mark.hazard("HZ-V24")
def test_a_reason_for_no_value_is_kept_and_beside_a_value_it_excludes() -> None:
    reason: Resource = {"coding": [{"code": "not-performed"}]}
    assert standing(by_fhir(observation("777-3", dataAbsentReason=reason)), PLATELETS) == ("absent", "not-performed")
    unreadable: Resource = {"coding": [{"code": "not-a-number"}]}
    said = by_fhir(observation("777-3", dataAbsentReason=unreadable))
    assert standing(said, PLATELETS) == ("absent", "not-a-number")
    assert finding_codes(said) == []
    both_sent = laboratory("777-3", 210, "10*3/uL", dataAbsentReason=reason)
    mapping = by_fhir(both_sent)
    assert fact(mapping, PLATELETS).state.value == "excluded"
    assert finding_codes(mapping) == [fact(mapping, PLATELETS).reason]


@pytest.mark.hazard("HZ-V25")
def test_a_titre_is_no_quantity() -> None:
    """The row's chromogranin A feeds no fact; the same field under a code that does shows what became of it."""
    marker = log_mapping(log_report(log_obx("9811-1^Chromogranin A^LN", "^1^:^128", "", kind="SN")))
    assert [s.fact for s in marker.patients[0].statements] == ["birth_date"]
    titre = log_mapping(log_report(log_obx("29593-1^Ki-67^LN", "^1^:^128", "%", kind="SN")))
    assert standing(titre, "ki67_percent") == ("excluded", "not-a-quantity")
    ratio = by_fhir(
        observation("29593-1", valueRatio={"numerator": quantity(1, "1"), "denominator": quantity(128, "1")})
    )
    assert standing(ratio, "ki67_percent") == ("excluded", "not-a-quantity")


def test_both_ends_of_an_interval_must_be_possible() -> None:
    too_high = log_mapping(log_report(log_platelets("^100^-^6000", kind="SN")))
    too_low = log_mapping(log_report(log_platelets("^-5^-^100", kind="SN")))
    assert [standing(mapping, PLATELETS) for mapping in (too_high, too_low)] == [("excluded", "implausible")] * 2


def test_an_interval_has_one_unit() -> None:
    mixed = observation("1975-2", valueRange={"low": quantity(1, "mg/dL"), "high": quantity(34.2, "umol/L")})
    assert standing(by_fhir(mixed), BILIRUBIN) == ("excluded", "unit-conflicting")
    low_only = observation("1975-2", valueRange={"low": quantity(1, "mg/dL")})
    assert known(by_fhir(low_only), BILIRUBIN) == {"low": 1}


# Both units of one result, and what the derived lists do with a zero ---------------------------------------------------
def test_code_and_text_of_a_unit_may_not_name_two() -> None:
    sent: Resource = {"value": 210, "unit": "/uL", "system": "http://unitsofmeasure.org", "code": "10*3/uL"}
    assert standing(by_fhir(observation("777-3", valueQuantity=sent)), PLATELETS) == ("excluded", "unit-conflicting")
    assert standing(log_mapping(log_report(log_platelets("210", "10*3/uL^/uL"))), PLATELETS) == (
        "excluded",
        "unit-conflicting",
    )


def test_nothing_sent_makes_no_list_empty() -> None:
    mapping = log_mapping(log_message("PID|1||P1^^^HOSP^MR"))
    for name in ("prior_liver_directed", "biliary_instrumentation", "planned_therapies"):
        assert not isinstance(fact(mapping, name).known, Members)
        assert standing(mapping, name) == ("absent", "not-recorded")


def test_a_reason_in_words_beside_a_value_excludes_it() -> None:
    spoilt = laboratory("777-3", 210, "10*3/uL", dataAbsentReason={"text": "specimen haemolysed"})
    assert standing(by_fhir(spoilt), PLATELETS) == ("excluded", "value-and-absent-reason")


COUNT: Resource = quantity(210, "10*3/uL")
CHOICES: dict[str, Json] = {
    "valueString": "210",
    "valueCodeableConcept": {"text": "low"},
    "valueBoolean": False,
    "valueInteger": 0,
    "valueRange": {"low": COUNT},
    "valueRatio": {"numerator": COUNT},
    "valueSampledData": {"period": 1},
    "valueTime": "08:00:00",
    "valueDateTime": "2026-01-10",
    "valuePeriod": {"start": "2026-01-10"},
}


@pytest.mark.parametrize("choice", CHOICES)
def test_two_choices_of_a_value_are_none(choice: str) -> None:
    both_sent = laboratory("777-3", 210, "10*3/uL", **{choice: CHOICES[choice]})
    part: Resource = {"code": both_sent["code"], "valueQuantity": COUNT, choice: CHOICES[choice]}
    panel: Resource = {**observation("58410-2"), "component": [part]}
    for mapping in (by_fhir(both_sent), by_fhir(panel)):
        assert standing(mapping, PLATELETS) == ("excluded", "two-values")
        assert finding_codes(mapping) == ["two-values"]


@pytest.mark.parametrize("choice", [*CHOICES, "valueQuantity", "valueUri", "valueAttachment", "valueReference"])
def test_two_choices_in_one_answer_are_none(choice: str) -> None:
    more: dict[str, Json] = {**CHOICES, "valueQuantity": COUNT, "valueUri": "urn:x", "valueAttachment": {"title": "x"}}
    more["valueReference"] = {"reference": "Organization/o1"}
    coding: Resource = {"system": OWN, "code": "whipple"}
    spoilt: Resource = {"valueCoding": coding, choice: more[choice]}
    single: list[Json] = [spoilt]
    for answers in (single, [{"valueCoding": coding}, *single]):
        mapping = by_fhir(questionnaire(item=[{"linkId": "biliary_instrumentation", "answer": answers}]))
        assert standing(mapping, "biliary_instrumentation") == ("excluded", "two-values")


@pytest.mark.parametrize(
    "blank", [{"valueString": ""}, {"valueString": " "}, {"valueString": None}, {"valueInteger": None}]
)
def test_an_empty_choice_beside_a_value_is_no_second_one(blank: Resource) -> None:
    assert known(by_fhir(laboratory("777-3", 210, "10*3/uL", **blank)), PLATELETS) == 210


def test_an_observation_about_another_person_is_not_about_its_subject() -> None:
    donor = laboratory("777-3", 210, "10*3/uL", focus=[{"reference": "Patient/other"}])
    assert standing(by_fhir(donor), PLATELETS) == ("excluded", "about-another-person")
    lesion = laboratory("777-3", 210, "10*3/uL", focus=[{"reference": "BodyStructure/liver"}])
    assert known(by_fhir(lesion), PLATELETS) == 210

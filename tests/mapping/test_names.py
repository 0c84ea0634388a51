"""The names sent with a code speak against it where they are those of something else: a sibling, another specimen."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.mapping.patient import Mapping
from adapter.mapping.tables import tables
from tests.mapping.senders import (
    LOINC,
    Json,
    Resource,
    by_fhir,
    by_hl7,
    known,
    laboratory,
    observation,
    obx,
    only,
    quantity,
    report,
    standing,
)
from tests.repository import ROOT

NAMES = tables().names
CONTRADICTED = ("excluded", "code-contradicts-name")


def carriers(code: str, name: str, value: str, unit: str) -> dict[str, Mapping]:
    """The same result with the name in every place that can hold one."""
    sent = laboratory(code, float(value), unit)
    coding: Resource = {"system": LOINC, "code": code}
    local: Json = {"system": "urn:local", "code": "X", "display": name}
    part: Resource = {"code": {"coding": [coding], "text": name}, "valueQuantity": quantity(float(value), unit)}
    return {
        "display": by_fhir({**sent, "code": {"coding": [{**coding, "display": name}]}}),
        "second display": by_fhir({**sent, "code": {"coding": [coding, local]}}),
        "display without code": by_fhir({**sent, "code": {"coding": [coding, {"display": name}]}}),
        "text": by_fhir({**sent, "code": {"coding": [coding], "text": name}}),
        "text of a component": by_fhir(observation("24325-3", component=[part])),
        "OBX-3.2": by_hl7(report(obx(f"{code}^{name}^LN", value, unit))),
        "OBX-3.5": by_hl7(report(obx(f"{code}^^LN^X^{name}^L", value, unit))),
        "OBX-3.9": by_hl7(report(obx(f"{code}^^LN^^^^^^{name}", value, unit))),
        "OBX-3.11": by_hl7(report(obx(f"{code}^^LN^^^^^^^X^{name}^L", value, unit))),
    }


SIBLINGS = [
    ("1975-2", "Bilirubin direct", "0.4", "mg/dL", "bilirubin_mg_dl"),
    ("1975-2", "BILIRUBIN, CONJUGATED", "0.4", "mg/dL", "bilirubin_mg_dl"),
    ("1975-2", "Bilirubin.indirect", "0.4", "mg/dL", "bilirubin_mg_dl"),
    ("14631-6", "Bilirubin unconjugated", "9", "umol/L", "bilirubin_mg_dl"),
    ("1975-2", "D-Bili", "0.4", "mg/dL", "bilirubin_mg_dl"),
    ("1975-2", "Bilirubine conjuguée", "0.4", "mg/dL", "bilirubin_mg_dl"),
    ("1975-2", "Bilirubin direkt", "0.4", "mg/dL", "bilirubin_mg_dl"),
    ("1975-2", "Urobilinogen", "0.4", "mg/dL", "bilirubin_mg_dl"),
    ("1975-2", "Bilirubin, body fluid", "0.4", "mg/dL", "bilirubin_mg_dl"),
    ("1751-7", "Prealbumin", "3.1", "g/dL", "albumin_g_dl"),
    ("1751-7", "Albumin CSF", "3.1", "g/dL", "albumin_g_dl"),
    ("1751-7", "Albumin/Globulin", "3.1", "g/dL", "albumin_g_dl"),
    ("2160-0", "Creatinine, urine", "1.1", "mg/dL", "creatinine_mg_dl"),
    ("2160-0", "U-Kreatinin", "1.1", "mg/dL", "creatinine_mg_dl"),
    ("2160-0", "Creatinine clearance", "1.1", "mg/dL", "creatinine_mg_dl"),
    ("2160-0", "eGFR (creatinine)", "1.1", "mg/dL", "creatinine_mg_dl"),
    ("2160-0", "Creatine kinase", "1.1", "mg/dL", "creatinine_mg_dl"),
    ("1920-8", "AST/ALT ratio", "30", "U/L", "ast_u_l"),
    ("2532-0", "LDH pleural fluid", "200", "U/L", "ldh_u_l"),
    ("2532-0", "LDH isoenzyme 1", "200", "U/L", "ldh_u_l"),
    ("777-3", "Immature platelets", "200", "10*3/uL", "platelets_10e9_l"),
    ("777-3", "Mean platelet volume", "200", "10*3/uL", "platelets_10e9_l"),
    ("751-8", "Neutrophils, band form", "2", "10*3/uL", "neutrophils"),
    ("731-0", "Atypical lymphocytes", "2", "10*3/uL", "lymphocytes"),
    ("29593-1", "Ki-67 breast", "3", "%", "ki67_percent"),
    ("10230-1", "Right ventricular ejection fraction", "50", "%", "lvef_percent"),
]


@pytest.mark.hazard("HZ-C03")
@pytest.mark.parametrize(("code", "name", "value", "unit", "of"), SIBLINGS, ids=[row[1] for row in SIBLINGS])
def test_the_name_of_a_sibling_or_another_specimen_excludes(
    code: str, name: str, value: str, unit: str, of: str
) -> None:
    for place, mapping in carriers(code, name, value, unit).items():
        assert standing(mapping, of) == CONTRADICTED, place
        assert [finding.code for finding in only(mapping).findings] == ["code-contradicts-name"], place


OWN_NAMES = [
    ("1975-2", "Bilirubin", "0.4", "mg/dL", "bilirubin_mg_dl"),
    ("1975-2", "Bilirubin, total", "0.4", "mg/dL", "bilirubin_mg_dl"),
    ("1975-2", "Bili total (Plasma)", "0.4", "mg/dL", "bilirubin_mg_dl"),
    ("1751-7", "Albumin (BCG)", "3.1", "g/dL", "albumin_g_dl"),
    ("2160-0", "Creatinine concentration", "1.1", "mg/dL", "creatinine_mg_dl"),  # holds "ratio"
    ("2160-0", "S-Kreatinin", "1.1", "mg/dL", "creatinine_mg_dl"),
    ("2160-0", "Purine metabolism: creatinine", "1.1", "mg/dL", "creatinine_mg_dl"),  # holds "urin"
    ("777-3", "Platelets [#/volume] in Blood", "200", "10*3/uL", "platelets_10e9_l"),
    ("1920-8", "Fasting: AST (SGOT)", "30", "U/L", "ast_u_l"),
    ("2532-0", "LDH", "200", "U/L", "ldh_u_l"),
    ("10230-1", "Left ventricular EF", "50", "%", "lvef_percent"),
    ("2160-0", "Something local", "1.1", "mg/dL", "creatinine_mg_dl"),
]


@pytest.mark.parametrize(("code", "name", "value", "unit", "of"), OWN_NAMES, ids=[row[1] for row in OWN_NAMES])
def test_a_name_that_may_be_its_own_excludes_nothing(code: str, name: str, value: str, unit: str, of: str) -> None:
    for place, mapping in carriers(code, name, value, unit).items():
        assert standing(mapping, of) == ("present", ""), place


def test_a_fact_s_own_code_is_held_against_its_name_too() -> None:
    own = by_hl7(report(obx("bilirubin_mg_dl^Bilirubin direct^99LDT", "0.4", "mg/dL")))
    assert standing(own, "bilirubin_mg_dl") == CONTRADICTED
    assert known(by_hl7(report(obx("bilirubin_mg_dl^Bilirubin^99LDT", "0.4", "mg/dL"))), "bilirubin_mg_dl") is not None


def test_the_official_name_of_no_code_speaks_against_it() -> None:
    """Each display of codes.csv, which is the terminology's own, under its own code."""
    every = [code for codes in tables().codes.concepts.values() for code in codes]
    assert len(every) > 400
    spoken = [code.display for code in every if NAMES.contradict([code.display], frozenset({code.concept}))]
    assert spoken == []


def rows(file: str) -> list[dict[str, str]]:
    with (ROOT / "mappings" / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


AGAINST = [
    (row["word"], concept)
    for row in rows("names.csv")
    if row["speaks"] == "against"
    for concept in row["concepts"].split()
]
ELSEWHERE = [row["word"] for row in rows("specimens.csv")]


@given(st.sampled_from(AGAINST), st.sampled_from([str.upper, str.lower, str.title]))
def test_every_word_against_a_concept_excludes_in_any_letter_case(row: tuple[str, str], case: object) -> None:
    word, concept = row
    assert callable(case)
    for name in (word.strip("*"), f"{word.strip('*')}, x", f"x {word.strip('*')}"):
        assert NAMES.contradict([case(name)], frozenset({concept}))


@given(
    st.sampled_from(ELSEWHERE), st.sampled_from(["bilirubin_total", "albumin", "creatinine", "platelets", "serotonin"])
)
def test_every_other_specimen_excludes_what_is_measured_in_blood(word: str, concept: str) -> None:
    assert NAMES.contradict([f"x {word.strip('*')}"], frozenset({concept}))
    assert not NAMES.contradict([f"x {word.strip('*')}"], frozenset({"urine_5hiaa_24h"}))


def test_what_is_measured_in_blood_follows_from_the_terminology() -> None:
    assert NAMES.in_blood >= {"bilirubin_total", "albumin", "creatinine", "ldh", "ast", "platelets", "serotonin"}
    assert not NAMES.in_blood & {"urine_5hiaa_24h", "serotonin_urine_24h", "ki67_index", "lvef", "tumor_size"}


def test_concepts_are_named_by_names_that_agree() -> None:
    for texts, named in (
        (["Bilirubin"], {"bilirubin_total"}),
        (["Bilirubin", "direct"], set()),
        (["CREA", "Kreatinin im Serum"], {"creatinine"}),
        (["Kreatinin im Urin"], set()),
        (["Albumin/creatinine ratio"], set()),
        (["Neutrophils"], {"neutrophils", "neutrophils_percent"}),
        (["Sodium"], set()),
        ([], set()),
    ):
        assert (
            NAMES.named(texts) & {"bilirubin_total", "creatinine", "albumin", "neutrophils", "neutrophils_percent"}
            == named
        )

"""Answers by the project's own codes that contradict themselves: by a second coding, or by the words beside the code."""

from itertools import permutations

import pytest

from adapter.case.catalogue import FactDefinition, Kind, catalogue
from adapter.case.value import Coded, Members
from adapter.case.words import labels_of
from adapter.mapping.answer_names import names_differ
from adapter.mapping.item import Choices
from adapter.mapping.patient import Mapping
from tests.mapping.senders import (
    LOINC,
    OWN,
    SNOMED,
    Json,
    Resource,
    by_fhir,
    by_hl7,
    fact,
    finding_codes,
    known,
    observation,
    obx,
    questionnaire,
    report,
    standing,
)

ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
UNKNOWN = "http://terminology.hl7.org/CodeSystem/v2-0532"
SYSTEMS = {OWN: "99LDT", SNOMED: "SCT", ICD10CM: "I10C", LOINC: "LN", UNKNOWN: "HL70532"}

Coding = tuple[str, str]


def answered(name: str, *codings: Coding, question: tuple[str, str] | None = None) -> dict[str, Mapping]:
    """One answer with several codings, by FHIR and by HL7 v2."""
    system, code = question or (OWN, name)
    whole: list[Json] = [{"system": of, "code": one} for of, one in codings]
    triplets = "^".join(f"{one}^^{SYSTEMS[of]}" for of, one in codings[:2])
    third = f"^^^^{codings[2][1]}^^{SYSTEMS[codings[2][0]]}" if len(codings) > 2 else ""
    return {
        "fhir": by_fhir(observation(code, system=system, valueCodeableConcept={"coding": whole})),
        "hl7v2": by_hl7(report(obx(f"{code}^^{SYSTEMS[system]}", triplets + third, kind="CWE"))),
    }


CONTRADICTIONS: list[tuple[str, list[Coding]]] = [
    ("portal_vein_status", [(OWN, "patent"), (SNOMED, "17920008")]),  # portal vein thrombosis
    ("portal_vein_status", [(OWN, "patent"), (ICD10CM, "I81")]),
    ("ascites", [(SNOMED, "373067005"), (SNOMED, "389026000")]),  # no; ascites
    ("liver_reserve", [(OWN, "adequate"), (ICD10CM, "K72.90")]),  # hepatic failure
    ("disease_distribution", [(OWN, "liver_only"), (ICD10CM, "C7B.03")]),  # bone metastasis
    ("diagnosis", [(OWN, "nen"), (ICD10CM, "C22.0")]),  # hepatocellular carcinoma
    ("who_grade", [(OWN, "G1"), (SNOMED, "1663004")]),  # G2
    ("who_grade", [(OWN, "G3"), (SNOMED, "258245003")]),  # G4
    ("differentiation", [(OWN, "poor"), (SNOMED, "1288045008")]),  # well-differentiated tumour
    ("functional_status", [(OWN, "nonfunctional"), (SNOMED, "25324008")]),  # insulinoma
    ("hormonal_symptom_severity", [(OWN, "none"), (ICD10CM, "R23.2")]),  # flushing
    ("prior_prrt", [(SNOMED, "373066001"), (SNOMED, "1263784000")]),  # yes; PSMA therapy
    ("biliary_instrumentation", [(OWN, "none"), (SNOMED, "360123005")]),  # biliary stent
    ("biliary_instrumentation", [(OWN, "whipple"), (SNOMED, "360123005")]),
    ("prior_liver_directed", [(OWN, "tae"), (SNOMED, "314617008")]),  # TACE
    ("portal_vein_status", [(OWN, "patent"), (OWN, "well")]),  # a code of another fact
    ("portal_vein_status", [(OWN, "patent"), (OWN, "no_such_value")]),
    ("portal_vein_status", [(OWN, "patent"), (UNKNOWN, "UNK")]),
    ("biliary_instrumentation", [(OWN, "whipple"), (SNOMED, "260413007")]),  # none
    ("ascites", [(SNOMED, "373066001"), (SNOMED, "260413007")]),  # yes; none
]


@pytest.mark.hazard("HZ-C04")
@pytest.mark.parametrize(("name", "codings"), CONTRADICTIONS, ids=lambda value: str(value)[:60])
def test_a_known_code_beside_the_answer_that_says_otherwise_excludes_it(name: str, codings: list[Coding]) -> None:
    for order in permutations(codings):
        for wire, mapping in answered(name, *order).items():
            assert standing(mapping, name) == ("excluded", "conflicting-codes"), wire
            assert finding_codes(mapping) == ["conflicting-codes"], wire


AGREEMENTS: list[tuple[str, list[Coding], object]] = [
    ("portal_vein_status", [(OWN, "occluded"), (SNOMED, "17920008")], "occluded"),
    ("ascites", [(SNOMED, "373066001"), (SNOMED, "389026000")], True),
    ("who_grade", [(OWN, "G2"), (SNOMED, "1663004")], "G2"),
    ("prior_liver_directed", [(OWN, "ctace"), (SNOMED, "314617008")], ["ctace"]),  # TACE: one of two
    ("biliary_instrumentation", [(OWN, "whipple"), (SNOMED, "116241004")], ["whipple"]),
    (
        "prior_liver_directed",
        [(OWN, "ctace"), (SNOMED, "57238002")],
        ["ctace"],
    ),  # any embolisation: decides nothing alone
    ("prior_liver_directed", [(OWN, "tare_lobar"), (SNOMED, "57238002")], ["tare_lobar"]),
    ("portal_vein_status", [(OWN, "patent"), (SNOMED, "10200004")], "patent"),  # liver: says nothing of it
    ("portal_vein_status", [(OWN, "patent"), (SNOMED, "999999999")], "patent"),
    ("liver_reserve", [(OWN, "adequate"), (ICD10CM, "K74.60")], "adequate"),  # cirrhosis may be compensated
]


@pytest.mark.parametrize(("name", "codings", "value"), AGREEMENTS, ids=lambda value: str(value)[:60])
def test_a_code_that_agrees_or_says_nothing_of_the_fact_changes_nothing(
    name: str, codings: list[Coding], value: object
) -> None:
    for order in permutations(codings):
        for wire, mapping in answered(name, *order).items():
            assert known(mapping, name) == value, wire
            assert finding_codes(mapping) == [], wire


@pytest.mark.hazard("HZ-C04")
def test_an_own_code_beside_a_standard_answer_must_say_the_same() -> None:
    grade = (LOINC, "33732-9")
    for wire, mapping in answered("who_grade", (SNOMED, "54102005"), (OWN, "G2"), question=grade).items():
        assert standing(mapping, "who_grade") == ("excluded", "conflicting-codes"), wire
    for wire, mapping in answered("who_grade", (SNOMED, "54102005"), (OWN, "G1"), question=grade).items():
        assert known(mapping, "who_grade") == "G1", wire
    for wire, mapping in answered("who_grade", (OWN, "G1"), question=grade).items():
        assert standing(mapping, "who_grade") == ("excluded", "answer-unmapped"), wire


def named(name: str, code: str, words: str) -> dict[str, Mapping]:
    """One coded answer with words in every place that can hold them."""
    coding: Resource = {"system": OWN, "code": code}
    sent: dict[str, Resource] = {
        "display": {"coding": [{**coding, "display": words}]},
        "text": {"coding": [coding], "text": words},
        "display without code": {"coding": [coding, {"display": words}]},
    }
    by_place = {place: by_fhir(observation(name, system=OWN, valueCodeableConcept=one)) for place, one in sent.items()}
    answer: list[Json] = [{"valueCoding": {**coding, "display": words}}]
    return {
        **by_place,
        "answer": by_fhir(questionnaire(item=[{"linkId": name, "answer": answer}])),
        "OBX-5.2": by_hl7(report(obx(f"{name}^^99LDT", f"{code}^{words}^99LDT", kind="CWE"))),
        "OBX-5.9": by_hl7(report(obx(f"{name}^^99LDT", f"{code}^^99LDT^^^^^^{words}", kind="CWE"))),
    }


DIFFERING = [
    ("portal_vein_status", "patent", "Occluded"),
    ("sstr_status", "avid", "not avid"),
    ("sstr_status", "avid", "SSTR: not_avid"),
    ("who_grade", "G1", "G2 (intermediate)"),
    ("disease_trajectory", "progressive", "Rapidly progressive"),
    ("prior_liver_directed", "tare_lobar", "TARE (whole liver)"),
    ("biliary_instrumentation", "whipple", "None"),
    ("portal_vein_status", "patent", "unknown"),
]
SAME = [
    ("portal_vein_status", "patent", "Patent"),
    ("portal_vein_status", "patent", "free flow"),
    ("sstr_status", "not_avid", "Not avid"),
    ("who_grade", "G2", "G2 (not G1)"),
    ("who_grade", "G2", "Grade: G2 (G1)"),
    ("primary_site", "unknown_primary", "Unknown primary"),
    ("prior_liver_directed", "tare_lobar", "TARE (lobar)"),
    ("liver_reserve", "adequate", "poorly documented"),
    ("biliary_instrumentation", "none", "None"),
]


@pytest.mark.hazard("HZ-C03")
@pytest.mark.parametrize(("name", "code", "words"), DIFFERING)
def test_words_that_are_another_answer_are_pointed_out_and_the_code_is_used(name: str, code: str, words: str) -> None:
    for place, mapping in named(name, code, words).items():
        assert known(mapping, name) in (code, [code]), place
        assert fact(mapping, name).remarks == ("answer-display-differs",), place
        assert finding_codes(mapping) == ["answer-display-differs"], place


@pytest.mark.parametrize(("name", "code", "words"), SAME)
def test_words_that_are_the_answer_or_none_of_the_question_are_not(name: str, code: str, words: str) -> None:
    for place, mapping in named(name, code, words).items():
        assert known(mapping, name) in (code, [code], []), place
        assert finding_codes(mapping) == [], place


@pytest.mark.parametrize(
    ("code", "words", "differs"),
    [("Y", "No", True), ("N", "Yes", True), ("Y", "Yes", False), ("N", "no ascites", False)],
)
def test_yes_that_is_called_no_is_pointed_out(code: str, words: str, differs: bool) -> None:
    for mapping in (
        by_hl7(report(obx("ascites^^99LDT", f"{code}^{words}^HL70136", kind="CWE"))),
        by_fhir(
            questionnaire(
                (
                    "ascites",
                    {
                        "valueCoding": {
                            "system": "http://terminology.hl7.org/CodeSystem/v2-0136",
                            "code": code,
                            "display": words,
                        }
                    },
                )
            )
        ),
    ):
        assert known(mapping, "ascites") is (code == "Y")
        assert finding_codes(mapping) == (["answer-display-differs"] if differs else [])


@pytest.mark.parametrize("definition", [d for d in catalogue().facts.values() if d.values], ids=lambda d: str(d.name))
def test_the_label_of_every_answer_is_told_from_that_of_every_other(definition: FactDefinition) -> None:
    for value in definition.values:
        said = Members(frozenset({value})) if definition.kind is Kind.LIST else Coded(frozenset({value}))
        for other in definition.values:
            for label in labels_of(other):
                assert names_differ(Choices((), (label,)), said, definition) is (value != other), (value, label)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("prrt_chemo", "PRRT with chemotherapy"),
        ("tare_everolimus_ssa", "TARE, everolimus, SSA"),
        ("captem_plus_tare", "CapTem with TARE"),
    ],
)
def test_a_label_within_the_name_of_a_combination_is_not_its_name(code: str, words: str) -> None:
    planned, raw = catalogue()["planned_therapies"], Choices((), (words,))
    assert not names_differ(raw, Members(frozenset({code})), planned)
    assert names_differ(Choices((), ("CapTem",)), Members(frozenset({code})), planned)

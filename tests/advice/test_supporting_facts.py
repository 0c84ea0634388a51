"""The facts behind a CarePlan: contained Observations where they came by HL7 v2, references where they came by FHIR."""

import json
from decimal import Decimal
from typing import Any

import pytest

from adapter.advice.assessment import assess_case
from adapter.advice.careplan import care_plan
from adapter.advice.facts import deciding_facts
from adapter.case.casefile import case_of
from adapter.case.catalogue import catalogue
from adapter.fhir.write import write_json
from adapter.ldt import rule_set
from tests.advice.assessments import PATIENTS, everyone, fixture, gold, messages, of_hl7
from tests.ldt.patients import B0, CLOCK

OWN = "https://ldt-adapter.example.org/fhir/CodeSystem/ldt-fact"
EVERYONE = everyone()


def written(plan: dict[str, object]) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(write_json(plan), parse_float=str, parse_int=str)
    return read


def contained(plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {resource["code"]["coding"][0]["code"]: resource for resource in plan.get("contained", [])}


def value_of(fact: str, content: Any) -> dict[str, Any]:
    """The contained Observation of one fact of the reference profile with this content."""
    case = case_of(
        "test", {**B0, "ssa_status": "progressed", "disease_trajectory": "progressive", fact: content}, CLOCK
    )
    return contained(written(care_plan(assess_case(case, rule_set()))))[fact]


@pytest.mark.parametrize("name", EVERYONE)
def test_every_reference_resolves_and_every_contained_resource_is_referred_to(name: str) -> None:
    plan = written(care_plan(EVERYONE[name]))
    ids = {f"#{resource['id']}" for resource in plan.get("contained", [])}
    references = [info["reference"] for info in plan.get("supportingInfo", [])]
    assert len(references) == len(set(references))
    assert {reference for reference in references if reference.startswith("#")} == ids
    for activity in plan.get("activity", []):
        for reason in activity["detail"].get("reasonReference", []):
            assert reason["reference"] in references


@pytest.mark.parametrize("folder", PATIENTS, ids=lambda folder: folder.name)
def test_facts_by_hl7_are_contained_and_facts_by_fhir_are_referred_to(folder: Any) -> None:
    by_hl7, by_fhir = fixture(folder.name, "hl7v2"), fixture(folder.name, "fhir")
    plan = written(care_plan(by_hl7))
    assert set(contained(plan)) == {fact.name for fact in deciding_facts(by_hl7)}
    sent = {
        entry["resource"]["id"]: entry["resource"]
        for entry in json.loads((folder / "bundle.json").read_text())["entry"]
    }
    plan = written(care_plan(by_fhir))
    # Only what R4 does not let a reason refer to, such as an answer of a questionnaire, is contained as well.
    elsewhere = {"QuestionnaireResponse", "MedicationStatement", "MedicationAdministration", "Procedure", "Patient"}
    elsewhere |= {"MedicationRequest"}
    for name in contained(plan):
        kinds = {origin.place.split("/")[0] for origin in by_fhir.case.facts[name].origins}
        assert kinds <= elsewhere or by_fhir.case.facts[name].origins == ()
    for info in plan.get("supportingInfo", []):
        if info["reference"].startswith("#"):
            continue
        kind, _, key = info["reference"].rpartition("/")
        assert sent[key]["resourceType"] == kind


@pytest.mark.parametrize("folder", PATIENTS, ids=lambda folder: folder.name)
def test_each_activity_refers_to_the_facts_behind_its_rules(folder: Any) -> None:
    assessment = fixture(folder.name, "hl7v2")
    plan = written(care_plan(assessment))
    details = {a["detail"]["code"]["coding"][0]["code"]: a["detail"] for a in plan.get("activity", [])}
    known = {fact.name for fact in deciding_facts(assessment)}
    for therapy in assessment.advice.therapies:
        if therapy.code in details:
            references = [reason["reference"] for reason in details[therapy.code].get("reasonReference", [])]
            expected = [f"#{name.replace('_', '-')}" for name in therapy.facts if name in known]
            assert references == expected


def test_a_contained_observation_says_what_when_who_and_where_from() -> None:
    plan = written(care_plan(of_hl7(messages("OBX|5|NM|liver_burden_percent^^99LDT||91.5|%|||||F", control_id="M7"))))
    observation = contained(plan)["liver_burden_percent"]
    assert observation["resourceType"] == "Observation"
    assert observation["status"] == "final"
    assert observation["code"] == {
        "coding": [{"system": OWN, "code": "liver_burden_percent"}],
        "text": catalogue()["liver_burden_percent"].label,
    }
    assert observation["subject"] == plan["subject"]
    assert observation["effectiveDateTime"] == "2026-01-10"
    assert observation["note"] == [{"text": "From OBX\\[5\\]-5 of message M7 from LAB HOSP"}]
    quantity = observation["valueQuantity"]
    assert (quantity["unit"], quantity["system"], quantity["code"]) == ("%", "http://unitsofmeasure.org", "%")
    assert Decimal(quantity["value"]) == Decimal("91.5")


@pytest.mark.parametrize("sent", ["91.5", "91.50", "12", "10.0"])
def test_numbers_keep_the_digits_that_were_sent(sent: str) -> None:
    assert value_of("liver_burden_percent", Decimal(sent))["valueQuantity"]["value"] == sent


@pytest.mark.parametrize(
    ("fact", "content", "value"),
    [
        (
            "resectability",
            "unresectable",
            {"valueCodeableConcept": {"text": "unresectable", "coding": [{"system": OWN, "code": "unresectable"}]}},
        ),
        ("prior_prrt", False, {"valueBoolean": False}),
        (
            "disease_distribution",
            {"one_of": ["liver_only", "liver_dominant"]},
            {"valueCodeableConcept": {"text": "liver dominant or liver only"}},
        ),
    ],
)
def test_values_of_each_kind(fact: str, content: Any, value: dict[str, Any]) -> None:
    observation = value_of(fact, content)
    assert {name: part for name, part in observation.items() if name.startswith("value")} == value


@pytest.mark.parametrize(
    ("content", "comparator", "bound"),
    [
        ({"above": Decimal(91)}, ">", "91"),
        ({"low": Decimal(91)}, ">=", "91"),
        ({"below": Decimal(9)}, "<", "9"),
        ({"high": Decimal(9)}, "<=", "9"),
    ],
)
def test_a_bound_keeps_its_comparator(content: Any, comparator: str, bound: str) -> None:
    quantity = value_of("liver_burden_percent", content)["valueQuantity"]
    assert quantity["comparator"] == comparator
    assert Decimal(quantity["value"]) == Decimal(bound)


def test_an_interval_is_a_range() -> None:
    value = value_of("liver_burden_percent", {"low": Decimal(91), "high": Decimal(95)})["valueRange"]
    assert [Decimal(value[end]["value"]) for end in ("low", "high")] == [Decimal(91), Decimal(95)]


def test_an_open_interval_is_not_shown_as_a_closed_one() -> None:
    assert value_of("liver_burden_percent", {"above": Decimal(91), "below": Decimal(95)}) != value_of(
        "liver_burden_percent", {"low": Decimal(91), "high": Decimal(95)}
    )


@pytest.mark.parametrize(
    ("content", "text", "code"),
    [
        (["biliary_stent"], "biliary stent", "biliary_stent"),
        (["biliary_stent", "sphincterotomy"], "biliary stent, sphincterotomy", None),
        ({"has": ["biliary_stent"], "one_of": [], "complete": False}, "biliary stent (others not excluded)", None),
        (
            {"has": ["whipple"], "one_of": [["biliary_drain", "biliary_stent"]], "complete": True},
            "whipple, one of biliary drain/biliary stent",
            None,
        ),
    ],
)
def test_a_list_says_whether_it_is_complete_and_has_a_code_only_if_one_code_says_it_all(
    content: Any, text: str, code: str | None
) -> None:
    concept = value_of("biliary_instrumentation", content)["valueCodeableConcept"]
    assert concept == {"text": text} | ({"coding": [{"system": OWN, "code": code}]} if code else {})


def test_a_list_that_is_known_to_be_empty_says_none() -> None:
    concept = contained(written(care_plan(gold()["GC-03"])))["prior_liver_directed"]["valueCodeableConcept"]
    assert concept == {"text": "none", "coding": [{"system": OWN, "code": "none"}]}

"""CarePlans: a draft proposal that says all that the card says, valid R4, about the right patient."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest

from adapter.advice.assessment import assess
from adapter.advice.card import full
from adapter.advice.careplan import care_plan
from adapter.advice.glance import DECIDES, first_screen
from adapter.advice.names import label
from adapter.advice.narrative import FURTHER
from adapter.advice.parts import INTENDED
from adapter.advice.summary import summary
from adapter.advice.wording import markdown, plain
from adapter.case.merge import Clock
from adapter.case.truth import Truth
from adapter.fhir.check import check_resource
from adapter.fhir.document import read_document
from adapter.fhir.write import write_json
from adapter.ldt import Strength, rule_set
from adapter.mapping.fhir import map_fhir
from tests.advice.assessments import everyone, extreme, gold, messages, of_facts, of_hl7
from tests.advice.parts import parts
from tests.ldt.patients import CLOCK

EVERYONE = everyone()
RULES = rule_set()
names = pytest.mark.parametrize("name", EVERYONE)
BASE = "https://ldt-adapter.example.org/fhir"


def plan_of(name: str) -> dict[str, Any]:
    return written(care_plan(EVERYONE[name]))


def written(plan: dict[str, object]) -> dict[str, Any]:
    """The plan as it leaves, read back; numbers stay the text that was written."""
    read: dict[str, Any] = json.loads(write_json(plan), parse_float=str, parse_int=str)
    return read


def activities(plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The details of the activities by code."""
    details = [activity["detail"] for activity in plan.get("activity", [])]
    found = {detail["code"]["coding"][0]["code"]: detail for detail in details}
    assert len(found) == len(details)
    return found


def strings(value: object) -> list[str]:
    """Every text in a resource."""
    match value:
        case str():
            return [value]
        case dict():
            return [text for part in value.values() for text in strings(part)]
        case list():
            return [text for part in value for text in strings(part)]
        case _:
            return []


@names
def test_a_careplan_is_valid_r4(name: str) -> None:
    check_resource(care_plan(EVERYONE[name]))


@pytest.mark.parametrize("strength", Strength)
def test_a_careplan_as_long_as_can_be_is_valid_too(strength: Strength) -> None:
    plan = care_plan(extreme(strength))
    check_resource(plan)
    whole = written(plan)
    expected = 0 if strength is Strength.NOT_RECOMMENDED else len(RULES.therapies)
    assert len(whole["activity"]) == expected + len(RULES.codes) + 65


@pytest.mark.hazard("HZ-A07")
@names
def test_a_careplan_is_a_draft_proposal_that_orders_and_doses_nothing(name: str) -> None:
    plan = plan_of(name)
    assert (plan["status"], plan["intent"]) == ("draft", "proposal")
    for activity in plan.get("activity", []):
        assert activity.keys() == {"detail"}
        assert activity["detail"]["status"] == "not-started"
        assert not {"dailyAmount", "quantity", "productCodeableConcept", "scheduledTiming"} & activity["detail"].keys()


@names
def test_a_careplan_names_the_plan_definition_with_its_version(name: str) -> None:
    assert plan_of(name)["instantiatesCanonical"] == [f"{BASE}/PlanDefinition/{RULES.id}|{RULES.version}"]


def test_the_canonical_base_is_a_setting() -> None:
    plan = written(care_plan(gold()["GC-20"], base="https://hospital.example/fhir"))
    assert BASE not in json.dumps(plan)
    assert plan["instantiatesCanonical"][0].startswith("https://hospital.example/fhir/PlanDefinition/")


@names
def test_every_offered_therapy_is_one_activity_with_its_reasons(name: str) -> None:
    assessment, found = EVERYONE[name], activities(plan_of(name))
    for therapy in assessment.advice.therapies:
        if not therapy.strength.offered:
            continue
        activity = found[therapy.code]
        assert activity["doNotPerform"] is False
        therapy_name = RULES.therapies[therapy.code].name
        mark = ", provisional" if therapy.provisional else ""
        mark += "; planned" if therapy.planned is Truth.TRUE else ""
        word = {"preferred": "preferred (+++)", "reasonable": "reasonable (+)"}[therapy.strength.value]
        assert activity["description"] == plain(f"{therapy_name}: {word}{mark}")
        reasons = [reason["text"] for reason in activity["reasonCode"]]
        rows = [RULES.rules[because.rule] for because in therapy.because]
        assert reasons == [plain(f"{rule.id} {rule.row.title}: {rule.row.statement}") for rule in rows]


@names
def test_contraindicated_therapies_are_activities_not_to_be_performed(name: str) -> None:
    assessment, plan = EVERYONE[name], plan_of(name)
    found = activities(plan)
    contraindicated = {therapy.code for therapy in assessment.advice.by_strength(Strength.CONTRAINDICATED)}
    assert {code for code, activity in found.items() if activity["doNotPerform"]} == contraindicated
    notes = [note["text"] for note in plan["note"]]
    for therapy in assessment.advice.by_strength(Strength.NOT_RECOMMENDED):
        assert therapy.code not in found
        begin = markdown(f"Not recommended: {RULES.therapies[therapy.code].name} (")
        [note] = [note for note in notes if note.startswith(begin)]
        assert all(because.rule in note for because in therapy.because)


@names
def test_every_missing_fact_and_every_step_is_an_activity(name: str) -> None:
    advice, found = EVERYONE[name].advice, activities(plan_of(name))
    for missing in advice.missing:
        assert found[missing.name]["description"].startswith("Obtain: ")
        assert found[missing.name]["reasonCode"] == [{"text": ", ".join(missing.rules)}]
    for action in advice.actions:
        assert found[action.code]["description"].startswith(
            plain(f"{RULES.codes[action.code].text} ({', '.join(action.rules)}")
        )
        assert found[action.code]["reasonCode"] == [{"text": ", ".join(action.rules)}]


@names
def test_what_the_card_says_is_in_the_careplan_too(name: str) -> None:
    """Lines of the card, section by section: both are made from the same advice."""
    found, plan = parts(full(EVERYONE[name])), plan_of(name)
    said = re.sub(r"\\(.)", r"\1", "\n".join(strings(plan)))  # notes are Markdown: active characters are escaped
    for row in found.rows:
        whole = row.therapy.split(": ", 1)[-1]  # the card puts the short name before it
        assert f"{whole}: {row.strength}" in said or f"Not recommended: {whole} (" in said
        assert all(rule.split(" ")[0] in said for rule in row.rules)
    for title, lines in found.sections.items():
        # The facts that decided are references and contained resources; a title without lines is itself what is said.
        for line in lines or (title,) if title not in ("Facts that decided", "Options") else ():
            assert line in said, (title, line)
    assert INTENDED in said
    assert f"Data as of {EVERYONE[name].case.as_of:%Y-%m-%d}" in said
    assert f"Rule set {RULES.id} {RULES.version}" in said
    assert "maximum ages of facts (all are assumptions)." in said


@names
def test_every_fact_on_the_card_is_behind_the_careplan(name: str) -> None:
    found, plan = parts(full(EVERYONE[name])), plan_of(name)
    labels = {line.split(":")[0] for line in found.sections.get("Facts that decided", ())}
    contained = {resource["code"]["text"] for resource in plan.get("contained", [])}
    referred = [i["reference"] for i in plan.get("supportingInfo", []) if not i["reference"].startswith("#")]
    assert contained <= labels
    assert len(labels) == len(contained) or referred
    assert bool(labels) == ("supportingInfo" in plan)


@names
def test_the_narrative_is_well_formed_xhtml_with_every_option_caution_and_missing_fact(name: str) -> None:
    assessment = EVERYONE[name]
    narrative = ElementTree.fromstring(plan_of(name)["text"]["div"])  # noqa: S314
    assert narrative.tag == "{http://www.w3.org/1999/xhtml}div"
    shown = [item.text or "" for item in narrative.iter("{http://www.w3.org/1999/xhtml}li")]
    advice = assessment.advice
    names = [RULES.therapies[therapy.code].short for therapy in advice.therapies]
    names += [label(missing.name) for missing in advice.missing]
    for said in map(plain, names):
        assert any(said.lower() in line.lower() for line in shown), said
    cautions = {rule for remark in advice.cautions if remark.code in RULES.codes for rule in remark.rules}
    assert all(any(rule in line for line in shown) for rule in cautions)


@names
def test_the_narrative_begins_as_the_card_does(name: str) -> None:
    assessment = EVERYONE[name]
    narrative = ElementTree.fromstring(plan_of(name)["text"]["div"])  # noqa: S314
    paragraphs = [item.text for item in narrative.iter("{http://www.w3.org/1999/xhtml}p")]
    titles = [part.title for part in first_screen(assessment) if part.title == DECIDES or not part.places]
    assert paragraphs[: 1 + len(titles)] == [plain(summary(assessment)), *titles]
    assert paragraphs[1 + len(titles) :] in ([], [FURTHER])


def test_data_that_could_not_be_had_and_narratives_are_in_the_careplan_too() -> None:
    assessment = replace(of_hl7(messages("NTE|1|L|a report")), gaps=("observations: only 1 of 40 were sent",))
    notes = [note["text"] for note in written(care_plan(assessment))["note"]]
    assert "Data that could not be had: observations: only 1 of 40 were sent" in notes
    assert any(note.startswith("1 narrative report came with the data") for note in notes)


def test_planned_therapies_are_marked_in_the_careplan() -> None:
    assessment = of_facts(planned_therapies=["tae"], ssa_status="progressed", disease_trajectory="progressive")
    assert [row.planned for row in parts(full(assessment)).rows if "bland" in row.therapy] == [True]
    [activity] = [a for code, a in activities(written(care_plan(assessment))).items() if code == "tae"]
    assert "planned" in activity["description"]


@pytest.mark.hazard("HZ-A06")
def test_the_documents_are_cited_in_full_in_the_careplan() -> None:
    said = "\n".join(strings(written(care_plan(gold()["GC-01"]))))
    for document in RULES.documents:
        assert plain(document.citation) in said
    assert "without formal grading of evidence" in said


@pytest.mark.hazard("HZ-T14")
@names
def test_a_careplan_says_when_it_was_made_and_when_to_look_again(name: str) -> None:
    assessment, plan = EVERYONE[name], plan_of(name)
    created = datetime.fromisoformat(plan["created"])
    assert created == assessment.case.as_of
    assert plan["created"].endswith("Z")
    assert "review within 14 days or when a fact changes" in plan["note"][-1]["text"]


@pytest.mark.hazard("HZ-A14")
def test_the_subject_is_the_patient_of_the_data_by_fhir() -> None:
    entries: list[dict[str, Any]] = [
        {"resource": {"resourceType": "Patient", "id": key, "birthDate": "1960-01-01"}} for key in ("p1", "p2")
    ]
    entries += [
        {
            "resource": {
                "resourceType": "Observation",
                "id": f"o-{key}",
                "status": "final",
                "subject": {"reference": f"Patient/{key}"},
                "effectiveDateTime": "2026-01-10",
                "code": {"coding": [{"system": f"{BASE}/CodeSystem/ldt-fact", "code": "diagnosis"}]},
                "valueCodeableConcept": {"coding": [{"system": f"{BASE}/CodeSystem/ldt-fact", "code": "hcc"}]},
            }
        }
        for key in ("p1", "p2")
    ]
    raw = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()
    for mapped in map_fhir(read_document(raw), "bundle.json").patients:
        plan = written(care_plan(assess(mapped, CLOCK, RULES)))
        own, other = ("p1", "p2") if mapped.subject == "Patient/p1" else ("p2", "p1")
        assert plan["subject"] == {"reference": f"Patient/{own}"}
        assert plan["supportingInfo"] == [{"reference": f"Observation/o-{own}"}]
        assert not [text for text in strings(plan) if text.endswith(other)]


@pytest.mark.hazard("HZ-A14")
def test_the_subject_is_the_patient_of_the_data_by_hl7() -> None:
    plan = written(care_plan(of_hl7(messages("PID|1||0077^^^HOSP^MR||DOE^J||19600101"))))
    expected = {"type": "Patient", "identifier": {"value": "0077", "assigner": {"display": "HOSP"}}}
    assert plan["subject"] == expected
    assert {json.dumps(resource["subject"]) for resource in plan["contained"]} == {json.dumps(expected)}


@pytest.mark.hazard("HZ-A14")
def test_the_subject_is_right_whatever_the_authority_is_called() -> None:
    plan = written(care_plan(of_hl7(messages("PID|1||0077^^^HOSP/EAST^MR||DOE^J||19600101"))))
    assert plan["subject"]["identifier"] == {"value": "0077", "assigner": {"display": "HOSP/EAST"}}


def test_a_patient_without_id_has_no_made_up_reference() -> None:
    entry = {"resource": {"resourceType": "Patient", "birthDate": "1960-01-01"}}
    raw = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [entry]}).encode()
    [mapped] = map_fhir(read_document(raw), "bundle.json").patients
    subject = written(care_plan(assess(mapped, CLOCK, RULES)))["subject"]
    assert not str(subject.get("reference", "")).startswith("Bundle.")


def test_the_id_differs_by_patient_and_time() -> None:
    one, other = of_hl7(messages()), of_hl7(messages("PID|1||78^^^HOSP^MR||DOE^J||19600101"))
    later = of_hl7(messages(), clock=Clock(datetime(2026, 1, 13, 12, tzinfo=UTC)))
    assert len({str(care_plan(made)["id"]) for made in (one, other, later)}) == 3
    assert care_plan(one)["id"] == care_plan(of_hl7(messages()))["id"]

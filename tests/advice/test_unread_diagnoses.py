"""Diagnoses that nobody could read leave a trace in every answer, and many ordinary ones do not fill it.

The patient is 02, for whom TAE is planned: the portal vein was seen patent on 2025-12-11, which is the oldest value in use
that ages.
"""

import json
from typing import Any

import pytest

from adapter.advice.assessment import Assessment
from adapter.advice.card import detail, full
from adapter.advice.careplan import care_plan
from adapter.advice.hl7v2 import text_lines
from adapter.advice.indicator import indicator
from adapter.advice.narrative import narrative
from adapter.advice.summary import summary
from tests.advice.assessments import of_fhir, of_hl7
from tests.advice.parts import parts, shown
from tests.ldt.patients import FIXTURES

FOLDER = FIXTURES / "patients/02-stable-severe-syndrome"
SNOMED, ICD10, LOCAL = "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10-cm", "urn:example:dx"
NEWER, OLDER = "2026-01-11", "2019-05-02"
STATUS = {
    "clinicalStatus": {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
    },
    "verificationStatus": {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "confirmed"}]
    },
}
WORDS = {"text": "Portal vein thrombosis"}
ONE = "1 diagnosis as new as the data in use, or without a date, could not be read; it may change the advice"
CLAIM = "no missing fact could exclude what is advised"


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": "Portal vein thrombosis"}], **WORDS}


def condition(code: dict[str, Any], when: str = NEWER, **more: Any) -> dict[str, Any]:
    """A Condition; without a date where `when` is empty."""
    dated = {"recordedDate": when} if when else {}
    return {"resourceType": "Condition", "code": code, **dated, **STATUS, **more}


def with_conditions(*conditions: dict[str, Any], folder: str = FOLDER.name) -> Assessment:
    whole = json.loads((FIXTURES / "patients" / folder / "bundle.json").read_bytes())
    subject = next(e["resource"] for e in whole["entry"] if e["resource"]["resourceType"] == "Patient")["id"]
    for number, one in enumerate(conditions):
        resource = {"id": f"unread-{number}", "subject": {"reference": f"Patient/{subject}"}, **one}
        whole["entry"].append({"resource": resource})
    return of_fhir(json.dumps(whole).encode())


def with_diagnoses(*segments: str, control_id: str = "later") -> Assessment:
    """Patient 02 by HL7 v2 with an ADT message of 2026-01-11 that brings these diagnoses."""
    raw = (FOLDER / "messages.hl7").read_bytes()
    head = f"MSH|^~\\&|ADT|HOSP|NELM|HOSP|20260111091200-0500||ADT^A08|{control_id}|P|2.3.1"
    pid = "PID|1||5127702^^^HOSP^MR||Achterberg^Willem||19570930|M"
    message = "\r".join([head, "EVN|A08|20260111091200-0500", pid, "PV1|1|I|7W", *segments, ""])
    return of_hl7(raw.rstrip() + b"\r" + message.encode())


def certain(assessment: Assessment) -> str:
    return parts(detail(assessment, linked=True)).sections["How certain"][0]


def problems(assessment: Assessment) -> list[str]:
    """What the whole answer says of diagnoses that were not read."""
    lines = parts(full(assessment)).sections.get("Data problems", ())
    return [line for line in lines if "not read" in line]


UNREAD = {
    "in words": (condition(WORDS), "1 diagnosis not read: 1 in words alone"),
    "by a local code": (condition(coded(LOCAL, "77")), "1 diagnosis not read: another system: 77"),
    "by a code that is not mapped": (condition(coded(SNOMED, "999444")), "1 diagnosis not read: SNOMED CT 999444"),
    "without a code": (condition({}), "1 diagnosis not read: 1 in words alone"),
    "without a date": (condition(WORDS, when=""), "1 diagnosis not read: 1 in words alone"),
}


@pytest.mark.parametrize("how", UNREAD)
def test_a_newer_diagnosis_that_nobody_could_read_is_said_wherever_the_answer_stands(how: str) -> None:
    sent, problem = UNREAD[how]
    assessment = with_conditions(sent)
    notes: Any = care_plan(assessment)["note"]
    texts = [shown(note["text"]) for note in notes]
    assert parts(detail(assessment, linked=True)).sections["Missing"] == (ONE,)
    assert ONE in parts(full(assessment)).sections["Missing"]
    assert problems(assessment) == [problem]
    assert ONE in texts
    assert f"Data problem: {problem}" in texts
    assert ONE in narrative(assessment)
    assert ONE in " ".join(text_lines(assessment)).replace("  ", "")
    assert certain(assessment).startswith("open: 1 diagnosis could not be read and may change it; ")
    assert CLAIM not in detail(assessment, linked=True)


def test_without_it_the_answer_claims_that_nothing_missing_could_exclude() -> None:
    assert certain(with_conditions()).startswith(CLAIM)
    assert problems(with_conditions()) == []


def test_no_words_of_the_sender_come_with_it() -> None:
    for sent in (WORDS, coded(LOCAL, "Portal vein thrombosis"), coded("Portal vein thrombosis", "77")):
        assessment = with_conditions(condition(sent))
        said = f"{full(assessment)}{detail(assessment, linked=True)}{care_plan(assessment)}{text_lines(assessment)}"
        assert "thrombosis" not in said.lower().replace("portal vein thrombosis is on record", "")


@pytest.mark.parametrize(
    "segment",
    [
        "DG1|1||^Portal vein thrombosis||20260111|F",
        "DG1|1||77^Portal vein thrombosis^L||20260111|F",
        "DG1|1|||Portal vein thrombosis|20260111|F",
        "DG1|1||77^Portal vein thrombosis^L|||F",
    ],
)
def test_it_is_the_same_by_hl7(segment: str) -> None:
    without, assessment = with_diagnoses("DG1|1||C78.7^^I10C||20210506|F"), with_diagnoses(segment)
    assert ONE not in parts(full(without)).sections.get("Missing", ())
    assert ONE in parts(full(assessment)).sections["Missing"]
    assert "1 diagnosis could not be read and may change it" in certain(assessment)


def test_a_diagnosis_that_is_sent_with_every_message_counts_once() -> None:
    segments = ("DG1|1||77^Portal vein thrombosis^L||20260111|F", "DG1|2||^Portal vein thrombosis||20260111|F")
    twice = with_diagnoses(*segments, *segments)
    assert len(twice.diagnoses) == 2
    assert "2 diagnoses could not be read" in certain(twice)


def test_of_several_dates_of_one_diagnosis_the_latest_counts_and_none_before_all() -> None:
    older, newer = (condition(coded(LOCAL, "77"), when) for when in (OLDER, NEWER))
    for sent in ((older, newer), (newer, older), (older, condition(coded(LOCAL, "77"), ""))):
        assert "1 diagnosis could not be read and may change it" in certain(with_conditions(*sent))


ORDINARY = tuple(condition(coded(ICD10, f"I10.{number}"), OLDER) for number in range(30))


@pytest.mark.parametrize("folder", [FOLDER.name, "01-progressive-on-ssa"])
def test_thirty_ordinary_diagnoses_change_neither_colour_nor_summary_nor_what_is_missing(folder: str) -> None:
    """Whoever stated the data in use could know of diagnoses that are older: they do not put the advice in doubt."""
    without, assessment = with_conditions(folder=folder), with_conditions(*ORDINARY, folder=folder)
    assert (indicator(assessment), summary(assessment)) == (indicator(without), summary(without))
    first, before = (parts(detail(one, linked=True)).sections for one in (assessment, without))
    assert first.get("Missing") == before.get("Missing")


def test_thirty_ordinary_diagnoses_are_one_line() -> None:
    without, assessment = with_conditions(), with_conditions(*ORDINARY)
    assert certain(assessment) == certain(without).replace("; from", "; 30 older diagnoses not read; from")
    assert problems(assessment) == [
        "30 diagnoses not read: ICD-10-CM I10.0, ICD-10-CM I10.1, ICD-10-CM I10.2, ICD-10-CM I10.3, "
        "ICD-10-CM I10.4, 25 more codes"
    ]


def test_the_new_one_among_many_is_counted_alone_and_named_first() -> None:
    assessment = with_conditions(*ORDINARY, condition(coded(SNOMED, "999444")))
    assert parts(detail(assessment, linked=True)).sections["Missing"] == (ONE,)
    assert problems(assessment)[0].startswith("31 diagnoses not read: SNOMED CT 999444, ICD-10-CM I10.0, ")


def test_only_what_nobody_can_look_up_takes_the_answer_its_info() -> None:
    folder = "01-progressive-on-ssa"
    assert indicator(with_conditions(folder=folder)) == "info"
    assert indicator(with_conditions(condition(coded(ICD10, "I10.0")), folder=folder)) == "info"
    for sent in (WORDS, coded(LOCAL, "77"), {}):
        assessment = with_conditions(condition(sent), folder=folder)
        assert indicator(assessment) == "warning"
        assert "some data not used" in summary(assessment)


@pytest.mark.parametrize(
    "changed",
    [
        {"verificationStatus": {"coding": [{**STATUS["verificationStatus"]["coding"][0], "code": "refuted"}]}},
        {"verificationStatus": {"coding": [{**STATUS["verificationStatus"]["coding"][0], "code": "entered-in-error"}]}},
        {"clinicalStatus": {"coding": [{**STATUS["clinicalStatus"]["coding"][0], "code": "resolved"}]}},
        {"code": coded(SNOMED, "59927004")},
    ],
    ids=["refuted", "entered in error", "resolved", "not read on purpose"],
)
def test_what_does_not_hold_or_is_not_read_on_purpose_is_no_gap(changed: dict[str, Any]) -> None:
    sent = {**condition(WORDS), **changed}
    assert with_conditions(sent).diagnoses == ()


def test_what_may_hold_is_told_whatever_its_status() -> None:
    for code in ("provisional", "differential", "unconfirmed", "made-up"):
        status = {"coding": [{**STATUS["verificationStatus"]["coding"][0], "code": code}]}
        assert len(with_conditions(condition(WORDS, verificationStatus=status)).diagnoses) == 1

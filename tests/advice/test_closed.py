"""Closed records: nothing is evaluated, one info card says why, and no CarePlan can be made (HZ-P15)."""

import json
from dataclasses import replace

import pytest

from adapter.advice.assessment import Assessment
from adapter.advice.card import cards, detail, full
from adapter.advice.careplan import ClosedRecord, care_plan
from adapter.advice.report import report
from adapter.advice.summary import SUMMARY_LIMIT, summary
from adapter.case.finding import Finding
from adapter.ldt import Advice, Indicator, Scope, rule_set
from cds_hooks import check_response
from tests.advice.assessments import messages, of_facts, of_fhir, of_hl7
from tests.advice.parts import parts
from tests.ldt.patients import FIXTURES

DEAD = "PID|1||77^^^HOSP^MR||DOE^J||19600101" + "|" * 23 + "Y"
REPLACED = {"active": False, "link": [{"other": {"reference": "Patient/P9"}, "type": "replaced-by"}]}
RULES = rule_set()


def closed() -> Assessment:
    """A fixture patient with the record replaced."""
    bundle = json.loads((FIXTURES / "patients/01-progressive-on-ssa/bundle.json").read_bytes())
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == "Patient":
            entry["resource"].update(REPLACED)
    return of_fhir(json.dumps(bundle).encode())


def nothing() -> Advice:
    return Advice(RULES.id, RULES.version, Scope.NOT_APPLICABLE, Indicator.INFO)


@pytest.mark.hazard("HZ-P15")
def test_a_closed_record_is_not_evaluated_and_its_facts_stay_readable() -> None:
    for assessment in (closed(), of_hl7(messages(DEAD))):
        assert assessment.closed
        assert assessment.advice == nothing()
        assert assessment.case.known("diagnosis") is not None
    assert of_hl7(messages()).closed == ()
    assert of_hl7(messages()).advice != nothing()


@pytest.mark.hazard("HZ-P15")
def test_the_card_of_a_closed_record_is_one_info_card_that_says_so() -> None:
    [card] = cards(closed())
    assert card.indicator == "info"
    assert card.summary == (
        "NET liver metastases: no advice, another record has replaced this one; the record is not in use"
    )
    found = parts(card.detail or "")
    assert found.titles == ("No advice is given on this record",)
    assert found.sections[found.titles[0]] == (
        "another record has replaced this one (Patient/anna-berg#link)",
        "the record is not in use (Patient/anna-berg#active)",
    )
    assert found.rows == ()
    assert "suggestions" not in card.to_json()
    assert check_response({"cards": [card.to_json()]}) == []
    [dead] = cards(of_hl7(messages(DEAD)))
    assert dead.summary == "NET liver metastases: no advice, the record says that the patient has died"


@pytest.mark.hazard("HZ-P15")
def test_a_reason_that_came_with_every_message_is_said_once() -> None:
    assessment = of_hl7(messages(DEAD) + messages(DEAD, control_id="2"))
    assert len(assessment.closed) == 2
    assert full(assessment).count("has died") == 1


def told(assessment: Assessment) -> tuple[str, ...]:
    """The lines of the card on a closed record."""
    [lines] = parts(detail(assessment, linked=False)).sections.values()
    return lines


def dead_by_fhir(**members: object) -> tuple[str, ...]:
    person = {"resourceType": "Patient", "id": "p", **members}
    return told(of_fhir(json.dumps(person).encode()))


def test_what_closes_the_record_has_date_and_origin_like_other_facts() -> None:
    died = "the record says that the patient has died"
    dated = f"PID|1||77^^^HOSP^MR||DOE^J||19600101{'|' * 22}20260102|Y"
    assert told(of_hl7(messages(dated))) == (
        f"{died}, 2026-01-02 (PID[1]-30 of message 1 from LAB HOSP, said on 2026-01-12)",
    )
    assert told(of_hl7(messages(DEAD) + messages(dated, control_id="B2") + messages(DEAD, control_id="C3"))) == (
        f"{died}, 2026-01-02 (PID[1]-30 of message B2 from LAB HOSP, said on 2026-01-12)",
    )
    several = of_hl7(messages(DEAD) + messages(DEAD, control_id="B2") + messages(DEAD, control_id="C3"))
    assert told(several)[0].count("of message") == 2
    assert dead_by_fhir(deceasedDateTime="2026-01-02T10:00:00+01:00") == (
        f"{died}, 2026-01-02 (Patient/p#deceasedDateTime)",
    )
    assert dead_by_fhir(deceasedBoolean=True, meta={"lastUpdated": "2026-01-03T10:00:00Z"}) == (
        f"{died} (Patient/p#deceasedBoolean, said on 2026-01-03)",
    )
    assert dead_by_fhir(deceasedDateTime="lately") == (f"{died} (Patient/p#deceasedDateTime)",)


def test_the_summary_fits_whatever_closes_the_record() -> None:
    codes = ("patient-replaced", "patient-deceased", "patient-inactive")
    assessment = of_facts()
    for length in (20, 60, 200):
        found = replace(assessment, findings=tuple(Finding(c, "error", "p", f"{c}{'x' * length}") for c in codes))
        assert summary(found).startswith("NET liver metastases: no advice, ")
        assert len(summary(found)) <= SUMMARY_LIMIT


@pytest.mark.hazard("HZ-P15")
def test_no_care_plan_is_made_on_a_closed_record() -> None:
    with pytest.raises(ClosedRecord, match="another record has replaced this one"):
        care_plan(closed())


@pytest.mark.hazard("HZ-P15")
def test_the_json_report_names_what_closes_the_record() -> None:
    found = report(closed())
    assert found["closed"] == ["patient-replaced", "patient-inactive"]
    assert (found["scope"], found["indicator"]) == ("not-applicable", "info")
    assert [found[name] for name in ("preferred", "reasonable", "missing", "rules")] == [[], [], [], []]
    assert report(of_facts())["closed"] == []

"""Hazards of status (HZ-S), as far as mapping and case decide them, with the input of each row.

The whole tables of statuses are in test_statuses.py.
"""

import pytest

from adapter.case.value import Flag
from adapter.mapping.ledger import Level, Outcome
from tests.mapping.hazard_log import OBR, PID, log_mapping, log_message, log_obx, log_platelets, log_report
from tests.mapping.senders import (
    ICD10CM,
    SNOMED,
    Json,
    Resource,
    by_fhir,
    case,
    concept,
    condition,
    fact,
    finding_codes,
    known,
    laboratory,
    medication,
    observation,
    only,
    procedure,
    standing,
)

PLATELETS = "platelets_10e9_l"
METASTASES = "liver_metastases"


def unconfirmed(status: str, clinical: str = "", **more: Json) -> Resource:
    """The row's Condition C7B.02: no date, and only the statuses it gives."""
    resource: Resource = {
        "resourceType": "Condition",
        "id": "c1",
        "subject": {"reference": "Patient/P1"},
        "code": concept(ICD10CM, "C7B.02"),
    }
    if status:
        resource["verificationStatus"] = concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", status)
    if clinical:
        resource["clinicalStatus"] = concept("http://terminology.hl7.org/CodeSystem/condition-clinical", clinical)
    return {**resource, **more}


@pytest.mark.hazard("HZ-S01")
def test_a_preliminary_result_decides_nothing_and_is_shown() -> None:
    hl7 = log_mapping(log_report(log_platelets("35", status="P")))
    for mapping in (hl7, by_fhir(laboratory("777-3", 35, "10*3/uL", status="preliminary"))):
        assert standing(mapping, PLATELETS) == ("preliminary", "preliminary")
        assert known(mapping, PLATELETS) is None
        assert fact(mapping, PLATELETS).on_record is not None


@pytest.mark.hazard("HZ-S02")
def test_a_correction_replaces_the_value() -> None:
    first, second = log_report(log_platelets("35")), log_report(log_platelets("135", status="C"), control="A2")
    mapping = log_mapping(first, second)
    assert known(mapping, PLATELETS) == 135
    assert [origin.document for origin in fact(mapping, PLATELETS).origins] == ["A2"]
    assert fact(mapping, PLATELETS).unused == ()


@pytest.mark.hazard("HZ-S03")
def test_a_deleted_result_is_gone_and_a_deletion_of_nothing_is_no_error() -> None:
    first, second = log_report(log_platelets("35")), log_report(log_platelets('""', status="D"), control="A2")
    assert standing(log_mapping(first, second), PLATELETS) == ("absent", "deleted")
    assert standing(log_mapping(second), PLATELETS) == ("absent", "deleted")


@pytest.mark.hazard("HZ-S04")
def test_cannot_be_obtained_is_no_value_whatever_the_field_holds() -> None:
    for status, reason in (("X", "not-obtained"), ("N", "not-asked")):
        mapping = log_mapping(log_report(log_platelets("0", status=status)))
        assert standing(mapping, PLATELETS) == ("absent", reason)
        assert fact(mapping, PLATELETS).on_record is None


@pytest.mark.hazard("HZ-S05")
def test_what_was_entered_in_error_equals_what_was_never_there_but_is_named() -> None:
    wrong = laboratory("777-3", 35, "10*3/uL", status="entered-in-error")
    mapping = by_fhir(wrong, unconfirmed("entered-in-error"))
    without = case(by_fhir())
    assert {name: f.known for name, f in case(mapping).facts.items()} == {
        name: f.known for name, f in without.facts.items()
    }
    for name in (PLATELETS, METASTASES, "diagnosis"):
        state, reason = standing(mapping, name)
        assert state in ("absent", "excluded")
        assert reason == "entered-in-error"


@pytest.mark.hazard("HZ-S06")
def test_an_unknown_status_is_not_final() -> None:
    missing = log_mapping(log_report(log_platelets("210", status="")))
    unknown = log_mapping(log_report(log_platelets("210", status="Q")))
    assert standing(unknown, PLATELETS) == ("excluded", "status-unknown")
    state, reason = standing(missing, PLATELETS)
    assert state == "excluded"
    assert reason.startswith("status-")


@pytest.mark.hazard("HZ-S07")
def test_a_change_to_final_is_not_missed() -> None:
    first, second = (
        log_report(log_platelets("210", status="P")),
        log_report(log_platelets("", status="U"), control="A2"),
    )
    assert known(log_mapping(first, second), PLATELETS) == 210
    assert known(log_mapping(second), PLATELETS) is None


@pytest.mark.hazard("HZ-S08")
def test_a_cancelled_order_excludes_its_results() -> None:
    cancelled = log_report(log_platelets("35"), order=OBR.removesuffix("F") + "X")
    assert standing(log_mapping(cancelled), PLATELETS) == ("excluded", "order-cancelled")


@pytest.mark.hazard("HZ-S09")
def test_a_refuted_diagnosis_does_not_count() -> None:
    mapping = by_fhir(unconfirmed("refuted"))
    assert fact(mapping, METASTASES).known != Flag(True)
    assert standing(mapping, "diagnosis") == ("excluded", "refuted")


@pytest.mark.hazard("HZ-S10")
def test_a_resolved_condition_is_not_active_and_says_since_when() -> None:
    mapping = by_fhir(unconfirmed("confirmed", "resolved", abatementDateTime="2025-03-01"))
    found = fact(mapping, METASTASES)
    assert found.state.value == "excluded"
    assert found.reason.startswith("resolved")
    assert found.reason.endswith("2025-03-01") or (found.when is not None and found.when.day == "2025-03-01")


@pytest.mark.hazard("HZ-S11")
def test_a_suspicion_is_no_diagnosis() -> None:
    for status, reason in (("provisional", "provisional"), ("", "unconfirmed"), ("differential", "differential")):
        mapping = by_fhir(unconfirmed(status, "active"))
        for name in (METASTASES, "diagnosis"):
            assert standing(mapping, name) == ("preliminary", reason)
            assert known(mapping, name) is None


@pytest.mark.hazard("HZ-S12")
def test_a_relative_s_disease_is_not_the_patient_s() -> None:
    family: Resource = {
        "resourceType": "FamilyMemberHistory",
        "id": "f",
        "status": "completed",
        "patient": {"reference": "Patient/P1"},
        "condition": [{"code": concept(ICD10CM, "C7B.02")}],
    }
    told = log_mapping(log_report(log_obx("8670-2^Family history^LN", "C7B.02^^I10C", "", kind="CWE")))
    coded = log_mapping(log_message(PID, "DG1|1||Z80.0^^I10C||20260110|F", message="ADT^A08^ADT_A01"))
    for mapping in (by_fhir(condition("Z80.0"), family), told, coded):
        for name in ("diagnosis", METASTASES):
            assert standing(mapping, name) == ("absent", "not-recorded")
        assert {entry.outcome for entry in mapping.whole_ledger.entries if entry.level is Level.CODED} <= {
            Outcome.UNMAPPED,
            Outcome.IGNORED,
        }


@pytest.mark.hazard("HZ-S13")
def test_a_history_is_no_present_disease() -> None:
    coded = log_mapping(log_message(PID, "DG1|1||Z85.020^^I10C||20260110|F", message="ADT^A08^ADT_A01"))
    past = condition("1098951000119108", system=SNOMED, id="c2")
    for mapping in (by_fhir(condition("Z85.020"), past), coded):
        for name in ("diagnosis", METASTASES):
            assert standing(mapping, name) == ("absent", "not-recorded")


@pytest.mark.hazard("HZ-S14")
def test_a_drug_that_was_not_given_is_no_current_analogue() -> None:
    asked = medication("MedicationRequest", "7617", status="active")
    refused: list[Resource] = [
        {**asked, "doNotPerform": True},
        {**asked, "status": "stopped"},
        {**asked, "intent": "proposal"},
        {**asked, "status": "draft", "doNotPerform": True},
    ]
    for resource in refused:
        mapping = by_fhir(resource)
        assert known(mapping, "ssa_status") is known(mapping, "planned_therapies") is None
    assert standing(by_fhir(refused[-1]), "planned_therapies") == ("excluded", "do-not-perform")
    assert known(by_fhir(medication("MedicationAdministration", "7617")), "ssa_status") is not None


@pytest.mark.hazard("HZ-S15")
@pytest.mark.parametrize("status", ["not-done", "preparation", "entered-in-error"])
def test_a_procedure_that_was_not_done_is_not_counted(status: str) -> None:
    worded: Resource = {
        "resourceType": "Procedure",
        "id": "p1",
        "status": status,
        "subject": {"reference": "Patient/P1"},
        "code": {"text": "hepatic resection"},
    }
    for mapping in (by_fhir(worded), by_fhir(procedure("71273005", status=status))):
        assert known(mapping, "prior_liver_directed") is None
    assert standing(by_fhir(procedure("71273005", status="not-done")), "prior_liver_directed") == ("absent", "not-done")


@pytest.mark.hazard("HZ-S16")
def test_an_unknown_modifier_excludes() -> None:
    modifier: Json = [{"url": "https://example.org/negated", "valueBoolean": True}]
    mapping = by_fhir(laboratory("777-3", 210, "10*3/uL", modifierExtension=modifier))
    assert standing(mapping, PLATELETS) == ("excluded", "modifier")
    assert "modifier" in finding_codes(mapping)


@pytest.mark.hazard("HZ-S17")
def test_free_text_says_nothing() -> None:
    text = "No evidence of extrahepatic disease. Family history of NET."
    hl7 = log_mapping(log_report(log_obx("18748-4^Imaging report^LN", text, "", kind="TX")))
    fhir = by_fhir(observation("18748-4", valueString=text))
    for mapping in (hl7, fhir):
        assert standing(mapping, "extrahepatic_disease") == ("absent", "not-recorded")
        assert [statement.fact for statement in only(mapping).statements] == ["birth_date"]
        assert mapping.whole_ledger.unread > 0

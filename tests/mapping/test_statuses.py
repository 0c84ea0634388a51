"""What each status of HL7 v2 and FHIR makes of a statement: the tables here are written from the safety rules.

Final-class states count; preliminary ones are shown; everything unknown or missing is excluded (reliability: clinical
safety rules). They are held against mappings/statuses.yaml through both readers, never read from it.
"""

from collections.abc import Callable

import pytest
import yaml

from adapter.mapping.patient import Mapping
from tests.mapping.rows_by_wire import rxa
from tests.mapping.senders import (
    ICD10CM,
    SNOMED,
    Json,
    Resource,
    by_fhir,
    by_hl7,
    concept,
    condition,
    fact,
    header,
    known,
    laboratory,
    medication,
    message,
    obr,
    observation,
    order,
    platelets,
    procedure,
    questionnaire,
    report,
    standing,
)
from tests.repository import ROOT

PRESENT, SHOWN, OUT, NONE = "present", "preliminary", "excluded", "absent"
GONE = "withdrawn"
"""Taken back: no value, and an earlier one of the same result is removed."""

OBX_11 = {
    "F": PRESENT,
    "C": PRESENT,
    "A": PRESENT,
    "B": PRESENT,
    "V": PRESENT,
    "P": SHOWN,
    "R": SHOWN,
    "S": SHOWN,
    "I": SHOWN,
    "X": NONE,
    "N": NONE,
    "D": GONE,
    "W": GONE,
    "O": OUT,
    "": OUT,
    "Q": OUT,
    "f": OUT,
    "FF": OUT,
}
OBR_25 = {
    **dict.fromkeys(("F", "C", "A", "M", "P", "R", "S", "I", "O", "N", ""), PRESENT),
    **dict.fromkeys(("X", "Y", "Z", "Q", "f"), OUT),
}
OBSERVATION = {
    "final": PRESENT,
    "amended": PRESENT,
    "corrected": PRESENT,
    "preliminary": SHOWN,
    "registered": SHOWN,
    "cancelled": OUT,
    "unknown": OUT,
    "entered-in-error": GONE,
    "": OUT,
    "Final": OUT,
}
VERIFICATION = {
    "confirmed": PRESENT,
    "unconfirmed": SHOWN,
    "provisional": SHOWN,
    "differential": SHOWN,
    "refuted": OUT,
    "entered-in-error": GONE,
    "": SHOWN,
    "certain": OUT,
}
CLINICAL = {
    "active": PRESENT,
    "recurrence": PRESENT,
    "relapse": PRESENT,
    "inactive": OUT,
    "remission": OUT,
    "resolved": OUT,
    "": SHOWN,
    "cured": OUT,
}
PROCEDURE = {
    "completed": PRESENT,
    "in-progress": SHOWN,
    "on-hold": SHOWN,
    "stopped": SHOWN,
    "preparation": OUT,
    "unknown": OUT,
    "not-done": NONE,
    "entered-in-error": GONE,
    "": OUT,
    "done": OUT,
}
GIVEN = {
    "completed": PRESENT,
    "in-progress": PRESENT,
    "on-hold": SHOWN,
    "stopped": SHOWN,
    "unknown": OUT,
    "not-done": NONE,
    "entered-in-error": GONE,
    "": OUT,
    "given": OUT,
}
TAKEN = {
    "active": PRESENT,
    "completed": PRESENT,
    "on-hold": SHOWN,
    "intended": OUT,
    "stopped": OUT,
    "unknown": OUT,
    "not-taken": NONE,
    "entered-in-error": GONE,
    "": OUT,
    "taken": OUT,
}
REQUESTED = {
    "draft": PRESENT,
    "active": PRESENT,
    "completed": OUT,
    "on-hold": OUT,
    "unknown": OUT,
    "revoked": GONE,
    "entered-in-error": GONE,
    "": OUT,
    "planned": OUT,
}
ANSWERED = {
    "completed": PRESENT,
    "amended": PRESENT,
    "in-progress": SHOWN,
    "stopped": OUT,
    "entered-in-error": GONE,
    "": OUT,
    "final": OUT,
}
DG1_6 = {"F": PRESENT, "W": SHOWN, "A": SHOWN, "": SHOWN, "Q": SHOWN}
ACTION = {"A": PRESENT, "U": PRESENT, "S": PRESENT, "X": PRESENT, "": PRESENT, "D": GONE, "Q": OUT}
RXA_20 = {"CP": PRESENT, "": PRESENT, "PA": SHOWN, "RE": NONE, "NA": NONE, "Q": OUT}
ORC_1 = {
    **dict.fromkeys(("NW", "RO", "XO", "XX"), PRESENT),
    **dict.fromkeys(("CA", "OC", "DC", "OD", "CR", "RP", "RQ", "RU", "UA"), GONE),
    **dict.fromkeys(("", "HD", "OH", "SN", "Q"), OUT),
    "SC": PRESENT,
}
ORC_5 = {
    **dict.fromkeys(("", "IP", "SC", "A"), PRESENT),
    **dict.fromkeys(("CA", "DC", "RP"), GONE),
    **dict.fromkeys(("CM", "HD", "ER", "Q"), OUT),
}
PRB_1 = {
    **dict.fromkeys(("AD", "CO", "UP", "UC", "LI", "UN"), PRESENT),
    "DE": GONE,
    "": OUT,
    "Q": OUT,
}
CONFIRMATION = {"confirmed": PRESENT, "refuted": OUT, "likely": OUT, "": SHOWN} | dict.fromkeys(
    ("provisional", "differential", "rule-out", "unconfirmed"), SHOWN
)
LIFE_CYCLE = {"inactive": OUT, "remission": OUT, "resolved": OUT, "cured": OUT, "": SHOWN} | dict.fromkeys(
    ("active", "active-improving", "active-stable", "active-worsening", "chronic"), PRESENT
)
RESOLVED = {"20250301": OUT, "lately": OUT, "": PRESENT}
FT1_6 = {"CG": PRESENT, "CD": GONE, **dict.fromkeys(("AJ", "CO", "PY", "", "Q"), OUT)}
TXA_17 = {
    **dict.fromkeys(("AU", "LA", ""), PRESENT),
    **dict.fromkeys(("DI", "DO", "PA", "IN", "IP"), SHOWN),
    "Q": OUT,
}
TXA_19 = {**dict.fromkeys(("AV", ""), PRESENT), **dict.fromkeys(("CA", "OB", "UN", "Q"), OUT)}
PPR_EVENT = {"PC1": PRESENT, "PC2": PRESENT, "": PRESENT, "PC3": GONE}


def cased(table: dict[str, str], *sent_in_capitals: str) -> dict[str, str]:
    """With the spellings in capitals, and with a capital, of codes that have no table in the standard."""
    spellings = {spelling: table[word] for word in sent_in_capitals for spelling in (word.capitalize(), word.upper())}
    return {**table, **spellings}


OUR_NAME: dict[str, dict[str, str]] = {
    "hl7-0085": {**OBX_11, "U": ""},
    "hl7-0123": OBR_25,
    "observation-status": OBSERVATION,
    "condition-verification": VERIFICATION,
    "condition-clinical": CLINICAL,
    "event-status": PROCEDURE,
    "medication-administration-status": GIVEN,
    "medication-statement-status": TAKEN,
    "service-request-status": REQUESTED,
    "questionnaire-response-status": ANSWERED,
    "hl7-0052": DG1_6,
    "hl7-0206": ACTION,
    "hl7-0322": RXA_20,
    "hl7-0119": ORC_1,
    "hl7-0038": ORC_5,
    "hl7-0287": PRB_1,
    "hl7-0017": FT1_6,
    "hl7-0271": TXA_17,
    "hl7-0273": TXA_19,
    "ppr-event": PPR_EVENT,
    "problem-confirmation": cased(
        CONFIRMATION, "confirmed", "provisional", "differential", "rule-out", "unconfirmed", "refuted"
    ),
    "problem-life-cycle": cased(LIFE_CYCLE, "active", "inactive", "remission", "resolved"),
    "problem-resolution": RESOLVED,
    "billed-diagnosis": {},
    # What takes back is sent in test_hl7v2_events.py
    "reversed": dict.fromkeys(("ADT^A11", "ADT^A12", "ADT^A13", "MDM^T09", "MDM^T10", "MDM^T11", "list"), ""),
    "medication-request-status": dict.fromkeys(
        ("draft", "active", "completed", "on-hold", "cancelled", "stopped", "entered-in-error", "unknown"), ""
    ),
    "always": {},
}


def test_every_status_of_the_tables_is_sent_here() -> None:
    table = yaml.safe_load((ROOT / "mappings" / "statuses.yaml").read_text(encoding="utf-8"))["tables"]
    assert table.keys() == OUR_NAME.keys()
    for name, rows in table.items():
        assert rows.keys() - {"otherwise", "missing"} == {code for code in OUR_NAME[name] if code in rows}


# How each carrier writes a status, and the fact that then shows what became of it ------------------------------------
Send = Callable[[str], Mapping]


def with_status(resource: Resource, status: str) -> Resource:
    return {**resource, "status": status} if status else {k: v for k, v in resource.items() if k != "status"}


def with_concept(member: str, code: str) -> Resource:
    resource = condition("C7B.02")
    if not code:
        return {key: value for key, value in resource.items() if key != member}
    return {**resource, member: {"coding": [{"code": code}]}}


def dg1(kind: str = "F", action: str = "A") -> str:
    segment = f"DG1|1||C7B.02^^I10C||20260110080000+0000|{kind}{'|' * 13}20260110080000+0000|D1|{action}"
    return message(segment, head=header(message="ADT^A08^ADT_A01"))


def omg(control: str) -> str:
    order = f"ORC|{control}|O1|||||||20260110080000+0000"
    return message(order, "OBR|1|O1||71273005^^SCT", head=header(message="OMG^O19^OMG_O19"))


def ordered(status: str) -> str:
    return omg("NW").replace("ORC|NW|O1|||", f"ORC|NW|O1|||{status}")


def prb(
    action: str = "AD", confirmed: str = "confirmed", cycle: str = "active", over: str = "", event: str = "PC1"
) -> str:
    segment = f"PRB|{action}|20260110080000+0000|C7B.02^^I10C|I1|||20260101||{over}||||{confirmed}|{cycle}"
    return message(segment, head=header(message=f"PPR^{event}"))


def ft1(kind: str) -> str:
    segment = f"FT1|1|T1||20260110080000+0000||{kind}|1{'|' * 18}47382^^C4"
    return message(segment, head=header(message="DFT^P03^DFT_P03"))


def mdm(completion: str = "AU", availability: str = "AV", action: str = "") -> str:
    head = f"TXA|1|PN|FT|20260110080000+0000||||||||DOC1|||||{completion}||{availability}"
    result = platelets("210") + "|" * 17 + action
    return message(head, result, head=header(message="MDM^T02^MDM_T02"))


PR1 = "PR1|1||71273005^^SCT||20260110080000+0000||||||||||||||D1|{}"

CARRIERS: dict[str, tuple[str, Send, dict[str, str]]] = {
    "OBX-11": ("platelets_10e9_l", lambda s: by_hl7(report(platelets("210", status=s))), OBX_11),
    "OBR-25": ("platelets_10e9_l", lambda s: by_hl7(report(platelets("210"), order=obr(status=s))), OBR_25),
    "Observation": (
        "platelets_10e9_l",
        lambda s: by_fhir(with_status(laboratory("777-3", 210, "10*3/uL"), s)),
        OBSERVATION,
    ),
    "verificationStatus": ("diagnosis", lambda s: by_fhir(with_concept("verificationStatus", s)), VERIFICATION),
    "clinicalStatus": ("liver_metastases", lambda s: by_fhir(with_concept("clinicalStatus", s)), CLINICAL),
    "Procedure": ("prior_liver_directed", lambda s: by_fhir(with_status(procedure("71273005"), s)), PROCEDURE),
    "MedicationAdministration": (
        "ssa_status",
        lambda s: by_fhir(with_status(medication("MedicationAdministration", "7617"), s)),
        GIVEN,
    ),
    "MedicationStatement": (
        "ssa_status",
        lambda s: by_fhir(with_status(medication("MedicationStatement", "7617"), s)),
        TAKEN,
    ),
    "ServiceRequest": ("planned_therapies", lambda s: by_fhir(with_status(order("71273005"), s)), REQUESTED),
    "QuestionnaireResponse": (
        "ascites",
        lambda s: by_fhir(with_status(questionnaire(("ascites", {"valueBoolean": True})), s)),
        ANSWERED,
    ),
    "DG1-6": ("liver_metastases", lambda s: by_hl7(dg1(kind=s)), DG1_6),
    "DG1-21": ("liver_metastases", lambda s: by_hl7(dg1(action=s)), ACTION),
    "PR1-20": ("prior_liver_directed", lambda s: by_hl7(message(PR1.format(s))), ACTION),
    "RXA-20": ("ssa_status", lambda s: by_hl7(rxa("7617^^RXNORM").replace("|CP|A", f"|{s}|A")), RXA_20),
    "RXA-21": ("ssa_status", lambda s: by_hl7(rxa("7617^^RXNORM").replace("|CP|A", f"|CP|{s}")), ACTION),
    "ORC-1": ("planned_therapies", lambda s: by_hl7(omg(s)), ORC_1),
    "ORC-5": ("planned_therapies", lambda s: by_hl7(ordered(s)), ORC_5),
    "OBX-31": ("platelets_10e9_l", lambda s: by_hl7(mdm(action=s)), ACTION),
    "TXA-17": ("platelets_10e9_l", lambda s: by_hl7(mdm(completion=s)), TXA_17),
    "TXA-19": ("platelets_10e9_l", lambda s: by_hl7(mdm(availability=s)), TXA_19),
    "FT1-6": ("prior_liver_directed", lambda s: by_hl7(ft1(s)), FT1_6),
    "PRB-1": ("diagnosis", lambda s: by_hl7(prb(action=s)), PRB_1),
    "PRB-9": ("diagnosis", lambda s: by_hl7(prb(over=s)), RESOLVED),
    "PRB-13": ("diagnosis", lambda s: by_hl7(prb(confirmed=s)), OUR_NAME["problem-confirmation"]),
    "PRB-14": ("liver_metastases", lambda s: by_hl7(prb(cycle=s)), OUR_NAME["problem-life-cycle"]),
    "PPR event": ("liver_metastases", lambda s: by_hl7(prb(event=s)), PPR_EVENT),
}


@pytest.mark.parametrize(
    ("carrier", "code"),
    [(name, code) for name, (_, _, expected) in CARRIERS.items() for code in expected],
    ids=lambda text: text or "missing",
)
def test_a_status_gives_the_standing_it_should(carrier: str, code: str) -> None:
    name, send, expected = CARRIERS[carrier]
    state, reason = standing(send(code), name)
    if expected[code] == GONE:
        assert state in (NONE, OUT)
        assert reason
    else:
        assert state == expected[code]
        assert bool(reason) == (state != PRESENT)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_only_what_counts_feeds_a_rule(carrier: str) -> None:
    name, send, expected = CARRIERS[carrier]
    counted = {code for code in expected if fact(send(code), name).known is not None}
    assert counted == {code for code, state in expected.items() if state == PRESENT}


@pytest.mark.parametrize("status", [code for code in OUR_NAME["medication-request-status"] if code != "draft"])
def test_a_drug_that_was_only_asked_for_was_not_given(status: str) -> None:
    mapping = by_fhir(with_status(medication("MedicationRequest", "7617"), status))
    assert standing(mapping, "planned_therapies") == standing(mapping, "ssa_status") == ("absent", "not-recorded")


def test_a_drafted_drug_is_a_plan() -> None:
    assert known(by_fhir(medication("MedicationRequest", "7617")), "planned_therapies") == {
        "has": ["ssa"],
        "one_of": [],
        "complete": False,
    }


# What the status of the group and of the result say together ----------------------------------------------------------
@pytest.mark.parametrize("code", OBR_25)
def test_the_group_never_makes_a_preliminary_result_final(code: str) -> None:
    state, _ = standing(by_hl7(report(platelets("210", status="P"), order=obr(status=code))), "platelets_10e9_l")
    assert state == (OUT if OBR_25[code] == OUT else SHOWN)


@pytest.mark.parametrize("code", ["D", "W"])
def test_a_withdrawal_removes_the_earlier_value(code: str) -> None:
    first, second = report(platelets("35")), report(platelets("35", status=code), control="A2")
    assert standing(by_hl7(first, second), "platelets_10e9_l")[0] == NONE


def test_a_withdrawal_removes_only_its_own_result() -> None:
    other = report(platelets("210", when="20260109080000+0000"), order=obr("R2^LAB"))
    first, second = report(platelets("35")), report(platelets("35", status="W"), control="A2")
    assert known(by_hl7(other, first, second), "platelets_10e9_l") == 210


def test_a_cancelled_order_takes_the_plan_back() -> None:
    assert standing(by_hl7(omg("NW"), omg("CA")), "planned_therapies")[0] == NONE


def test_a_cancellation_has_a_time_of_its_own() -> None:
    """ORC-9 is when the order control was sent: a later one is still about the same order."""
    later = omg("CA").replace("20260110080000", "20260111080000")
    assert standing(by_hl7(omg("NW"), later), "planned_therapies")[0] == NONE


def test_a_cancellation_of_another_order_takes_nothing_back() -> None:
    assert known(by_hl7(omg("NW"), omg("CA").replace("|O1|", "|O2|")), "planned_therapies") is not None


@pytest.mark.parametrize("attested", ["20260110080000", "20260111080000"])
def test_a_deleted_diagnosis_is_taken_back(attested: str) -> None:
    """DG1-20 identifies the diagnosis, whenever it was attested."""
    deleted = dg1(action="D").replace("|20260110080000+0000|D1|", f"|{attested}+0000|D1|")
    assert standing(by_hl7(dg1(), deleted), "liver_metastases")[0] == NONE


@pytest.mark.parametrize("performed", ["20260110080000", "20260110090000"])
def test_a_deleted_procedure_is_taken_back(performed: str) -> None:
    deleted = PR1.format("D").replace("20260110080000", performed)
    assert standing(by_hl7(message(PR1.format("A")), message(deleted)), "prior_liver_directed")[0] == NONE


# Status change to final (U) sends no value again: it promotes the one that is stored -----------------------------------
def test_a_change_to_final_without_value_promotes_the_stored_one() -> None:
    first, second = report(platelets("210", status="P")), report(platelets("", status="U"), control="A2")
    assert known(by_hl7(first, second), "platelets_10e9_l") == 210


def test_a_change_to_final_with_its_value_is_final() -> None:
    first, second = report(platelets("210", status="P")), report(platelets("210", status="U"), control="A2")
    assert known(by_hl7(first, second), "platelets_10e9_l") == 210


def test_a_change_to_final_with_a_value_that_cannot_be_read_promotes_no_other() -> None:
    first = report(platelets("210", status="P"))
    second = report(platelets("35", "furlongs", status="U"), control="A2")
    assert known(by_hl7(first, second), "platelets_10e9_l") is None


def test_a_change_to_final_with_nothing_stored_invents_nothing() -> None:
    assert known(by_hl7(report(platelets("", status="U"))), "platelets_10e9_l") is None


# What overrides every status ------------------------------------------------------------------------------------------
NEGATED: Json = [{"url": "https://example.org/negated", "valueBoolean": True}]
EVERY_TYPE = {
    "platelets_10e9_l": laboratory("777-3", 210, "10*3/uL"),
    "liver_metastases": condition("C7B.02"),
    "prior_liver_directed": procedure("71273005"),
    "ssa_status": medication("MedicationAdministration", "7617"),
    "planned_therapies": order("71273005"),
    "planned_vasopressors": medication("MedicationRequest", "3992"),
    "ascites": questionnaire(("ascites", {"valueBoolean": True})),
}


@pytest.mark.parametrize("name", EVERY_TYPE)
def test_an_unknown_modifier_excludes_every_type(name: str) -> None:
    assert standing(by_fhir(EVERY_TYPE[name]), name)[0] == PRESENT
    modifiers: list[Resource] = [{"modifierExtension": NEGATED}, {"implicitRules": "https://example.org/rules"}]
    for modifier in modifiers:
        mapping = by_fhir({**EVERY_TYPE[name], **modifier})
        assert standing(mapping, name) == (OUT, "modifier")


def test_a_modifier_on_a_component_excludes_that_component() -> None:
    part: Resource = {"code": concept("http://loinc.org", "777-3"), "valueQuantity": {"value": 210, "code": "10*3/uL"}}
    body = observation("58410-2")
    assert known(by_fhir({**body, "component": [part]}), "platelets_10e9_l") == 210
    modified: Resource = {**part, "modifierExtension": NEGATED}
    assert standing(by_fhir({**body, "component": [modified]}), "platelets_10e9_l") == (OUT, "modifier")


@pytest.mark.parametrize(
    "resource", [order("71273005"), medication("MedicationRequest", "7617")], ids=lambda r: str(r["resourceType"])
)
def test_a_prohibition_is_no_plan(resource: Resource) -> None:
    assert standing(by_fhir({**resource, "doNotPerform": True}), "planned_therapies") == (OUT, "do-not-perform")
    assert known(by_fhir({**resource, "doNotPerform": False}), "planned_therapies") is not None


def test_a_proposal_that_is_no_draft_is_no_plan() -> None:
    proposed = order("71273005", status="active", intent="proposal")
    assert standing(by_fhir(proposed), "planned_therapies") == (OUT, "only-proposed")


# Refuted: the opposite of a flag was established, nothing of a coded fact ----------------------------------------------
def refuted(code: str, system: str = ICD10CM, **more: Json) -> Resource:
    resource = condition(code, system=system, verificationStatus={"coding": [{"code": "refuted"}]}, **more)
    return {key: value for key, value in resource.items() if key != "clinicalStatus"}


def test_a_refuted_diagnosis_says_that_it_is_not_so() -> None:
    mapping = by_fhir(refuted("C7B.02"))
    assert known(mapping, "liver_metastases") is False
    assert standing(mapping, "diagnosis") == (OUT, "refuted")


@pytest.mark.parametrize(("code", "system"), [("R18.0", ICD10CM), ("236005001", SNOMED)])
def test_refuting_the_narrower_diagnosis_does_not_deny_the_wider(code: str, system: str) -> None:
    """No malignant ascites may still be ascites."""
    assert known(by_fhir(refuted(code, system)), "ascites") is None


def test_a_refutation_ages() -> None:
    assert known(by_fhir(refuted("C7B.02", recordedDate="2015-03-01")), "liver_metastases") is None

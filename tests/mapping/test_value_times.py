"""Which time a fact has: of the times that a sender gives, the best one for each kind of source, never the message's own.

What a time then means (age, zone, future) is in test_hazards_time.py and with the case.
"""

import pytest

from adapter.mapping.patient import Mapping
from tests.mapping.rows_by_wire import rxa
from tests.mapping.senders import (
    Json,
    Resource,
    by_fhir,
    by_hl7,
    condition,
    header,
    laboratory,
    medication,
    message,
    obr,
    only,
    order,
    platelets,
    procedure,
    questionnaire,
    report,
)

# Any four days of the fortnight before the as-of time: A is the best time that a case sends.
A, B, C, D = "2026-01-10", "2026-01-08", "2026-01-05", "2026-01-02"
PERIOD: Json = {"start": D, "end": A}


def day(mapping: Mapping, name: str) -> str:
    """The day of the one statement about a fact, `undated` when it has none."""
    [statement] = [s for s in only(mapping).statements if s.fact == name]
    return statement.when.day if statement.when else "undated"


def without(resource: Resource, *members: str) -> Resource:
    return {key: value for key, value in resource.items() if key not in members}


COUNT = without(laboratory("777-3", 210, "10*3/uL"), "effectiveDateTime")
METASTASIS = without(condition("C7B.02"), "recordedDate")
RESECTION = without(procedure("71273005"), "performedDateTime")
GIVEN = without(medication("MedicationAdministration", "7617"), "effectiveDateTime")
TAKEN = without(medication("MedicationStatement", "7617"), "effectiveDateTime")
ASKED = without(medication("MedicationRequest", "7617"), "authoredOn")
ORDERED = without(order("71273005"), "authoredOn")
ANSWERED = without(questionnaire(("ascites", {"valueBoolean": False})), "authored")

FHIR: list[tuple[str, str, Resource, dict[str, Json], str]] = [
    ("effective time before issue", "platelets_10e9_l", COUNT, {"effectiveDateTime": A, "issued": B}, A),
    ("effective instant", "platelets_10e9_l", COUNT, {"effectiveInstant": A, "issued": B}, A),
    ("end of the period", "platelets_10e9_l", COUNT, {"effectivePeriod": PERIOD, "issued": B}, A),
    ("start of an open period", "platelets_10e9_l", COUNT, {"effectivePeriod": {"start": A}, "issued": B}, A),
    ("issue alone", "platelets_10e9_l", COUNT, {"issued": A, "meta": {"lastUpdated": B}}, A),
    ("never the version", "platelets_10e9_l", COUNT, {"meta": {"lastUpdated": B}}, "undated"),
    ("recorded before onset", "liver_metastases", METASTASIS, {"recordedDate": A, "onsetDateTime": B}, A),
    ("onset alone", "liver_metastases", METASTASIS, {"onsetDateTime": A}, A),
    ("procedure", "prior_liver_directed", RESECTION, {"performedDateTime": A}, A),
    ("end of a procedure", "prior_liver_directed", RESECTION, {"performedPeriod": PERIOD}, A),
    ("given", "ssa_status", GIVEN, {"effectiveDateTime": A}, A),
    ("end of giving", "ssa_status", GIVEN, {"effectivePeriod": PERIOD}, A),
    ("end of taking", "ssa_status", TAKEN, {"effectivePeriod": PERIOD, "dateAsserted": B}, A),
    ("asserted, still taken", "ssa_status", TAKEN, {"effectivePeriod": {"start": D}, "dateAsserted": A}, A),
    ("taken", "ssa_status", TAKEN, {"effectiveDateTime": A}, A),
    ("start of taking", "ssa_status", TAKEN, {"effectivePeriod": {"start": A}}, A),
    ("drug asked for", "planned_therapies", ASKED, {"authoredOn": A}, A),
    ("ordered", "planned_therapies", ORDERED, {"authoredOn": A}, A),
    ("answered", "ascites", ANSWERED, {"authored": A}, A),
]


@pytest.mark.parametrize(
    ("name", "resource", "times", "expected"), [case[1:] for case in FHIR], ids=[case[0] for case in FHIR]
)
def test_a_fhir_fact_has_the_best_time_that_was_sent(
    name: str, resource: Resource, times: dict[str, Json], expected: str
) -> None:
    assert day(by_fhir({**resource, **times}), name) == expected


def hl7(text: str) -> str:
    return text.replace("-", "")


def specimen(collected: str) -> str:
    return f"SPM|1|||BLD{'|' * 13}{hl7(collected)}"


def results(observed: str, collected: str, requested: str) -> str:
    segments = [obr(when=hl7(requested), released=hl7(B)), platelets("210", when=hl7(observed))]
    return message(*segments, *([specimen(collected)] if collected else []))


ADT = header(message="ADT^A08^ADT_A01")
OMG = header(message="OMG^O19^OMG_O19")


def drug(start: str, end: str) -> str:
    sent = rxa("7617^^RXNORM")
    time = "20260110090000+0000"
    return sent.replace(f"|{time}|{time}|", f"|{hl7(start)}|{hl7(end)}|")


HL7: list[tuple[str, str, str, str]] = [
    ("observed before collected", "platelets_10e9_l", results(A, C, D), A),
    ("collected before requested", "platelets_10e9_l", results("", A, D), A),
    ("start of the observation", "platelets_10e9_l", results("", "", A), A),
    ("never the message or the release", "platelets_10e9_l", results("", "", ""), "undated"),
    ("attested before diagnosed", "liver_metastases", message(f"DG1|1||C7B.02^^I10C||{hl7(D)}|F{'|' * 13}{hl7(A)}", head=ADT), A),
    ("diagnosed", "liver_metastases", message(f"DG1|1||C7B.02^^I10C||{hl7(A)}|F", head=ADT), A),
    ("procedure", "prior_liver_directed", message(f"PR1|1||71273005^^SCT||{hl7(A)}", head=ADT), A),
    ("end of giving", "ssa_status", drug(D, A), A),
    ("start of giving", "ssa_status", drug(A, ""), A),
    ("order control", "planned_therapies", message(f"ORC|NW|O1|||||||{hl7(A)}", f"OBR|1|O1||71273005^^SCT||{hl7(D)}", head=OMG), A),
    ("requested", "planned_therapies", message("ORC|NW|O1", f"OBR|1|O1||71273005^^SCT||{hl7(A)}", head=OMG), A),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "expected"), [case[1:] for case in HL7], ids=[case[0] for case in HL7])
def test_an_hl7_fact_has_the_best_time_that_was_sent(name: str, text: str, expected: str) -> None:
    assert day(by_hl7(text), name) == expected


def test_a_bad_time_is_not_replaced_by_a_worse_one() -> None:
    """A result whose own time cannot be read is not dated by its order."""
    mapping = by_hl7(report(platelets("210", when="20260230")))
    assert day(mapping, "platelets_10e9_l") == "undated"
    assert day(by_fhir({**COUNT, "effectiveDateTime": "2026-02-30", "issued": A}), "platelets_10e9_l") == "undated"

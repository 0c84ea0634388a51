"""Hazards of patient identity (HZ-P), as far as mapping decides them, with the input of each row.

What a server answers (412, quarantine, merges) is tested where it is decided; here it is whose value it is.
"""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.fhir.document import read_document
from adapter.mapping.fhir import map_fhir
from adapter.mapping.hl7v2_patient import Demographics, PatientKey, same_person
from adapter.mapping.ledger import Level, Outcome
from adapter.mapping.patient import Mapping
from tests.mapping.hazard_log import OBR, PID, log_mapping, log_message, log_platelets, log_report
from tests.mapping.senders import (
    CLOCK,
    PATIENT,
    Json,
    Resource,
    bundle,
    by_fhir,
    fact,
    finding_codes,
    known,
    laboratory,
    only,
    standing,
)

PLATELETS = "platelets_10e9_l"


def count(value: int, **more: Json) -> Resource:
    return laboratory("777-3", value, "10*3/uL", **more)


def by_patient(mapping: Mapping, name: str = PLATELETS) -> dict[str, str]:
    """The value on record of each patient, as sent."""
    assert mapping.whole_ledger.balanced
    cases = [patient.case(CLOCK) for patient in mapping.patients]
    return {case.subject: case.facts[name].origins[0].sent for case in cases if case.known(name) is not None}


@pytest.mark.hazard("HZ-P03")
def test_a_result_without_subject_belongs_to_nobody() -> None:
    orphan = {key: value for key, value in count(210).items() if key != "subject"}
    mapping = by_fhir(orphan)
    assert standing(mapping, PLATELETS) == ("absent", "not-recorded")
    assert "no-subject" in [finding.code for finding in mapping.findings]
    nobody = log_message(OBR, log_platelets("210"))
    assert log_mapping(nobody).patients == ()
    assert "no-patient" in finding_codes(log_mapping(nobody))


@pytest.mark.hazard("HZ-P04")
@pytest.mark.parametrize(
    ("reference", "belongs"),
    [
        ("Patient/P1", True),
        ("https://ehr.example.org/fhir/Patient/P1", True),
        ("Patient/P1/_history/3", True),
        ("https://ehr.example.org/fhir/Patient/P1/_history/3", True),
        ("https://other.example.org/fhir/Patient/P1", False),
        ("https://ehr.example.org/fhir/other/Patient/P1", False),
        ("Patient/p1", False),
        ("#P1", False),
        ("P1", False),
    ],
)
def test_a_reference_is_the_patient_only_in_the_forms_of_the_same_server(reference: str, belongs: bool) -> None:
    resource = count(210, subject={"reference": reference})
    mapping = by_fhir(resource, server="https://ehr.example.org/fhir")
    assert by_patient(mapping).get("Patient/P1") == ("210 10*3/uL" if belongs else None)


@pytest.mark.hazard("HZ-P04")
def test_equal_ids_of_two_servers_are_two_patients() -> None:
    def entries(server: str, value: int) -> list[dict[str, Json]]:
        resources = (PATIENT, count(value))
        return [{"fullUrl": f"https://{server}/fhir/{r['resourceType']}/{r['id']}", "resource": r} for r in resources]

    whole: Resource = {"resourceType": "Bundle", "type": "collection", "entry": [*entries("a", 210), *entries("b", 35)]}
    mapping = map_fhir(read_document(json.dumps(whole).encode()), "b")
    assert sorted(by_patient(mapping).values()) == ["210 10*3/uL", "35 10*3/uL"]


@pytest.mark.hazard("HZ-P04")
def test_the_patient_of_another_server_is_not_that_of_ours() -> None:
    """One foreign entry alone: its id is not read as if it were of the server that the request is about."""
    foreign: Json = {"fullUrl": "https://other.example.org/fhir/Patient/P1", "resource": PATIENT}
    whole: Resource = {"resourceType": "Bundle", "type": "collection", "entry": [foreign]}
    mapping = map_fhir(read_document(json.dumps(whole).encode()), "b", server="https://ehr.example.org/fhir")
    assert [patient.subject for patient in mapping.patients] == ["https://other.example.org/fhir/Patient/P1"]


@pytest.mark.hazard("HZ-P05")
def test_equal_numbers_of_two_hospitals_are_two_patients() -> None:
    def sent(hospital: str, value: str, control: str) -> str:
        order = OBR.replace("R1^", f"R{control}^")
        return log_report(log_platelets(value), control=control, order=order, pid=PID.replace("HOSP", hospital))

    mapping = log_mapping(sent("HOSPA", "210", "A1"), sent("HOSPB", "35", "A2"))
    assert by_patient(mapping) == {"HOSPA/MR/P1": "210 10*3/uL", "HOSPB/MR/P1": "35 10*3/uL"}


@pytest.mark.hazard("HZ-P06")
def test_a_number_without_authority_changes_no_case_of_an_authority() -> None:
    named = log_report(log_platelets("210"), control="A0", order=OBR.replace("R1^", "R0^"))
    nameless = log_report(log_platelets("35"), pid=PID.replace("^^^HOSP^MR", "^^^^MR"))
    mapping = log_mapping(named, nameless)
    assert by_patient(mapping)["HOSP/MR/P1"] == "210 10*3/uL"
    assert "no-authority" in finding_codes(mapping)


@pytest.mark.hazard("HZ-P07")
@pytest.mark.parametrize(
    ("identifiers", "key"),
    [
        ("99^^^PAY^SS~V77^^^HOSP^AN~P1^^^HOSP^MR", "HOSP/MR/P1"),
        ("77^^^HOSP^PI~P1^^^HOSP^MR", "HOSP/MR/P1"),
        ("P1^^^HOSP&1.2.3&ISO^MR", "HOSP/MR/P1"),
        ("99^^^PAY^SS~V77^^^HOSP^AN", None),
    ],
)
def test_the_patient_s_own_number_is_picked(identifiers: str, key: str | None) -> None:
    mapping = log_mapping(log_report(log_platelets("210"), pid=PID.replace("P1^^^HOSP^MR", identifiers)))
    assert list(by_patient(mapping)) == ([key] if key else [])
    assert key or "no-identifier" in finding_codes(mapping)


@pytest.mark.hazard("HZ-P11")
def test_a_number_reused_for_another_person_is_not_taken() -> None:
    order = OBR.replace("R1^", "R2^")
    other = "PID|1||P1^^^HOSP^MR||ROE^MAX||19990101|M"
    mapping = log_mapping(
        log_report(log_platelets("210")), log_report(log_platelets("35"), control="A2", order=order, pid=other)
    )
    assert by_patient(mapping) == {"HOSP/MR/P1": "210 10*3/uL"}
    assert "identity-conflict" in finding_codes(mapping)
    skipped = [e for e in mapping.whole_ledger.entries if e.reason == "identity-conflict"]
    assert {e.name for e in skipped if e.level is Level.CONTAINER} == {"PID", "OBR", "OBX"}
    assert {e.outcome for e in skipped} == {Outcome.SKIPPED}


@pytest.mark.hazard("HZ-P11")
@pytest.mark.parametrize(
    "other",
    [
        "PID|1||P1^^^HOSP^MR||ROE^JANE||19990101|F",
        "PID|1||P1^^^HOSP^MR||ROE^JANE||19610405|M",
        "PID|1||P1^^^HOSP^MR||DOE^JANE||19990101|M",
    ],
    ids=["name and birth date", "name and sex", "birth date and sex"],
)
def test_two_differences_are_another_person(other: str) -> None:
    later = log_report(log_platelets("35"), control="A2", order=OBR.replace("R1^", "R2^"), pid=other)
    mapping = log_mapping(log_report(log_platelets("210")), later)
    assert by_patient(mapping) == {"HOSP/MR/P1": "210 10*3/uL"}
    assert "identity-conflict" in finding_codes(mapping)


@pytest.mark.hazard("HZ-P11")
def test_what_a_second_message_added_is_held_against_the_third() -> None:
    people = ("||19610405", "DOE^JANE||19610405|F", "ROE^MAX||19610405|M")
    messages = [
        log_report(
            log_platelets(str(n)),
            control=f"A{n}",
            order=OBR.replace("R1^", f"R{n}^"),
            pid=f"PID|1||P1^^^HOSP^MR||{person}",
        )
        for n, person in enumerate(people, 1)
    ]
    mapping = log_mapping(*messages)
    assert [s.origin.sent for s in mapping.patients[0].statements if s.fact == PLATELETS] == ["1 10*3/uL", "2 10*3/uL"]
    assert "identity-conflict" in finding_codes(mapping)


@pytest.mark.hazard("HZ-P11")
@pytest.mark.parametrize(
    "same",
    [
        "PID|1||P1^^^HOSP^MR||ROE^JANE||19610405|F",
        "PID|1||P1^^^HOSP^MR||Doe^Jane||19610405|F",
        "PID|1||P1^^^HOSP^MR||DOE^JANE||19610504|F",
        "PID|1||P1^^^HOSP^MR||Doe^Jane||19610504|F",
        "PID|1||P1^^^HOSP^MR",
        'PID|1||P1^^^HOSP^MR||""||""|""',
    ],
    ids=["married", "letter case", "one typing error", "letter case and a typing error", "nothing sent", "deleted"],
)
def test_one_difference_is_no_other_person(same: str) -> None:
    order = OBR.replace("R1^", "R2^").replace("|20260110080000|", "|20260111080000|")
    later = log_report(log_platelets("35", when="20260111080000"), control="A2", order=order, pid=same)
    assert by_patient(log_mapping(log_report(log_platelets("210")), later)) == {"HOSP/MR/P1": "35 10*3/uL"}


FIRST_PERSON = ("DOE", "", "")
SECOND_PERSON = ("ROE", "19500101", "M")
THE_SAME_AGAIN = ("DOE", "19610405", "F")


@pytest.mark.hazard("HZ-P11")
def test_who_differs_in_all_that_can_be_compared_is_another_person() -> None:
    """One name against another: nothing agrees, so that the second person does not become the first one."""
    messages = [
        log_report(
            log_platelets(str(n)),
            control=f"A{n}",
            order=OBR.replace("R1^", f"R{n}^"),
            pid=f"PID|1||P1^^^HOSP^MR||{family}||{birth}|{sex}",
        )
        for n, (family, birth, sex) in enumerate((FIRST_PERSON, SECOND_PERSON, THE_SAME_AGAIN), 1)
    ]
    mapping = log_mapping(*messages)
    assert [s.origin.sent for s in mapping.patients[0].statements if s.fact == PLATELETS] == ["1 10*3/uL", "3 10*3/uL"]
    assert mapping.conflicts == ((2, "identity-conflict"),)


@pytest.mark.hazard("HZ-P11")
def test_who_differs_in_one_adds_nothing_to_what_is_known_of_the_person() -> None:
    """The same birth date and another name may be a marriage or somebody else: the sex is not taken from it."""
    first, other, again = (
        Demographics("19610405", "", "doe"),
        Demographics("19610405", "M", "roe"),
        Demographics("19610405", "F", "doe"),
    )
    assert same_person(first, other)
    assert first.completed(other) == first
    assert first.completed(again) == again


PARTS = st.text("~/01[]Hé", min_size=1)


@pytest.mark.hazard("HZ-P12")
@given(st.lists(st.tuples(PARTS.filter(lambda text: text[0] != "["), PARTS, PARTS), min_size=2, max_size=2))
def test_two_numbers_never_have_one_key(numbers: list[tuple[str, str, str]]) -> None:
    keys = [PatientKey.of(*parts) for parts in numbers]
    assert [PatientKey.of_text(key.text) for key in keys] == keys
    assert (keys[0].text == keys[1].text) is (numbers[0] == numbers[1])


@given(PARTS, PARTS, PARTS)
def test_a_number_without_authority_is_told_by_its_key(facility: str, kind: str, value: str) -> None:
    key = PatientKey.of_facility(facility, kind, value)
    assert PatientKey.of_text(key.text) == key


@pytest.mark.hazard("HZ-P12")
def test_a_slash_in_a_number_makes_no_other_number_of_it() -> None:
    pids = [PID.replace("P1^^^HOSP", sent) for sent in ("77^^^HOSP/LAB", "LAB/77^^^HOSP", "P1^^^HOSP")]
    mapping = log_mapping(*(log_message(pid, control=f"A{n}", message="ADT^A08") for n, pid in enumerate(pids)))
    found = [(patient.subject, patient.authority, patient.number) for patient in mapping.patients]
    assert found == [
        ("HOSP~1LAB/MR/77", "HOSP/LAB", "77"),
        ("HOSP/MR/LAB~177", "HOSP", "LAB/77"),
        ("HOSP/MR/P1", "HOSP", "P1"),
    ]


@pytest.mark.hazard("HZ-P12")
def test_identifiers_are_never_folded() -> None:
    numbers = ["00123", "123", "123a", "123A"]
    messages = [
        log_report(
            log_platelets(str(100 + n)),
            control=f"A{n}",
            order=OBR.replace("R1^", f"R{n}^"),
            pid=PID.replace("P1^", f"{number}^"),
        )
        for n, number in enumerate(numbers)
    ]
    assert by_patient(log_mapping(*messages)) == {
        f"HOSP/MR/{number}": f"{100 + n} 10*3/uL" for n, number in enumerate(numbers)
    }


@pytest.mark.hazard("HZ-P13")
def test_each_result_belongs_to_the_nearest_pid_above() -> None:
    second = (PID.replace("P1^", "P2^"), OBR.replace("R1^", "R2^"), log_platelets("35"))
    mapping = log_mapping(log_message(PID, OBR, log_platelets("210"), *second))
    assert by_patient(mapping) == {"HOSP/MR/P1": "210 10*3/uL", "HOSP/MR/P2": "35 10*3/uL"}


CLOSED: list[tuple[Resource, list[str]]] = [
    (
        {"active": False, "link": [{"other": {"reference": "Patient/P9"}, "type": "replaced-by"}]},
        ["replaced", "inactive"],
    ),
    ({"link": [{"other": {"reference": "Patient/P9"}, "type": "replaced-by"}]}, ["replaced"]),
    ({"active": False}, ["inactive"]),
    ({"deceasedBoolean": True}, ["deceased"]),
    ({"deceasedDateTime": "2026-01-02"}, ["deceased"]),
    ({"deceasedDateTime": "lately"}, ["deceased"]),
    ({"active": True}, []),
    ({"deceasedBoolean": False, "active": None}, []),
    ({"link": [{"other": {"reference": "Patient/P9"}, "type": "replaces"}, {"type": "seealso"}]}, []),
]


@pytest.mark.hazard("HZ-P15")
@pytest.mark.parametrize(("more", "reasons"), CLOSED, ids=lambda value: json.dumps(value)[:60])
def test_a_fhir_patient_who_is_dead_inactive_or_replaced_is_found(more: Resource, reasons: list[str]) -> None:
    mapping = map_fhir(read_document(bundle({**PATIENT, **more}, count(210))), "b")
    found = [(f.code, f.severity, f.place) for f in only(mapping).findings]
    assert found == [(f"patient-{reason}", "error", "Bundle.entry[0].resource") for reason in reasons]


@pytest.mark.hazard("HZ-P15")
@pytest.mark.parametrize(
    ("tail", "place"),
    [
        ("20260102|Y", "A1 PID[1]-30"),
        ("|Y", "A1 PID[1]-30"),
        ("|y^Yes^HL70136", "A1 PID[1]-30"),
        ("20260102|", "A1 PID[1]-29"),
        ("20260102|N", "A1 PID[1]-29"),
        ("lately|", "A1 PID[1]-29"),
        ("|N", ""),
        ('""|""', ""),
        ("|", ""),
    ],
)
def test_a_pid_with_a_death_is_found(tail: str, place: str) -> None:
    pid = f"{PID}{'|' * 21}{tail}"
    found = only(log_mapping(log_report(log_platelets("210"), pid=pid))).findings
    assert [(f.code, f.severity, f.place) for f in found] == ([("patient-deceased", "error", place)] if place else [])


@pytest.mark.hazard("HZ-P15")
def test_a_death_in_one_message_holds_for_the_patient_of_all() -> None:
    dead = log_report(log_platelets("210"), pid=f"{PID}{'|' * 22}Y")
    later = log_report(log_platelets("211"), control="A2", order=OBR.replace("R1^", "R2^"))
    for messages in ((dead, later), (later, dead)):
        assert "patient-deceased" in finding_codes(log_mapping(*messages))


def test_a_birth_date_under_an_unknown_modifier_is_not_used() -> None:
    modifier: list[Json] = [{"url": "https://example.org/estimated", "valueBoolean": True}]
    mapping = map_fhir(read_document(bundle({**PATIENT, "modifierExtension": modifier})), "b")
    assert standing(mapping, "birth_date") == ("excluded", "modifier")
    assert known(mapping, "age_years") is None


@pytest.mark.hazard("HZ-P16")
def test_a_result_posted_for_the_wrong_patient_is_withdrawn() -> None:
    first, second = log_report(log_platelets("35")), log_report(log_platelets("35", status="W"), control="A2")
    mapping = log_mapping(first, second)
    assert standing(mapping, PLATELETS) == ("absent", "wrong-patient-or-sample")
    assert fact(mapping, PLATELETS).origins[0].document == "A2"
    assert known(mapping, PLATELETS) is None


@pytest.mark.hazard("HZ-P16")
@pytest.mark.parametrize(
    "order", [OBR.replace("||R1^LAB|", "|ORD1||"), OBR.replace("||R1^LAB|", "|||")], ids=["placer", "none"]
)
def test_a_result_without_filler_number_can_be_withdrawn_too(order: str) -> None:
    first, second = (
        log_report(log_platelets("35", status=s), control=c, order=order) for s, c in (("F", "A1"), ("W", "A2"))
    )
    assert standing(log_mapping(first, second), PLATELETS)[0] == "absent"
    other = log_report(log_platelets("210", when="20260109080000"), control="A0", order=order)
    assert known(log_mapping(other, first, second), PLATELETS) == 210


URN = "urn:uuid:6e1f9c1e-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("reference", "more"), [("Group/g1", {"id": "g1"}), (URN, {}), (URN, {"id": "g1"}), ("Device/d1", {})]
)
def test_a_group_is_no_patient(reference: str, more: Resource) -> None:
    group: Json = {"fullUrl": URN, "resource": {"resourceType": "Group", **more}}
    result: Json = {"resource": count(210, subject={"reference": reference})}
    whole: Resource = {"resourceType": "Bundle", "entry": [group, result]}
    assert map_fhir(read_document(json.dumps(whole).encode()), "b").patients == ()


@pytest.mark.hazard("HZ-P14")
def test_messages_that_are_mapped_at_the_same_time_share_nothing_of_their_patients() -> None:
    """200 threads with two patients in turn; what is remembered between messages is codes and units, never values."""
    sent = {"P1": "210", "P2": "35"}
    texts = [log_report(log_platelets(value), pid=PID.replace("P1^", f"{number}^")) for number, value in sent.items()]
    with ThreadPoolExecutor(max_workers=8) as pool:
        found = list(pool.map(lambda n: by_patient(log_mapping(texts[n % 2])), range(200)))
    expected = [{f"HOSP/MR/{number}": f"{value} 10*3/uL"} for number, value in sent.items()]
    assert found == expected * 100


@pytest.mark.hazard("HZ-M04")
@pytest.mark.parametrize("order", [OBR, OBR.replace("||R1^LAB|", "|ORD1||")], ids=["filler number", "placer number"])
def test_the_same_result_in_two_messages_is_one_value(order: str) -> None:
    again = log_report(log_platelets("210"), control="A2", order=order)
    mapping = log_mapping(log_report(log_platelets("210"), order=order), again)
    found = fact(mapping, PLATELETS)
    assert [origin.document for origin in found.origins] == ["A2"]
    assert (found.unused, known(mapping, PLATELETS)) == ((), 210)

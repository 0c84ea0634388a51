"""Stored HL7 v2 facts of the patient of a call: joined by the configured number, and by nothing that only looks alike."""

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from adapter.ldt import rule_set
from adapter.mapping.hl7v2_patient import PatientKey
from adapter.mapping.tables import tables
from adapter.server.app import build_app
from adapter.server.hooks.stored import (
    DIFFERS,
    NO_NUMBER,
    NO_PATIENT,
    NOT_IN_TIME,
    NOT_THERE,
    SEVERAL,
    UNCOMPARED,
    Recall,
)
from adapter.server.intake import Intake
from adapter.server.recall import Recalled
from adapter.server.settings import Settings, SettingsError, load_settings
from adapter.server.workers import TaskCrashed, TaskTooLong
from adapter.store import Settled, Store, StoreError, StoreUnavailable
from tests.server.feeds import LIVER, NET, adt, oru, own
from tests.server.hooks.calling import answer, card, cards, client_of, example, refused
from tests.server.hooks.storing import NUMBER, NUMBERS, PERSON, SYSTEM, joining, take

PATENT = own("portal_vein_status", "patent")
BURDEN = "OBX|2|NM|liver_burden_percent^^99LDT||60|%|||||F|||20260110"
SIXTY = "Liver tumour burden: 60 %"
OCCLUDED = own("portal_vein_status", "main_or_both_occluded")
CANARY = "ZebraCanary"


def about(*segments: str, control_id: str = "A1", patient: str = NUMBER, person: str = PERSON) -> bytes:
    """A message about the patient of the examples."""
    return oru(*segments, control_id=control_id, patient=patient, person=person)


def merge(survivor: str, retired: str, control_id: str = "M1", person: str = PERSON) -> bytes:
    """An ADT^A40."""
    head = (
        f"MSH|^~\\&|ADT|HOSP|NELM|HOSP|20260111090000+0000||ADT^A40^ADT_A39|{control_id}|P|2.5.1",
        "EVN|A40|20260111090000+0000",
        f"PID|1||{survivor}^^^HOSP^MR||{person}",
        f"MRG|{retired}^^^HOSP^MR",
    )
    return "\r".join([*head, ""]).encode()


def detail(store: Store, request: dict[str, Any] | None = None) -> str:
    found: str = card(joining(store), request or example("patient-view-07"))["detail"]
    return found


def text(shown: str) -> str:
    """Markdown without its escapes."""
    return shown.replace("\\", "")


def test_a_stored_fact_decides_and_the_card_says_from_which_message_it_came(store: Store) -> None:
    assert "Portal vein: not recorded" in detail(store)
    take(store, about(PATENT, BURDEN))
    shown = text(detail(store))
    assert "Portal vein: not recorded" not in shown
    assert "received by the adapter before: 1 stored HL7 v2 message" in shown
    assert "sent with the call: patient, conditions" in shown
    assert f"{SIXTY}, 2026-01-10 (OBX[2]-5 of message A1 from LAB HOSP)" in shown


def test_without_the_setting_nothing_is_joined(store: Store, client: TestClient) -> None:
    take(store, about(PATENT))
    shown = card(client, example("patient-view-07"))["detail"]
    assert "Portal vein: not recorded" in shown
    assert "stored HL7 v2" not in shown


def test_a_patient_of_whom_nothing_is_stored_is_answered_as_before(store: Store, client: TestClient) -> None:
    take(store, about(PATENT, patient="4711"))
    request = example("patient-view-07")
    assert cards(joining(store), request) == cards(client, request)


def test_stored_facts_make_the_card_speak(store: Store) -> None:
    request = example("patient-view-07")
    for key in ("conditions", "observations"):
        request["prefetch"][key] = None
    assert cards(joining(store), request) == []
    take(store, adt(NET, LIVER, control_id="D1", patient=NUMBER, person=PERSON))
    found = card(joining(store), request)
    assert found["summary"].startswith("NET liver metastases: no advice")
    assert "received by the adapter before: 1 stored HL7 v2 message" in found["detail"]


def test_the_latest_value_counts_whichever_way_it_came(store: Store) -> None:
    take(store, about(BURDEN))
    assert f"{SIXTY}, 2026-01-10" in text(detail(store))
    request = example("patient-view-07")
    for entry in request["prefetch"]["observations"]["entry"]:
        entry["resource"]["effectiveDateTime"] = "2026-01-11"
    assert SIXTY not in text(detail(store, request))


def test_values_of_one_moment_that_differ_are_a_conflict_and_no_guess(store: Store) -> None:
    take(store, about("OBX|1|CWE|lobar_distribution^^99LDT||unilobar^^99LDT||||||F|||20251204160000-0500"))
    shown = text(detail(store))
    assert "contradictory (values contradict each other)" in shown
    assert "bilobar" not in shown


@pytest.mark.hazard("HZ-P04")
@pytest.mark.hazard("HZ-P05")
@pytest.mark.parametrize(
    "number",
    [
        {"system": "https://other.example.org/mrn", "value": NUMBER},
        {"value": NUMBER},
        {"system": f"{SYSTEM}/", "value": NUMBER},
        {"system": SYSTEM.upper(), "value": NUMBER},
        {"system": SYSTEM, "value": NUMBER, "use": "old"},
    ],
)
def test_a_number_of_another_system_leads_nowhere(store: Store, number: dict[str, str]) -> None:
    take(store, about(PATENT))
    request = example("patient-view-07")
    request["prefetch"]["patient"]["identifier"] = [number]
    shown = text(detail(store, request))
    assert NO_NUMBER in shown
    assert "Portal vein: not recorded" in shown


@pytest.mark.hazard("HZ-A03")
def test_a_record_without_such_a_number_is_told_of_and_the_card_is_as_loud_as_without(store: Store) -> None:
    take(store, about(PATENT))
    request = example("patient-view-07")
    request["prefetch"]["patient"]["identifier"] = []
    found, alone = card(joining(store), request), card(client_of(store), request)
    assert (found["summary"], found["indicator"]) == (alone["summary"], alone["indicator"])
    told = f"**Data that could not be had:** stored HL7 v2 messages: {NO_NUMBER}"
    first, whole = text(found["detail"]).split("**The whole answer**")
    assert told in first
    assert NO_NUMBER in whole
    assert "some data could not be had or used" not in first


@pytest.mark.hazard("HZ-A03")
def test_beside_other_gaps_a_record_without_such_a_number_hides_none(store: Store) -> None:
    request = example("patient-view-07")
    request["prefetch"]["patient"]["identifier"] = []
    del request["prefetch"]["procedures"]
    found = card(joining(store), request)
    assert "some data not used" in found["summary"]
    assert "some data could not be had or used" in found["detail"]


@pytest.mark.hazard("HZ-P05")
@pytest.mark.hazard("HZ-P12")
@pytest.mark.parametrize(
    "other", ["8852017^^^HOSPB^MR", "8852017^^^HOSP^PI", "08852017^^^HOSP^MR", "8852017 1^^^HOSP^MR"]
)
def test_a_number_of_another_authority_type_or_spelling_is_another_one(store: Store, other: str) -> None:
    take(store, about(PATENT).replace(b"8852017^^^HOSP^MR", other.encode()))
    assert "Portal vein: not recorded" in detail(store)


@pytest.mark.hazard("HZ-P06")
def test_a_message_without_an_authority_joins_nobody(store: Store) -> None:
    take(store, about(PATENT).replace(b"8852017^^^HOSP^MR", b"8852017^^^^MR"))
    assert "Portal vein: not recorded" in detail(store)


@pytest.mark.hazard("HZ-P05")
def test_an_authority_with_a_slash_is_not_taken_for_a_number_with_one(store: Store) -> None:
    take(store, about(PATENT).replace(b"8852017^^^HOSP^MR", b"8852017^^^HOSP/MR/1^MR"))
    request = example("patient-view-07")
    request["prefetch"]["patient"]["identifier"] = [{"system": SYSTEM, "value": f"1/MR/{NUMBER}"}]
    assert "Portal vein: not recorded" in detail(store, request)


@pytest.mark.hazard("HZ-P01")
@pytest.mark.hazard("HZ-P11")
@pytest.mark.parametrize(
    ("person", "joined"),
    [
        ("Whitfield^George||19600303|M", True),
        ("WHITFIELD^GEORGE||19600303103000|M", True),
        ("Whitfield^George||1960|U", True),
        ("||19600303|", True),
        ("Smith^George||1960|M", False),
        ("Smith^George||1961|M", False),
        ("Smith^George||19600303|M", False),
        ("Whitfield^George||19610405|M", False),
        ("Whitfield^George||19600303|F", False),
        ("Smith^George||19600303|U", False),
        ("||19600303|F", False),
        ("Smith^Anna||19600303|F", False),
        ("Smith^George||19610405|M", False),
        ("Whitfield^Anna||19610405|F", False),
        ("Doe^Jane||19610405|F", False),
        ("||19610405|F", False),
    ],
)
def test_the_number_of_another_person_is_not_believed(store: Store, person: str, joined: bool) -> None:
    take(store, about(PATENT, person=person))
    shown = text(detail(store))
    assert (DIFFERS in shown) is not joined
    assert ("received by the adapter before: 1" in shown) is joined


@pytest.mark.hazard("HZ-P11")
def test_a_number_alone_joins_nobody(store: Store) -> None:
    take(store, about(PATENT))
    request = example("patient-view-07")
    for member in ("birthDate", "gender", "name"):
        request["prefetch"]["patient"].pop(member, None)
    shown = text(detail(store, request))
    assert UNCOMPARED in shown
    assert "received by the adapter before" not in shown


@pytest.mark.hazard("HZ-P11")
@pytest.mark.parametrize(
    "name",
    [
        [{"family": "Miller"}, {"family": "Whitfield"}],
        {"family": "Whitfield"},
        [{"family": ["Whitfield"]}],
        [{"text": "George Whitfield"}],
        [{"family": 7}],
        "Whitfield",
    ],
)
def test_a_name_in_another_form_keeps_nobody_apart(store: Store, name: object) -> None:
    take(store, about(PATENT))
    request = example("patient-view-07")
    request["prefetch"]["patient"]["name"] = name
    assert "received by the adapter before: 1" in detail(store, request)


@pytest.mark.hazard("HZ-P11")
@pytest.mark.parametrize("name", [[{"family": "Miller"}], {"family": "Miller"}, [{"family": ["Miller"]}]])
def test_another_name_in_any_form_is_another_name(store: Store, name: object) -> None:
    take(store, about(PATENT))
    request = example("patient-view-07")
    request["prefetch"]["patient"]["name"] = name
    assert DIFFERS in detail(store, request)


@pytest.mark.hazard("HZ-P08")
@pytest.mark.parametrize(("survivor", "retired"), [(NUMBER, "77"), ("77", NUMBER)])
def test_a_merged_number_leads_to_everything_of_the_patient(store: Store, survivor: str, retired: str) -> None:
    take(store, about(PATENT, patient=survivor), about(BURDEN, control_id="A2", patient=retired))
    take(store, merge(survivor, retired))
    shown = text(detail(store))
    assert "Portal vein" not in shown
    assert f"{SIXTY}, 2026-01-10 (OBX[1]-5 of message A2" in shown
    assert "3 stored HL7 v2 messages" in shown


@pytest.mark.hazard("HZ-P02")
def test_numbers_of_two_patients_join_neither(store: Store) -> None:
    take(store, about(PATENT), about(BURDEN, control_id="A2", patient="77"))
    request = example("patient-view-07")
    request["prefetch"]["patient"]["identifier"].append({"system": SYSTEM, "value": "77"})
    shown = text(detail(store, request))
    assert SEVERAL in shown
    assert "Portal vein: not recorded" in shown
    assert SIXTY not in shown


@pytest.mark.hazard("HZ-P02")
def test_of_a_message_about_two_patients_only_the_own_part_is_joined(store: Store) -> None:
    other = f"PID|2||77^^^HOSP^MR||Doe^Jane||19610405|F\rOBR|2||R2^LAB|P^^L|||20260110\r{BURDEN}\r".encode()
    take(store, about(PATENT) + other)
    shown = text(detail(store))
    assert "Portal vein" not in shown
    assert SIXTY not in shown


@pytest.mark.hazard("HZ-P11")
def test_messages_that_cannot_be_used_are_counted(store: Store) -> None:
    stranger = about(OCCLUDED, control_id="A2", person="Doe^Jane||19610405|F")
    local = about(OCCLUDED, control_id="A3").replace(b"ORU^R01^ORU_R01", b"ORU^Z01^ORU_R01")
    take(store, about(PATENT), stranger, local)
    shown = text(detail(store))
    assert "Portal vein" not in shown
    assert "stored HL7 v2 messages: 2 about these numbers cannot be used" in shown
    store.settle_all([Settled(2, "quarantined", "identity-conflict")])
    assert "stored HL7 v2 messages: 2 about these numbers cannot be used" in text(detail(store))
    assert store.discard(2, "another person")
    assert "stored HL7 v2 messages: 1 about these numbers cannot be used" in text(detail(store))


def test_a_damaged_message_is_counted_and_not_used(store: Store, tmp_path: Path) -> None:
    take(store, about(PATENT))
    with sqlite3.connect(tmp_path / "store/messages.db") as connection:
        connection.execute("UPDATE messages SET raw = CAST('portal vein' AS BLOB)")
    shown = text(detail(store))
    assert "stored HL7 v2 messages: 1 about these numbers cannot be used" in shown
    assert "Portal vein: not recorded" in shown


@pytest.mark.hazard("HZ-P15")
def test_a_death_that_only_a_stored_message_tells_of_closes_the_record(store: Store) -> None:
    dead = "|".join([PERSON, *[""] * 21, "Y"])
    take(store, about(PATENT, person=dead))
    told = detail(store)
    assert "No advice is given on this record" in told
    line = next(line for line in told.splitlines() if "the record says that the patient has died" in line)
    assert "PID\\[1\\]-30 of message " in line
    assert ", said on 20" in line


def failing(error: Exception) -> Recall:
    """A store of which nothing can be had."""

    async def fail(keys: tuple[PatientKey, ...]) -> Recalled:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "level"),
    [
        (StoreUnavailable(CANARY), "warning"),
        (TimeoutError(CANARY), "warning"),
        (TaskTooLong(CANARY), "warning"),
        (TaskCrashed(CANARY), "error"),
    ],
)
def test_a_call_that_goes_without_what_is_stored_is_one_line_of_the_log(
    store: Store, error: Exception, level: str
) -> None:
    with capture_logs() as logs:
        card(joining(store, failing(error)), example("patient-view-07"))
    told = [(line["log_level"], line["error_class"]) for line in logs if line["event"] == "stored_facts_missing"]
    assert told == [(level, type(error).__name__)]


FAULTS = [(StoreUnavailable(CANARY), NOT_THERE), (StoreError(CANARY), NOT_THERE), (TaskTooLong(CANARY), NOT_IN_TIME)]


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize(("error", "words"), FAULTS)
def test_a_store_that_fails_costs_its_facts_and_the_card_says_so(store: Store, error: Exception, words: str) -> None:
    found = card(joining(store, failing(error)), example("patient-view-07"))
    assert f"stored HL7 v2 messages: {words}" in text(found["detail"])
    assert CANARY not in json.dumps(found)


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize(("error", "words"), FAULTS)
def test_a_store_that_fails_is_no_silence(store: Store, error: Exception, words: str) -> None:
    response = answer(joining(store, failing(error)), example("patient-view-09"))
    assert refused(response, 412) == "data-unavailable"
    assert words in response.text
    assert CANARY not in response.text


@pytest.mark.hazard("HZ-A02")
def test_a_fault_of_our_own_while_looking_is_500(store: Store) -> None:
    response = answer(joining(store, failing(ValueError(CANARY))), example("patient-view-07"))
    assert refused(response, 500) == "internal-error"
    assert CANARY not in response.text


@pytest.mark.hazard("HZ-A03")
def test_a_store_that_is_slow_does_not_hold_the_call_up(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapter.server.hooks.stored.LONGEST_RECALL", 0.01)

    async def slow(keys: tuple[PatientKey, ...]) -> Recalled:
        await asyncio.sleep(60)
        raise AssertionError

    assert NOT_IN_TIME in card(joining(store, slow), example("patient-view-07"))["detail"]


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize("patient", [None, {"resourceType": "OperationOutcome", "issue": []}])
def test_without_the_patient_the_card_says_that_nothing_was_looked_for(store: Store, patient: object) -> None:
    take(store, about(PATENT))
    request = example("patient-view-07")
    request["prefetch"]["patient"] = patient
    assert NO_PATIENT in detail(store, request)


@pytest.mark.hazard("HZ-P01")
@pytest.mark.parametrize("member", ["modifierExtension", "implicitRules"])
def test_a_patient_whose_meaning_is_not_known_leads_nowhere(store: Store, member: str) -> None:
    take(store, about(PATENT))
    request = example("patient-view-07")
    request["prefetch"]["patient"][member] = {"modifierExtension": [{"url": "x"}], "implicitRules": "x"}[member]
    shown = detail(store, request)
    assert NO_PATIENT in shown
    assert "received by the adapter" not in shown


def test_of_two_versions_of_the_patient_the_latest_has_the_number(store: Store) -> None:
    take(store, about(PATENT))
    request = example("patient-view-07")
    now = request["prefetch"]["patient"] | {"meta": {"lastUpdated": "2026-01-02T00:00:00Z"}}
    before = now | {"meta": {"lastUpdated": "2026-01-01T00:00:00Z"}, "identifier": []}
    for versions in ([before, now], [now, before]):
        request["prefetch"]["patient"] = {"resourceType": "Bundle", "entry": [{"resource": one} for one in versions]}
        assert "received by the adapter before: 1" in detail(store, request)


@pytest.mark.hazard("HZ-P01")
def test_another_patient_in_the_prefetch_still_stops_everything(store: Store) -> None:
    take(store, about(PATENT, patient=CANARY))
    request = example("patient-view-07")
    request["prefetch"]["patient"] |= {"id": CANARY, "identifier": [{"system": SYSTEM, "value": CANARY}]}
    response = answer(joining(store), request)
    assert refused(response, 412) == "other-patient"
    assert CANARY not in response.text


def test_a_stored_plan_is_not_taken_for_an_order_of_the_call(store: Store) -> None:
    plan = "OBX|1|CWE|planned_therapies^^99LDT||ctace^^99LDT||||||F|||20260110"
    raw = oru(plan, OCCLUDED, control_id="context.draftOrders", patient="900", person="Roe^Ida||19700101|F")
    take(store, raw)
    request = example("order-sign-microspheres")
    request["prefetch"]["patient"]["identifier"] = [{"system": SYSTEM, "value": "900"}]
    for key in ("birthDate", "gender", "name"):
        request["prefetch"]["patient"].pop(key, None)
    judged = [part for part in text(detail(store, request)).split("**") if "Orders judged" in part]
    assert len(judged) == 2, "on the first screen and in the whole answer"
    assert all("TACE" not in part for part in judged)


def test_a_missing_result_is_not_ordered_where_messages_about_it_may_wait(store: Store) -> None:
    request = example("patient-view-07")
    observations = request["prefetch"]["observations"]
    observations["entry"] = [one for one in observations["entry"] if one["resource"]["id"] != "obs-22"]
    observations["total"] = len(observations["entry"])
    offered = [one["label"] for one in card(joining(store), request)["suggestions"]]
    assert any("bilirubin" in label.lower() for label in offered)
    offered = [one["label"] for one in card(joining(store, failing(StoreError())), request)["suggestions"]]
    assert not any("bilirubin" in label.lower() for label in offered)


@pytest.mark.hazard("HZ-P06")
@pytest.mark.parametrize(
    "kind",
    [
        {"authority": "HOSP"},
        {"system": SYSTEM},
        {"system": "", "authority": "HOSP"},
        {"system": SYSTEM, "authority": ""},
        {"system": SYSTEM, "authority": "[HOSP]"},
        {"system": SYSTEM, "authority": "HOSP/MR"},
        {"system": SYSTEM, "authority": "HOSP", "type": ""},
        {"system": SYSTEM, "authority": "HOSP", "kind": "MR"},
    ],
)
def test_kinds_of_numbers_that_mean_nothing_stop_the_start(kind: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"stored_facts\.0"):
        load_settings(None, {"stored_facts": [kind]})


def test_kinds_of_numbers_are_read_from_the_configuration_file(tmp_path: Path) -> None:
    path = tmp_path / "ldt.toml"
    path.write_text(f'[[stored_facts]]\nsystem = "{SYSTEM}"\nauthority = "HOSP"\n', encoding="utf-8")
    [kind] = load_settings(path, {}).stored_facts
    assert (kind.system, kind.authority, kind.type) == (SYSTEM, "HOSP", "MR")


def test_an_application_that_cannot_look_refuses_to_start(store: Store) -> None:
    told = Settings.model_validate({"stored_facts": NUMBERS})
    with pytest.raises(SettingsError, match="stored_facts"):
        build_app(told, store, Intake(store), tables(), rule_set())

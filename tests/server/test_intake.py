"""The intake: what is stored, with which state, and what the sender is told, for every row of the answers."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from adapter.hl7v2 import Message, parse_message
from adapter.mapping.sender import Sender
from adapter.mapping.site import Accepted, AckPolicy, Profile, Receiver, Site, plain_site
from adapter.mapping.tables import Tables
from adapter.server.answer import Answer
from adapter.server.content import Content, read_content
from adapter.server.header import MessageLimits
from adapter.server.intake import Intake
from adapter.server.log import ALLOWED
from adapter.store import Noted, Store, StoredMessage
from tests.hl7v2.messages import MSH, OBR, PID, msh_with, obx, wire
from tests.server.casework import judge_all

PATIENT_WORDS = (b"DOE", b"JANE", b"P1^", b"19610405", b"Platelets")
GOOD = wire(MSH, PID, OBR, obx("210"))


def receive(intake: Intake, raw: bytes) -> Answer:
    """Receive a message, and judge its content behind the answer."""
    answer = asyncio.run(intake.receive(raw))
    judge_all(intake.store, intake.site)
    return answer


def told(answer: Answer) -> list[str]:
    """MSA-1, MSA-2, and code and place of each error of an acknowledgement that can be read."""
    message = parse_message(answer.ack)
    assert message.header.code == "ACK"
    assert not [word for word in PATIENT_WORDS if word in answer.ack]
    (msa,) = message.named("MSA")
    errors = [f"{err.field(3).first.component(1)} {err.field(2).text}" for err in message.named("ERR")]
    return [msa.field(1).text, msa.field(2).text, *errors]


def everybody(profile: Profile) -> Site:
    """A site that has one profile for every sender."""
    return Site(plain_site().tables, (), profile)


def accepting(**accepted: Any) -> Site:
    return everybody(Profile(accepted=Accepted(**accepted)))


def only(store: Store) -> StoredMessage:
    (message,) = store.messages()
    return message


def with_header(field: int, value: str) -> bytes:
    return wire(msh_with(field, value), PID, OBR, obx("210"))


@contextmanager
def locked(tmp_path: Path) -> Iterator[None]:
    other = sqlite3.connect(tmp_path / "store" / "messages.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def test_a_message_is_stored_as_received_and_accepted(store: Store) -> None:
    arrived = datetime(2026, 1, 10, 10, 0, 5, tzinfo=timezone(timedelta(hours=1)))
    answer = receive(Intake(store, now=lambda: arrived), GOOD)
    assert (answer.code, answer.retry, told(answer)) == ("AA", False, ["AA", "A1"])
    found = only(store)
    assert (found.sender, found.control_id, found.type) == ("LAB|HOSP", "A1", "ORU^R01")
    assert (found.state, found.reason, found.findings) == ("received", "", ())
    assert (found.patient_keys, found.received_at) == (("HOSP/MR/P1",), arrived.astimezone(UTC))
    assert store.raw(found.id) == GOOD


def test_each_answer_has_its_own_control_id(intake: Intake) -> None:
    own = {parse_message(receive(intake, GOOD).ack).header.control_id for _ in range(5)}
    assert len(own) == 5
    assert all(1 <= len(control_id) <= 20 for control_id in own)


@pytest.mark.hazard("HZ-M02")
def test_the_same_message_again_gets_the_same_answer_and_one_row(intake: Intake, store: Store) -> None:
    assert [told(receive(intake, GOOD)) for _ in range(2)] == [["AA", "A1"]] * 2
    assert only(store).control_id == "A1"
    assert (intake.outcomes["received"], intake.outcomes["duplicate"]) == (1, 1)


@pytest.mark.hazard("HZ-M02")
def test_a_discarded_message_that_comes_again_is_accepted_and_an_operator_sees_it(intake: Intake, store: Store) -> None:
    receive(intake, GOOD)
    store.discard(1, "a test")
    with capture_logs() as logs:
        assert told(receive(intake, GOOD)) == ["AA", "A1"]
    assert (only(store).state, only(store).findings) == ("discarded", (Noted("sent-again", ""),))
    assert [(log["event"], log["message"]) for log in logs] == [("discarded_message_again", 1)]
    assert (intake.outcomes["duplicate"], intake.outcomes["sent-again"]) == (1, 1)


@pytest.mark.hazard("HZ-M03")
def test_the_same_control_id_with_another_result_is_kept_too(intake: Intake, store: Store) -> None:
    second = wire(MSH, PID, OBR, obx("35"))
    assert [told(receive(intake, raw)) for raw in (GOOD, second)] == [["AA", "A1"]] * 2
    first, other = store.messages()
    assert (first.findings, other.findings) == ((), (Noted("control-id-reused", "MSH[1]-10"),))
    assert (store.raw(other.id), other.state) == (second, "received")
    assert intake.outcomes["control-id-reused"] == 1


def test_findings_are_kept_without_the_control_id_that_stands_before_their_places(intake: Intake, store: Store) -> None:
    receive(intake, wire(msh_with(10, "4711 DOE"), PID, OBR + "|||||||", obx("210").replace("080000", "256199"), ""))
    found = only(store)
    assert Noted("bad-date", "OBX[1]-14") in found.findings
    assert not [noted for noted in found.findings if "DOE" in noted.place]


@pytest.mark.parametrize(
    ("message_type", "event"),
    [
        ("ORU^R01^ORU_R01", "ORU^R01"),
        ("ORU", "ORU"),
        ("ORU^W01", "ORU^W01"),
        ("OUL^R22", "OUL^R22"),
        ("ADT^A08^ADT_A01", "ADT^A08"),
        ("ADT^A62", "ADT^A62"),
        ("MDM^T02", "MDM^T02"),
        ("PPR^PC1", "PPR^PC1"),
        ("BAR^P12", "BAR^P12"),
        ("DFT^P03", "DFT^P03"),
        ("ORM^O01", "ORM^O01"),
        ("OML^O21", "OML^O21"),
        ("OMG^O19", "OMG^O19"),
        ("OMI^O23", "OMI^O23"),
        ("OMP^O09", "OMP^O09"),
        ("RDE^O11", "RDE^O11"),
        ("RDS^O13", "RDS^O13"),
        ("RAS^O17", "RAS^O17"),
        ("RGV^O15", "RGV^O15"),
    ],
)
def test_types_that_are_used(intake: Intake, store: Store, message_type: str, event: str) -> None:
    assert told(receive(intake, with_header(9, message_type))) == ["AA", "A1"]
    assert (only(store).state, only(store).type) == ("received", event)


@pytest.mark.parametrize("message_type", ["VXU^V04", "SIU^S12", "MFN^M02", "QBP^Q11", "ORL^O22", "RSP^K22", "SRM^S01"])
def test_types_that_are_not_used_are_stored_as_ignored(intake: Intake, store: Store, message_type: str) -> None:
    assert told(receive(intake, with_header(9, message_type))) == ["AA", "A1"]
    found = only(store)
    assert (found.state, found.reason, found.type, found.patient_keys) == (
        "ignored",
        "type-not-used",
        message_type,
        (),
    )


@pytest.mark.parametrize(
    ("field", "value", "errors"),
    [
        (9, "XYZ^X01", ["200 MSH^1^9^1^1"]),
        (9, "oru^R01", ["200 MSH^1^9^1^1"]),
        (9, "ZPM^Z01", ["200 MSH^1^9^1^1"]),
        (9, "ORU^X01", ["201 MSH^1^9^1^2"]),
        (9, "ADT^A99", ["201 MSH^1^9^1^2"]),
        (9, "ADT^R01", ["201 MSH^1^9^1^2"]),
        (12, "3.0", ["203 MSH^1^12^1^1"]),
        (12, "", ["203 MSH^1^12^1^1"]),
        (11, "D", ["202 MSH^1^11^1^1"]),
    ],
)
def test_what_is_not_for_this_link_is_rejected_and_not_stored(
    intake: Intake, store: Store, field: int, value: str, errors: list[str]
) -> None:
    answer = receive(intake, with_header(field, value))
    assert (told(answer), answer.retry) == (["AR", "A1", *errors], False)
    assert list(store.messages()) == []
    assert intake.outcomes["refused"] == 1


@pytest.mark.parametrize("version", ["2.1", "2.3.1", "2.5.1^DEU", "2.9", "2.9.1"])
def test_versions_of_hl7_v2_are_accepted(intake: Intake, version: str) -> None:
    assert receive(intake, with_header(12, version)).code == "AA"


@pytest.mark.hazard("HZ-M14")
@pytest.mark.parametrize("processing_id", ["T", "D", "T^R"])
def test_test_messages_are_rejected(intake: Intake, store: Store, processing_id: str) -> None:
    assert told(receive(intake, with_header(11, processing_id))) == ["AR", "A1", "202 MSH^1^11^1^1"]
    assert list(store.messages()) == []


def test_processing_ids_are_a_setting(store: Store) -> None:
    trial = Intake(store, accepting(processing_ids=frozenset({"T"})))
    assert receive(trial, with_header(11, "T")).code == "AA"
    assert receive(trial, with_header(11, "P")).code == "AR"
    assert receive(Intake(store), with_header(11, "")).code == "AA"


@pytest.mark.hazard("HZ-M15")
@pytest.mark.parametrize(("application", "facility"), [("OTHER", "CLINIC"), ("NELM", "ELSEWHERE"), ("", "")])
def test_messages_for_another_system_are_rejected(store: Store, application: str, facility: str) -> None:
    intake = Intake(store, plain_site().receiving((Receiver("NELM", "CLINIC"),)))
    raw = with_header(5, application).replace(b"|CLINIC|", f"|{facility}|".encode(), 1)
    assert told(receive(intake, raw)) == ["AR", "A1", "103 MSH^1^5"]
    assert list(store.messages()) == []
    assert receive(intake, GOOD).code == "AA"


def test_a_receiver_may_be_any_application_or_facility(store: Store) -> None:
    for receiver in (Receiver("NELM"), Receiver("", "CLINIC"), Receiver()):
        assert receive(Intake(store, plain_site().receiving((Receiver("OTHER"), receiver))), GOOD).code == "AA"


def test_all_reasons_are_told_at_once(intake: Intake) -> None:
    raw = with_header(9, "XYZ").replace(b"|P|2.5.1", b"|T|3.0")
    assert told(receive(intake, raw)) == [
        "AR",
        "A1",
        "200 MSH^1^9^1^1",
        "203 MSH^1^12^1^1",
        "202 MSH^1^11^1^1",
    ]


@pytest.mark.hazard("HZ-M06")
@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (with_header(10, ""), ["AE", "", "101 MSH^1^10"]),
        (with_header(10, '""'), ["AE", '""', "101 MSH^1^10"]),
        (with_header(9, ""), ["AE", "A1", "101 MSH^1^9^1^1"]),
        (with_header(9, "^R01"), ["AE", "A1", "101 MSH^1^9^1^1"]),
        (rb"MSH|^~\&|LAB|HOSP|NELM|CLINIC|2026||ORU^R01", ["AE", "", "101 MSH^1^10"]),
        (rb"MSH|^~\&|LAB" + b"\r", ["AE", "", "101 MSH^1^9^1^1", "101 MSH^1^10"]),
    ],
)
def test_a_header_without_type_or_control_id_is_an_error_and_stored(
    intake: Intake, store: Store, raw: bytes, expected: list[str]
) -> None:
    answer = receive(intake, raw)
    assert answer.ack.split(b"\r")[1].split(b"|")[1:3] == [part.encode() for part in expected[:2]]
    assert told(answer)[2:] == expected[2:]
    found = only(store)
    assert (found.state, found.reason, store.raw(found.id)) == ("quarantined", "incomplete-header", raw)
    assert receive(intake, raw).code == "AE"
    assert only(store).findings == found.findings


@pytest.mark.hazard("HZ-M06")
@pytest.mark.parametrize("control_id", ["A 1", r"A\T\1", "x" * 199, "Ä1", "x" * 3000, "A\xa0", "\t1"])
def test_any_control_id_is_echoed_and_stored(intake: Intake, store: Store, control_id: str) -> None:
    answer = receive(intake, with_header(10, control_id))
    assert answer.ack.split(b"\r")[1] == b"MSA|AA|" + control_id.encode()
    assert store.raw(only(store).id) == with_header(10, control_id)


def test_a_control_id_outside_the_character_set_is_one_all_the_same(intake: Intake, store: Store) -> None:
    raw = GOOD.replace(b"|A1|", b"|\xff1|")
    assert receive(intake, raw).ack.split(b"\r")[1] == b"MSA|AA|\xff1"
    assert (only(store).control_id, only(store).reason) == ("\\xff1", "charset")


@pytest.mark.hazard("HZ-M19")
@pytest.mark.parametrize(
    ("raw", "reason", "place"),
    [
        (wire(MSH, OBR, obx("210")), "no-patient", ""),
        (wire(MSH), "no-patient", None),
        (wire(MSH, "PID|1||^^^HOSP^MR||DOE^JANE", OBR, obx("210")), "no-identifier", "PID[1]-3"),
        (wire(MSH, "PID|1||V1^^^HOSP^VN||DOE^JANE", OBR, obx("210")), "no-identifier", "PID[1]-3"),
        (wire(MSH, PID.replace("^^^HOSP^MR", "^^^^MR"), OBR, obx("210")), "no-authority", "PID[1]-3"),
        (
            wire(MSH, PID, OBR, obx("1"), PID.replace("DOE", "ROE").replace("1961", "1971")),
            "identity-conflict",
            "PID[2]",
        ),
        (wire(MSH, PID, OBR, obx("1"), MSH, PID), "second-header", "MSH[2]"),
        (GOOD.replace(b"JANE", b"J\xe4NE"), "charset", f"byte {GOOD.index(b'ANE')}"),
        (with_header(18, "GB 18030-2000"), "charset-unsupported", "MSH[1]-18"),
        (with_header(9, "ORU^Z01"), "local-event", None),
    ],
)
def test_faults_of_content_are_quarantined_and_accepted(
    intake: Intake, store: Store, raw: bytes, reason: str, place: str | None
) -> None:
    assert told(receive(intake, raw)) == ["AA", "A1"]
    found = only(store)
    assert (found.state, found.reason, store.raw(found.id)) == ("quarantined", reason, raw)
    assert place is None or Noted(reason, place) in found.findings


def test_right_bytes_of_another_character_set_are_no_fault(intake: Intake, store: Store) -> None:
    receive(intake, with_header(18, "8859/1").replace(b"JANE", b"J\xe4NE"))
    assert only(store).state == "received"
    latin = Intake(store, everybody(Profile(sender=Sender(charset="8859/1"))))
    receive(latin, GOOD.replace(b"JANE", b"J\xe4NE"))
    assert [message.state for message in store.messages()] == ["received", "received"]


def test_several_patients_in_one_message(intake: Intake, store: Store) -> None:
    other = "PID|1||P2^^^HOSP^MR||ROE^RICHARD||19500101|M"
    receive(intake, wire(MSH, PID, OBR, obx("210"), other, OBR, obx("180")))
    assert only(store).patient_keys == ("HOSP/MR/P1", "HOSP/MR/P2")


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"hello", b"PID|1||P1^DOE", b"BTS|0\r"])
def test_what_is_no_message_is_rejected(intake: Intake, store: Store, raw: bytes) -> None:
    assert told(receive(intake, raw)) == ["AR", "", "100 MSH^1"]
    assert list(store.messages()) == []


@pytest.mark.parametrize(
    ("raw", "reason", "error"),
    [
        (b"MSH|^^\\&|LAB|HOSP|N|C|2026||ORU^R01|A1|P|2.5.1\r", "delimiters", "102 MSH^1^2"),
        (GOOD.decode().encode("utf-16"), "charset-unsupported", "103 MSH^1^18"),
    ],
)
def test_a_header_that_cannot_be_read_is_an_error_and_stored(
    intake: Intake, store: Store, raw: bytes, reason: str, error: str
) -> None:
    assert told(receive(intake, raw)) == ["AE", "A1", error]
    found = only(store)
    assert (found.state, found.reason, store.raw(found.id)) == ("quarantined", reason, raw)


@pytest.mark.parametrize("message_type", ["ACK^R01^ACK", "ACK", "MCF"])
@pytest.mark.parametrize("control_id", ["A1", ""])
def test_an_acknowledgement_is_never_answered(intake: Intake, store: Store, message_type: str, control_id: str) -> None:
    raw = wire(msh_with(9, message_type).replace("|A1|", f"|{control_id}|"), "MSA|AA|X")
    assert receive(intake, raw) == Answer(b"", "")
    assert list(store.messages()) == []


@pytest.mark.parametrize(
    ("accept", "application", "on_good", "on_bad"),
    [
        ("", "", "AA", "AR"),
        ("AL", "", "CA", "CR"),
        ("AL", "NE", "CA", "CR"),
        ("AL", "AL", "CA", "CR"),
        ("", "AL", "CA", "CR"),
        ("NE", "AL", "AA", "AR"),
        ("NE", "ER", "", "AR"),
        ("NE", "SU", "AA", ""),
        ("NE", "NE", "", ""),
        ("NE", "", "", ""),
        ("ER", "NE", "", "CR"),
        ("SU", "NE", "CA", ""),
    ],
)
def test_modes(intake: Intake, store: Store, accept: str, application: str, on_good: str, on_bad: str) -> None:
    header = f"{MSH}|||{accept}|{application}"
    good, bad = wire(header, PID), wire(header.replace("ORU", "XYZ"), PID)
    answers = [receive(intake, raw).ack for raw in (good, bad)]
    assert [told(Answer(ack, "AA"))[0] if ack else "" for ack in answers] == [on_good, on_bad]
    assert store.raw(only(store).id) == good


def test_enhanced_mode_has_its_own_code_for_an_incomplete_header(intake: Intake) -> None:
    assert told(receive(intake, wire(msh_with(10, "") + "|||AL", PID)))[0] == "CE"


@pytest.mark.hazard("HZ-M11")
def test_nothing_is_claimed_while_the_store_is_unavailable(intake: Intake, store: Store, tmp_path: Path) -> None:
    enhanced, silent = (wire(f"{MSH}|||{mode}", PID) for mode in ("AL", "SU"))
    with locked(tmp_path), capture_logs() as logs:
        answers = [receive(intake, raw) for raw in (GOOD, enhanced, silent)]
    assert [(answer.code, answer.retry) for answer in answers] == [("AR", True), ("CE", True), ("CE", True)]
    assert told(answers[0]) == ["AR", "A1", "207 "]
    assert told(answers[1]) == ["CE", "A1", "207 "]
    assert answers[2].ack == b""
    assert list(store.messages()) == []
    assert [log["code"] for log in logs] == ["SQLITE_BUSY"] * 3
    assert told(receive(intake, GOOD)) == ["AA", "A1"]
    assert only(store).control_id == "A1"


@pytest.mark.hazard("HZ-M08")
def test_a_fault_of_our_mapping_keeps_the_message_and_stops_nothing(
    intake: Intake, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(message: Message, sender: Sender, table: Tables, *, most: int | None, received: datetime) -> Content:
        if message.header.control_id == "A1":
            raise LookupError("no row for DOE^JANE")
        return read_content(message, sender, table, most=most, received=received)

    monkeypatch.setattr("adapter.server.judge.read_content", faulty)
    with capture_logs() as logs:
        answers = [receive(intake, with_header(10, f"A{number}")).code for number in range(1, 12)]
    assert answers == ["AA"] * 11
    (held,) = store.messages(state="quarantined")
    assert (held.reason, store.raw(held.id)) == ("mapping-failed", GOOD)
    (fault,) = logs
    assert (fault["event"], fault["error_class"]) == ("mapping_failed", "LookupError")
    assert "DOE" not in str(logs)


def test_a_refused_message_is_a_line_of_the_log_without_its_content(intake: Intake) -> None:
    with capture_logs() as logs:
        receive(intake, with_header(11, "T"))
        receive(intake, b"DOE^JANE")
    assert [(log["event"], log["code"], log["status"]) for log in logs] == [
        ("message_refused", "202", "refused"),
        ("message_refused", "100", "refused"),
    ]
    assert (logs[0]["sender"], logs[0]["type"], logs[0]["profile"]) == ("LAB|HOSP", "ORU^R01", "")
    assert "sender" not in logs[1]
    assert all(log.keys() - {"log_level"} <= ALLOWED for log in logs)
    assert "DOE" not in str(logs)


def test_a_fault_of_our_intake_tells_the_sender_to_try_again(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(*_: object) -> None:
        raise LookupError("DOE^JANE")

    monkeypatch.setattr("adapter.server.judge.refusals", faulty)
    with capture_logs() as logs:
        answer = receive(intake, GOOD)
    assert (told(answer), answer.retry) == (["AR", "A1", "207 "], True)
    assert intake.outcomes["internal-error"] == 1
    assert "DOE" not in str(logs)


def test_more_parts_than_the_limit_are_kept_unread(store: Store) -> None:
    intake = Intake(store, limits=MessageLimits(most_parts=10))
    for raw in (wire(MSH, PID, *["NTE|1"] * 9), wire(MSH.replace("A1", "A2"), PID, "NTE|1||" + "a~" * 9)):
        assert receive(intake, raw).code == "AA"
    assert [(found.state, found.reason) for found in store.messages()] == [("quarantined", "too-many-parts")] * 2
    assert receive(intake, wire(MSH.replace("A1", "A3"), PID, "NTE|1||" + "a~" * 6)).code == "AA"
    assert store.message(3).state == "received"


LONG = [obx("210")] * 2100


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (wire(MSH, PID, OBR, *LONG), ""),
        (wire(MSH, OBR, *LONG), "no-patient"),
        (wire(MSH, PID.replace("^^^HOSP^MR", ""), OBR, *LONG), "no-authority"),
        (wire(MSH, PID, *LONG, PID.replace("DOE", "ROE").replace("1961", "1971")), "identity-conflict"),
        (wire(MSH, PID, *LONG, MSH), "second-header"),
        (wire(MSH, PID, *LONG, "NTE|1||") + b"\xff", "charset"),
        (wire(MSH, *[PID] * 2100), "too-many-patients"),
    ],
)
def test_of_a_very_long_message_the_patients_are_read_before_it_is_answered_where_the_sender_wants_to_know(
    store: Store, raw: bytes, reason: str
) -> None:
    intake = Intake(store, everybody(Profile(acknowledge=AckPolicy(on_content_error="AE"))))
    answer = asyncio.run(intake.receive(raw))
    assert told(answer)[0] == ("AE" if reason else "AA")
    found = only(store)
    assert (found.state, found.reason) == ("quarantined" if reason else "received", reason)
    if not reason:
        assert (found.patient_keys, found.findings) == (("HOSP/MR/P1",), (Noted("content-not-checked", ""),))
        judge_all(store)
        assert (only(store).patient_keys, only(store).findings) == (("HOSP/MR/P1",), ())


def test_a_very_long_message_is_judged_whole_behind_the_answer(intake: Intake, store: Store) -> None:
    assert told(receive(intake, wire(MSH, PID, OBR, *LONG, obx("1").replace("080000", "256199")))) == ["AA", "A1"]
    assert Noted("bad-date", "OBX[2101]-14") in only(store).findings


def test_a_very_long_message_in_the_character_set_of_the_link(store: Store) -> None:
    raw = wire(MSH, PID.replace("JANE", "JÄNE"), *LONG, charset="latin-1")
    receive(Intake(store, everybody(Profile(sender=Sender(charset="8859/1")))), raw)
    assert (only(store).state, only(store).patient_keys) == ("received", ("HOSP/MR/P1",))


def test_more_bytes_than_the_limit_are_an_error(store: Store) -> None:
    intake = Intake(store, limits=MessageLimits(most_bytes=len(GOOD)))
    assert receive(intake, GOOD).code == "AA"
    answer = receive(intake, GOOD + b"\r")
    assert (told(answer), answer.retry) == (["AE", "A1", "207 "], False)
    assert intake.outcomes["too-large"] == 1
    assert only(store).control_id == "A1"


def test_a_large_message_is_read_beside_the_others(intake: Intake, store: Store) -> None:
    large = wire(MSH, PID, OBR, obx("210"), "NTE|1||" + "x" * 100_000)
    assert told(receive(intake, large)) == ["AA", "A1"]
    assert store.raw(only(store).id) == large


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.binary(max_size=60)
    | st.binary(max_size=60).map(lambda tail: b"MSH|^~\\&|" + tail)
    | st.tuples(st.integers(0, len(GOOD)), st.binary(max_size=6)).map(lambda cut: GOOD[: cut[0]] + cut[1])
)
def test_any_bytes_get_an_answer_and_are_stored_where_it_is_positive(intake: Intake, store: Store, raw: bytes) -> None:
    answer = receive(intake, raw)
    assert intake.outcomes["internal-error"] == 0
    assert not answer.retry
    assert not set(b"\x0b\x1c\n") & set(answer.ack)
    if answer.code in ("AA", "CA"):
        assert raw in [store.raw(found.id) for found in store.messages()]

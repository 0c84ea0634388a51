"""What a sender's profile changes at the door: accepted types, policy of acknowledgement, what it reads."""

import asyncio
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from adapter.hl7v2 import parse_message
from adapter.mapping.sender import Sender
from adapter.mapping.site import Accepted, AckPolicy, Connection, Profile, Receiver, SentBy, Site, load_site, plain_site
from adapter.server.answer import Answer
from adapter.server.content import QUARANTINED
from adapter.server.content_errors import _ERRORS
from adapter.server.intake import Intake
from adapter.store import Noted, Store, StoredMessage
from tests.hl7v2.messages import MSH, OBR, PID, msh_with, obx, wire
from tests.repository import ROOT
from tests.server.casework import judge_all

GOOD = wire(MSH, PID, OBR, obx("210"))
NOBODY = wire(MSH, OBR, obx("210"))


def intake_of(store: Store, *profiles: Profile, others: Profile | None = Profile()) -> Intake:  # noqa: B008, RUF100
    return Intake(store, Site(plain_site().tables, profiles, others))


def answering(store: Store, **policy: Any) -> Intake:
    return intake_of(store, others=Profile(acknowledge=AckPolicy(**policy)))


def receive(intake: Intake, raw: bytes, connection: Connection | None = None) -> Answer:
    """Receive a message, and judge its content behind the answer."""
    answer = asyncio.run(intake.receive(raw, connection))
    judge_all(intake.store, intake.site)
    return answer


def told(answer: Answer) -> list[str]:
    """MSA-1, then code and place of each error."""
    message = parse_message(answer.ack)
    errors = [f"{err.field(3).first.component(1)} {err.field(2).text}" for err in message.named("ERR")]
    return [message.named("MSA")[0].field(1).text, *errors]


def only(store: Store) -> StoredMessage:
    (message,) = store.messages()
    return message


def of_type(message_type: str) -> bytes:
    return GOOD.replace(b"ORU^R01^ORU_R01", message_type.encode())


@pytest.mark.parametrize(
    ("message_type", "ignoring", "refusing"),
    [
        ("ORU^R01", ["AA"], ["AA"]),
        ("ADT^A01", ["AA"], ["AA"]),
        ("ADT^A08", ["AA"], ["AA"]),
        ("ORU^R40", ["AA"], ["AR", "201 MSH^1^9^1^2"]),
        ("ORM^O01", ["AA"], ["AR", "200 MSH^1^9^1^1"]),
        ("VXU^V04", ["AA"], ["AR", "200 MSH^1^9^1^1"]),
        ("XYZ^X01", ["AR", "200 MSH^1^9^1^1"], ["AR", "200 MSH^1^9^1^1"]),
    ],
)
def test_types_that_a_sender_does_not_send_are_ignored_or_refused(
    store: Store, message_type: str, ignoring: list[str], refusing: list[str]
) -> None:
    types = frozenset({"ORU^R01", "ADT"})
    strict = intake_of(store, others=Profile(accepted=Accepted(types, refuse_others=True)))
    assert told(receive(strict, of_type(message_type))) == refusing
    stored = len(list(store.messages()))
    assert stored == (refusing == ["AA"])
    tolerant = intake_of(store, others=Profile(accepted=Accepted(types)))
    assert told(receive(tolerant, of_type(message_type))) == ignoring
    reasons = [found.reason for found in store.messages()]
    match message_type:
        case "ORU^R40" | "ORM^O01":
            assert reasons == ["type-not-accepted"]
        case "VXU^V04":
            assert reasons == ["type-not-used"]
        case _:
            assert reasons in ([""], [])


def test_versions_processing_ids_and_receivers_are_each_senders_own(store: Store) -> None:
    accepted = Accepted(processing_ids=frozenset({"T"}), versions=("2.3",), receivers=(Receiver("OTHER"),))
    intake = intake_of(store, Profile("old", SentBy(("OLD",)), accepted=accepted)).site.receiving((Receiver("NELM"),))
    lab, old = (Intake(store, intake) for _ in range(2))
    assert told(receive(lab, GOOD)) == ["AA"]
    assert told(receive(old, GOOD.replace(b"|LAB|", b"|OLD|"))) == [
        "AR",
        "203 MSH^1^12^1^1",
        "202 MSH^1^11^1^1",
        "103 MSH^1^5",
    ]
    theirs = GOOD.replace(b"|LAB|", b"|OLD|").replace(b"|P|2.5.1", b"|T|2.3.1").replace(b"|NELM|", b"|OTHER|")
    assert receive(old, theirs).code == "AA"


@pytest.mark.hazard("HZ-M19")
@pytest.mark.parametrize(
    ("raw", "errors"),
    [
        (NOBODY, ["100 "]),
        (wire(MSH, "PID|1||^^^HOSP^MR||DOE^JANE", OBR, obx("210")), ["101 PID^1^3"]),
        (wire(MSH, PID.replace("^^^HOSP^MR", "^^^^MR"), OBR, obx("210")), ["101 PID^1^3"]),
        (wire(MSH, PID, PID.replace("DOE", "ROE").replace("1961", "1971")), ["204 PID^2"]),
        (wire(MSH, PID, OBR, obx("1"), MSH, PID, MSH, PID), ["100 MSH^2", "100 MSH^3"]),
        (GOOD.replace(b"JANE", b"J\xe4NE"), ["102 "]),
        (wire(msh_with(18, "GB 18030-2000"), PID), ["103 MSH^1^18"]),
        (of_type("ORU^Z01"), ["201 "]),
    ],
)
def test_a_sender_may_be_told_of_faults_of_content(store: Store, raw: bytes, errors: list[str]) -> None:
    by_default, asked = intake_of(store), answering(store, on_content_error="AE")
    assert told(receive(asked, raw)) == ["AE", *errors]
    stored = only(store)
    assert (stored.state, store.raw(stored.id)) == ("quarantined", raw)
    assert told(receive(by_default, raw)) == ["AA"]
    assert told(receive(asked, GOOD.replace(b"|A1|", b"|A2|"))) == ["AA"]


@pytest.mark.parametrize(
    ("number", "told"),
    [("UNKNOWN", "Send the number of the patient; "), ("000000", "(real_numbers)"), ("", "no patient identifier")],
)
def test_the_sender_of_a_placeholder_is_told_what_to_do(store: Store, number: str, told: str) -> None:
    raw = wire(MSH, f"PID|1||{number}^^^HOSP^MR||DOE^JANE", OBR, obx("210"))
    [error] = parse_message(receive(answering(store, on_content_error="AE"), raw).ack).named("ERR")
    text = error.field(8).text
    assert told in text
    assert ("placeholder" in text) == (number != "")
    assert len(text) <= 250, "the length of ERR-8"


def test_a_fault_of_content_is_ce_in_enhanced_mode(store: Store) -> None:
    raw = wire(f"{MSH}|||AL|NE", OBR)
    assert told(receive(answering(store, on_content_error="AE"), raw)) == ["CE", "100 "]


def test_our_own_fault_is_never_the_senders(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(*_: object) -> None:
        raise LookupError

    monkeypatch.setattr("adapter.server.judge.read_content", faulty)
    with capture_logs():
        assert told(receive(answering(store, on_content_error="AE"), GOOD)) == ["AA"]


def test_every_reason_of_quarantine_that_a_sender_can_mend_has_its_code() -> None:
    assert set(QUARANTINED) <= set(_ERRORS)


@pytest.mark.parametrize(
    ("mode", "asked", "code"),
    [
        ("as asked", "|||AL|AL", "CA"),
        ("as asked", "", "AA"),
        ("original", "|||AL|NE", "AA"),
        ("original", "|||NE|NE", "AA"),
        ("enhanced", "", "CA"),
        ("enhanced", "|||NE|AL", "CA"),
    ],
)
def test_the_mode_may_be_settled_by_the_profile(store: Store, mode: str, asked: str, code: str) -> None:
    assert told(receive(answering(store, mode=mode), wire(MSH + asked, PID))) == [code]


@pytest.mark.hazard("HZ-P06")
def test_the_authority_of_the_sender_keys_the_patient(store: Store) -> None:
    intake = intake_of(store, Profile("lab", SentBy(("LAB",)), Sender(authority="HOSPA")))
    receive(intake, GOOD.replace(b"P1^^^HOSP^MR", b"P1^^^^MR"))
    assert (only(store).state, only(store).patient_keys) == ("received", ("HOSPA/MR/P1",))


def test_a_very_long_message_is_read_as_its_sender_writes(store: Store) -> None:
    intake = intake_of(store, Profile("lab", SentBy(("LAB",)), Sender(authority="HOSPA", charset="8859/1")))
    raw = wire(MSH, PID.replace("^^^HOSP^MR", "Ä^^^^MR"), OBR, *[obx("210")] * 2100, charset="latin-1")
    receive(intake, raw)
    assert only(store).patient_keys == ("HOSPA/MR/P1Ä",)


def test_segment_ends_that_the_profile_does_not_allow_are_quarantined(store: Store) -> None:
    intake = intake_of(
        store, others=Profile(sender=Sender(segment_ends="CR"), acknowledge=AckPolicy(on_content_error="AE"))
    )
    assert told(receive(intake, GOOD.replace(b"\r", b"\n"))) == ["AE", "100 MSH^1"]
    assert (only(store).reason, only(store).findings) == (
        "segment-end-refused",
        (Noted("segment-end-refused", "MSH[1]"),),
    )


def test_unknown_senders_may_be_refused(store: Store) -> None:
    intake = intake_of(store, Profile("ris", SentBy(("RIS",))), others=None)
    with capture_logs() as logs:
        odd = GOOD.replace(b"|LAB|", b"|LAB\x07" + b"B" * 300 + b"|", 1)
        answer = receive(intake, odd, Connection("192.0.2.7"))
    assert told(answer) == ["AR", "103 MSH^1^3"]
    assert b"No sender of this name (MSH-3, MSH-4) is configured here." in answer.ack
    assert list(store.messages()) == []
    assert intake.outcomes["sender-unknown"] == 1
    named = {"sender": "LAB" + "B" * 252, "type": "ORU^R01", "address": "192.0.2.7"}
    line = {"event": "message_refused", "code": "103", "status": "sender-unknown", **named}
    assert [{key: log[key] for key in line} for log in logs] == [line]


def test_a_refused_message_names_the_profile_that_took_it(store: Store) -> None:
    with capture_logs() as logs:
        receive(intake_of(store, Profile("lab", SentBy(("LAB",)))), GOOD.replace(b"|P|", b"|T|"))
    assert (logs[0]["event"], logs[0]["profile"]) == ("message_refused", "lab")


@pytest.mark.parametrize("raw", [GOOD, wire(msh_with(10, "")), wire(msh_with(18, "GB 18030-2000"))])
def test_who_may_not_send_as_a_sender_leaves_nothing_in_the_store(store: Store, raw: bytes) -> None:
    bound = SentBy(("LAB",), peers=(ip_network("192.0.2.0/24"),))
    with capture_logs():
        answer = receive(intake_of(store, Profile("lab", bound)), raw, Connection("198.51.100.1"))
    assert (told(answer), list(store.messages())) == (["AR", "103 MSH^1^3"], [])


@pytest.mark.parametrize(
    ("stated", "raw", "state"),
    [
        ("", GOOD.replace(b"JANE", "JÄNE".encode()), "received"),
        ("utf-8", GOOD.replace(b"JANE", "JÄNE".encode()), "received"),
        ("iso-8859-1", GOOD, "received"),
        ("iso-8859-1", GOOD.replace(b"JANE", "JÄNE".encode()), "quarantined"),
        ("utf-16", GOOD.replace(b"JANE", "JÄNE".encode()), "quarantined"),
        ("utf-8", wire(msh_with(18, "8859/1"), PID.replace("JANE", "JÄNE"), charset="latin-1"), "received"),
    ],
)
def test_a_character_set_of_the_transport_may_not_contradict_the_one_that_is_read(
    store: Store, stated: str, raw: bytes, state: str
) -> None:
    receive(intake_of(store), raw, Connection(charset=stated))
    assert (only(store).state, only(store).reason) == (state, "charset" if state == "quarantined" else "")


def test_the_example_site_at_the_door(store: Store) -> None:
    intake = Intake(store, load_site(ROOT / "fixtures/site"))
    raw = (ROOT / "fixtures/site/laboratory.hl7").read_bytes()
    connection = Connection("127.0.0.1", frozenset({"lab.hospital.example.org"}))
    assert receive(intake, raw, connection).code == "AA"
    assert (only(store).state, only(store).patient_keys) == ("received", ("EXHOSP/MR/2087",))
    with capture_logs():
        assert receive(intake, raw, Connection("127.0.0.1")).code == "AR"


@pytest.mark.hazard("HZ-P05")
def test_two_hospitals_with_one_name_keep_their_patients_apart(store: Store, tmp_path: Path) -> None:
    text = "senders:\n" + "".join(
        f'  - {{name: "{name}", sent_by: {{application: ["LAB"], peers: ["{net}"]}}, authority: "{name}"}}\n'
        for name, net in (("NORTH", "10.0.0.0/8"), ("SOUTH", "172.16.0.0/12"))
    )
    (tmp_path / "site.yaml").write_text(text, encoding="utf-8")
    intake = Intake(store, load_site(tmp_path))
    raw = GOOD.replace(b"P1^^^HOSP^MR", b"P1^^^^MR")
    for number, peer in enumerate(("10.1.1.1", "172.16.1.1")):
        receive(intake, raw.replace(b"|A1|", b"|A%d|" % number), Connection(peer))
    assert [found.patient_keys for found in store.messages()] == [("NORTH/MR/P1",), ("SOUTH/MR/P1",)]


@pytest.mark.parametrize(("day", "found"), [(1, ["sent-ahead"]), (9, [])])
@pytest.mark.hazard("HZ-T01")
def test_content_is_judged_before_the_answer_by_the_time_of_arrival(store: Store, day: int, found: list[str]) -> None:
    """The message is of the tenth: more than a day ahead of a server that has the first."""
    intake = answering(store, on_content_error="AE")
    intake.now = lambda: datetime(2026, 1, day, 20, tzinfo=UTC)
    asyncio.run(intake.receive(GOOD))
    (message,) = store.messages()
    assert [noted.code for noted in message.findings] == found

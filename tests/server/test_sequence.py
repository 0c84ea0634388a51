"""The sequence number protocol of MSH-13: which numbers are taken, what MSA-4 says, and that it survives a restart."""

import asyncio

import pytest
from structlog.testing import capture_logs

from adapter.hl7v2 import parse_message
from adapter.mapping.site import AckPolicy, Profile, Site, plain_site
from adapter.server.intake import Intake
from adapter.store import Store
from tests.hl7v2.messages import MSH, OBR, PID, obx, wire
from tests.server.casework import judge_all

SITE = Site(plain_site().tables, (), Profile(acknowledge=AckPolicy(sequence_numbers=True)))


def message(number: object, *segments: str, control_id: str = "", sender: str = "LAB") -> bytes:
    head = MSH.replace("|A1|", f"|{control_id or f'C{number}'}|").replace("|LAB|", f"|{sender}|")
    return wire(f"{head}|{number}", *(segments or (PID, OBR, obx("210"))))


def told(intake: Intake, *messages: bytes) -> list[tuple[str, str]]:
    """MSA-1 and MSA-4 of the answers."""

    async def one_after_another() -> list[bytes]:
        return [(await intake.receive(raw)).ack for raw in messages]

    with capture_logs():
        answers = asyncio.run(one_after_another())
    fields = [parse_message(answer).named("MSA")[0] for answer in answers]
    return [(msa.field(1).text, msa.field(4).text) for msa in fields]


def stored(store: Store) -> list[str]:
    return [found.control_id for found in store.messages()]


@pytest.fixture
def intake(store: Store) -> Intake:
    return Intake(store, SITE)


def test_numbers_in_sequence_are_taken_and_the_next_is_expected(intake: Intake, store: Store) -> None:
    assert told(intake, *map(message, (7, 8, 9))) == [("AA", "8"), ("AA", "9"), ("AA", "10")]
    assert stored(store) == ["C7", "C8", "C9"]


def test_a_gap_is_not_stored_and_the_missing_number_is_told(intake: Intake, store: Store) -> None:
    assert told(intake, *map(message, (7, 9, 8, 9))) == [("AA", "8"), ("AR", "8"), ("AA", "9"), ("AA", "10")]
    assert stored(store) == ["C7", "C8", "C9"]
    assert intake.outcomes["out-of-sequence"] == 1


def test_the_last_message_again_is_the_same_message(intake: Intake, store: Store) -> None:
    assert told(intake, *map(message, (7, 8, 8))) == [("AA", "8"), ("AA", "9"), ("AA", "9")]
    assert told(intake, message(6)) == [("AR", "9")]
    assert stored(store) == ["C7", "C8"]


@pytest.mark.parametrize("restarted", [False, True])
def test_zero_asks_and_minus_one_begins_anew(intake: Intake, store: Store, restarted: bool) -> None:
    assert told(intake, message(0, "EVN|R01")) == [("AA", "-1")]
    assert told(intake, message(7), message(0, control_id="ask")) == [("AA", "8"), ("AA", "8")]
    later = Intake(store, SITE) if restarted else intake
    assert told(later, message(-1, control_id="anew")) == [("AA", "-1")]
    later = Intake(store, SITE) if restarted else intake
    assert told(later, message(3), message(4), message(9)) == [("AA", "4"), ("AA", "5"), ("AR", "5")]


def test_a_message_of_a_header_alone_that_only_asks_is_stored_as_ignored(intake: Intake, store: Store) -> None:
    head = MSH.replace("|A1|", "|Q1|")
    assert told(intake, wire(f"{head}|0"), wire(f"{head.replace('Q1', 'Q2')}|-1")) == [("AA", "-1")] * 2
    assert [(found.state, found.reason) for found in store.messages()] == [("ignored", "sequence-only")] * 2


def test_content_beside_a_special_number_is_not_lost(intake: Intake, store: Store) -> None:
    assert told(intake, message(0), message(-1, control_id="X")) == [("AA", "-1"), ("AA", "-1")]
    judge_all(store)
    assert [found.patient_keys for found in store.messages()] == [("HOSP/MR/P1",)] * 2


def test_after_a_restart_the_number_is_read_from_the_store(store: Store) -> None:
    assert told(Intake(store, SITE), message(7), message("", control_id="none"))[0] == ("AA", "8")
    assert told(Intake(store, SITE), message(9), message(8)) == [("AR", "8"), ("AA", "9")]


def test_each_sender_has_a_sequence_of_its_own(intake: Intake) -> None:
    assert told(intake, message(7), message(3, sender="RIS"), message(8), message(4, sender="RIS")) == [
        ("AA", "8"),
        ("AA", "4"),
        ("AA", "9"),
        ("AA", "5"),
    ]


@pytest.mark.parametrize("number", ["x", "-2", "1.5", "--1", "9" * 16, "٣"])
def test_what_is_no_number_is_an_error(intake: Intake, store: Store, number: str) -> None:
    assert told(intake, message(number, control_id="A")) == [("AE", "")]
    assert stored(store) == []


def test_without_a_number_and_without_the_profile_nothing_is_asked(store: Store) -> None:
    assert told(Intake(store, SITE), message("", control_id="A")) == [("AA", "")]
    assert told(Intake(store), message(7), message(9), message("x", control_id="B")) == [("AA", "")] * 3


def test_what_is_refused_for_another_reason_does_not_count(intake: Intake) -> None:
    refused = message(8).replace(b"|P|", b"|T|")
    assert told(intake, message(7), refused, message(8)) == [("AA", "8"), ("AR", ""), ("AA", "9")]


def test_two_connections_cannot_pass_each_other(intake: Intake, store: Store) -> None:
    async def at_once() -> list[str]:
        numbers = [number for number in range(1, 6) for _ in range(3)]
        answers = await asyncio.gather(*(intake.receive(message(number)) for number in numbers))
        return [answer.code for answer in answers]

    assert asyncio.run(at_once()) == ["AA"] * 15
    assert stored(store) == [f"C{number}" for number in range(1, 6)]

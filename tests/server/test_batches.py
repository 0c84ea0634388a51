"""Batches at the door: each message has its own outcome, the answer lists them, and what stood around them is kept."""

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapter.hl7v2 import parse_message, read_batch
from adapter.server.answer import Answer
from adapter.server.intake import Intake
from adapter.store import Noted, Store
from tests.hl7v2.messages import MSH, OBR, PID, obx, wire
from tests.server.casework import judge_all
from tests.server.listening import Client, Listening, framed
from tests.server.test_intake import locked

BHS = b"BHS|^~\\&|LAB|HOSP|NELM|CLINIC|2026||||B7\r"


def message(control_id: str, *segments: str) -> bytes:
    return wire(MSH.replace("|A1|", f"|{control_id}|"), *(segments or (PID, OBR, obx("210"))))


def receive(intake: Intake, raw: bytes) -> Answer:
    return asyncio.run(intake.receive(raw))


def told(answer: bytes) -> list[str]:
    """MSA-1 and MSA-2 of each acknowledgement in a batch."""
    batch = read_batch(answer)
    assert batch is not None
    assert batch.faults == () or batch.envelope[-1].endswith(b"do not hold.")
    segments = (parse_message(ack).named("MSA")[0] for ack in batch.messages)
    return [f"{msa.field(1).text} {msa.field(2).text}" for msa in segments]


@pytest.mark.hazard("HZ-M17")
def test_each_message_of_a_batch_has_its_own_outcome_and_the_answer_lists_them(intake: Intake, store: Store) -> None:
    raw = BHS + message("A1") + message("A2", OBR, obx("210")) + message("A3") + b"BTS|3\r"
    answer = receive(intake, raw)
    assert told(answer.ack) == ["AA A1", "AA A2", "AA A3"]
    judge_all(store)
    envelope, *messages = store.messages()
    assert [(found.control_id, found.state, found.reason) for found in messages] == [
        ("A1", "received", ""),
        ("A2", "quarantined", "no-patient"),
        ("A3", "received", ""),
    ]
    assert store.raw(messages[0].id) + b"\r" == message("A1")
    assert (envelope.type, envelope.sender, envelope.control_id) == ("BHS", "LAB|HOSP", "B7")
    assert (envelope.state, envelope.reason, store.raw(envelope.id)) == (
        "ignored",
        "batch-envelope",
        BHS + b"BTS|3",
    )


@pytest.mark.hazard("HZ-M17")
def test_messages_that_are_refused_or_no_messages_cost_the_others_nothing(intake: Intake, store: Store) -> None:
    noise = b"BTS|2\rnoise in between\r"
    raw = BHS + message("A1").replace(b"|P|", b"|T|") + message("A2") + noise + BHS + message("A3") + b"BTS|1\r"
    answer = receive(intake, raw)
    assert (told(answer.ack), answer.code) == (["AR A1", "AA A2", "AR ", "AA A3"], "AR")
    assert [found.control_id for found in store.messages()][1:] == ["A2", "A3"]


@pytest.mark.hazard("HZ-M17")
@pytest.mark.parametrize(
    ("trailer", "code", "place"),
    [(b"BTS|3\r", "batch-count", "BTS[1]-1"), (b"", "batch-unfinished", "BHS[1]")],
)
def test_counts_that_do_not_hold_are_named_and_what_came_is_taken(
    intake: Intake, store: Store, trailer: bytes, code: str, place: str
) -> None:
    with capture_logs() as logs:
        answer = receive(intake, BHS + message("A1") + message("A2") + trailer)
    assert told(answer.ack) == ["AA A1", "AA A2"]
    envelope = next(iter(store.messages()))
    assert (envelope.state, envelope.reason, envelope.findings) == ("quarantined", code, (Noted(code, place),))
    assert [(log["event"], log["code"]) for log in logs] == [("message_quarantined", code)]


@pytest.mark.hazard("HZ-M17")
def test_each_batch_of_a_file_has_an_answer_with_its_own_numbers(intake: Intake) -> None:
    file, other = BHS.replace(b"BHS", b"FHS").replace(b"B7", b"F7"), BHS.replace(b"B7", b"B8")
    batches = BHS + message("A1") + b"BTS|1\r" + other + message("A2") + message("A3") + b"BTS|2\r"
    answer = receive(intake, file + batches + b"FTS|2\r")
    assert told(answer.ack) == ["AA A1", "AA A2", "AA A3"]
    heads = [line.split(b"|") for line in answer.ack.split(b"\r") if line[1:3] == b"HS"]
    assert [(head[0], head[11]) for head in heads] == [(b"FHS", b"F7"), (b"BHS", b"B7"), (b"BHS", b"B8")]
    assert len({head[10] for head in heads}) == 3


def test_the_same_batch_again_has_the_same_answer_and_one_effect(intake: Intake, store: Store) -> None:
    raw = BHS + message("A1") + message("A2") + b"BTS|2\r"
    assert [told(receive(intake, raw).ack) for _ in range(2)] == [["AA A1", "AA A2"]] * 2
    assert len(list(store.messages())) == 3


def test_who_wants_no_answer_to_a_message_gets_none_in_the_batch(intake: Intake) -> None:
    silent = message("A1").replace(b"|P|2.5.1", b"|P|2.5.1|||NE|NE")
    assert told(receive(intake, BHS + silent + message("A2")).ack) == ["AA A2"]
    assert receive(intake, BHS + silent).ack == b""


def test_an_empty_batch_is_answered_by_an_empty_one(intake: Intake, store: Store) -> None:
    answer = receive(intake, BHS + b"BTS|0\r")
    assert (told(answer.ack), answer.code, len(list(store.messages()))) == ([], "AA", 1)


def test_a_batch_while_the_store_is_unavailable_may_be_sent_again(intake: Intake, tmp_path: Path) -> None:
    with locked(tmp_path), capture_logs():
        answer = receive(intake, BHS + message("A1") + b"BTS|1\r")
    assert (told(answer.ack), answer.retry) == (["AR A1"], True)


def test_messages_of_a_large_batch_are_stored_in_their_order(intake: Intake, store: Store) -> None:
    sent = [f"A{number}" for number in range(300)]
    raw = BHS + b"".join(map(message, sent)) + b"BTS|300\r"
    assert told(receive(intake, raw).ack) == [f"AA {control_id}" for control_id in sent]
    assert [found.control_id for found in store.messages()][1:] == sent


def test_a_batch_in_a_frame(listener: Listening) -> None:
    with Client(listener.port) as client:
        client.send(framed(BHS + message("A1") + message("A2") + b"BTS|2\r"), framed(message("A3")))
        assert told(client.answer()) == ["AA A1", "AA A2"]
        assert client.msa() == ("AA", "A3")

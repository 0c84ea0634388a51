"""The MLLP client: an answer counts only if it is the answer to this message, and late ones never do."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from adapter.hl7v2 import AckCode, Acknowledgement, ReceivedError, acknowledge, parse_message, read_acknowledgement
from adapter.hl7v2.ack import AckError
from adapter.server.addresses import MllpEndpoint
from adapter.server.mllp_sender import MllpClient, NoAcknowledgement
from tests.hl7v2.messages import MSH, PID, msh_with, wire
from tests.server.peers import Peer, Script, ack

T = TypeVar("T")


def message(control_id: str = "A1", tail: str = "") -> bytes:
    return wire(MSH.replace("|A1|", f"|{control_id}|") + tail, PID)


def talk(peer: Peer, *messages: bytes, wait: float = 5.0) -> list[str]:
    """What the client makes of each message: code, or why there is none."""

    async def talking() -> list[str]:
        told: list[str] = []
        async with MllpClient(MllpEndpoint("127.0.0.1", peer.port), wait=wait) as client:
            for one in messages:
                try:
                    found = await client.send(one)
                    told.append("unasked" if found is None else found.code)
                except NoAcknowledgement as error:
                    told.append(error.reason)
        return told

    return asyncio.run(talking())


def test_messages_go_one_after_another_on_one_connection() -> None:
    sent = [message(f"A{number}") for number in range(5)]
    with Peer() as peer:
        assert talk(peer, *sent) == ["AA"] * 5
    assert (peer.taken, peer.connections) == (sent, 1)


@pytest.mark.parametrize("code", ["AA", "AE", "AR", "CA", "CE", "CR"])
def test_codes(code: str) -> None:
    with Peer(lambda number, raw: [ack("A1", code)]) as peer:
        assert talk(peer, message()) == [code]


@pytest.mark.hazard("HZ-M07")
def test_a_late_answer_is_never_taken_for_that_of_the_next_message() -> None:
    def late(number: int, raw: bytes) -> list[bytes]:
        if number == 0:
            time.sleep(0.4)  # longer than the client waits
            return [ack("A1")]
        return [] if number == 1 else [ack("A2")]

    with Peer(late) as peer:
        assert talk(peer, message("A1"), message("A2"), message("A2"), wait=0.2) == ["time-out", "time-out", "AA"]
        assert peer.connections == 3


@pytest.mark.hazard("HZ-M07")
@pytest.mark.parametrize("stale", ["A0", "", "A1 ", " A1", "a1", "A11"])
def test_an_answer_to_another_message_answers_nothing(stale: str) -> None:
    with Peer(lambda number, raw: [ack(stale)] if number == 0 else [ack("A2")]) as peer:
        assert talk(peer, message("A1"), message("A2")) == ["of-another-message", "AA"]
        assert peer.connections == 2


@pytest.mark.hazard("HZ-M07")
def test_a_second_answer_to_one_message_does_not_answer_the_next() -> None:
    with Peer(lambda number, raw: [ack("A1"), ack("A1")] if number == 0 else [ack("A2")]) as peer:
        assert talk(peer, message("A1"), message("A2"), message("A2")) == ["AA", "of-another-message", "AA"]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (lambda number, raw: None, "closed"),
        (lambda number, raw: [], "time-out"),
        (lambda number, raw: [ack("A1")[:-1]], "time-out"),
        (lambda number, raw: [b"\x0bhello\x1c\r"], "unreadable"),
        (lambda number, raw: [b"\x0b" + raw + b"\x1c\r"], "unreadable"),
        (lambda number, raw: [ack("A1", "XX")], "unreadable"),
        (lambda number, raw: [b"\x0b" + b"x" * 1_100_000], "unreadable"),
        (lambda number, raw: [b"\x0b\x15\x1c\r", ack("A1")], "refused-by-block"),
        (lambda number, raw: [b"HTTP/1.1 400 Bad Request\r\n\r\n"], "not-mllp"),
        (lambda number, raw: [b"\r\n", ack("A0")], "of-another-message"),
    ],
)
def test_what_is_no_acknowledgement(script: Script, reason: str) -> None:
    with Peer(script) as peer:
        assert talk(peer, message("A1"), wait=0.5) == [reason]


def test_a_peer_that_has_sent_a_frame_speaks_mllp_whatever_stands_between_frames() -> None:
    with Peer(lambda number, raw: [ack("A1"), b"\r\n"] if number == 0 else []) as peer:
        assert talk(peer, message("A1"), message("A2"), wait=0.3) == ["AA", "time-out"]


def test_commit_blocks_of_mllp_release_2_are_waited_through() -> None:
    with Peer(lambda number, raw: [b"\x0b\x06\x1c\r", ack("A1")]) as peer:
        assert talk(peer, message()) == ["AA"]


def test_application_acknowledgements_on_the_same_connection_are_told_apart_from_the_next_commit() -> None:
    async def talking(port: int) -> tuple[list[AckCode], list[tuple[str, bytes]]]:
        async with MllpClient(MllpEndpoint("127.0.0.1", port)) as client:
            codes = [found.code for number in (1, 2) if (found := await client.send(message(f"A{number}", "|||AL|AL")))]
            return codes, [(one.code, one.control_id) for one in client.later]

    with Peer(lambda number, raw: [ack("A1", "CA")] if number == 0 else [ack("A1", "AE"), ack("A2", "CA")]) as peer:
        assert asyncio.run(talking(peer.port)) == (["CA", "CA"], [("AE", b"A1")])


@pytest.mark.parametrize(
    ("tail", "asks"), [("|||NE|NE", False), ("|||NE|", False), ("|||NE|AL", True), ("|||AL|NE", True), ("", True)]
)
def test_who_wants_no_answer_waits_for_none(tail: str, asks: bool) -> None:
    with Peer(lambda number, raw: [ack("A1")] if asks else []) as peer:
        assert talk(peer, message("A1", tail), wait=1.0) == ["AA" if asks else "unasked"]


def test_a_connection_that_the_peer_closed_in_between_is_opened_again() -> None:
    async def talking(peer: Peer) -> list[str | None]:
        async with MllpClient(MllpEndpoint("127.0.0.1", peer.port)) as client:
            first = await client.send(message("A1"))
            for connection in peer._open:
                connection.shutdown(2)
            await asyncio.sleep(0.2)
            second = await client.send(message("A2"))
            return [found.code if found else None for found in (first, second)]

    with Peer() as peer:
        assert asyncio.run(talking(peer)) == ["AA", "AA"]
        assert peer.connections == 2


def test_nobody_there_and_what_no_frame_can_hold() -> None:
    def failing(raw: bytes, port: int) -> Callable[[], Coroutine[object, object, object]]:
        return lambda: MllpClient(MllpEndpoint("127.0.0.1", port)).send(raw)

    with Peer() as peer:
        port = peer.port
        with pytest.raises(ValueError, match="MLLP frame"):
            asyncio.run(failing(b"MSH|\x1c", port)())
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(failing(message(), port)())


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("localhost:2575", "localhost", 2575), ("192.0.2.1:1", "192.0.2.1", 1), ("[::1]:2575", "::1", 2575)],
)
def test_destinations(text: str, host: str, port: int) -> None:
    assert MllpEndpoint.parse(text) == MllpEndpoint(host, port)


@pytest.mark.parametrize("text", ["", "localhost", ":2575", "localhost:", "localhost:0", "localhost:65536", "x:\uff12"])
def test_what_is_no_destination(text: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        MllpEndpoint.parse(text)


@pytest.mark.parametrize("version", ["2.3", "2.5.1"])
@pytest.mark.parametrize("place", ["", "PID[1]-3", "OBX[3]-5[2].1", "MSH[1]-9.1", "OBX[3]-5.1.2"])
def test_what_is_written_is_read_back(version: str, place: str) -> None:
    header = parse_message(wire(msh_with(12, version))).header
    errors = (AckError("101", place, "E", "text"), AckError("207", "", "E", ""))
    raw = acknowledge(header, code="AE", control_id="N1", now=datetime.now(UTC), errors=errors)
    found = read_acknowledgement(raw)
    assert found is not None
    assert (found.code, found.control_id, found.accepted, found.is_commit) == ("AE", b"A1", False, False)
    # ERR-1 of old versions has segment, number and field only
    expected = place if version == "2.5.1" else place.split("[2]")[0].split(".")[0]
    assert found.errors == (ReceivedError("101", expected), ReceivedError("207", ""))


@pytest.mark.parametrize("raw", [b"", b"hello", wire(MSH), wire(MSH, "MSA|OK|A1"), wire(MSH, "MSA")])
def test_what_is_read_as_no_acknowledgement(raw: bytes) -> None:
    assert read_acknowledgement(raw) is None


def test_an_acknowledgement_shows_no_control_id() -> None:
    assert "SECRET" not in repr(Acknowledgement("AA", b"SECRET"))

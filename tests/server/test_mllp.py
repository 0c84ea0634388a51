"""The MLLP listener over real sockets: any cut of the stream, order, limits, and what is never answered."""

import asyncio
import gc
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack

import hl7
import pytest
from hl7.client import MLLPClient
from structlog.testing import capture_logs

from adapter.mapping.site import Connection
from adapter.server.addresses import is_loopback
from adapter.server.answer import Answer
from adapter.server.header import MessageLimits
from adapter.server.intake import Intake
from adapter.server.mllp import InsecureListener, serve_mllp
from adapter.server.mllp_connection import keep_alive
from adapter.server.mllp_limits import MllpLimits
from adapter.store import Store
from tests.hl7v2.messages import MSH, OBR, PID, obx, wire
from tests.server.casework import judge_all
from tests.server.listening import Client, Listening, framed

Listen = Callable[[MllpLimits], Listening]


def message(control_id: str, *more: str) -> bytes:
    return wire(MSH.replace("|A1|", f"|{control_id}|"), PID, OBR, obx("210"), *more)


def control_ids(store: Store) -> list[str]:
    return [found.control_id for found in store.messages()]


def closed(client: Client) -> bool:
    return client.answer() == b""


def pieces(stream: bytes, size: int) -> Iterable[bytes]:
    return (stream[at : at + size] for at in range(0, len(stream), size))


def test_an_independent_client(listener: Listening, store: Store) -> None:
    with MLLPClient("127.0.0.1", listener.port) as client:
        for control_id in ("A1", "A2", "A3"):
            answer = client.send_message(message(control_id))
            assert (answer[:1], answer[-2:]) == (b"\x0b", b"\x1c\r")
            ack = hl7.parse(answer[1:-2].decode())
            assert [str(ack.segment("MSH")[9]), str(ack.segment("MSA")[1])] == ["ACK^R01^ACK", "AA"]
            assert str(ack.segment("MSA")[2]) == control_id
    assert control_ids(store) == ["A1", "A2", "A3"]


def test_a_client_that_does_as_it_is_told_to_resend(listener: Listening, store: Store) -> None:
    for _ in range(2):
        with MLLPClient("127.0.0.1", listener.port) as client:
            assert b"MSA|AA|A1" in client.send_message(message("A1"))
    assert control_ids(store) == ["A1"]


@pytest.mark.hazard("HZ-M05")
@pytest.mark.parametrize("size", [1, 2, 3, 50, 1000])
def test_any_cut_of_the_stream(listener: Listening, store: Store, size: int) -> None:
    stream = b"".join(framed(message(control_id)) for control_id in ("A1", "A2", "A3"))
    with Client(listener.port) as client:
        client.send(*pieces(stream, size))
        assert [client.msa() for _ in range(3)] == [("AA", "A1"), ("AA", "A2"), ("AA", "A3")]
    assert control_ids(store) == ["A1", "A2", "A3"]


@pytest.mark.hazard("HZ-M05")
def test_each_single_cut_of_two_frames(listener: Listening) -> None:
    short = wire(MSH, "PID|1||P1^^^H^MR")
    stream = framed(short) + framed(short)
    with Client(listener.port) as client:
        for cut in range(1, len(stream)):
            client.send(stream[:cut], stream[cut:])
            assert [client.msa() for _ in range(2)] == [("AA", "A1")] * 2


def test_answers_come_in_the_order_of_messages(listener: Listening, store: Store) -> None:
    sent = [message(f"A{number}", *(["NTE|1||" + "x" * 90_000] if number % 5 == 0 else [])) for number in range(20)]
    with Client(listener.port) as client:
        client.send(b"".join(map(framed, sent)))
        assert [client.msa() for _ in sent] == [("AA", f"A{number}") for number in range(20)]
    assert [store.raw(found.id) for found in store.messages()] == sent


@pytest.mark.hazard("HZ-M05")
def test_noise_between_frames_is_skipped_and_counted(listener: Listening, store: Store) -> None:
    with Client(listener.port) as client:
        client.send(b"\r\nnoise" + framed(message("A1")) + b"\r\n\r\n" + framed(message("A2")))
        assert [client.msa() for _ in range(2)] == [("AA", "A1"), ("AA", "A2")]
    assert listener.count("noise-bytes") == 11
    assert control_ids(store) == ["A1", "A2"]


@pytest.mark.hazard("HZ-M16")
def test_a_second_start_block_drops_the_message_that_was_cut(listener: Listening, store: Store) -> None:
    with Client(listener.port) as client:
        client.send(b"\x0b" + message("A1")[:-40] + framed(message("A2")))
        assert client.msa() == ("AA", "A2")
        client.half_close()
        assert closed(client)
    assert (listener.count("cut-frames"), control_ids(store)) == (1, ["A2"])


@pytest.mark.hazard("HZ-M16")
@pytest.mark.parametrize("cut", [1, 100, -2, -1])
def test_the_end_of_the_stream_inside_a_frame_gets_no_answer(listener: Listening, store: Store, cut: int) -> None:
    with Client(listener.port) as client:
        client.send(framed(message("A1"))[:cut])
        client.half_close()
        assert closed(client)
    assert (listener.count("partial-frames"), control_ids(store)) == (1, [])


def test_after_a_half_close_whole_frames_are_answered(listener: Listening, store: Store) -> None:
    with Client(listener.port) as client:
        client.send(framed(message("A1")) + framed(message("A2")) + b"\x0bMSH|")
        client.half_close()
        assert [client.msa() for _ in range(2)] == [("AA", "A1"), ("AA", "A2")]
        assert closed(client)
    assert control_ids(store) == ["A1", "A2"]


def test_an_acknowledgement_is_not_answered(listener: Listening, store: Store) -> None:
    with Client(listener.port) as client:
        client.send(framed(wire(MSH.replace("ORU^R01^ORU_R01", "ACK"), "MSA|AA|X1")) + framed(message("A2")))
        assert client.msa() == ("AA", "A2")
    assert control_ids(store) == ["A2"]


@pytest.mark.hazard("HZ-M19")
def test_one_bad_message_does_not_stop_the_feed(listener: Listening, store: Store) -> None:
    bad = wire(MSH, "PID|1||||DOE^JANE", OBR, obx("210"))
    sent = [bad, *(message(f"B{number}") for number in range(10))]
    with Client(listener.port) as client:
        client.send(b"".join(map(framed, sent)))
        assert [client.msa()[0] for _ in sent] == ["AA"] * 11
    judge_all(store)
    assert [found.state for found in store.messages()] == ["quarantined", *["received"] * 10]


def test_connections_that_were_accepted_just_before_the_end_are_closed(store: Store) -> None:
    for _ in range(20):
        with Listening(Intake(store)) as listening:
            for _ in range(3):
                socket.create_connection(("127.0.0.1", listening.port)).close()
        gc.collect()  # a socket that is lost is a warning now, and so an error


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xfe\x00"])
def test_what_is_no_message_is_rejected_and_the_connection_goes_on(listener: Listening, content: bytes) -> None:
    with Client(listener.port) as client:
        client.send(framed(content), framed(message("A1")))
        assert client.msa()[0] in ("AR", "AE")
        assert client.msa() == ("AA", "A1")


@pytest.mark.hazard("HZ-M09")
def test_an_oversized_frame_closes_its_connection_only(listen: Listen, store: Store) -> None:
    listener = listen(MllpLimits(frame_bytes=2000))
    with Client(listener.port) as other, Client(listener.port) as client:
        client.send(framed(message("A1")) + b"\x0b" + b"x" * 5000)
        assert client.msa() == ("AA", "A1")
        assert closed(client)
        other.send(framed(message("A2")))
        assert other.msa() == ("AA", "A2")
    assert (listener.count("oversized-frames"), control_ids(store)) == (1, ["A1", "A2"])


@pytest.mark.hazard("HZ-M09")
@pytest.mark.parametrize("trickle", [b"", b"x"])
def test_an_unfinished_frame_has_its_time(listen: Listen, trickle: bytes) -> None:
    listener = listen(MllpLimits(frame=0.2))
    with Client(listener.port) as client:
        client.send(b"\x0bMSH|")
        assert ends_within(client, trickle)
    assert (listener.count("frame-timeouts"), listener.count("partial-frames")) == (1, 1)


@pytest.mark.hazard("HZ-M09")
@pytest.mark.parametrize("trickle", [b"", b"\n"])
def test_an_idle_connection_has_its_time(listen: Listen, trickle: bytes) -> None:
    listener = listen(MllpLimits(idle=0.2))
    with Client(listener.port) as client:
        client.send(framed(message("A1")))
        assert client.msa() == ("AA", "A1")
        assert ends_within(client, trickle)
    assert listener.count("idle-closed") == 1


def ends_within(client: Client, trickle: bytes) -> bool:
    """Whether the server ends the connection although the client sends a byte now and then."""
    client.socket.settimeout(0.02)
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            client.send(trickle)
            return client.socket.recv(1) == b""
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


def test_an_end_block_that_lacks_its_last_byte(listen: Listen, store: Store) -> None:
    listener = listen(MllpLimits(final_cr=0.1))
    with Client(listener.port) as client:
        client.send(framed(message("A1"))[:-1])
        assert closed(client)
    assert (listener.count("final-cr-timeouts"), listener.count("frame-timeouts"), control_ids(store)) == (1, 0, [])


@pytest.mark.hazard("HZ-X19")
def test_idle_connections_do_not_hold_up_others(listen: Listen) -> None:
    listener = listen(MllpLimits(connections_of_peer=300))
    with ExitStack() as idle:
        for number in range(200):
            client = idle.enter_context(Client(listener.port))
            client.send(b"\x0bMSH|" if number % 2 else b"")
        with Client(listener.port) as client:
            started = time.monotonic()
            client.send(framed(message("A1")))
            assert client.msa() == ("AA", "A1")
            assert time.monotonic() - started < 1


@pytest.mark.hazard("HZ-M09")
def test_who_does_not_read_the_answers_is_let_go(listen: Listen, store: Store) -> None:
    listener = listen(MllpLimits(sending=0.2, closing=0.2))
    rejected = framed(wire(MSH.replace("|A1|", f"|{'x' * 60_000}|").replace("|P|", "|T|")))
    with Client(listener.port) as client, capture_logs():
        assert sends_until_cut(client, rejected) < 1000
    assert listener.reaches("connections-lost", 1)
    assert list(store.messages()) == []


def sends_until_cut(client: Client, framed_message: bytes) -> int:
    """How many messages can be sent before the connection is reset."""
    for number in range(1000):
        try:
            client.send(framed_message)
        except ConnectionError:
            return number
    return 1000


def test_a_peer_that_is_gone_is_noticed(listener: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    alive: list[int] = []

    def noted(transport: asyncio.BaseTransport) -> None:
        keep_alive(transport)
        found = transport.get_extra_info("socket")
        alive.append(found.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))

    monkeypatch.setattr("adapter.server.mllp_connection.keep_alive", noted)
    with Client(listener.port) as client:
        client.send(framed(message("A1")))
        assert client.msa() == ("AA", "A1")
    assert alive == [1]


def test_a_peer_has_so_many_connections(listen: Listen) -> None:
    listener = listen(MllpLimits(connections_of_peer=2))
    with Client(listener.port) as one, Client(listener.port) as two:
        for client in (one, two):
            client.send(framed(message("A1")))
            assert client.msa() == ("AA", "A1")
        with Client(listener.port) as third:
            assert closed(third)
        one.half_close()
        assert closed(one)
        with Client(listener.port) as fourth:
            fourth.send(framed(message("A1")))
            assert fourth.msa() == ("AA", "A1")
    assert (listener.count("connections"), listener.count("connections-refused")) == (3, 1)


def test_a_listener_has_so_many_connections(listen: Listen) -> None:
    listener = listen(MllpLimits(connections=1))
    with Client(listener.port) as one:
        one.send(framed(message("A1")))
        assert one.msa() == ("AA", "A1")
        with Client(listener.port) as second:
            assert closed(second)


@pytest.mark.hazard("HZ-M10")
def test_a_store_that_is_gone_is_told(listener: Listening, store: Store) -> None:
    with Client(listener.port) as client:
        store.close()
        with capture_logs():
            client.send(framed(message("A1")), framed(message("A2")))
            assert [client.msa() for _ in range(2)] == [("AR", "A1"), ("AR", "A2")]


def test_who_wants_no_error_is_told_by_the_end_of_the_connection(listener: Listening, store: Store) -> None:
    with Client(listener.port) as client:
        store.close()
        with capture_logs():
            client.send(framed(wire(f"{MSH}|||NE|NE", PID)))
            assert closed(client)
    assert listener.count("closed-unanswered") == 1


def test_a_fault_of_our_own_closes_its_connection_only(store: Store) -> None:
    class Faulty(Intake):
        async def receive(self, raw: bytes, connection: Connection | None = None) -> Answer:
            if b"|A1|" in raw:
                raise LookupError("DOE^JANE")
            return await Intake.receive(self, raw, connection)

    with Listening(Faulty(store)) as listener, Client(listener.port) as other, capture_logs() as logs:
        with Client(listener.port) as client:
            client.send(framed(message("A1")))
            assert closed(client)
        other.send(framed(message("A2")))
        assert other.msa() == ("AA", "A2")
        assert listener.count("internal-errors") == 1
    assert [log["error_class"] for log in logs] == ["LookupError"]
    assert "DOE" not in str(logs)


def test_closing_ends_connections_and_frees_the_port(intake: Intake) -> None:
    listener = Listening(intake)
    with Client(listener.port) as client:
        client.send(framed(message("A1")))
        assert client.msa() == ("AA", "A1")
        listener.close()
        assert closed(client)
    with pytest.raises(ConnectionRefusedError):
        Client(listener.port)


def test_closing_lets_the_message_that_is_being_stored_get_its_answer(store: Store) -> None:
    class Slow(Intake):
        async def receive(self, raw: bytes, connection: Connection | None = None) -> Answer:
            begun.set()
            await asyncio.to_thread(release.recv, 1)
            return await Intake.receive(self, raw, connection)

    release, trigger = socket.socketpair()
    with release, trigger:
        release.settimeout(10)

        async def scenario() -> list[bytes]:
            listener = await serve_mllp(slow, "127.0.0.1", 0)
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
            writer.write(framed(message("A1")) + framed(message("A2")))
            await begun.wait()
            closing = asyncio.create_task(listener.close())
            await asyncio.sleep(0)
            trigger.send(b"xx")  # the second message would find its byte too
            answers = await reader.read()
            await closing
            writer.close()
            return answers.split(b"MSA|")[1:]

        begun, slow = asyncio.Event(), Slow(store)
        (answer,) = asyncio.run(scenario())
    assert answer.startswith(b"AA|A1")
    assert control_ids(store) == ["A1"]


def test_who_no_longer_waits_for_the_end_leaves_the_answer_to_its_sender(store: Store) -> None:
    class Slow(Intake):
        async def receive(self, raw: bytes, connection: Connection | None = None) -> Answer:
            begun.set()
            await release.wait()
            return await Intake.receive(self, raw, connection)

    async def scenario() -> bytes:
        listener = await serve_mllp(slow, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(framed(message("A1")))
        await begun.wait()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(listener.close(), 0.02)
        release.set()
        await listener.close()
        writer.close()
        return await reader.read()

    begun, release, slow = asyncio.Event(), asyncio.Event(), Slow(store)
    assert b"MSA|AA|A1" in asyncio.run(scenario())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "adapter.example.org", ""])  # noqa: S104
def test_plain_mllp_is_refused_off_loopback(intake: Intake, host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(InsecureListener, match="TLS"):
        asyncio.run(serve_mllp(intake, host, 0))


def test_plain_mllp_elsewhere_has_to_be_allowed(intake: Intake) -> None:
    async def bound() -> int:
        async with await serve_mllp(intake, "0.0.0.0", 0, insecure=True) as listener:  # noqa: S104
            return listener.port

    assert asyncio.run(bound()) > 0


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


def test_the_limit_of_a_frame_is_that_of_a_message() -> None:
    assert MllpLimits().frame_bytes == MessageLimits().most_bytes == 16 * 1024 * 1024


@pytest.mark.parametrize(
    ("limits", "pieces_sent", "codes"),
    [
        (MllpLimits(frame_bytes=2000), (b"\x0b" + b"x" * 5000,), ["oversized-frames"]),
        (MllpLimits(frame=0.2), (b"\x0bMSH|",), ["frame-timeouts", "partial-frames"]),
        (MllpLimits(final_cr=0.2), (b"\x0bMSH|\x1c",), ["final-cr-timeouts", "partial-frames"]),
        (MllpLimits(idle=0.2), (b"\x0bMSH|\x0bMSH|" + framed(b"x") + b"noise",), ["noise-bytes", "cut-frames"]),
        (MllpLimits(connections_of_peer=0), (), ["connections-refused"]),
        (MllpLimits(idle=0.2), (framed(message("A1")),), []),
    ],
)
def test_a_fault_of_a_peer_is_a_line_with_address_and_code_alone(
    listen: Listen, limits: MllpLimits, pieces_sent: tuple[bytes, ...], codes: list[str]
) -> None:
    with capture_logs() as logs:
        listener = listen(limits)
        with Client(listener.port) as client:
            client.send(*pieces_sent)
            while client.answer():
                pass
        listener.close()
    faults = [log for log in logs if log["event"] == "mllp_fault_seen"]
    assert faults == [
        {"event": "mllp_fault_seen", "log_level": "warning", "address": "127.0.0.1", "code": code} for code in codes
    ]


def test_a_fault_that_is_repeated_on_a_connection_is_counted_and_told_once(listener: Listening) -> None:
    with capture_logs() as logs, Client(listener.port) as client:
        for number in range(5):
            client.send(b"\r\n" + framed(message(f"A{number}")))
            assert client.msa() == ("AA", f"A{number}")
    assert listener.count("noise-bytes") == 10
    assert [log["code"] for log in logs] == ["noise-bytes"]

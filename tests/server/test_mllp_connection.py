"""One MLLP connection, step by step: the transport and the intake are played by the test, and so is the clock."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.mapping.site import Connection
from adapter.server.answer import Answer
from adapter.server.intake import Intake
from adapter.server.mllp_connection import MllpConnection, Shared
from adapter.server.mllp_events import MllpEvent
from adapter.server.mllp_limits import MllpLimits, Places
from tests.server.listening import framed

SHORT = MllpLimits(frame_bytes=200_000, sending=0.02, closing=0.02, idle=30, frame=30)


class Wire(asyncio.Transport):
    """A transport that keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.reading = True
        self.closing = False
        self.aborted = False

    def get_extra_info(self, name: str, default: object = None) -> object:
        return ("192.0.2.1", 1) if name == "peername" else default

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = self.aborted = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class Desk:
    """In place of an intake: it keeps what it is handed until the test answers."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.waiting: list[Callable[[Answer], None]] = []

    def take(self, raw: bytes, _connection: Connection, answered: Callable[[Answer], None]) -> bool:
        self.taken.append(raw)
        self.waiting.append(answered)
        return True

    def answer(self, ack: bytes = b"ack", *, retry: bool = False) -> None:
        self.waiting.pop(0)(Answer(ack, "AA", retry=retry))


@dataclass
class Scene:
    """A connection, its transport, its desk, and what was counted."""

    limits: MllpLimits = SHORT
    wire: Wire = field(default_factory=Wire)
    desk: Desk = field(default_factory=Desk)
    events: Counter[MllpEvent] = field(default_factory=Counter)

    def begin(self) -> Self:
        places = Places(self.limits)
        self.shared = Shared(self.desk, places, self.events, None)  # type: ignore[arg-type]  # it plays the intake
        self.connection = MllpConnection(self.shared)
        self.connection.connection_made(self.wire)
        return self

    def send(self, *contents: bytes) -> None:
        self.connection.data_received(b"".join(framed(content) for content in contents))

    @property
    def ended(self) -> bool:
        return self.connection.ended.done() and not self.shared.open


def played(scene: Callable[[Scene], Awaitable[None]], limits: MllpLimits = SHORT) -> Scene:
    """Play a scene in an event loop."""

    async def play() -> Scene:
        begun = Scene(limits).begin()
        await scene(begun)
        return begun

    return asyncio.run(play())


def test_one_message_at_a_time() -> None:
    async def scene(on: Scene) -> None:
        on.send(b"1", b"2")
        assert on.desk.taken == [b"1"]
        on.send(b"3")
        on.desk.answer(b"one")
        assert on.desk.taken == [b"1", b"2"]
        assert on.wire.sent == [framed(b"one")]
        on.desk.answer(b"two")
        on.desk.answer(b"three")
        assert on.wire.sent == [framed(b"one"), framed(b"two"), framed(b"three")]

    assert played(scene).events == {"connections": 1, "frames": 3}


contents = st.binary(max_size=5).map(lambda raw: raw.translate(None, b"\x0b\x1c\x06\x15"))


@given(st.lists(contents, max_size=6), st.data())
def test_any_pieces_at_any_time(contents: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(framed(content) for content in contents)
    cuts: Sequence[int] = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    turns = data.draw(st.lists(st.booleans(), min_size=len(cuts) + 1, max_size=len(cuts) + 1))

    async def scene(on: Scene) -> None:
        answered = 0
        for first, last, now in zip([0, *cuts], [*cuts, len(stream)], turns, strict=True):
            on.connection.data_received(stream[first:last])
            if now and answered < len(on.desk.taken):
                on.desk.answer(b"%d" % answered)
                answered += 1
        on.connection.eof_received()
        while answered < len(on.desk.taken):
            on.desk.answer(b"%d" % answered)
            answered += 1
        assert on.desk.taken == contents
        assert on.wire.sent == [framed(b"%d" % number) for number in range(len(contents))]
        assert on.wire.closing
        on.connection.connection_lost(None)
        assert on.ended

    played(scene)


def test_with_much_waiting_nothing_more_is_read() -> None:
    async def scene(on: Scene) -> None:
        for number in range(5):
            assert on.wire.reading
            on.send(b"%d" % number + bytes(40_000))
        assert not on.wire.reading
        for _ in range(4):
            on.desk.answer()
        assert not on.wire.reading
        on.desk.answer()
        assert on.wire.reading

    played(scene)


def test_a_peer_that_is_slow_to_take_answers_waits_for_the_next() -> None:
    async def scene(on: Scene) -> None:
        on.send(b"1", b"2")
        on.connection.pause_writing()
        on.desk.answer()
        assert on.desk.taken == [b"1"]
        on.connection.resume_writing()
        await asyncio.sleep(0)
        assert on.desk.taken == [b"1", b"2"]
        on.desk.answer()
        assert len(on.wire.sent) == 2

    played(scene)


def test_a_peer_that_takes_no_answers_loses_its_connection() -> None:
    async def scene(on: Scene) -> None:
        on.send(b"1", b"2")
        on.connection.pause_writing()
        on.desk.answer()
        await asyncio.sleep(0.03)
        assert on.wire.closing
        await asyncio.sleep(0.03)
        assert on.wire.aborted
        on.connection.connection_lost(None)
        assert on.ended

    assert played(scene).events["connections-lost"] == 1


def test_whole_messages_of_a_peer_that_is_gone_are_stored() -> None:
    async def scene(on: Scene) -> None:
        on.send(b"1", b"2")
        on.connection.connection_lost(ConnectionResetError())
        on.connection.data_received(framed(b"3"))
        on.desk.answer()
        assert not on.ended
        on.desk.answer()
        assert on.ended

    found = played(scene)
    assert (found.desk.taken, found.wire.sent) == ([b"1", b"2"], [])
    assert found.events["connections-lost"] == 1


def test_a_peer_that_is_gone_while_it_was_slow() -> None:
    async def scene(on: Scene) -> None:
        on.send(b"1", b"2")
        on.connection.pause_writing()
        on.desk.answer()
        on.connection.connection_lost(None)
        assert on.desk.taken == [b"1", b"2"]
        on.desk.answer()
        assert on.ended

    played(scene)


def test_what_follows_a_frame_that_is_too_large_is_not_read() -> None:
    async def scene(on: Scene) -> None:
        on.connection.data_received(framed(b"1") + b"\x0b" + bytes(200_001))
        on.send(b"2")
        on.desk.answer()
        assert on.wire.closing

    found = played(scene)
    assert found.desk.taken == [b"1"]
    assert found.events == {"connections": 1, "frames": 1, "oversized-frames": 1}


def test_stopped_while_a_message_is_stored() -> None:
    async def scene(on: Scene) -> None:
        on.send(b"1", b"2")
        stopped = on.connection.stop()
        assert not on.wire.closing
        on.desk.answer()
        assert on.wire.closing
        on.connection.connection_lost(None)
        await stopped

    found = played(scene)
    assert (found.desk.taken, found.wire.sent) == ([b"1"], [framed(b"ack")])


def test_a_message_that_was_not_stored_and_has_no_answer_closes_the_connection() -> None:
    async def scene(on: Scene) -> None:
        on.send(b"1", b"2")
        on.desk.answer(b"", retry=True)
        assert on.wire.closing

    found = played(scene)
    assert (found.desk.taken, found.wire.sent) == ([b"1"], [])
    assert found.events["closed-unanswered"] == 1


def test_an_answer_that_cannot_be_framed_closes_the_connection() -> None:
    async def scene(on: Scene) -> None:
        on.send(b"1", b"2")
        on.desk.answer(b"\x1c")
        assert on.wire.closing
        on.connection.connection_lost(None)
        assert on.ended

    found = played(scene)
    assert (found.desk.taken, found.wire.sent) == ([b"1"], [])
    assert found.events["internal-errors"] == 1


def test_an_intake_that_fails_closes_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(_intake: Intake, _raw: bytes, _connection: Connection) -> Answer:
        raise LookupError

    monkeypatch.setattr(Desk, "take", lambda *_: False)
    monkeypatch.setattr(Desk, "receive", fail, raising=False)

    async def scene(on: Scene) -> None:
        on.send(b"1")
        await asyncio.sleep(0)
        assert on.wire.closing

    assert played(scene).events["internal-errors"] == 1


@pytest.mark.parametrize("content", [b"", b"\x06"])
def test_so_many_small_frames_wait_and_no_more(content: bytes) -> None:
    async def scene(on: Scene) -> None:
        on.send(b"1")
        for _ in range(3):
            assert on.wire.reading
            on.send(*[content] * 400)
        assert not on.wire.reading
        while on.wire.sent != (sent := list(on.wire.sent)) or len(on.desk.taken) > len(sent):
            on.desk.answer()
        assert on.wire.reading

    played(scene)


def test_a_frame_behind_a_commit_block_has_its_time() -> None:
    async def scene(on: Scene) -> None:
        await asyncio.sleep(0.06)
        on.connection.data_received(framed(b"\x06") + b"\x0bMSH")
        await asyncio.sleep(0.02)
        on.connection.data_received(b"|\x1c\r")
        assert on.desk.taken == [b"MSH|"]

    assert "frame-timeouts" not in played(scene, MllpLimits(frame=0.05)).events


def test_a_frame_that_began_before_a_slow_answer_has_its_time() -> None:
    async def scene(on: Scene) -> None:
        on.connection.data_received(framed(b"1") + b"\x0bMSH")
        on.connection.pause_writing()
        on.desk.answer()
        await asyncio.sleep(0.06)
        on.connection.resume_writing()
        await asyncio.sleep(0.02)
        on.connection.data_received(b"|\x1c\r")
        assert on.desk.taken == [b"1", b"MSH|"]

    assert "frame-timeouts" not in played(scene, MllpLimits(frame=0.05)).events


def test_a_message_that_was_not_stored_for_a_peer_that_is_gone() -> None:
    async def scene(on: Scene) -> None:
        on.send(b"1", b"2")
        on.connection.connection_lost(ConnectionResetError())
        on.desk.answer(retry=True)
        on.desk.answer()
        assert on.ended

    found = played(scene)
    assert (found.desk.taken, found.events["closed-unanswered"]) == ([b"1", b"2"], 0)


def test_a_message_has_one_answer() -> None:
    async def scene(on: Scene) -> None:
        on.send(b"1")
        answered = on.desk.waiting[0]
        on.desk.answer()
        answered(Answer(b"again", "AA"))
        assert on.wire.sent == [framed(b"ack")]

    played(scene)


def test_a_peer_that_takes_all_at_once_is_closed_once() -> None:
    async def scene(on: Scene) -> None:
        on.send(b"1")
        on.connection.pause_writing()
        on.desk.answer()
        on.connection.eof_received()
        on.connection.resume_writing()
        assert not on.wire.closing
        await asyncio.sleep(0)
        assert on.wire.closing

    played(scene)


def test_under_tls_it_is_tcp_that_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """TLS that is closed with bytes waiting to be read drops the answers that are on their way."""

    async def scene(on: Scene) -> None:
        tcp, over_tls = Wire(), Wire()

        async def agreed(*_: object, **__: object) -> Wire:
            return over_tls

        monkeypatch.setattr(asyncio.get_running_loop(), "start_tls", agreed)
        on.connection = MllpConnection(replace(on.shared, tls=ssl.create_default_context()))
        on.connection.connection_made(tcp)
        await asyncio.sleep(0)
        for _ in range(2):
            on.send(*[bytes(40_000)] * 5)
        assert (tcp.reading, over_tls.reading) == (False, True)
        for _ in range(10):
            on.desk.answer()
        assert tcp.reading
        assert len(over_tls.sent) == 10

    played(scene)

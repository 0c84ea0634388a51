"""One MLLP connection: frames in, each answered before the next is taken, and its limits of time.

Not for finding frames in bytes (hl7v2), for judging messages (intake.py) nor for the listener (mllp.py). It is told of
bytes and of answers by callbacks: a task for each connection would cost as much as all that is done here.
"""

import asyncio
import socket
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Final, Literal, TypeVar, cast

from adapter.hl7v2 import Frame, FrameReader, FrameTooLarge, frame
from adapter.mapping.site import Connection
from adapter.server.alarm import Alarm
from adapter.server.answer import Answer
from adapter.server.faults import report
from adapter.server.intake import Intake
from adapter.server.log import log
from adapter.server.mllp_events import MllpEvent, Watch, warn_of_fault
from adapter.server.mllp_limits import MllpLimits, Places
from adapter.server.tls import certificate_names

T = TypeVar("T")

_State = Literal["agreeing", "reading", "storing", "sending", "closing"]
"""What is waited for: TLS to be agreed, bytes, the intake, the peer to take answers, or to take the last one."""

_MOST_WAITING: Final = 128 * 1024
"""Bytes of whole frames that may wait for their turn; with more, nothing is read from the peer."""
_COMMIT_BLOCKS: Final = frozenset({b"\x06", b"\x15"})
"""Content of the blocks by which MLLP release 2 acknowledges storage; they are never answered."""


@dataclass(frozen=True, slots=True)
class House:
    """What the connections of a listener have in common: where messages go, places, counts, TLS, and which are open."""

    intake: Intake
    places: Places
    events: Counter[MllpEvent]
    tls: SSLContext | None
    open: "set[MllpConnection]" = field(default_factory=set)

    @property
    def limits(self) -> MllpLimits:
        """The limits of the listener."""
        return self.places.limits


class MllpConnection(asyncio.Protocol):
    """One peer. `ended` is settled when the connection is closed and no message of it is being stored any more."""

    def __init__(self, house: House) -> None:
        loop = asyncio.get_running_loop()
        self._house: Final = house
        self._now: Final = loop.time
        self._frames: Final = FrameReader(house.limits.frame_bytes)
        self._waiting: Final[deque[Frame]] = deque()
        self._waiting_bytes = 0
        self._alarm: Final = Alarm(self._rang)
        self._since = self._now()  # the last whole frame, or the first byte of the open one
        self._state: _State = "closing"  # until it has a place
        self._at_end = False  # nothing more is read
        self._stopping = False
        self._full = False  # the peer is slow to take answers
        self._lost = False
        self._task: asyncio.Task[None] | None = None
        self.ended: Final[asyncio.Future[None]] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place, and agree on TLS before anything is read."""
        self._transport = cast(asyncio.Transport, transport)
        self._from = Connection(str((transport.get_extra_info("peername") or ("",))[0]))
        self._watch = Watch(self._from.peer, self._house.events)
        if not self._house.places.take(self._from.peer):
            self._house.events["connections-refused"] += 1
            warn_of_fault(self._from.peer, "connections-refused")
            self._at_end = True
            transport.close()
            return
        self._watch.saw("connections")
        self._house.open.add(self)
        keep_alive(transport)
        if self._house.tls is None:
            self._read()
        else:
            self._state = "agreeing"
            self._task = asyncio.create_task(self._agree_on_tls(self._house.tls))

    def stop(self) -> "asyncio.Future[None]":
        """End after the message that is being stored; at once where none is. `ended`, to wait for."""
        self._stopping = True
        if self._state == "agreeing" and self._task is not None:
            self._task.cancel()
        elif self._state == "reading":
            self._close()
        return self.ended

    def data_received(self, data: bytes) -> None:
        """Take the frames that these bytes complete."""
        self._guarded(self._take, data)

    def eof_received(self) -> bool:
        """Answer what has come, then close; whether the transport stays open for that, which TLS cannot do."""
        self._end_stream()
        if self._state == "reading":
            self._guarded(self._next)
        return self._house.tls is None

    def pause_writing(self) -> None:
        """The peer is slow to take what it is sent."""
        self._full = True

    def resume_writing(self) -> None:
        """The peer has taken most of it."""
        self._full = False
        if self._state == "sending":
            self._guarded(self._next)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more can be said; a message that is being stored is stored."""
        if exc is not None and self._state != "closing":
            self._watch.saw("connections-lost")
        self._lost = self._at_end = True
        self._waiting.clear()
        self._alarm.stop()
        if self._state != "storing":
            self._end()

    async def _agree_on_tls(self, context: SSLContext) -> None:
        """Make the handshake and keep the names of the client's certificate."""
        loop, patience = asyncio.get_running_loop(), self._house.limits.handshake
        try:
            made = await loop.start_tls(
                self._transport, self, context, server_side=True, ssl_handshake_timeout=patience
            )
        except OSError as error:
            self._watch.saw("handshakes-refused")
            why = {"error_class": type(error).__name__, "code": getattr(error, "reason", "") or ""}
            log().warning("mllp_handshake_refused", address=self._from.peer, **why)
            made = None
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            made = None
        if made is None or self._lost:
            self._transport.abort()
            self._end()
            return
        self._transport = made
        self._from = Connection(self._from.peer, certificate_names(made.get_extra_info("peercert")))
        self._guarded(self._next)

    def _take(self, chunk: bytes) -> None:
        if self._at_end:
            return
        was_open = self._frames.pending_bytes is not None
        whole = self._fed(chunk)
        if not whole and not was_open and self._frames.pending_bytes is not None:
            self._since = self._now()  # noise between frames does not count as a sign of life
        self._waiting.extend(whole)
        self._waiting_bytes += sum(len(one.content) for one in whole)
        if self._state == "reading":
            self._next()
        elif self._waiting_bytes > _MOST_WAITING:
            self._transport.pause_reading()

    def _fed(self, chunk: bytes) -> list[Frame]:
        """The whole frames; after one that is too large nothing more is read."""
        noise, cut = self._frames.noise_bytes, self._frames.cut_frames
        try:
            return self._frames.feed(chunk)
        except FrameTooLarge as error:
            self._at_end = True
            self._watch.saw("oversized-frames")
            return list(error.complete)
        finally:
            self._watch.saw("noise-bytes", self._frames.noise_bytes - noise)
            self._watch.saw("cut-frames", self._frames.cut_frames - cut)

    def _next(self) -> None:
        """Take the next message; where none waits, wait for bytes, or close where none come any more."""
        while self._waiting and not self._stopping:
            content = self._waiting.popleft().content
            self._waiting_bytes -= len(content)
            if content not in _COMMIT_BLOCKS:
                self._store(content)
                return
            self._watch.saw("commit-blocks")
        if self._at_end or self._stopping:
            self._close()
        else:
            self._read()

    def _read(self) -> None:
        self._state = "reading"
        self._transport.resume_reading()
        self._alarm.set(self._deadline())

    def _deadline(self) -> float:
        if self._frames.pending_bytes is None:
            return self._since + self._house.limits.idle
        whole = self._since + self._house.limits.frame
        return min(whole, self._now() + self._house.limits.final_cr) if self._frames.awaits_final_cr else whole

    def _store(self, content: bytes) -> None:
        """Hand a message to the intake, which tells `_answered` what is to be sent."""
        self._watch.saw("frames")
        self._state = "storing"
        self._alarm.unset()
        if not self._house.intake.take(content, self._from, self._answered):
            self._task = asyncio.create_task(self._receive(content))

    async def _receive(self, content: bytes) -> None:
        try:
            answer = await self._house.intake.receive(content, self._from)
        except Exception as error:  # noqa: BLE001  as in `_guarded`
            self._fail(error)
        else:
            self._answered(answer)

    def _answered(self, answer: Answer) -> None:
        self._guarded(self._send, answer)

    def _send(self, answer: Answer) -> None:
        """Send what the intake says and go on.

        A message that was not stored, from a sender who wants no such answer, closes the connection: the sender must
        not take the silence for success.
        """
        if self._lost:
            self._end()
            return
        self._since = self._now()
        blocks = [frame(block) for block in (answer.commit_block, answer.ack, *answer.more) if block]
        if blocks:
            self._transport.write(b"".join(blocks))
        elif answer.retry:
            self._watch.saw("closed-unanswered")
            self._close()
            return
        if self._full:
            self._state = "sending"
            self._alarm.set(self._now() + self._house.limits.sending)
        else:
            self._next()

    def _rang(self) -> None:
        """The limit of time of what is waited for."""
        match self._state:
            case "reading":
                self._watch.saw("idle-closed" if self._frames.pending_bytes is None else "frame-timeouts")
                self._end_stream()
                self._guarded(self._next)
            case "sending":
                self._watch.saw("connections-lost")
                self._close()
            case "closing":
                self._transport.abort()
            case "agreeing" | "storing":
                raise RuntimeError("nothing was to ring")

    def _end_stream(self) -> None:
        if not self._at_end and self._frames.pending_bytes is not None:
            self._watch.saw("partial-frames")
        self._at_end = True

    def _close(self) -> None:
        """Close; a peer that does not take the last answers in time cannot keep the connection."""
        self._at_end = True
        self._waiting.clear()
        self._state = "closing"
        if self._lost:
            self._end()
        elif self._transport.is_closing():  # nothing is left to be sent
            self._transport.abort()
        else:
            self._transport.close()
            self._alarm.set(self._now() + self._house.limits.closing)

    def _end(self) -> None:
        if self in self._house.open:
            self._house.open.discard(self)
            self._house.places.leave(self._from.peer)
            self.ended.set_result(None)

    def _guarded(self, do: Callable[..., None], *given: object) -> None:
        """The edge where a fault of ours closes this connection alone: unanswered, the sender keeps the message."""
        try:
            do(*given)
        except Exception as error:  # noqa: BLE001  the edge of the connection
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self._watch.saw("internal-errors")
        report("mllp_failed", error)
        self._close()


def keep_alive(transport: asyncio.BaseTransport) -> None:
    """Let TCP notice a peer that is gone."""
    found = transport.get_extra_info("socket")
    if found is not None:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

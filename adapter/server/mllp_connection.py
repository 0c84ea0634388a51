"""One MLLP connection: frames in, each answered before the next is taken, and its limits of time.

Not for what comes in (mllp_incoming.py), for judging messages (intake.py) nor for the listener (mllp.py). It is told
of bytes and of answers by callbacks: a task for each connection would cost as much as all that is done here.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Final, Literal, cast

from adapter.hl7v2 import frame
from adapter.mapping.site import Connection
from adapter.server.alarm import Alarm
from adapter.server.answer import Answer
from adapter.server.faults import report
from adapter.server.intake import Intake
from adapter.server.log import log
from adapter.server.mllp_events import MllpEvent, Watch, warn_of_fault
from adapter.server.mllp_incoming import Incoming
from adapter.server.mllp_limits import MllpLimits, Places
from adapter.server.tls import certificate_names

_State = Literal["agreeing", "reading", "storing", "sending", "closing"]
"""What is waited for: TLS to be agreed, bytes, the intake, the peer to take answers, or to take the last one."""


@dataclass(frozen=True, slots=True)
class Shared:
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

    def __init__(self, shared: Shared) -> None:
        loop = asyncio.get_running_loop()
        self._shared: Final = shared
        self._now: Final = loop.time
        self._alarm: Final = Alarm(self._rang)
        self._state: _State = "closing"  # until it has a place
        self._stopping = False
        self._full = False  # the peer is slow to take answers
        self._lost = False
        self._task: asyncio.Task[None] | None = None
        self.ended: Final[asyncio.Future[None]] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place, and agree on TLS before anything is read."""
        self._transport = self._tcp = cast(asyncio.Transport, transport)
        self._from = Connection(str((transport.get_extra_info("peername") or ("",))[0]))
        self._watch = Watch(self._from.peer, self._shared.events)
        self._incoming = Incoming(self._shared.limits, self._watch, self._now)
        if not self._shared.places.take(self._from.peer):
            self._shared.events["connections-refused"] += 1
            warn_of_fault(self._from.peer, "connections-refused")
            self._incoming.drop()
            transport.close()
            return
        self._watch.saw("connections")
        self._shared.open.add(self)
        keep_alive(transport)
        if self._shared.tls is None:
            self._next()
        else:
            self._state = "agreeing"
            self._task = asyncio.create_task(self._agree_on_tls(self._shared.tls))

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
        self._incoming.end()
        if self._state == "reading":
            self._guarded(self._next)
        return self._shared.tls is None

    def pause_writing(self) -> None:
        """The peer is slow to take what it is sent."""
        self._full = True

    def resume_writing(self) -> None:
        """The peer has taken most of it."""
        self._full = False
        # In a turn of its own: asyncio ends a transport twice that is closed within this call.
        asyncio.get_running_loop().call_soon(self._guarded, self._sent)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more can be said; messages that have come whole are stored all the same."""
        if exc is not None and self._state != "closing":
            self._watch.saw("connections-lost")
        self._lost = self._incoming.at_end = True
        self._alarm.stop()
        match self._state:
            case "reading" | "sending":
                self._guarded(self._next)
            case "agreeing" | "closing":
                self._end()
            case "storing":
                return  # the answer takes it on

    async def _agree_on_tls(self, context: SSLContext) -> None:
        """Make the handshake and keep the names of the client's certificate."""
        loop, patience = asyncio.get_running_loop(), self._shared.limits.handshake
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
        except Exception as error:  # noqa: BLE001  as in `_guarded`; a certificate may be one that Python cannot read
            self._fail(error)
            return
        self._guarded(self._agreed, made)

    def _agreed(self, made: asyncio.Transport | None) -> None:
        if made is None or self._lost:
            self._state = "closing"
            self._transport.abort()
            self._end()
            return
        self._transport = made
        self._from = Connection(self._from.peer, certificate_names(made.get_extra_info("peercert")))
        self._next()

    def _take(self, chunk: bytes) -> None:
        self._incoming.feed(chunk)
        if self._state == "reading":
            self._next()
        elif self._incoming.is_much:
            # Not that of TLS, which drops the answers on their way where it is closed with bytes waiting to be read.
            self._tcp.pause_reading()

    def _next(self) -> None:
        """Take the next message; where none waits, wait for bytes, or close where none come any more."""
        content = None if self._stopping else self._incoming.take()
        if content is not None:
            self._store(content)
        elif self._stopping or self._incoming.at_end:
            self._close()
        else:
            self._state = "reading"
            self._tcp.resume_reading()
            self._alarm.set(self._incoming.deadline)

    def _store(self, content: bytes) -> None:
        """Hand a message to the intake, which tells `_answered` what is to be sent."""
        self._state = "storing"
        self._alarm.unset()
        if not self._shared.intake.take(content, self._from, self._answered):
            self._task = asyncio.create_task(self._receive(content))

    async def _receive(self, content: bytes) -> None:
        try:
            answer = await self._shared.intake.receive(content, self._from)
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
        if self._state != "storing":
            return  # closed for a fault of ours meanwhile
        self._incoming.answered()
        blocks = [frame(block) for block in (answer.commit_block, answer.ack, *answer.more) if block]
        if blocks:
            if not self._lost:
                self._transport.write(b"".join(blocks))
        elif answer.retry:
            self._watch.saw("closed-unanswered")
            self._close()
            return
        if self._full and not self._lost:
            self._state = "sending"
            self._alarm.set(self._now() + self._shared.limits.sending)
        else:
            self._next()

    def _sent(self) -> None:
        """The peer has taken the answer: time counts from now."""
        if self._state == "sending":
            self._incoming.answered()
            self._next()

    def _rang(self) -> None:
        """The limit of time of what is waited for."""
        match self._state:
            case "reading":
                self._watch.saw(self._incoming.lateness)
                self._incoming.end()
                self._guarded(self._next)
            case "sending":
                self._watch.saw("connections-lost")
                self._close()
            case "closing":
                self._transport.abort()
            case "agreeing" | "storing":
                return  # TLS and the store have limits of their own

    def _close(self) -> None:
        """Close; a peer that does not take the last answers in time cannot keep the connection."""
        self._incoming.drop()
        self._state = "closing"
        if self._lost:
            self._end()
        elif self._transport.is_closing():  # nothing is left to be sent
            self._transport.abort()
        else:
            self._transport.close()
            self._alarm.set(self._now() + self._shared.limits.closing)

    def _end(self) -> None:
        if self in self._shared.open:
            self._shared.open.discard(self)
            self._shared.places.leave(self._from.peer)
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

"""The MLLP listener: connections, their limits in time and number, frames in, acknowledgements out in order.

Not for finding frames in bytes (hl7v2) nor for judging messages (intake.py). Source: MLLP release 1; IHE ITI TF-2 C.2.
"""

import asyncio
import socket
from collections import Counter
from dataclasses import dataclass
from ssl import SSLContext
from types import TracebackType
from typing import Final, Self

from adapter.hl7v2 import DEFAULT_LIMIT, Frame, FrameReader, FrameTooLarge, frame
from adapter.mapping.site import Connection
from adapter.server.addresses import is_loopback
from adapter.server.alarm import Alarm
from adapter.server.faults import report
from adapter.server.intake import Intake
from adapter.server.log import log
from adapter.server.mllp_events import MllpEvent, Watch, warn_of_fault
from adapter.server.tls import certificate_names

_ACCEPTING: Final = 5
"""Turns of the event loop from an accepted socket to its connection."""

_READ_BYTES: Final = 64 * 1024
_COMMIT_BLOCKS: Final = frozenset({b"\x06", b"\x15"})
"""Content of the blocks by which MLLP release 2 acknowledges storage; they are never answered."""


class InsecureListener(ValueError):
    """Plain MLLP was asked for on an address that other machines can reach."""


@dataclass(frozen=True, slots=True)
class MllpLimits:
    """Limits of a listener. Bytes of a frame's content, connections in all and of one address, and seconds.

    `idle` is from one whole frame to the next, whatever else is sent; `frame` from a frame's first byte to its last;
    `final_cr` how long 0x1C may wait for its 0x0D; `sending` how long a peer may take to accept an answer; `closing`
    how long to accept the last one; `handshake` how long TLS may take to be agreed.
    """

    frame_bytes: int = DEFAULT_LIMIT
    connections: int = 256
    connections_of_peer: int = 16
    idle: float = 600.0
    frame: float = 60.0
    final_cr: float = 2.0
    sending: float = 60.0
    closing: float = 5.0
    handshake: float = 10.0


class MllpListener:
    """A running listener; made by `serve_mllp`. `events` counts, `port` is the one it is bound to."""

    def __init__(
        self, intake: Intake, limits: MllpLimits, events: Counter[MllpEvent], context: SSLContext | None
    ) -> None:
        self._intake: Final = intake
        self._limits: Final = limits
        self._context: Final = context
        self._server: asyncio.Server | None = None
        self._open: Final[set[_Connection]] = set()
        self._peers: Final[Counter[str]] = Counter()
        self.events: Final = events

    async def start(self, host: str, port: int) -> None:
        """Bind and listen; OSError where the address cannot be had."""
        # TLS begins within the connection, so that the limits hold before it and a failed handshake is counted.
        self._server = await asyncio.start_server(self._connected, host, port)

    @property
    def port(self) -> int:
        """The port, also where 0 asked for any."""
        if self._server is None or not self._server.sockets:
            raise RuntimeError("the listener is closed")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Take no more connections, let messages that are being stored get their answer, then close all."""
        if self._server is None:
            return
        # asyncio loses a socket that is on its way to a closed server: first no more are accepted, and those arrive.
        for listening in self._server.sockets:
            asyncio.get_running_loop().remove_reader(listening.fileno())
        for _ in range(_ACCEPTING):
            await asyncio.sleep(0)
        self._server.close()
        while self._open:
            await asyncio.gather(*(connection.stop() for connection in self._open), return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = _peer(writer)
        if len(self._open) >= self._limits.connections or self._peers[peer] >= self._limits.connections_of_peer:
            self.events["connections-refused"] += 1
            warn_of_fault(peer, "connections-refused")
            writer.close()
            return
        self.events["connections"] += 1
        connection = _Connection(self._intake, reader, writer, self._limits, self.events, self._context)
        self._open.add(connection)
        self._peers[peer] += 1
        try:
            await connection.run()
        finally:
            self._open.discard(connection)
            self._forget(peer)

    def _forget(self, peer: str) -> None:
        self._peers[peer] -= 1
        if not self._peers[peer]:
            del self._peers[peer]


class _Connection:
    """One peer: reads frames one after another and answers each before it takes the next."""

    def __init__(
        self,
        intake: Intake,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        limits: MllpLimits,
        events: Counter[MllpEvent],
        context: SSLContext | None,
    ) -> None:
        self._intake = intake
        self._context = context
        self._from = Connection(_peer(writer))
        self._reader = reader
        self._writer = writer
        self._limits = limits
        self._watch = Watch(self._from.peer, events)
        self._frames = FrameReader(limits.frame_bytes)
        self._task = asyncio.current_task()
        self._now = asyncio.get_running_loop().time
        self._since = self._now()  # the last whole frame, or the first byte of the open one
        self._reading = False
        self._stopping = False
        self._alarm = Alarm(self._time_out)

    def stop(self) -> "asyncio.Task[None] | asyncio.Future[None]":
        """End after the message that is being stored; at once where none is. The task to wait for."""
        self._stopping = True
        if self._task is None:
            raise RuntimeError("a connection runs in a task")
        if self._reading:
            self._task.cancel()
        return self._task

    async def run(self) -> None:
        """Serve the peer until either side ends; the edge where a fault closes this connection only."""
        keep_alive(self._writer)
        try:
            if self._context is None or await self._agree_on_tls(self._context):
                await self._serve()
        except asyncio.CancelledError:
            if not self._stopping:  # else it is `stop` that ended the wait for bytes
                raise
        except OSError:
            self._watch.saw("connections-lost")
        except Exception as error:  # noqa: BLE001  the edge of the connection: without an answer the sender keeps the message
            self._watch.saw("internal-errors")
            report("mllp_failed", error)
        finally:
            self._alarm.stop()
            await self._end()

    async def _end(self) -> None:
        """Close; a peer that does not take the last answers in time cannot keep the connection."""
        if self._writer.transport.is_closing():  # it is lost, or TLS was not agreed: nothing is left to be sent
            self._writer.transport.abort()
            return
        self._writer.close()
        try:
            async with asyncio.timeout(self._limits.closing):
                await self._writer.wait_closed()
        except OSError:
            self._writer.transport.abort()

    async def _agree_on_tls(self, context: SSLContext) -> bool:
        """Whether the handshake succeeded; the names of the client's certificate are kept."""
        self._reading = True
        try:
            await self._writer.start_tls(context, ssl_handshake_timeout=self._limits.handshake)
        except OSError as error:
            self._watch.saw("handshakes-refused")
            why = {"error_class": type(error).__name__, "code": getattr(error, "reason", "") or ""}
            log().warning("mllp_handshake_refused", address=self._from.peer, **why)
            return False
        finally:
            self._reading = False
        self._from = Connection(self._from.peer, certificate_names(self._writer.get_extra_info("peercert")))
        return True

    async def _serve(self) -> None:
        while chunk := await self._read():
            if not await self._take(chunk):
                return
        if self._frames.pending_bytes is not None:
            self._watch.saw("partial-frames")

    async def _read(self) -> bytes:
        """The next bytes; none at the end of the stream, and none when a limit of time has passed."""
        self._reading = True
        self._alarm.set(self._deadline())
        try:
            return await self._reader.read(_READ_BYTES)
        finally:
            self._alarm.unset()
            self._reading = False

    def _time_out(self) -> None:
        """Nothing came in time: the stream ends here."""
        self._watch.saw("idle-closed" if self._frames.pending_bytes is None else "frame-timeouts")
        self._reader.feed_eof()

    def _deadline(self) -> float:
        if self._frames.pending_bytes is None:
            return self._since + self._limits.idle
        whole = self._since + self._limits.frame
        return min(whole, self._now() + self._limits.final_cr) if self._frames.awaits_final_cr else whole

    async def _take(self, chunk: bytes) -> bool:
        """Answer the frames that these bytes complete; whether the connection goes on."""
        was_open = self._frames.pending_bytes is not None
        whole, sound = self._feed(chunk)
        for received in whole:
            if not await self._answer(received):
                return False
        if whole or not was_open:
            self._restart_clock(bool(whole))
        return sound and not self._stopping

    def _restart_clock(self, any_whole: bool) -> None:
        """Noise between frames does not count as a sign of life."""
        if any_whole or self._frames.pending_bytes is not None:
            self._since = self._now()

    def _feed(self, chunk: bytes) -> tuple[tuple[Frame, ...], bool]:
        """The whole frames, and whether the stream can be read on."""
        noise, cut = self._frames.noise_bytes, self._frames.cut_frames
        try:
            whole, sound = tuple(self._frames.feed(chunk)), True
        except FrameTooLarge as error:
            whole, sound = error.complete, False
            self._watch.saw("oversized-frames")
        self._watch.saw("noise-bytes", self._frames.noise_bytes - noise)
        self._watch.saw("cut-frames", self._frames.cut_frames - cut)
        return whole, sound

    async def _answer(self, received: Frame) -> bool:
        """Hand a message to the intake and send what it says; whether the connection goes on.

        A message that was not stored, from a sender who wants no such answer, closes the connection: the sender
        must not take the silence for success.
        """
        if self._stopping:
            return False
        if received.content in _COMMIT_BLOCKS:
            self._watch.saw("commit-blocks")
            return True
        self._watch.saw("frames")
        answer = await self._intake.receive(received.content, self._from)
        blocks = [frame(block) for block in (answer.commit_block, answer.ack, *answer.more) if block]
        if blocks:
            self._writer.write(b"".join(blocks))
            if self._writer.transport.get_write_buffer_size():  # the peer is slow to take it
                async with asyncio.timeout(self._limits.sending):
                    await self._writer.drain()
        elif answer.retry:
            self._watch.saw("closed-unanswered")
            return False
        return True


async def serve_mllp(
    intake: Intake,
    host: str,
    port: int,
    *,
    limits: MllpLimits | None = None,
    ssl: SSLContext | None = None,
    insecure: bool = False,
    events: Counter[MllpEvent] | None = None,
) -> MllpListener:
    """Listen for MLLP connections; port 0 takes any free one. Close the listener that comes back.

    Without `ssl` only loopback addresses are served, unless `insecure` allows others; else InsecureListener. Raises
    OSError where the address cannot be had.
    """
    if ssl is None and not insecure and not is_loopback(host):
        raise InsecureListener("plain MLLP is served on loopback only: configure TLS, or allow it with insecure")
    listener = MllpListener(intake, limits or MllpLimits(), Counter() if events is None else events, ssl)
    await listener.start(host, port)
    return listener


def keep_alive(writer: asyncio.StreamWriter) -> None:
    """Let TCP notice a peer that is gone."""
    found = writer.get_extra_info("socket")
    if found is not None:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def _peer(writer: asyncio.StreamWriter) -> str:
    """The address of the other side."""
    return str((writer.get_extra_info("peername") or ("",))[0])

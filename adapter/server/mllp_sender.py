"""An MLLP client: sends a message and waits for its acknowledgement, and for no other.

After a time-out the connection is closed, so that a late answer can never be taken for that of the next message. Not
for queues and retries.
"""

import asyncio
import contextlib
from collections import deque
from types import TracebackType
from typing import Final, Literal, Self

from adapter.hl7v2 import (
    Acknowledgement,
    Frame,
    FrameReader,
    FrameTooLarge,
    Header,
    UnusableMessage,
    frame,
    read_acknowledgement,
    read_header,
)
from adapter.server.addresses import MllpEndpoint
from adapter.server.answer import ack_mode
from adapter.server.fields import element

_READ_BYTES: Final = 64 * 1024
_ANSWER_BYTES: Final = 1024 * 1024
_COMMITTED, _NOT_COMMITTED = b"\x06", b"\x15"

Silence = Literal["time-out", "closed", "refused-by-block", "of-another-message", "unreadable", "not-mllp"]
"""Why there is no acknowledgement: none came in time, the peer closed, it sent the block 0x15, it was no answer, or the
peer never sent a frame of MLLP, but something else (an HTTP server does)."""


class NoAcknowledgement(Exception):
    """The message may or may not have been taken: nothing that answers it came back. The connection is closed."""

    def __init__(self, reason: Silence) -> None:
        super().__init__(reason)
        self.reason: Silence = reason


class MllpClient:
    """Sends messages to one destination, one after another, on a connection that is opened when it is needed.

    `wait` is how many seconds an acknowledgement may take, `connecting` a connection. `silence` is how many seconds
    without one are success for a message that wants one on errors alone; without it such a message has to be answered,
    and one that wants none is not waited for. `later` holds the application acknowledgements that came after a commit
    (CA), on the same connection.
    """

    def __init__(
        self, destination: MllpEndpoint, *, wait: float = 30.0, connecting: float = 10.0, silence: float | None = None
    ) -> None:
        self._to: Final = destination
        self._wait: Final = wait
        self._connecting: Final = connecting
        self._silence: Final = silence
        self._stream: _Stream | None = None
        self._committed: Final[deque[bytes]] = deque(maxlen=1000)
        self.later: Final[list[Acknowledgement]] = []

    async def send(self, raw: bytes) -> Acknowledgement | None:
        """The acknowledgement of the message; None where its MSH-15 and MSH-16 say that it wants none, and none came.

        Raises ValueError for bytes that no frame can hold, OSError where there is no connection, NoAcknowledgement.
        """
        framed, header = frame(raw), _header(raw)
        if self._stream is not None and self._stream.ended:
            await self.close()  # peers may close idle connections
        if self._stream is None:
            self._stream = await self._connect()
        may_be_silent = self._silence is not None and not ack_mode(header).wants("A")
        try:
            async with asyncio.timeout(self._silence if may_be_silent else self._wait):
                await self._stream.write(framed)
                if self._silence is None and header is not None and not wants_answer(header):
                    return None
                return await self._answer(self._stream, element(header, 10) if header else b"")
        except TimeoutError:
            if may_be_silent:
                return None
            reason: Silence = "not-mllp" if self._stream.speaks_otherwise else "time-out"
            self._abandon()
            raise NoAcknowledgement(reason) from None
        except (NoAcknowledgement, OSError, asyncio.CancelledError):
            self._abandon()
            raise

    async def close(self) -> None:
        """Close the connection, if there is one."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _connect(self) -> "_Stream":
        try:
            async with asyncio.timeout(self._connecting):
                return _Stream(*await asyncio.open_connection(self._to.host, self._to.port, ssl=self._to.tls))
        except TimeoutError:
            raise ConnectionError("no connection in time") from None

    async def _answer(self, stream: "_Stream", control_id: bytes) -> Acknowledgement:
        while True:
            content = await stream.content()
            if content == _COMMITTED:
                continue
            if content == _NOT_COMMITTED:
                raise NoAcknowledgement("refused-by-block")
            ack = read_acknowledgement(content)
            if ack is None:
                raise NoAcknowledgement("unreadable")
            if not ack.is_commit and ack.control_id in self._committed:
                self._committed.remove(ack.control_id)
                self.later.append(ack)
                continue
            if ack.control_id != control_id:
                raise NoAcknowledgement("of-another-message")
            if ack.is_commit and ack.accepted:
                self._committed.append(control_id)
            return ack

    def _abandon(self) -> None:
        """Let go of the connection at once: whatever still comes on it answers nothing."""
        stream, self._stream = self._stream, None
        self._committed.clear()
        if stream is not None:
            stream.abort()


class _Stream:
    """An open connection and the frames that have come on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader: Final = reader
        self._writer: Final = writer
        self._frames: Final = FrameReader(_ANSWER_BYTES)
        self._whole: Final[deque[Frame]] = deque()
        self._framed = False

    @property
    def ended(self) -> bool:
        """Whether the peer has closed."""
        return self._reader.at_eof()

    @property
    def speaks_otherwise(self) -> bool:
        """Whether the peer has sent something, and never a frame."""
        return not self._framed and self._frames.noise_bytes > 0

    async def write(self, framed: bytes) -> None:
        self._writer.write(framed)
        await self._writer.drain()

    async def content(self) -> bytes:
        """The content of the next frame."""
        while not self._whole:
            chunk = await self._reader.read(_READ_BYTES)
            if not chunk:
                raise NoAcknowledgement("not-mllp" if self.speaks_otherwise else "closed")
            try:
                self._whole.extend(self._frames.feed(chunk))
            except FrameTooLarge:
                raise NoAcknowledgement("unreadable") from None
        self._framed = True
        return self._whole.popleft().content

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):  # the other side was faster
            await self._writer.wait_closed()

    def abort(self) -> None:
        self._writer.transport.abort()


def wants_answer(header: Header) -> bool:
    """Whether a message wants an answer on its connection: not where MSH-15 and MSH-16 both say never."""
    return not (header.accept_ack == "NE" and header.application_ack in ("", "NE"))


def _header(raw: bytes) -> Header | None:
    try:
        return read_header(raw, default_charset="latin-1")
    except UnusableMessage:
        return None

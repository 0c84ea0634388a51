"""An MLLP listener that runs beside the test, and a plain client that sends and reads bytes."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Coroutine
from types import TracebackType
from typing import Self, TypeVar

from adapter.server.intake import Intake
from adapter.server.mllp import MllpListener, serve_mllp
from adapter.server.mllp_events import MllpEvent
from adapter.server.mllp_limits import MllpLimits

T = TypeVar("T")
PATIENCE = 10.0
END = b"\x1c\r"


def framed(content: bytes) -> bytes:
    return b"\x0b" + content + END


class Listening:
    """A listener on a free port of 127.0.0.1, in an event loop of its own thread."""

    def __init__(self, intake: Intake, *, limits: MllpLimits | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        try:
            self._listener: MllpListener = self._run(serve_mllp(intake, "127.0.0.1", 0, limits=limits, ssl=tls))
        except BaseException:
            self._end()
            raise
        self.port = self._listener.port
        self.events = self._listener.events

    def count(self, event: MllpEvent) -> int:
        """How often something has happened, once all connections that ended have been let go."""
        return self._listener.events[event]

    def reaches(self, event: MllpEvent, count: int) -> bool:
        """Whether something happens so often; for what the server counts after the client has seen it."""
        deadline = time.monotonic() + PATIENCE
        while self.count(event) < count and time.monotonic() < deadline:
            time.sleep(0.005)
        return self.count(event) == count

    def close(self) -> None:
        if self._thread.is_alive():
            self._run(self._listener.close())
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Client:
    """A TCP client that cuts nothing and knows of frames only their end."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.socket.sendall(piece)

    def answer(self) -> bytes:
        """The next frame's content; empty when the server closes instead."""
        while END not in self._rest:
            chunk = self._receive()
            if not chunk:
                assert self._rest == b"", "the server closed within an answer"
                return b""
            self._rest += chunk
        content, self._rest = self._rest.split(END, 1)
        assert content[:1] == b"\x0b"
        return content[1:]

    def msa(self) -> tuple[str, str]:
        """MSA-1 and MSA-2 of the next answer; empty when the server closes instead."""
        for segment in self.answer().split(b"\r"):
            if segment.startswith(b"MSA"):
                fields = segment.decode().split("|")
                return fields[1], fields[2]
        return "", ""

    def half_close(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def _receive(self) -> bytes:
        try:
            return self.socket.recv(65536)
        except ConnectionResetError:
            return b""

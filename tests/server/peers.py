"""A peer that takes MLLP messages and answers as a script says, in a thread of its own."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from adapter.hl7v2 import FrameReader, parse_message

Script = Callable[[int, bytes], list[bytes] | None]
"""What to send for the message of that number (from 0): raw bytes in order; None closes the connection."""


def ack(control_id: str, code: str = "AA", *errors: str) -> bytes:
    """A framed acknowledgement."""
    segments = [r"MSH|^~\&|NELM|CLINIC|LAB|HOSP|2026||ACK|N1|P|2.5.1", f"MSA|{code}|{control_id}", *errors, ""]
    return b"\x0b" + "\r".join(segments).encode() + b"\x1c\r"


def accepting(_: int, message: bytes) -> list[bytes]:
    """AA for every message."""
    return [ack(parse_message(message).header.control_id)]


class Peer:
    """Listens on a free port of 127.0.0.1; `taken` are the messages, `connections` how many there were."""

    def __init__(self, script: Script = accepting, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self._script = script
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", port))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self.port: int = self._listening.getsockname()[1]
        self._closing = False
        self.taken: list[bytes] = []
        self.connections = 0

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def took(self, count: int) -> list[bytes]:
        """So many messages, once they are there."""
        deadline = time.monotonic() + 10
        while len(self.taken) < count and time.monotonic() < deadline:
            time.sleep(0.005)
        return self.taken

    def close(self) -> None:
        self._closing = True
        with socket.socket() as waking:  # a thread in accept() does not see that its socket is closed
            waking.connect_ex(("127.0.0.1", self.port))
            self._threads[0].join(10)
        self._listening.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            connection, _ = self._listening.accept()
            if self._closing:
                connection.close()
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        frames = FrameReader()
        with connection:
            try:
                stream = self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
                with stream:
                    while chunk := stream.recv(65536):
                        for frame in frames.feed(chunk):
                            self.taken.append(frame.content)
                            answers = self._script(len(self.taken) - 1, frame.content)
                            if answers is None:
                                return
                            stream.sendall(b"".join(answers))
            except OSError:
                return

"""A small FHIR server and a small MLLP receiver that answer as they are told, and keep what they were sent."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Any

PATIENCE = 10.0


@dataclass
class Put:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Fhir:
    """A FHIR server: `answers` are given in turn, as status and headers, then 200 for ever."""

    port: int
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    requests: list[Put] = field(default_factory=list)
    delay: threading.Event | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}/fhir"


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that are killed go away early."""


@contextmanager
def fhir_server() -> Iterator[Fhir]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fhir.requests.append(Put(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            if fhir.delay is not None:
                fhir.delay.wait(PATIENCE)
            status, headers = fhir.answers.pop(0) if fhir.answers else (200, {})
            with suppress(OSError):
                self.send_response(status)
                for name, value in {"Content-Length": "7", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"SECRET!")

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = _Server(("127.0.0.1", 0), Handler)
    fhir = Fhir(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield fhir
    finally:
        if fhir.delay is not None:
            fhir.delay.set()
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Mllp:
    """An MLLP receiver: `answers` are given in turn, then AA for ever.

    A code (`AE`) is an acknowledgement of the message, `AA:X1` one of another message, empty text a closed connection,
    bytes are sent as they are, and None is silence until the sender goes.
    """

    port: int
    answers: list[str | bytes | None] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)


@contextmanager
def mllp_receiver(context: SSLContext | None = None) -> Iterator[Mllp]:
    listening = socket.create_server(("127.0.0.1", 0))
    receiver = Mllp(listening.getsockname()[1])

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.settimeout(PATIENCE)
                _converse(context.wrap_socket(connection, server_side=True) if context else connection, receiver)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield receiver
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def _converse(connection: socket.socket, receiver: Mllp) -> None:
    with connection:
        content = b""
        while not content.endswith(b"\x1c\r"):
            chunk = connection.recv(65536)
            if not chunk:
                return
            content += chunk
        message = content[1:-2]
        receiver.messages.append(message)
        answer = receiver.answers.pop(0) if receiver.answers else "AA"
        if answer is None:
            connection.recv(1)
        elif answer:
            connection.sendall(answer if isinstance(answer, bytes) else _acknowledgement(message, answer))


def _acknowledgement(message: bytes, answer: str) -> bytes:
    code, _, other = answer.partition(":")
    control_id = other or message.split(b"|")[9].decode()
    head = "MSH|^~\\&|EHR|HOSP|LDT||20260112120001+0000||ACK^R01^ACK|77|P|2.5.1"
    return b"\x0b" + f"{head}\rMSA|{code}|{control_id}\r".encode() + b"\x1c\r"

"""FHIR servers on loopback that answer as they are told, well or badly, and note what they were asked.

Not a test itself.
"""

import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FHIR = "application/fhir+json; charset=UTF-8"


@dataclass(frozen=True)
class Answer:
    """`body` is JSON unless it is bytes; `pause` delays the answer; `drip` sends the body byte by byte, slowly."""

    body: object = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0.0
    drip: bool = False
    kind: str = FHIR


@dataclass(frozen=True)
class Asked:
    target: str
    headers: Mapping[str, str]


class FhirServer(ThreadingHTTPServer):
    """Answers by `Type?query`, else by `Type` or `Type/id`, below /fhir; everything else is 404."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.scheme = "http"
        self.answers: dict[str, Answer] = {}
        self.asked: list[Asked] = []
        self.connections = 0

    @property
    def base(self) -> str:
        host = "localhost" if self.scheme == "https" else "127.0.0.1"
        return f"{self.scheme}://{host}:{self.server_port}/fhir"

    @property
    def targets(self) -> list[str]:
        return sorted(asked.target for asked in self.asked)

    def give(self, target: str, body: object = b"", **more: Any) -> None:
        self.answers[target] = Answer(body, **more)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away early are expected."""

    def answer_to(self, target: str) -> Answer:
        return self.answers.get(target) or self.answers.get(target.split("?")[0]) or Answer(status=404)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FhirServer

    def do_GET(self) -> None:
        target = self.path.removeprefix("/fhir").removeprefix("/")
        self.server.asked.append(Asked(target, {name.lower(): value for name, value in self.headers.items()}))
        answer = self.server.answer_to(target)
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        time.sleep(answer.pause)
        self.send_response(answer.status)
        for name, value in {"content-type": answer.kind, "content-length": str(len(body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        for part in [body[i : i + 1] for i in range(len(body))] if answer.drip else [body]:
            self.wfile.write(part)
            self.wfile.flush()
            time.sleep(0.02 if answer.drip else 0)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on standard error."""


@contextmanager
def fhir_server(tls: ssl.SSLContext | None = None) -> Iterator[FhirServer]:
    server = FhirServer()
    if tls is not None:
        server.scheme = "https"
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


def bundle(*resources: object, **members: object) -> dict[str, Any]:
    """A searchset of these resources."""
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries, **members}


def linked(relation: str, url: str) -> list[dict[str, str]]:
    return [{"relation": relation, "url": url}]


OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "exception", "diagnostics": "Patient Zyxwvutsson"}],
}

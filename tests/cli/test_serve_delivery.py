"""`ldt serve` with destinations: from a received message to a FHIR server and an HL7 v2 receiver, killed in between."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from hl7.client import MLLPClient

from adapter.hl7v2 import parse_message
from adapter.store import init_store
from tests.cli.running import ldt
from tests.repository import ROOT
from tests.server.feeds import LIVER, NET, adt, oru, own
from tests.server.receivers import Fhir, Mllp, fhir_server, mllp_receiver

LDT = [sys.executable, "-c", "from adapter.cli.main import main; main()"]
PATIENCE = 60.0
TOKEN = "tok-Zyxwvut"
CANARY = "ZYXWVUTSSON"
PERSON = f"{CANARY}^JANE||19610405|F"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(done: Callable[[], Any], log: Path) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = done()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(log.read_text(encoding="utf-8")[-3000:])


class Serving:
    """The settings of a server, and its processes one after another."""

    def __init__(self, folder: Path, fhir: Fhir, mllp: Mllp) -> None:
        self.url = f"sqlite:///{folder}/ldt.db"
        self.http, self.mllp = free_port(), free_port()
        self.log = folder / "log.txt"
        token = folder / "token"
        token.write_text(TOKEN + "\n", encoding="ascii")
        self.config = folder / "ldt.toml"
        settings: dict[str, object] = {
            "store": self.url,
            "http_port": self.http,
            "mllp_port": self.mllp,
            "as_of": "2026-01-12",
            "fhir_server": fhir.base,
            "fhir_token_file": str(token),
            "hl7v2_server": f"127.0.0.1:{mllp.port}",
            "hl7v2_receiver": "EHR/HOSP",
            "delivery_first_wait": 0.2,
            "delivery_longest_wait": 0.4,
            "circuit_pause": 0.5,
        }
        self.config.write_text("".join(f"{k} = {json.dumps(v)}\n" for k, v in settings.items()), encoding="utf-8")
        init_store(self.url)

    def messages(self, *arguments: str) -> str:
        ran = ldt("messages", *arguments, "--store", self.url)
        assert ran.status == 0, ran.err
        return ran.out

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        command = [*LDT, "serve", "--config", str(self.config)]
        with self.log.open("ab") as stream, subprocess.Popen(command, stderr=stream, cwd=ROOT) as process:
            try:
                until(self.ready, self.log)
                yield process
            finally:
                process.terminate()
                process.wait(PATIENCE)

    def ready(self) -> bool:
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def get(self, path: str) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self.http, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def health(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.get("/healthz")[1])
        return body

    def send(self, *messages: bytes) -> None:
        with MLLPClient("127.0.0.1", self.mllp) as client:
            for message in messages:
                assert b"MSA|AA|" in client.send_message(message)

    def delivered(self) -> bool:
        waiting: int = self.health()["deliveries"]["waiting"]
        states = self.health()["states"]
        return waiting == 0 and not states.get("received")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name: the path of the desk's socket is."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def test_advice_reaches_its_destinations_through_failures_and_a_kill(folder: Path) -> None:
    with fhir_server() as fhir, mllp_receiver() as mllp:
        serving = Serving(folder, fhir, mllp)
        fhir.answers += [(503, {})] * 3
        mllp.answers += ["AR", ""]
        with serving.running() as process:
            serving.send(adt(NET, LIVER, control_id="A1", person=PERSON))
            until(lambda: fhir.requests and mllp.messages, serving.log)
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE)
        with serving.running():
            until(serving.delivered, serving.log)
            first = json.loads(fhir.requests[-1].body)
            assert (first["resourceType"], first["status"]) == ("CarePlan", "draft")
            assert {put.path for put in fhir.requests} == {f"/fhir/CarePlan/{first['id']}"}
            assert {put.headers["authorization"] for put in fhir.requests} == {f"Bearer {TOKEN}"}
            assert len(set(mllp.messages)) == 1
            sent = parse_message(mllp.messages[-1])
            assert sent.findings == ()
            assert CANARY in next(s for s in sent.segments if s.name == "PID").field(5).text

            serving.send(oru(own("differentiation", "well"), control_id="A2", person=PERSON))
            until(lambda: serving.delivered() and json.loads(fhir.requests[-1].body) != first, serving.log)
            assert json.loads(fhir.requests[-1].body)["id"] == first["id"]

            assert "discarded" in serving.messages("discard", "2", "--reason", "a test")
            assert "discarded" in serving.messages("discard", "1", "--reason", "a test")
            until(lambda: json.loads(fhir.requests[-1].body)["status"] == "revoked", serving.log)
            assert serving.messages("list", "--ids").splitlines() == ["A1", "A2"]

            serving.messages("replay", "1")
            until(lambda: json.loads(fhir.requests[-1].body)["status"] == "draft", serving.log)
            until(serving.delivered, serving.log)
            assert serving.messages("list", "--ids", "--effects").splitlines() == ["A1"]
            assert serving.health()["status"] == "ok"
        last = os.stat(serving.url.removeprefix("sqlite:///")).st_mode & 0o077
        assert last == 0
    log = serving.log.read_text(encoding="utf-8")
    assert not any(word in log for word in (TOKEN, CANARY, "HOSP/MR", first["id"]))
    assert "Traceback" not in log


def test_a_refused_plan_is_dead_until_somebody_tries_it_again(folder: Path) -> None:
    with fhir_server() as fhir, mllp_receiver() as mllp:
        serving = Serving(folder, fhir, mllp)
        fhir.answers.append((422, {}))
        mllp.answers.append("AE")
        with serving.running():
            serving.send(adt(NET, LIVER, control_id="A1"))
            until(lambda: serving.health()["deliveries"]["dead"] == 2, serving.log)
            health = serving.health()
            assert (health["status"], health["warnings"]) == ("warning", ["dead deliveries"])
            assert b'ldt_deliveries{destination="fhir",state="dead"} 1.0' in serving.get("/metrics")[1]
            rows = serving.messages("dead")
            assert "status 422" in rows
            assert "AE" in rows
            serving.messages("retry", "--all")
            until(serving.delivered, serving.log)
            assert serving.health()["status"] == "ok"
        assert len(fhir.requests) == 2
        assert len(mllp.messages) == 2
        assert len(set(mllp.messages)) == 1

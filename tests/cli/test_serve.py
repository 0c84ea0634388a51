"""`ldt serve` as a process: refusals at start, and the whole server spoken to by independent clients."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from hl7.client import MLLPClient

from tests.repository import ROOT

LDT = [sys.executable, "-c", "from adapter.cli.main import main; main()"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _ldt(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*LDT, *arguments], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.hazard("HZ-M12")
def test_a_missing_store_stops_the_start_and_names_the_command(tmp_path: Path) -> None:
    finished = _ldt("serve", "--store", f"sqlite:///{tmp_path / 'gone.db'}")
    assert finished.returncode == 1
    assert "ldt store init" in finished.stderr
    assert "Traceback" not in finished.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.hazard("HZ-X15")
def test_an_address_beyond_loopback_stops_the_start(tmp_path: Path) -> None:
    finished = _ldt("serve", "--host", "0.0.0.0", "--store", f"sqlite:///{tmp_path / 'x.db'}")  # noqa: S104
    assert finished.returncode == 1
    assert "--insecure" in finished.stderr


def test_a_port_that_is_taken_is_one_line_and_status_1(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ldt.db'}"
    assert _ldt("store", "init", "--store", url).returncode == 0
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        finished = _ldt("serve", "--store", url, "--http-port", str(taken.getsockname()[1]))
    assert finished.returncode == 1
    assert "nothing can listen" in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[int, int, Path]]:
    url = f"sqlite:///{tmp_path / 'ldt.db'}"
    assert _ldt("store", "init", "--store", url).returncode == 0
    http, mllp, log = _free_port(), _free_port(), tmp_path / "log.txt"
    arguments = ["--store", url, "--http-port", str(http), "--mllp-port", str(mllp), "--as-of", "2026-01-12"]
    joined = {"LDT_STORED_FACTS": '[{"system": "https://hosp.example.org/mrn", "authority": "HOSP"}]'}
    environment = os.environ | joined
    with (
        log.open("wb") as stream,
        subprocess.Popen([*LDT, "serve", *arguments], stderr=stream, env=environment) as process,
    ):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if _get(http, "/healthz")[0] == 200:
                    break
            except OSError:
                time.sleep(0.05)
        yield http, mllp, log
        process.terminate()


def _get(port: int, path: str) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _card(port: int) -> dict[str, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    request = (ROOT / "fixtures/hooks/patient-view-07.json").read_bytes()
    connection.request("POST", "/cds-services/ldt-patient-view", request, {"Content-Type": "application/json"})
    (card,) = json.loads(connection.getresponse().read())["cards"]
    connection.close()
    found: dict[str, str] = card
    return found


@pytest.mark.hazard("HZ-X10")
def test_the_server_takes_a_message_by_mllp_answers_a_hook_and_logs_no_patient(
    server: tuple[int, int, Path],
) -> None:
    http, mllp, log = server
    oru = (ROOT / "fixtures/hooks/oru-07.hl7").read_bytes()
    with MLLPClient("127.0.0.1", mllp) as client:
        first, again = client.send_message(oru), client.send_message(oru)
    assert b"\rMSA|AA|900000018840" in first
    assert b"\rMSA|AA|900000018840" in again
    status, body = _get(http, "/healthz")
    assert (status, json.loads(body)["messages"]) == (200, 1)
    card = _card(http)
    assert card["summary"].startswith("NET liver metastases: preferred")
    deadline = time.monotonic() + 30  # the processes behind have to start first
    while "1 stored HL7 v2 message" not in card["detail"] and time.monotonic() < deadline:
        time.sleep(0.2)
        card = _card(http)
    assert "received by the adapter before: 1 stored HL7 v2 message" in card["detail"]
    text = log.read_text(encoding="utf-8")
    started = next(json.loads(line) for line in text.splitlines() if '"server_started"' in line)
    assert (started["port"], started["mllp_port"]) == (http, mllp)
    assert (started["mllp_address"], started["mllp_tls"]) == ("127.0.0.1", False)
    for secret in ("Whitfield", "8852017", "900000018840"):
        assert secret not in text


@pytest.mark.parametrize(
    ("command", "option", "said"),
    [
        ("serve", "site", "site.yaml:1: "),
        ("mllp", "site", "site.yaml:1: "),
        ("mllp", "tls", "mllp_tls_cert: "),
        ("mllp", "host", "mllp_tls_cert"),
        ("mllp", "port", "MLLP cannot listen on 127.0.0.1:"),
        ("mllp", "store", "ldt store init"),
    ],
)
def test_what_stops_the_start_is_one_line_and_status_1(tmp_path: Path, command: str, option: str, said: str) -> None:
    url = f"sqlite:///{tmp_path / 'ldt.db'}"
    if option != "store":
        assert _ldt("store", "init", "--store", url).returncode == 0
    (tmp_path / "site.yaml").write_text("sender: []", encoding="utf-8")
    (tmp_path / "tls.toml").write_text(f'mllp_tls_cert = "{tmp_path}/none.pem"', encoding="utf-8")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        more = {
            "site": ["--site", str(tmp_path)],
            "tls": ["--config", str(tmp_path / "tls.toml")],
            "host": ["--host", "0.0.0.0"],  # noqa: S104
            "port": ["--port", str(taken.getsockname()[1])],
            "store": [],
        }
        finished = _ldt(command, "--store", url, *more[option])
    assert finished.returncode == 1
    assert said in finished.stderr
    assert finished.stderr.splitlines()[-1].startswith((f"ldt {command}: ", "site.yaml:1: "))
    assert "Traceback" not in finished.stderr


def test_mllp_alone_takes_messages_with_the_profiles_of_the_site_and_ends_cleanly(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ldt.db'}"
    assert _ldt("store", "init", "--store", url).returncode == 0
    text = 'unknown_senders: "refuse"\nsenders:\n  - {name: "lab", sent_by: {application: ["LAB"]}}\n'
    (tmp_path / "site.yaml").write_text(text, encoding="utf-8")
    arguments = ["mllp", "--store", url, "--port", "0", "--site", str(tmp_path)]
    oru = (ROOT / "fixtures/hooks/oru-07.hl7").read_bytes()
    with subprocess.Popen([*LDT, *arguments], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        started = next(json.loads(line) for line in process.stderr if '"server_started"' in line)
        (tmp_path / "m.hl7").write_bytes(oru + oru.replace(b"|LAB|", b"|RIS|"))
        sent = _ldt("send", str(tmp_path / "m.hl7"), "--to", f"127.0.0.1:{started['mllp_port']}")
        process.terminate()
        rest = process.stderr.read()
    refused = "103 at MSH[1]-3: No sender of this name (MSH-3, MSH-4) is configured here."
    assert sent.stdout == f"AA 900000018840\nAR 900000018840 {refused}\n"
    assert (process.returncode, '"server_stopped"' in rest) == (0, True)

import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

import cds_hooks
from cds_hooks import PrefetchValue, check_response
from cds_hooks.trust import JwtCheck
from tests.cds_hooks.calls import call_body
from tests.cds_hooks.invariants import broken_in_response
from tests.cds_hooks.serving import serving
from tests.cds_hooks.tokens import jwk_set

README = (Path(cds_hooks.__file__).parent / "README.md").read_text("utf-8")
(EXAMPLE,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The README's service behind a real HTTP server on loopback."""
    names: dict[str, object] = {}
    exec(EXAMPLE, names)  # noqa: S102
    app = names["app"]
    assert isinstance(app, FastAPI)
    with serving(app) as address:
        yield address


def test_the_example_is_short() -> None:
    lines = [line for line in EXAMPLE.splitlines() if line.strip()]
    assert len(lines) <= 15


def test_the_example_serves_discovery_and_calls(server: str) -> None:
    listed = httpx.get(f"{server}/cds-services").json()["services"]
    assert listed[0]["prefetch"] == {"patient": "Patient/{{context.patientId}}"}
    patient = {"resourceType": "Patient", "id": "P1"}
    answer = httpx.post(f"{server}/cds-services/greeting", json=call_body(prefetch={"patient": patient}))
    assert answer.json()["cards"][0]["summary"] == "The patient was sent."
    assert check_response(answer.content) == []
    assert broken_in_response(answer.json()) == []
    empty = httpx.post(f"{server}/cds-services/greeting", json=call_body())
    assert empty.json()["cards"][0]["summary"] == "The patient was not sent."


def test_the_example_serves_browsers_of_the_sandbox(server: str) -> None:
    origin = "https://sandbox.cds-hooks.org"
    answer = httpx.get(f"{server}/cds-services", headers={"origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin


@pytest.mark.hazard("HZ-X08")
def test_a_length_of_20_digits_is_answered_at_once(server: str) -> None:
    host, port = server.removeprefix("http://").split(":")
    head = (
        "POST /cds-services/greeting HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Content-Length: 99999999999999999999\r\n\r\n{"
    )
    started = time.monotonic()
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(head.encode())
        answer = connection.recv(4096)
    assert re.match(rb"HTTP/1.1 4\d\d ", answer)
    assert time.monotonic() - started < 1


def test_the_example_of_client_trust_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"```python trust\n(.*?)```", README, re.DOTALL)
    (tmp_path / "ehr-keys.json").write_bytes(jwk_set())
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(example, names)  # noqa: S102
    assert isinstance(names["check"], JwtCheck)


def test_the_readme_names_every_kind_of_prefetch_value() -> None:
    table = set(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE))
    assert table == {kind.__name__ for kind in PrefetchValue.__args__}

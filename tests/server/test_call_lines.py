"""Every CDS Hooks call, refused or not, leaves exactly one line of the log, with nothing of the patient in it."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from adapter.ldt import rule_set
from adapter.mapping.tables import tables
from adapter.server.app import build_app
from adapter.server.intake import Intake
from adapter.server.log import ALLOWED
from adapter.server.settings import Settings
from adapter.store import Store
from tests.cds_hooks.tokens import BASE, ISSUER, jwk_set, token
from tests.server.reading_app import HOOK, PATIENT, example

CANARY = "ZEBRA-7731-CANARY"
FEEDBACK = f"{HOOK}/feedback"
JSON = {"content-type": "application/json"}
SERVICE = {"service": "ldt-patient-view", "hook": "patient-view"}


@pytest.fixture
def client(store: Store) -> TestClient:
    told = Settings.model_validate({"as_of": "2026-01-12"})
    app = build_app(told, store, Intake(store), tables(), rule_set())
    return TestClient(app, raise_server_exceptions=False)


def line_of(client: TestClient, method: str, path: str, body: bytes, headers: dict[str, str], status: int) -> Any:
    """The one line that a call leaves."""
    with capture_logs() as lines:
        assert client.request(method, path, content=body, headers=headers).status_code == status
    (line,) = lines
    assert line.keys() - {"log_level"} <= ALLOWED
    assert not any(text in str(line) for text in (CANARY, PATIENT, "Practitioner"))
    assert line["status"] == status
    return line


def body(**members: object) -> bytes:
    return json.dumps({**example(), **members}).encode()


ITEM = {"card": CANARY, "outcome": "overridden", "outcomeTimestamp": "2026-01-12T12:00:00Z"}


@pytest.mark.hazard("HZ-X10")
@pytest.mark.parametrize(
    ("path", "content", "status", "code", "place"),
    [
        (HOOK, body(context={"patientId": CANARY}), 400, "missing-member", "context.userId"),
        (HOOK, b"{" + CANARY.encode(), 400, "not-json", "$this"),
        (HOOK, body(hook="order-sign"), 400, "wrong-hook", "hook"),
        (HOOK, b" " * (4 * 1024 * 1024 + 1), 413, "too-large", "$this"),
        (HOOK, body(prefetch={}), 412, "data-unavailable", "prefetch.conditions"),
        (FEEDBACK, json.dumps({"feedback": [{"card": CANARY}]}).encode(), 400, "missing-member", "feedback[0].outcome"),
    ],
    ids=["member", "no JSON", "hook", "size", "data", "feedback"],
)
def test_a_refused_call_leaves_one_line(
    client: TestClient, path: str, content: bytes, status: int, code: str, place: str
) -> None:
    line = line_of(client, "POST", path, content, JSON, status)
    assert (line["code"], line["place"]) == (code, place)
    assert SERVICE.items() <= line.items()


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", f"/cds-services/{CANARY}", 404, "unknown-service"),
        ("GET", HOOK, 405, "method-not-allowed"),
        ("DELETE", "/cds-services", 405, "method-not-allowed"),
    ],
)
def test_so_does_one_to_the_wrong_place(client: TestClient, method: str, path: str, status: int, code: str) -> None:
    assert line_of(client, method, path, b"", JSON, status)["code"] == code


def test_so_does_one_of_another_content_type(client: TestClient) -> None:
    line = line_of(client, "POST", HOOK, body(), {"content-type": "text/plain"}, 415)
    assert (line["event"], line["code"]) == ("call_refused", "content-type")


def test_so_does_one_that_goes_well(client: TestClient) -> None:
    assert line_of(client, "POST", HOOK, body(), JSON, 200)["event"] == "service_called"
    assert line_of(client, "GET", "/cds-services", b"", {}, 200)["event"] == "services_listed"
    line = line_of(client, "POST", FEEDBACK, json.dumps({"feedback": [ITEM]}).encode(), JSON, 200)
    assert (line["event"], line["count"]) == ("feedback_received", 1)


def test_so_does_a_fault_of_our_own(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError(CANARY)

    monkeypatch.setattr("cds_hooks.routing.read_request", broken)
    assert line_of(client, "POST", HOOK, body(), JSON, 500)["code"] == "internal-error"


@pytest.mark.hazard("HZ-X22")
def test_a_refused_token_says_what_it_claims(store: Store, tmp_path: Any) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(jwk_set())
    clients = {"public_urls": [BASE], "issuers": [{"issuer": ISSUER, "key_file": str(path)}]}
    told = Settings.model_validate({"as_of": "2026-01-12", "clients": clients})
    client = TestClient(build_app(told, store, Intake(store), tables(), rule_set()))
    sent = token(iss="https://other.example.org", aud="https://typo.example.org/cds-services/ldt-patient-view")
    line = line_of(client, "POST", HOOK, body(), {**JSON, "authorization": f"Bearer {sent}"}, 401)
    assert (line["event"], line["error"], line["issuer"]) == ("client_refused", "unknown-issuer", None)
    assert line["claimed_issuer"] == "https://other.example.org"
    assert line["claimed_audience"] == "https://typo.example.org/cds-services/ldt-patient-view"
    assert SERVICE.items() <= line.items()
    line = line_of(client, "POST", f"/cds-services/{CANARY}", b"", JSON, 401)
    assert (line["error"], line["service"]) == ("no-token", None)

"""Clients in the settings: what stops the start, who is let in, and what the log says of the others."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from adapter.ldt import rule_set
from adapter.mapping.tables import tables
from adapter.server.app import build_app
from adapter.server.client_settings import ClientSettings
from adapter.server.client_trust import client_check, warn_of_open_routes
from adapter.server.intake import Intake
from adapter.server.log import ALLOWED
from adapter.server.settings import Settings, SettingsError, load_settings
from adapter.store import Store
from cds_hooks import CallHead, Client
from tests.cds_hooks.tokens import BASE, ISSUER, JKU, ec_jwk, ec_key, es384, jwk_set, token
from tests.repository import ROOT

HOOK = "/cds-services/ldt-patient-view"
ORIGIN = "https://sandbox.example.org"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "sandbox-keys.json"
    path.write_bytes(jwk_set())
    return path


@pytest.fixture
def clients(key_file: Path) -> dict[str, Any]:
    return {"public_urls": [BASE], "issuers": [{"issuer": ISSUER, "key_file": str(key_file)}]}


@pytest.fixture
def served(store: Store) -> Callable[[dict[str, Any]], TestClient]:
    def serve(clients: dict[str, Any]) -> TestClient:
        told = {"as_of": "2026-01-12", "clients": clients, "cors_origins": [ORIGIN]}
        app = build_app(Settings.model_validate(told), store, Intake(store), tables(), rule_set())
        return TestClient(app, raise_server_exceptions=False)

    return serve


def bearer(path: str = HOOK, **claims: Any) -> dict[str, str]:
    now = int(time.time())
    made = token(**{"aud": BASE + path, "iat": now, "exp": now + 300, "jti": str(time.perf_counter_ns()), **claims})
    return {"authorization": f"Bearer {made}"}


def request() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "fixtures/hooks/patient-view-07.json").read_bytes())
    return loaded


def test_a_configured_client_is_let_in_once_for_each_token(
    served: Callable[[dict[str, Any]], TestClient], clients: dict[str, Any]
) -> None:
    client, headers = served(clients), bearer()
    assert len(client.post(HOOK, json=request(), headers=headers).json()["cards"]) == 1
    assert client.post(HOOK, json=request(), headers=headers).status_code == 401
    assert client.get("/cds-services", headers=bearer("/cds-services")).json()["services"]


@pytest.mark.hazard("HZ-X05")
@pytest.mark.hazard("HZ-X22")
def test_everybody_else_gets_a_bare_401_and_one_line_in_the_log(
    served: Callable[[dict[str, Any]], TestClient], clients: dict[str, Any]
) -> None:
    client = served(clients)
    stranger = bearer(jti="CANARY", tenant="CANARY", sign=es384(ec_key("stranger")))
    with capture_logs() as lines:
        answers = [
            client.post(HOOK, json=request(), headers={"origin": ORIGIN}),
            client.post(HOOK, json=request(), headers={"origin": ORIGIN, **stranger}),
            client.post(HOOK, content=b"{", headers={"origin": ORIGIN, **bearer("/cds-services/other")}),
            client.get("/cds-services", headers={"origin": ORIGIN}),
        ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(401, b"")}
    assert {answer.headers["access-control-allow-origin"] for answer in answers} == {ORIGIN}
    assert [(line["event"], line["error"], line["called"], line["issuer"]) for line in lines] == [
        ("client_refused", "no-token", "service", None),
        ("client_refused", "bad-signature", "service", ISSUER),
        ("client_refused", "audience", "service", ISSUER),
        ("client_refused", "no-token", "discovery", None),
    ]
    assert all(line.keys() - {"log_level"} <= ALLOWED for line in lines)
    assert "CANARY" not in str(lines)
    assert stranger["authorization"].split(".")[1] not in str(lines)


@pytest.mark.parametrize("end", ["/cds-services", "/cds-services/", "/"])
def test_a_public_url_may_end_in_the_path_of_discovery(
    served: Callable[[dict[str, Any]], TestClient], clients: dict[str, Any], end: str
) -> None:
    client = served({**clients, "public_urls": [BASE + end]})
    assert client.post(HOOK, json=request(), headers=bearer()).status_code == 200
    assert client.get("/cds-services", headers=bearer("/cds-services")).status_code == 200
    assert client.post(HOOK, json=request(), headers=bearer(f"/cds-services{HOOK}")).status_code == 401


def test_without_clients_everybody_may_call(served: Callable[[dict[str, Any]], TestClient]) -> None:
    assert served({}).get("/cds-services").status_code == 200
    assert client_check(ClientSettings()) is None


def test_clients_are_read_from_the_configuration_file(tmp_path: Path, key_file: Path) -> None:
    path = tmp_path / "ldt.toml"
    path.write_text(
        f"""
[clients]
public_urls = ["{BASE}"]
lifetime = 300

[[clients.issuers]]
issuer = "{ISSUER}"
jku = "{JKU}"

[[clients.issuers]]
issuer = "https://ehr.example.org/fhir"
key_file = "{key_file}"
tenants = ["north"]
audiences = {{ ldt-patient-view = ["urn:typed:by:hand"] }}
""",
        encoding="utf-8",
    )
    settings = load_settings(path, {}).clients
    assert [issuer.issuer for issuer in settings.issuers] == [ISSUER, "https://ehr.example.org/fhir"]
    assert client_check(settings) is not None


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"public_urls": []}, "public_urls"),
        ({"public_urls": [f"{BASE}/cds-services/ldt-patient-view"]}, "is the address of one service"),
        ({"issuers": []}, "issuers"),
        ({"issuers": [{"issuer": ISSUER}]}, "key_file or jku"),
        ({"issuers": [{"issuer": "", "jku": JKU}]}, "issuer"),
        ({"issuers": [{"issuer": ISSUER, "jkus": JKU}]}, "jkus"),
        ({"lifetime": 0}, "lifetime"),
        ({"leeway": -1}, "leeway"),
        ({"tenants": ["x"]}, "tenants"),
    ],
)
def test_faulty_clients_stop_the_start_and_are_named(
    tmp_path: Path, clients: dict[str, Any], change: dict[str, Any], word: str
) -> None:
    with pytest.raises(SettingsError, match=word):
        load_settings(None, {"clients": {**clients, **change}})


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"public_urls": ["cds.example.org"]}, "absolute URL"),
        ({"issuers": [{"issuer": ISSUER, "jku": "http://ehr.example.org/jwks"}]}, "https"),
        ({"issuers": [{"issuer": ISSUER, "jku": JKU}] * 2}, "configured twice"),
        ({"issuers": [{"issuer": ISSUER, "key_file": "nowhere.json"}]}, "nowhere.json: No such file"),
    ],
)
def test_clients_that_cannot_be_used_stop_the_start(clients: dict[str, Any], change: dict[str, Any], word: str) -> None:
    with pytest.raises(SettingsError, match=f"clients: .*{word}"):
        client_check(ClientSettings.model_validate({**clients, **change}))


@pytest.mark.parametrize(("content", "word"), [(b"{}", "not a JWK Set"), (jwk_set(ec_jwk(d="AA")), "public keys only")])
def test_a_key_file_without_public_keys_stops_the_start(
    clients: dict[str, Any], key_file: Path, content: bytes, word: str
) -> None:
    key_file.write_bytes(content)
    with pytest.raises(SettingsError, match=f"sandbox-keys.json: .*{word}"):
        client_check(ClientSettings.model_validate(clients))


@pytest.mark.parametrize(
    ("told", "event", "setting"),
    [
        ({}, "routes_left_open", "loopback only"),
        ({"insecure": True, "host": "192.0.2.1"}, "routes_left_open", "insecure"),
        ({"clients": ...}, "other_routes_left_open", "loopback only"),
    ],
)
def test_the_start_says_what_is_open(clients: dict[str, Any], told: dict[str, Any], event: str, setting: str) -> None:
    settings = Settings.model_validate({key: clients if value is ... else value for key, value in told.items()})
    with capture_logs() as lines:
        warn_of_open_routes(settings)
    assert lines == [{"event": event, "setting": setting, "log_level": "warning"}]


def test_a_client_says_who_it_is(clients: dict[str, Any]) -> None:
    check = client_check(ClientSettings.model_validate(clients))
    assert check is not None
    head = CallHead("POST", "ldt-patient-view", Headers(bearer(tenant="north")))

    async def who() -> Client:
        return await check(head)

    client = asyncio.run(who())
    assert (client.issuer, client.tenant) == (ISSUER, "north")

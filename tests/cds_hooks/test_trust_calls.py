"""Authenticated calls over HTTP: what a refused caller gets, and what reaches the handler."""

import asyncio
import socket
import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from cds_hooks import Card, Cors, FeedbackStore, HookRequest, MemoryFeedback, ServiceUnavailable
from cds_hooks.trust import JwtCheck, MemoryReplayStore
from tests.cds_hooks.calls import a_card, application, call_body, encoded, fault_code, send, unreadable
from tests.cds_hooks.serving import serving
from tests.cds_hooks.tokens import BASE, ISSUER, NOW, Checked, issuer, token

ORIGIN = "https://sandbox.example.org"
JSON = {"content-type": "application/json"}
SERVICE = "/cds-services/test"
ENDPOINTS = [
    ("GET", "/cds-services"),
    ("POST", SERVICE),
    ("POST", f"{SERVICE}/feedback"),
    ("POST", "/cds-services/other"),
]


def bearer(**claims: Any) -> Mapping[str, str]:
    return {**JSON, "authorization": f"Bearer {token(**claims)}"}


def app(checked: Checked, feedback: FeedbackStore | None = None) -> ASGIApp:
    async def who(request: HookRequest) -> Sequence[Card]:
        return [a_card(f"Called by {request.client.issuer if request.client else 'nobody'}.")]

    return Cors(application(who, before=checked.check, feedback=feedback or MemoryFeedback()), [ORIGIN])


def aud(path: str) -> str:
    return BASE + path


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
@pytest.mark.parametrize("header", [{}, {"authorization": "Bearer x"}, {"authorization": f"Bearer {token(aud='x')}"}])
@pytest.mark.hazard("HZ-X22")
def test_J6_a_refused_caller_gets_a_bare_401_and_nothing_is_read(
    method: str, path: str, header: Mapping[str, str]
) -> None:
    checked = Checked()
    response = send(app(checked), method, path, unreadable(), {**JSON, **header})
    assert (response.status_code, response.content) == (401, b"")
    assert response.headers["www-authenticate"] == "Bearer"
    assert not any(reason in str(response.headers) for reason in checked.reasons)
    assert len(checked.reasons) == 1


def test_J6_a_refused_caller_cannot_tell_why() -> None:
    answers = {
        (response.status_code, response.content, tuple(sorted(response.headers.items())))
        for claims in ({"aud": "x"}, {"iss": "x"}, {"exp": NOW - 100, "iat": NOW - 200}, {"jti": ""})
        for response in [send(app(Checked()), headers=bearer(**claims))]
    }
    assert len(answers) == 1


def test_J1_a_trusted_caller_is_served_and_known_to_the_handler() -> None:
    response = send(app(Checked()), headers=bearer())
    assert response.json()["cards"][0]["summary"] == f"Called by {ISSUER}."


def test_D8_discovery_asks_for_a_token_of_its_own() -> None:
    checked = Checked()
    assert send(app(checked), "GET", "/cds-services", headers=bearer()).status_code == 401
    answer = send(app(checked), "GET", "/cds-services", headers=bearer(aud=aud("/cds-services"), jti="d"))
    assert answer.json()["services"][0]["id"] == "test"


def test_J5_a_doubled_slash_of_url_and_audience_is_the_same_endpoint() -> None:
    doubled = "/cds-services//test"
    assert send(app(Checked()), path=doubled, headers=bearer(aud=aud(doubled))).status_code == 200


def test_J5_the_host_header_does_not_decide_the_audience() -> None:
    headers = {**bearer(aud="https://evil.example/cds-services/test"), "host": "evil.example"}
    assert send(app(Checked()), headers=headers).status_code == 401


def test_J5_an_unknown_service_is_404_for_a_trusted_caller_alone() -> None:
    path = "/cds-services/other"
    response = send(app(Checked()), path=path, headers=bearer(aud=aud(path)))
    assert (response.status_code, fault_code(response)) == (404, "unknown-service")


@pytest.mark.hazard("HZ-X05")
def test_J6_a_token_serves_one_call() -> None:
    running = app(Checked())
    headers = bearer()
    assert [send(running, headers=headers).status_code for _ in range(3)] == [200, 401, 401]


def test_B1_feedback_asks_for_a_token_and_is_kept_with_the_client() -> None:
    store = MemoryFeedback()
    running = app(Checked(), store)
    item = {"card": "c1", "outcome": "overridden", "outcomeTimestamp": "2026-01-12T12:00:00Z"}
    body = encoded({"feedback": [item]})
    path = f"{SERVICE}/feedback"
    assert send(running, path=path, content=body, headers=bearer()).status_code == 401
    assert not store.kept
    assert send(running, path=path, content=body, headers=bearer(aud=aud(path), tenant="north")).status_code == 200
    (kept,) = store.kept.values()
    assert kept.client is not None
    assert (kept.client.issuer, kept.client.tenant, kept.client.token_id) == (ISSUER, "north", "8d6a4b2c")


def test_J7_the_401_carries_the_headers_that_let_a_browser_see_it() -> None:
    response = send(app(Checked()), headers={**JSON, "origin": ORIGIN})
    assert response.status_code == 401
    assert response.headers["access-control-allow-origin"] == ORIGIN


def test_J7_a_preflight_needs_no_token() -> None:
    asked = {
        "origin": ORIGIN,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    checked = Checked()
    assert send(app(checked), "OPTIONS", headers=asked).status_code == 204
    assert checked.reasons == []


def test_J6_a_store_that_cannot_be_asked_lets_nobody_in() -> None:
    class Down:
        async def first_use(self, issuer: str, token_id: str, *, expires: float, now: float) -> bool:
            raise ServiceUnavailable

    response = send(app(Checked(replay=Down())), "POST", SERVICE, unreadable(), bearer())
    assert (response.status_code, fault_code(response)) == (503, "unavailable")


@pytest.mark.hazard("HZ-P14")
def test_J8_parallel_calls_of_two_clients_are_not_crossed() -> None:
    two = Checked(issuer(), issuer("https://other.example.org"))

    async def who(request: HookRequest) -> Sequence[Card]:
        assert request.client is not None
        await asyncio.sleep(0)
        return [a_card(f"{request.client.issuer} {request.client.token_id} {request.context.patient_id}")]

    running = application(who, before=two.check)

    async def call(client: httpx.AsyncClient, number: int) -> bool:
        name = (ISSUER, "https://other.example.org")[number % 2]
        body = call_body(context={"userId": "Practitioner/u1", "patientId": f"P{number}"})
        sent = bearer(iss=name, jti=f"t{number}")
        answer = await client.post(SERVICE, content=encoded(body), headers=sent)
        return bool(answer.json()["cards"][0]["summary"] == f"{name} t{number} P{number}")

    async def run() -> list[bool]:
        transport = httpx.ASGITransport(running)
        async with httpx.AsyncClient(transport=transport, base_url="http://service.example.org") as client:
            return await asyncio.gather(*(call(client, number) for number in range(200)))

    assert all(asyncio.run(run()))


def test_J6_without_another_clock_the_time_is_now() -> None:
    refused: list[object] = []
    check = JwtCheck([issuer()], MemoryReplayStore(), refused=refused.append)
    now = time.time()
    answer = send(application(before=check), headers=bearer(iat=now, exp=now + 60))
    assert (answer.status_code, refused) == (200, [])
    assert send(application(before=check), headers=bearer(iat=now - 600, exp=now - 300)).status_code == 401


@pytest.mark.hazard("HZ-X22")
def test_J6_a_stranger_with_a_long_body_is_answered_before_sending_it() -> None:
    head = (
        f"POST {SERVICE} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a.b.c\r\nContent-Type: application/json\r\n"
        "Content-Length: 4000000\r\n\r\n{"
    )
    with serving(app(Checked())) as address:
        host, port = address.removeprefix("http://").split(":")
        started = time.monotonic()
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(head.encode())
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert answer.endswith(b"\r\n\r\n")
    assert time.monotonic() - started < 2


def test_J6_the_connection_of_a_refused_call_ends_unread() -> None:
    response: httpx.Response = send(app(Checked()), "POST", SERVICE, unreadable(), JSON)
    assert response.headers["connection"] == "close"

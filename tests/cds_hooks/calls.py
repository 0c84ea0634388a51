"""Calls to a service under test, and the requests that the tests start from.

Not a test itself.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence

import httpx
from fastapi import FastAPI
from starlette.types import ASGIApp

from cds_hooks import (
    SPEC,
    Before,
    Card,
    EhrProfile,
    FeedbackStore,
    Handler,
    HookName,
    HookRequest,
    Limits,
    Registry,
    Service,
    Source,
    router,
)
from tests.cds_hooks.invariants import broken_in_feedback, broken_in_request, broken_in_response

INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
ANOTHER_UUID = "5c3e7a10-3a0e-4d4b-9d0d-0d6f6a5a2a11"
CANARY = "ZEBRA-7731-CANARY"

CONTEXTS: Mapping[HookName, Mapping[str, object]] = {
    "patient-view": {"userId": "Practitioner/u1", "patientId": "P1"},
    "order-select": {
        "userId": "Practitioner/u1",
        "patientId": "P1",
        "encounterId": "E1",
        "selections": ["MedicationRequest/m1"],
        "draftOrders": {"resourceType": "Bundle", "entry": []},
    },
    "order-sign": {
        "userId": "PractitionerRole/u1",
        "patientId": "P1",
        "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": []},
    },
    "order-dispatch": {
        "patientId": "P1",
        "dispatchedOrders": ["ServiceRequest/s1", "ServiceRequest/s2"],
        "performer": "Organization/o1",
        "fulfillmentTasks": [{"resourceType": "Task", "status": "draft"}],
    },
    "encounter-start": {"userId": "Practitioner/u1", "patientId": "P1", "encounterId": "E1"},
    "problem-list-item-create": {
        "userId": "Practitioner/u1",
        "patientId": "P1",
        "conditions": {"resourceType": "Bundle", "entry": []},
    },
}


def call_body(hook: HookName = "patient-view", **members: object) -> dict[str, object]:
    """A complete request of the hook; members replace or extend it, None removes one."""
    body = {"hook": hook, "hookInstance": INSTANCE, "context": dict(CONTEXTS[hook]), **members}
    return {name: value for name, value in body.items() if value is not None}


def encoded(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def service(hook: HookName = "patient-view", **prefetch: str) -> Service:
    return Service("test", hook, "A service for tests.", prefetch=prefetch)


async def no_cards(request: HookRequest) -> Sequence[Card]:
    return []


def a_card(summary: str = "Bilirubin is missing.") -> Card:
    return Card(summary, "info", Source("Test service"))


def application(
    handler: Handler = no_cards,
    *,
    before: Before | None = None,
    limits: Limits | None = None,
    offered: Service | None = None,
    feedback: FeedbackStore | None = None,
    profile: EhrProfile = SPEC,
) -> FastAPI:
    offered = offered or service()
    app = FastAPI()
    routes = router(
        Registry([offered]),
        {offered.id: handler},
        before=before,
        feedback=feedback,
        profile=profile,
        limits=limits or Limits(),
    )
    app.include_router(routes)
    return app


def send(
    app: ASGIApp,
    method: str = "POST",
    path: str = "/cds-services/test",
    content: bytes | AsyncIterator[bytes] | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """One call over ASGI, judged by HL7's invariants on what was
    accepted and what was answered; content is a patient-view request unless told otherwise."""

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service.example.org") as client:
            body = encoded(call_body()) if content is None and method == "POST" else content
            sent = {"content-type": "application/json"} if headers is None else dict(headers)
            return await client.request(method, path, content=body, headers=sent)

    response = asyncio.run(run())
    if response.status_code == 200 and response.content:
        assert broken_in_response(response.json()) == []
        assert _broken(response.request) == []
    return response


def _broken(request: httpx.Request) -> list[str]:
    """What a call that was accepted breaks of HL7's invariants, but for the one that is a warning."""
    if request.method != "POST":
        return []
    sent = json.loads(request.read())
    broken = broken_in_feedback(sent) if "feedback" in sent else broken_in_request(sent)
    return [name for name in broken if not name.startswith("cds-r-2 ")]


def fault_code(response: httpx.Response) -> str:
    """Our code in an OperationOutcome, after checking that it is one."""
    outcome = response.json()
    assert outcome["resourceType"] == "OperationOutcome"
    (issue,) = outcome["issue"]
    code: str = issue["details"]["coding"][0]["code"]
    return code


async def unreadable() -> AsyncIterator[bytes]:
    raise AssertionError("the body was read")
    yield b""


async def raw_status(app: ASGIApp, headers: list[tuple[bytes, bytes]], *, leaves: bool = False) -> int:
    """The status of a call made without an HTTP client, which would mend the headers."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/cds-services/test",
        "raw_path": b"/cds-services/test",
        "query_string": b"",
        "headers": headers,
        "http_version": "1.1",
        "scheme": "http",
        "root_path": "",
    }
    statuses: list[int] = []

    async def receive() -> dict[str, object]:
        if leaves:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": json.dumps(call_body()).encode(), "more_body": False}

    async def collect(message: dict[str, object]) -> None:
        if isinstance(status := message.get("status"), int):
            statuses.append(status)

    await app(scope, receive, collect)  # type: ignore[arg-type]
    return statuses[0]

import asyncio
import logging
from collections.abc import Sequence
from contextvars import ContextVar

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette

from cds_hooks import (
    CallHead,
    Card,
    Handler,
    HookRequest,
    PreconditionFailed,
    Registry,
    Service,
    ServiceUnavailable,
    Unauthorized,
    check_response,
    router,
)
from tests.cds_hooks.calls import (
    CANARY,
    a_card,
    application,
    call_body,
    encoded,
    fault_code,
    no_cards,
    raw_status,
    send,
    service,
    unreadable,
)

JSON = {"content-type": "application/json"}


def answering(*cards: Card) -> Handler:
    async def handler(request: HookRequest) -> Sequence[Card]:
        return cards

    return handler


def raising(error: Exception) -> Handler:
    async def handler(request: HookRequest) -> Sequence[Card]:
        raise error

    return handler


def test_D1_discovery_is_served() -> None:
    response = send(application(), "GET", "/cds-services")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    listed = [{"id": "test", "hook": "patient-view", "description": "A service for tests."}]
    assert response.json() == {"services": listed}
    assert send(application(), "GET", "/cds-services/").json() == response.json()


def test_D1_discovery_answers_head() -> None:
    assert send(application(), "HEAD", "/cds-services").status_code == 200


def test_D1_discovery_under_another_base() -> None:
    app = FastAPI()
    app.include_router(router(Registry([service()]), {"test": no_cards}), prefix="/r4")
    assert send(app, "GET", "/r4/cds-services").status_code == 200
    assert send(app, "POST", "/r4/cds-services/test").json() == {"cards": []}
    assert send(app, "GET", "/cds-services").status_code == 404


def test_D1_the_router_serves_in_starlette_too() -> None:
    app = Starlette(routes=router(Registry([service()]), {"test": no_cards}).routes)
    assert send(app, "POST").json() == {"cards": []}


def test_R1_cards_are_answered() -> None:
    response = send(application(answering(a_card("One."), a_card("Two."))))
    assert response.status_code == 200
    assert [card["summary"] for card in response.json()["cards"]] == ["One.", "Two."]
    assert check_response(response.content) == []


def test_R1_nothing_to_say_is_exactly_an_empty_array() -> None:
    assert send(application(no_cards)).content == b'{"cards":[]}'


def test_the_handler_gets_the_request() -> None:
    seen: list[HookRequest] = []

    async def handler(request: HookRequest) -> Sequence[Card]:
        seen.append(request)
        return []

    send(application(handler))
    assert [request.context.patient_id for request in seen] == ["P1"]


def test_C1_a_double_slash_is_tolerated() -> None:
    assert send(application(), path="/cds-services//test").json() == {"cards": []}


def test_answers_are_not_to_be_stored() -> None:
    for response in (
        send(application()),
        send(application(), content=b"x"),
        send(application(), "GET", "/cds-services"),
    ):
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/cds-services/other", "/cds-services/test/feedback", "/cds-services/test/"])
def test_an_unknown_service_is_404(path: str) -> None:
    response = send(application(), path=path)
    assert (response.status_code, fault_code(response)) == (404, "unknown-service")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/cds-services/test", "POST"),
        ("PUT", "/cds-services/test", "POST"),
        ("OPTIONS", "/cds-services/test", "POST"),
        ("POST", "/cds-services", "GET, HEAD"),
        ("DELETE", "/cds-services", "GET, HEAD"),
    ],
)
def test_another_method_is_405(method: str, path: str, allow: str) -> None:
    response = send(application(), method, path)
    assert (response.status_code, fault_code(response)) == (405, "method-not-allowed")
    assert response.headers["allow"] == allow


@pytest.mark.hazard("HZ-X09")
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (encoded({"hook": "patient-view"}), "missing-member"),
        (encoded({**call_body(), "context": None}), "missing-member"),
        (encoded(call_body("order-sign")), "wrong-hook"),
        (b"[" * 100_000, "too-deep"),
    ],
)
def test_R2_a_bad_request_is_400_with_an_outcome(body: bytes, code: str) -> None:
    response = send(application(), content=body)
    assert (response.status_code, fault_code(response)) == (400, code)
    assert response.headers["content-type"] == "application/json"


def test_R2_the_outcome_names_the_place() -> None:
    body = call_body(context={"userId": "Practitioner/u1"})
    assert send(application(), content=encoded(body)).json() == {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": "required",
                "details": {"coding": [{"code": "missing-member"}], "text": "This member is required."},
                "expression": ["context.patientId"],
            }
        ],
    }


def test_P9_required_data_that_is_not_to_be_had_is_412() -> None:
    response = send(application(raising(PreconditionFailed("no-patient", "The patient is needed."))))
    assert (response.status_code, fault_code(response)) == (412, "no-patient")
    assert response.json()["issue"][0]["code"] == "incomplete"


@pytest.mark.hazard("HZ-P01")
def test_P9_another_patients_data_is_412_with_conflict() -> None:
    response = send(application(raising(PreconditionFailed("other-patient", "Two patients.", "conflict"))))
    assert (response.status_code, response.json()["issue"][0]["code"]) == (412, "conflict")


def test_a_service_that_cannot_work_now_is_503() -> None:
    response = send(application(raising(ServiceUnavailable())))
    assert (response.status_code, fault_code(response)) == (503, "unavailable")


@pytest.mark.hazard("HZ-A02")
@pytest.mark.hazard("HZ-X10")
def test_a_bug_is_500_with_one_generic_text(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        response = send(application(raising(ValueError(CANARY))))
    assert (response.status_code, fault_code(response)) == (500, "internal-error")
    assert response.json()["issue"][0]["severity"] == "fatal"
    assert CANARY not in response.text
    assert CANARY not in caplog.text
    assert f"ValueError at {__name__}" in caplog.text


def test_J1_a_refused_call_is_a_bare_401_and_its_body_is_not_read() -> None:
    async def refuse(head: CallHead) -> None:
        raise Unauthorized

    for method, path in (
        ("POST", "/cds-services/test"),
        ("GET", "/cds-services"),
        ("POST", "/cds-services/other"),
    ):
        response = send(application(before=refuse), method, path, unreadable(), JSON)
        assert (response.status_code, response.content) == (401, b"")
        assert response.headers["www-authenticate"] == "Bearer"


def test_J1_the_check_sees_method_service_and_headers() -> None:
    seen: list[CallHead] = []

    async def allow(head: CallHead) -> None:
        seen.append(head)

    app = application(before=allow)
    assert send(app, headers={**JSON, "authorization": f"Bearer {CANARY}"}).status_code == 200
    send(app, "GET", "/cds-services")
    assert [(head.method, head.service_id) for head in seen] == [("POST", "test"), ("GET", None)]
    assert seen[0].headers["authorization"] == f"Bearer {CANARY}"
    assert CANARY not in repr(seen[0])


def test_J1_what_the_check_finds_out_reaches_the_handler() -> None:
    client: ContextVar[str] = ContextVar("client")

    async def identify(head: CallHead) -> None:
        client.set("ehr")

    async def handler(request: HookRequest) -> Sequence[Card]:
        return [a_card(client.get())]

    response = send(application(handler, before=identify))
    assert response.json()["cards"][0]["summary"] == "ehr"


def test_J1_a_check_that_breaks_is_500() -> None:
    async def broken(head: CallHead) -> None:
        raise KeyError(CANARY)

    response = send(application(before=broken))
    assert (response.status_code, fault_code(response)) == (500, "internal-error")


def test_services_and_handlers_must_agree() -> None:
    with pytest.raises(ValueError, match="differ in: other, test"):
        router(Registry([service()]), {"other": no_cards})


def test_each_service_has_its_own_handler_and_hook() -> None:
    registry = Registry([Service("view", "patient-view", "V."), Service("sign", "order-sign", "S.")])
    app = FastAPI()
    app.include_router(router(registry, {"view": answering(a_card("V.")), "sign": answering(a_card("S."))}))
    signed = send(app, path="/cds-services/sign", content=encoded(call_body("order-sign")))
    assert signed.json()["cards"][0]["summary"] == "S."
    wrong = send(app, path="/cds-services/sign", content=encoded(call_body("patient-view")))
    assert fault_code(wrong) == "wrong-hook"


def test_a_client_that_leaves_ends_the_call_quietly(caplog: pytest.LogCaptureFixture) -> None:
    called = False

    async def handler(request: HookRequest) -> Sequence[Card]:
        nonlocal called
        called = True
        return []

    status = asyncio.run(raw_status(application(handler), [(b"content-type", b"application/json")], leaves=True))
    assert (status, called, caplog.text) == (400, False, "")

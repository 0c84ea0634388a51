import asyncio
import logging
import time
from collections.abc import Sequence
from contextvars import ContextVar

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette

from cds_hooks import (
    SANDBOX,
    CallHead,
    Card,
    Handler,
    HookRequest,
    Limits,
    PreconditionFailed,
    Registry,
    Service,
    ServiceUnavailable,
    Unauthorized,
    check_response,
    router,
)
from cds_hooks.json_limits import scan
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


def test_D7_services_that_share_an_id_share_a_handler() -> None:
    registry = Registry([Service("s", "patient-view", "V."), Service("s", "order-sign", "S.")], shared_ids=True)

    async def handler(request: HookRequest) -> Sequence[Card]:
        return [a_card(request.hook)]

    app = FastAPI()
    app.include_router(router(registry, {"s": handler}))
    for hook in ("patient-view", "order-sign"):
        answer = send(app, path="/cds-services/s", content=encoded(call_body(hook)))
        assert answer.json()["cards"][0]["summary"] == hook
    assert len(send(app, "GET", "/cds-services").json()["services"]) == 2


def test_C2_the_profile_of_the_router_is_that_of_its_calls() -> None:
    token = {"access_token": "x", "token_type": "Bearer", "expires_in": 300, "scope": "x", "subject": "y"}
    body = encoded(call_body(fhirServer="http://ehr.example.org", fhirAuthorization=token))
    assert fault_code(send(application(), content=body)) == "plain-http"
    assert send(application(profile=SANDBOX), content=body).status_code == 200


def test_R2_every_error_has_an_outcome_a_code_and_a_place() -> None:
    answers = [
        send(application(), content=b"{"),
        send(application(), path="/cds-services/other"),
        send(application(), "PUT"),
        send(application(raising(PreconditionFailed("a", "b")))),
        send(application(), headers={**JSON, "content-encoding": "gzip"}),
        send(application(limits=Limits(body_bytes=1))),
        send(application(raising(KeyError("x")))),
        send(application(raising(ServiceUnavailable()))),
    ]
    assert [answer.status_code for answer in answers] == [400, 404, 405, 412, 415, 413, 500, 503]
    for answer in answers:
        assert fault_code(answer)
        assert answer.json()["issue"][0]["expression"]
        assert answer.headers["content-type"] == "application/json"


def test_D6_success_of_discovery_is_200_with_an_array_also_without_services() -> None:
    app = FastAPI()
    app.include_router(router(Registry([]), {}))
    response = send(app, "GET", "/cds-services")
    assert (response.status_code, response.json()) == (200, {"services": []})


def test_G1_G4_everything_that_is_sent_is_plain_json() -> None:
    answers = [
        send(application(answering(a_card()))),
        send(application(), "GET", "/cds-services"),
        send(application(), "PUT"),
    ]
    for answer in answers:
        assert answer.headers["content-type"] == "application/json"
        scan(answer.content)


def test_C5_the_protocol_leaves_nearly_all_of_the_500_ms_to_the_service() -> None:
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "777-3"}]},
        "subject": {"reference": "Patient/P1"},
        "valueQuantity": {"value": 210.5, "unit": "10*3/uL"},
    }
    entries = [{"resource": {**observation, "id": f"o{number}"}} for number in range(200)]
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    content = encoded(call_body(prefetch={"observations": bundle}))
    app, times = application(answering(a_card())), []
    for _ in range(5):
        started = time.process_time()
        assert send(app, content=content).status_code == 200
        times.append(time.process_time() - started)
    assert min(times) < 0.1


def test_a_client_that_leaves_ends_the_call_quietly(caplog: pytest.LogCaptureFixture) -> None:
    called = False

    async def handler(request: HookRequest) -> Sequence[Card]:
        nonlocal called
        called = True
        return []

    status = asyncio.run(raw_status(application(handler), [(b"content-type", b"application/json")], leaves=True))
    assert (status, called, caplog.text) == (400, False, "")

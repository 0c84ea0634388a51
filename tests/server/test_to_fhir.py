"""CarePlans to a FHIR server: what is sent, what each answer means, and what is never told."""

import asyncio
import json
import logging
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapter.server.destination import Attempt, Delivered, Rejected, Retry
from adapter.server.to_fhir import FhirServer, judged, seconds_of
from adapter.store import Evaluated, Evaluation
from tests.server.receivers import Fhir, fhir_server

NOW = datetime(2026, 1, 12, 12, tzinfo=UTC)
PLAN = {"resourceType": "CarePlan", "id": "0d7c1c0e-5a53", "status": "draft", "title": "Müller"}
EVALUATION = Evaluation(1, "HOSP/MR/P1", 1, NOW, Evaluated("f", "r", "info", json.dumps(PLAN).encode()))
TOKEN = "tok-Zyxwvut"


@pytest.fixture
def fhir() -> Iterator[Fhir]:
    with fhir_server() as running:
        yield running


def send(
    base: str, *, token: Callable[[], str] = lambda: "", timeout: float = 5.0, evaluation: Evaluation = EVALUATION
) -> Attempt:
    async def run() -> Attempt:
        server = FhirServer(base, token, ssl.create_default_context(), timeout)
        try:
            return await server.send(evaluation)
        finally:
            await server.close()

    return asyncio.run(run())


def test_the_care_plan_is_put_as_it_is_stored(fhir: Fhir) -> None:
    assert send(fhir.base, token=lambda: TOKEN) == Delivered()
    (put,) = fhir.requests
    assert (put.method, put.path) == ("PUT", "/fhir/CarePlan/0d7c1c0e-5a53")
    assert put.body == EVALUATION.evaluated.care_plan
    assert put.headers["content-type"] == "application/fhir+json"
    assert put.headers["authorization"] == f"Bearer {TOKEN}"
    assert "if-none-match" not in put.headers


def test_a_revoked_care_plan_is_put_too(fhir: Fhir) -> None:
    revoked = json.dumps({**PLAN, "status": "revoked"}).encode()
    evaluation = replace(EVALUATION, evaluated=replace(EVALUATION.evaluated, care_plan=revoked, revoked=True))
    assert send(fhir.base + "/", evaluation=evaluation) == Delivered()
    assert json.loads(fhir.requests[0].body)["status"] == "revoked"
    assert "authorization" not in fhir.requests[0].headers


@pytest.mark.parametrize(
    ("status", "headers", "attempt"),
    [
        (200, {}, Delivered()),
        (201, {"Location": "elsewhere"}, Delivered()),
        (204, {"Content-Length": "0"}, Delivered()),
        (408, {}, Retry("status 408")),
        (429, {}, Retry("status 429")),
        (429, {"Retry-After": "17"}, Retry("status 429", 17.0)),
        (500, {}, Retry("status 500")),
        (503, {"Retry-After": "600"}, Retry("status 503", 600.0)),
        (307, {"Location": "http://127.0.0.1:1/other"}, Rejected("status 307")),
        (400, {}, Rejected("status 400")),
        (401, {}, Rejected("status 401")),
        (409, {}, Rejected("status 409")),
        (412, {}, Rejected("status 412")),
        (422, {}, Rejected("status 422")),
    ],
)
def test_what_an_answer_means(fhir: Fhir, status: int, headers: dict[str, str], attempt: Attempt) -> None:
    fhir.answers.append((status, headers))
    assert send(fhir.base) == attempt
    assert len(fhir.requests) == 1


def test_a_server_that_does_not_answer_is_given_up_in_time(fhir: Fhir) -> None:
    fhir.delay = threading.Event()
    assert send(fhir.base, timeout=0.2) == Retry("timeout")


def test_a_server_that_is_not_there_is_tried_again() -> None:
    with fhir_server() as gone:
        base = gone.base
    attempt = send(base)
    assert isinstance(attempt, Retry)
    assert attempt.error.startswith("network ")


def test_the_token_is_read_for_each_request(fhir: Fhir) -> None:
    tokens = iter(["one", "two"])
    for _ in range(2):
        send(fhir.base, token=lambda: next(tokens))
    assert [put.headers["authorization"] for put in fhir.requests] == ["Bearer one", "Bearer two"]


def test_a_token_that_cannot_be_read_sends_nothing_and_is_tried_again(fhir: Fhir) -> None:
    def unreadable() -> str:
        raise PermissionError

    assert send(fhir.base, token=unreadable) == Retry("token-unreadable")
    assert fhir.requests == []


def test_neither_token_nor_patient_nor_answer_is_told(
    fhir: Fhir, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.WARNING)
    fhir.answers.append((422, {}))
    attempt = send(fhir.base, token=lambda: TOKEN)
    said = repr(attempt) + caplog.text + "".join(capfd.readouterr())
    assert not any(word in said for word in (TOKEN, "SECRET", "Müller", "0d7c1c0e"))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", None),
        ("soon", None),
        ("-5", None),
        ("0", 0.0),
        ("120", 120.0),
        ("99999999999", 86_400.0),
        ("²", None),
        ("Mon, 12 Jan 2026 12:02:00 GMT", 120.0),
        ("Mon, 12 Jan 2026 11:00:00 GMT", 0.0),
        ("Mon, 12 Jan 2036 12:02:00 -0000", 86_400.0),
    ],
)
def test_retry_after_is_a_number_or_a_date(text: str, seconds: float | None) -> None:
    assert seconds_of(text, NOW) == seconds


def test_every_status_has_a_meaning() -> None:
    for status in range(200, 600):
        match judged(status, "", NOW):
            case Delivered():
                assert status < 300
            case Retry(error):
                assert status in (408, 429) or status >= 500
                assert error == f"status {status}"
            case Rejected():
                assert 300 <= status < 500

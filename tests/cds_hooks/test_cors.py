from collections.abc import Sequence

import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from cds_hooks import Card, Cors, HookRequest
from tests.cds_hooks.calls import application, send

ORIGIN = "https://sandbox.cds-hooks.org"
OTHER = "https://evil.example"
JSON = {"content-type": "application/json"}


def with_cors() -> FastAPI:
    app = application()
    app.add_middleware(Cors, origins=[ORIGIN])
    return app


def preflight(app: ASGIApp, origin: str) -> dict[str, str]:
    asked = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    response = send(app, "OPTIONS", headers=asked)
    return {"status": str(response.status_code), **response.headers}


def test_J7_a_preflight_of_a_known_origin_is_answered() -> None:
    answer = preflight(with_cors(), ORIGIN)
    assert answer["status"] == "204"
    assert answer["access-control-allow-origin"] == ORIGIN
    assert answer["access-control-allow-headers"] == "authorization, content-type"
    assert answer["access-control-allow-methods"] == "GET, POST"
    assert answer["vary"] == "Origin"
    assert "access-control-allow-credentials" not in answer


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "/cds-services", None, 200),
        ("POST", "/cds-services/test", None, 200),
        ("POST", "/cds-services/test", b"{", 400),
        ("POST", "/cds-services/other", None, 404),
        ("PUT", "/cds-services/test", None, 405),
        ("GET", "/elsewhere", None, 404),
    ],
)
def test_J7_answers_and_errors_carry_the_headers(method: str, path: str, content: bytes | None, status: int) -> None:
    response = send(with_cors(), method, path, content, {**JSON, "origin": ORIGIN})
    assert response.status_code == status
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert response.headers["access-control-allow-headers"] == "authorization, content-type"
    assert response.headers["vary"] == "Origin"


def test_J7_the_500_of_a_bug_carries_the_headers() -> None:
    async def broken(request: HookRequest) -> Sequence[Card]:
        raise ZeroDivisionError

    app = application(broken)
    app.add_middleware(Cors, origins=[ORIGIN])
    response = send(app, headers={**JSON, "origin": ORIGIN})
    assert response.status_code == 500
    assert response.headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.hazard("HZ-X14")
@pytest.mark.parametrize("origin", [OTHER, "null", ORIGIN + ".evil.example", ORIGIN.upper(), ORIGIN + ":443", "*"])
def test_J7_a_foreign_origin_gets_no_header(origin: str) -> None:
    answers = [
        preflight(with_cors(), origin),
        dict(send(with_cors(), headers={**JSON, "origin": origin}).headers),
    ]
    for answer in answers:
        assert not [name for name in answer if name.startswith("access-control")]
        assert answer["vary"] == "Origin"


@pytest.mark.hazard("HZ-X14")
def test_J7_cors_is_off_by_default() -> None:
    answers = [
        preflight(application(), OTHER),
        dict(send(application(), headers={**JSON, "origin": OTHER}).headers),
    ]
    assert not [name for answer in answers for name in answer if name.startswith("access-control")]


def test_a_call_without_origin_is_served() -> None:
    response = send(with_cors())
    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("origin", ["*", "null", "", "https://x.example/", "x.example", "https://*.x.example"])
def test_only_exact_origins_are_taken(origin: str) -> None:
    with pytest.raises(ValueError, match="not an exact origin"):
        Cors(application(), [origin])


def test_other_protocols_pass_untouched() -> None:
    seen: list[str] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    app = Cors(inner, [ORIGIN])
    coroutine = app({"type": "lifespan"}, None, None)  # type: ignore[arg-type]
    with pytest.raises(StopIteration):
        coroutine.__await__().send(None)
    assert seen == ["lifespan"]

"""Serves discovery and the services of a registry over HTTP, in any FastAPI or Starlette application.

Not for what a service says (handlers do) and not for who may call (the `before` check does).
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType

from fastapi import APIRouter
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from cds_hooks.body import receive_body
from cds_hooks.card import Card
from cds_hooks.discovery import Registry
from cds_hooks.errors import HandlerFailed, HookError, MethodNotAllowed, Unauthorized, UnknownService
from cds_hooks.json_limits import DEFAULT_LIMITS, Limits
from cds_hooks.json_values import Json, write_json
from cds_hooks.outcome import operation_outcome
from cds_hooks.request import HookRequest, read_request

_LOG = logging.getLogger("cds_hooks")
_PATH = "/cds-services"
_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


@dataclass(frozen=True, slots=True)
class CallHead:
    """What is known of a call before its body: method, service id (None for discovery) and headers."""

    method: str
    service_id: str | None
    headers: Headers = field(repr=False)


Handler = Callable[[HookRequest], Awaitable[Sequence[Card]]]
"""Evaluates a call. Raises PreconditionFailed or ServiceUnavailable where it cannot; an empty answer means
"evaluated, nothing to say" and nothing else.
"""

Before = Callable[[CallHead], Awaitable[None]]
"""Lets a call pass, or raises Unauthorized; it runs before any byte of the body is read, for discovery too.
What it puts into a context variable, the handler of the same call can read.
"""


def router(
    registry: Registry,
    handlers: Mapping[str, Handler],
    *,
    before: Before | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> APIRouter:
    """Routes for `GET /cds-services` and `POST /cds-services/{id}`, to be included with any prefix.

    `handlers` holds one handler for each service id; ValueError where the two do not agree.
    """
    if registry.ids != handlers.keys():
        different = ", ".join(sorted(registry.ids ^ handlers.keys()))
        raise ValueError(f"services and handlers differ in: {different}")
    endpoint = _Endpoint(registry, handlers, before, limits)
    routes: list[BaseRoute] = [
        Route(path, endpoint, include_in_schema=False) for path in (_PATH, _PATH + "/{service_id:path}")
    ]
    return APIRouter(routes=routes)


class _Endpoint:
    """The ASGI application behind both routes; every way out of it is an answer."""

    def __init__(
        self, registry: Registry, handlers: Mapping[str, Handler], before: Before | None, limits: Limits
    ) -> None:
        self._registry = registry
        self._handlers = handlers
        self._before = before
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        """The edge of the package: an exception becomes an error here, never an empty answer."""
        try:
            return await self._dispatch(request)
        except HookError as error:
            return _refusal(error)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:  # noqa: BLE001
            _LOG.error("handler failed: %s at %s", type(error).__name__, _code_place(error.__traceback__))
            return _refusal(HandlerFailed())

    async def _dispatch(self, request: Request) -> Response:
        service_id = request.path_params.get("service_id", "").lstrip("/") or None
        if self._before is not None:
            await self._before(CallHead(request.method, service_id, request.headers))
        if service_id is None:
            return self._discover(request)
        return await self._call(service_id, request)

    def _discover(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed("GET, HEAD")
        return _json_response(200, self._registry.to_json())

    async def _call(self, service_id: str, request: Request) -> Response:
        service = self._registry.find(service_id)
        if service is None:
            raise UnknownService
        if request.method != "POST":
            raise MethodNotAllowed("POST")
        call = read_request(await receive_body(request, self._limits), service, self._limits)
        cards = await self._handlers[service_id](call)
        return _json_response(200, {"cards": [card.to_json() for card in cards]})


def _refusal(error: HookError) -> Response:
    """The answer to an error; a 401 is bare, and an unread body ends the connection."""
    if isinstance(error, Unauthorized):
        return Response(status_code=error.status, headers={**_HEADERS, "www-authenticate": "Bearer"})
    response = _json_response(error.status, operation_outcome(error))
    if isinstance(error, MethodNotAllowed):
        response.headers["allow"] = error.allow
    if error.status in (413, 415):
        response.headers["connection"] = "close"
    return response


def _json_response(status: int, value: Mapping[str, Json]) -> Response:
    return Response(write_json(value), status, headers=_HEADERS, media_type="application/json")


def _code_place(trace: TracebackType | None) -> str:
    """Module and line where an exception was raised; its text may hold values of the request."""
    place = "an unknown place"
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place

"""Serves discovery and the services of a registry over HTTP, in any FastAPI or Starlette application.

Not for what a service says (handlers do) and not for who may call (the `before` check does).
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType

from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from cds_hooks.body import receive_body
from cds_hooks.call import Before, CallHead, Handler
from cds_hooks.client import Client
from cds_hooks.discovery import Registry, Service
from cds_hooks.ending import CallEnd, Ended
from cds_hooks.errors import (
    WHOLE_BODY,
    BadRequest,
    HandlerFailed,
    HookError,
    MethodNotAllowed,
    Unauthorized,
    UnknownService,
)
from cds_hooks.feedback import FeedbackBatch, ReceivedFeedback, read_feedback
from cds_hooks.feedback_store import FeedbackStore
from cds_hooks.json_limits import DEFAULT_LIMITS, Limits
from cds_hooks.json_values import Json, write_json
from cds_hooks.outcome import operation_outcome, success_outcome
from cds_hooks.profile import SPEC, EhrProfile
from cds_hooks.request import read_request

_LOG = logging.getLogger("cds_hooks")
_PATH = "/cds-services"
_FEEDBACK = "/feedback"
_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


def router(
    registry: Registry,
    handlers: Mapping[str, Handler],
    *,
    before: Before | None = None,
    feedback: FeedbackStore | None = None,
    profile: EhrProfile = SPEC,
    limits: Limits = DEFAULT_LIMITS,
    ended: Ended | None = None,
) -> APIRouter:
    """Routes for `GET /cds-services`, `POST /cds-services/{id}` and, where a store for it is given, `POST
    /cds-services/{id}/feedback`, to be included with any prefix.

    `handlers` holds one handler for each service id; ValueError where the two do not agree. Without `before`
    anybody may call. `ended` is told of every call, for a record of those too that no handler sees.
    """
    if registry.ids != handlers.keys():
        different = ", ".join(sorted(registry.ids ^ handlers.keys()))
        raise ValueError(f"services and handlers differ in: {different}")
    endpoint = _Endpoint(registry, handlers, before, feedback, profile, limits, ended)
    routes: list[BaseRoute] = [
        Route(path, endpoint, include_in_schema=False) for path in (_PATH, _PATH + "/{service_id:path}")
    ]
    return APIRouter(routes=routes)


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """The ASGI application behind both routes; every way out of it is an answer."""

    registry: Registry
    handlers: Mapping[str, Handler]
    before: Before | None
    feedback: FeedbackStore | None
    profile: EhrProfile
    limits: Limits
    ended: Ended | None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        """The answer, after `ended` was told of it."""
        call = _Call(_head(request))
        response = await self._guarded(request, call)
        if self.ended is not None:
            self.ended(call.end(response.status_code))
        return response

    async def _guarded(self, request: Request, call: "_Call") -> Response:
        """The edge of the package: an exception becomes an error here, never an empty answer."""
        try:
            return await self._dispatch(request, call)
        except HookError as error:
            call.faults = (error,)
            return _refusal(error)
        except ClientDisconnect:
            call.faults = (BadRequest("disconnected", WHOLE_BODY, "The client went away."),)
            return Response(status_code=400)
        except Exception as error:  # noqa: BLE001
            _LOG.error("handler failed: %s at %s", type(error).__name__, _code_place(error.__traceback__))
            call.faults = (HandlerFailed(),)
            return _refusal(HandlerFailed())

    async def _dispatch(self, request: Request, call: "_Call") -> Response:
        head = call.head
        call.services = self.registry.find(head.service_id or "")
        client = None if self.before is None else await self.before(head)
        if head.service_id is None:
            return self._discover(request)
        if not call.services or (head.feedback and self.feedback is None):
            raise UnknownService
        if request.method != "POST":
            raise MethodNotAllowed("POST")
        body = await receive_body(request, self.limits)
        if head.feedback and self.feedback is not None:
            batch = read_feedback(body, self.limits)
            response = await _keep(self.feedback, batch, head.service_id, client)
            call.faults, call.kept = batch.faults, len(batch.understood)
            return response
        asked = read_request(body, *call.services, limits=self.limits, profile=self.profile, client=client)
        call.handled = True
        cards = await self.handlers[head.service_id](asked)
        return _json_response(200, {"cards": [card.to_json() for card in cards]})

    def _discover(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed("GET, HEAD")
        return _json_response(200, self.registry.to_json())


@dataclass(slots=True)
class _Call:
    """A call on its way, and what becomes of it."""

    head: CallHead
    services: Sequence[Service] = ()
    faults: Sequence[HookError] = ()
    kept: int = 0
    handled: bool = False

    def end(self, status: int) -> CallEnd:
        """How it ended."""
        hooks = [service.hook for service in self.services]
        first = self.faults[0] if self.faults else None
        return CallEnd(
            self.head.called,
            self.services[0].id if self.services else None,
            hooks[0] if len(hooks) == 1 else None,
            status,
            first.code if first else "",
            first.place if first else "",
            self.kept,
            self.handled,
        )


def _head(request: Request) -> CallHead:
    """The call as far as URL and headers tell it; a client that was given the base with a slash sends two."""
    path = request.path_params.get("service_id", "").lstrip("/")
    service_id = path.removesuffix(_FEEDBACK)
    return CallHead(request.method, service_id or None, request.headers, feedback=service_id != path)


async def _keep(store: FeedbackStore, batch: FeedbackBatch, service_id: str, client: Client | None) -> Response:
    """Keep what was understood; 400 names the rest, which may be mended and sent again with or without it."""
    await store.keep([ReceivedFeedback(service_id, client, item) for item in batch.understood])
    if batch.faults:
        return _json_response(BadRequest.status, operation_outcome(*batch.faults))
    return _json_response(200, success_outcome("feedback-kept", f"{len(batch.understood)} item(s) are kept."))


def _refusal(error: HookError) -> Response:
    """The answer to an error; a 401 is bare, and an unread body ends the connection."""
    if isinstance(error, Unauthorized):
        bare = {**_HEADERS, "www-authenticate": "Bearer", "connection": "close"}
        return Response(status_code=error.status, headers=bare)
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

"""Lets the browser clients of configured origins call the services (CORS).

Not on by default, never for every origin and never with cookies: the origins are exact.
"""

import re
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ORIGIN = re.compile(r"https?://(?:[a-z0-9\-._]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")


def is_origin(text: str) -> bool:
    """Whether a text is an origin as browsers send it: scheme, host and port, without a slash at the end."""
    return _ORIGIN.fullmatch(text) is not None


class Cors:
    """ASGI middleware that adds CORS headers to preflights, answers and errors for the given origins.

    Put it outside everything else (`Cors(app, origins)` or `app.add_middleware(Cors, origins=...)`), so
    that errors carry the headers too: a browser shows an error without them as a network failure. An origin
    is scheme, host and port as browsers send it, such as `https://sandbox.cds-hooks.org`; anything else is
    a ValueError.
    """

    def __init__(self, app: ASGIApp, origins: Iterable[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)
        for origin in self._origins:
            if not is_origin(origin):
                raise ValueError(f"not an exact origin: {origin}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight of a known origin, or pass the call on and add headers to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        known = origin in self._origins
        if known and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await Response(status_code=204, headers=_preflight_headers(origin))(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer.add_vary_header("Origin")
                if known:
                    answer.update(_answer_headers(origin))
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _answer_headers(origin: str) -> dict[str, str]:
    """Clients look for both on every answer, not on the preflight alone."""
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-headers": "authorization, content-type",
    }


def _preflight_headers(origin: str) -> dict[str, str]:
    return {
        **_answer_headers(origin),
        "access-control-allow-methods": "GET, POST",
        "access-control-max-age": "600",
        "vary": "Origin",
    }

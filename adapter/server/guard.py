"""The edge of HTTP: what nobody expected becomes 500 with an OperationOutcome, and every answer is counted.

Not for faults that somebody expected; those are answered where they are known.
"""

import time

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapter.server.faults import report
from adapter.server.health import BacklogCollector, Health
from adapter.server.problem import outcome_response


class Meters:
    """Counters and durations by route and status; no label ever comes from a request's content."""

    def __init__(self, health: Health) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(BacklogCollector(health))
        labels = ("route", "status")
        self.requests = Counter("ldt_http_requests_total", "HTTP requests", labels, registry=self.registry)
        self.seconds = Histogram("ldt_http_seconds", "Duration of HTTP requests", ("route",), registry=self.registry)
        self.messages = Counter("ldt_hl7v2_answers_total", "HL7 v2 answers", ("code",), registry=self.registry)


class Guard:
    """ASGI middleware around all routes. An answer that has begun cannot be taken back: its connection ends instead."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, and answer it where that fails."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            report("request_failed", error)
            if status:
                raise
            hint = "the adapter failed; nothing was evaluated"
            await outcome_response(500, "internal", hint, issue="exception")(scope, receive, noting)
        finally:
            if status:
                self._count(scope, status, time.perf_counter() - started)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        hooks = scope["path"].startswith("/cds-services")
        route = "/cds-services" if hooks else getattr(scope.get("route"), "path", "unknown")
        self._meters.requests.labels(route, str(status)).inc()
        self._meters.seconds.labels(route).observe(seconds)

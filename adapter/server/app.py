"""The HTTP application: CDS Hooks, HL7 v2, $apply, health and metrics.

Errors say nothing of patients; what is evaluated is decided elsewhere.
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from email.message import Message

from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from adapter import __version__
from adapter.fhir.write import write_json
from adapter.ldt import RuleSet
from adapter.mapping.site import Connection
from adapter.mapping.tables import Tables
from adapter.server.apply import FHIR_JSON, LIMIT, ApplyOperation
from adapter.server.body import read_body
from adapter.server.certificates import Expiry
from adapter.server.client_trust import client_check
from adapter.server.counts import Counts
from adapter.server.delivery import Deliverer
from adapter.server.faults import report
from adapter.server.health import BacklogCollector, Health
from adapter.server.intake import Intake
from adapter.server.mllp import MllpEvent
from adapter.server.patient_view import SERVICE, PatientViewService
from adapter.server.problem import NO_STORE, Problem, outcome_response
from adapter.server.settings import Settings
from adapter.store import Store
from cds_hooks import Cors, Registry, router

HL7_TYPES = frozenset(
    {
        "application/hl7-v2",
        "application/hl7-v2+er7",
        "x-application/hl7-v2+er7",
        "text/plain",
        "application/octet-stream",
    }
)


def build_app(
    settings: Settings,
    store: Store,
    intake: Intake,
    tables: Tables,
    rules: RuleSet,
    *,
    deliverers: Sequence[Deliverer] = (),
    certificates: Sequence[Expiry] = (),
    events: Mapping[MllpEvent, int] | None = None,
) -> ASGIApp:
    """The application. Everything it needs is given; it opens key files of clients. Raises SettingsError.

    `deliverers` and `certificates` are told of in /healthz; `events` are the counts of the MLLP listener.
    """
    app = FastAPI(title="LDT Adapter", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    health = Health(store, rules, deliverers, certificates, intake.clock)
    meters = _Meters(health)
    meters.registry.register(Counts("ldt_hl7v2_messages", "What became of HL7 v2 messages", "outcome", intake.outcomes))
    meters.registry.register(
        Counts("ldt_mllp_events", "What the MLLP listener saw", "event", {} if events is None else events)
    )
    patient_view = PatientViewService(settings, tables, rules)
    app.include_router(router(Registry([SERVICE]), {SERVICE.id: patient_view}, before=client_check(settings.clients)))
    operation = ApplyOperation(settings, tables, rules)

    @app.post("/fhir/PlanDefinition/ldt-nelm/$apply")
    async def apply(request: Request) -> Response:
        body = await read_body(request, types=FHIR_JSON, limit=LIMIT)
        plan = await run_in_threadpool(operation, body)
        return Response(write_json(plan), headers=NO_STORE, media_type="application/fhir+json")

    @app.post("/hl7v2")
    async def hl7v2(request: Request) -> Response:
        raw = await read_body(request, types=HL7_TYPES, limit=settings.hl7v2_bytes)
        answer = await intake.receive(raw, _connection(request))
        meters.messages.labels(answer.code or "none").inc()
        status = 503 if answer.retry else 200
        return Response(answer.ack, status, headers=NO_STORE, media_type="application/hl7-v2+er7")

    @app.get("/healthz")
    async def healthz() -> Response:
        return await run_in_threadpool(health.response)

    @app.get("/metrics")
    async def metrics() -> Response:
        written = await run_in_threadpool(generate_latest, meters.registry)
        return Response(written, media_type="text/plain; version=0.0.4")

    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _no_route)
    app.middleware("http")(_guard(meters))
    return Cors(app, settings.cors_origins) if settings.cors_origins else app


class _Meters:
    """Counters and durations by route and status; no label ever comes from a request's content."""

    def __init__(self, health: Health) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(BacklogCollector(health))
        labels = ("route", "status")
        self.requests = Counter("ldt_http_requests_total", "HTTP requests", labels, registry=self.registry)
        self.seconds = Histogram("ldt_http_seconds", "Duration of HTTP requests", ("route",), registry=self.registry)
        self.messages = Counter("ldt_hl7v2_answers_total", "HL7 v2 answers", ("code",), registry=self.registry)


Next = Callable[[Request], Awaitable[Response]]


def _guard(meters: _Meters) -> Callable[[Request, Next], Awaitable[Response]]:
    """The edge of HTTP: what nobody expected becomes 500 with an OperationOutcome, and one line in the log."""

    async def guard(request: Request, call_next: Next) -> Response:
        started = time.perf_counter()
        try:
            response = await call_next(request)
        except Exception as error:  # noqa: BLE001
            report("request_failed", error)
            response = outcome_response(500, "internal", "the adapter failed; nothing was evaluated", issue="exception")
        hooks = request.url.path.startswith("/cds-services")
        route = "/cds-services" if hooks else getattr(request.scope.get("route"), "path", "unknown")
        meters.requests.labels(route, str(response.status_code)).inc()
        meters.seconds.labels(route).observe(time.perf_counter() - started)
        return response

    return guard


async def _problem(_request: Request, error: Exception) -> Response:
    if isinstance(error, Problem):
        return error.response()
    raise error


async def _no_route(_request: Request, error: Exception) -> Response:
    """404 and 405 of paths that do not exist, in the form of every other error."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return outcome_response(status, "no-such-route", "there is nothing at this path for this method", issue="not-found")


def _connection(request: Request) -> Connection:
    """Where an HL7 v2 message came from; the character set is that of its Content-Type."""
    charset = Message()
    charset["content-type"] = request.headers.get("content-type", "")
    return Connection(request.client.host if request.client else "", charset=str(charset.get_param("charset") or ""))

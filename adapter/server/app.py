"""The HTTP application: CDS Hooks, HL7 v2, $apply, health and metrics.

Errors say nothing of patients; what is evaluated is decided elsewhere.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from email.message import Message
from functools import partial

from fastapi import APIRouter, FastAPI
from prometheus_client import generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from adapter import __version__
from adapter.advice.repeats import Quiet
from adapter.fhir.check import prepare
from adapter.fhir.write import write_json
from adapter.ldt import RuleSet
from adapter.mapping.site import Connection
from adapter.mapping.tables import Tables
from adapter.server.apply import FHIR_JSON, LIMIT, ApplyOperation
from adapter.server.body import read_body
from adapter.server.call_log import log_end
from adapter.server.certificates import Expiry
from adapter.server.client_trust import client_check
from adapter.server.counts import Counts
from adapter.server.delivery import Deliverer
from adapter.server.ehr import Audit, EhrReader, LogAudit, ReadingHandler
from adapter.server.ehr_reader import closing, reader_of
from adapter.server.explanation_page import HEADERS, missing_page
from adapter.server.explanation_shelf import ExplanationShelf
from adapter.server.explanations import PATH, Explanations, explanations_of
from adapter.server.feedback import StoredFeedback, StoredTokens
from adapter.server.guard import Guard, Meters
from adapter.server.health import Health
from adapter.server.hooks.answer import HookService
from adapter.server.hooks.judge import Judge
from adapter.server.hooks.record import RecordMemory
from adapter.server.hooks.services import SERVICES
from adapter.server.hooks.stored import Recall, StoredFacts
from adapter.server.intake import Intake
from adapter.server.issued import answers_in, noting
from adapter.server.mllp_events import MllpEvent
from adapter.server.problem import NO_STORE, Problem, outcome_response
from adapter.server.settings import Settings, SettingsError
from adapter.store import Store
from cds_hooks import PROFILES, Cors, Registry, Service, router

HL7_TYPES = frozenset(
    {
        "application/hl7-v2",
        "application/hl7-v2+er7",
        "x-application/hl7-v2+er7",
        "text/plain",
        "application/octet-stream",
    }
)

ROUTES = (
    "GET /cds-services, POST /cds-services/ID, POST /cds-services/ID/feedback, "
    "POST /fhir/PlanDefinition/ldt-nelm/$apply, POST /hl7v2, GET /healthz, GET /metrics"
)
"""What stands where, for who asks for something else."""


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
    audit: Audit | None = None,
    shelf: ExplanationShelf | None = None,
    recall: Recall | None = None,
) -> ASGIApp:
    """The application. Everything it needs is given; it opens key files. Raises SettingsError.

    `deliverers` and `certificates` are told of in /healthz; `events` are the counts of the MLLP listener; `audit` takes
    the record of each CDS Hooks call, by default the log; `shelf` keeps the pages behind links of cards (none: in
    memory); `recall` looks up stored messages, for `stored_facts`.
    """
    reader, stored = reader_of(settings), _stored(settings, recall)
    app = FastAPI(
        title="LDT Adapter",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lambda _app: closing(reader),
    )
    health = Health(store, rules, deliverers, certificates, intake.clock)
    meters = Meters(health)
    meters.registry.register(Counts("ldt_hl7v2_messages", "What became of HL7 v2 messages", "outcome", intake.outcomes))
    meters.registry.register(
        Counts("ldt_mllp_events", "What the MLLP listener saw", "event", {} if events is None else events)
    )
    meters.registry.register(Counts("ldt_own_reads", "What became of own reads", "outcome", reader.outcomes))
    explanations = explanations_of(settings, shelf)
    answering = partial(
        HookService,
        settings=settings,
        judge=Judge(tables, rules, _memory(settings, tables)),
        explanations=explanations,
        stored=stored,
        quiet=Quiet(timedelta(hours=settings.quiet_hours)),
        answers=answers_in(store),
        note=noting(store),
    )
    app.include_router(_hooks(settings, answering, reader, audit or LogAudit(), store))
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

    if explanations is not None:
        app.add_api_route(f"{PATH}/{{ticket:path}}", shown_by(explanations), methods=["GET"])

    @app.get("/healthz")
    async def healthz() -> Response:
        return await run_in_threadpool(health.response)

    @app.get("/metrics")
    async def metrics() -> Response:
        written = await run_in_threadpool(generate_latest, meters.registry)
        return Response(written, media_type="text/plain; version=0.0.4")

    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _no_route)
    app.add_middleware(Guard, meters=meters)
    return Cors(app, settings.cors_origins) if settings.cors_origins else app


def _hooks(
    settings: Settings, answering: Callable[[Service], HookService], reader: EhrReader, audit: Audit, store: Store
) -> APIRouter:
    """The CDS Hooks services with who may call them, and what takes feedback on their cards."""
    if settings.check_output:
        prepare("CarePlan", "ServiceRequest")
    handlers = {service.id: ReadingHandler(service, answering(service), reader, audit) for service in SERVICES}
    profile = PROFILES[settings.ehr_profile]
    check, feedback = client_check(settings.clients, StoredTokens(store.tokens)), StoredFeedback(store.cards)
    return router(Registry(SERVICES), handlers, before=check, profile=profile, feedback=feedback, ended=log_end)


def _stored(settings: Settings, recall: Recall | None) -> StoredFacts | None:
    """What joins stored facts with calls; None where settings do not want it."""
    if not settings.stored_facts:
        return None
    if recall is None:
        raise SettingsError("stored_facts: nothing looks up stored messages here")
    return StoredFacts(settings.stored_facts, recall)


def _memory(settings: Settings, tables: Tables) -> RecordMemory | None:
    """What remembers the records of calls; None where settings do not want it."""
    return RecordMemory(tables, settings.remembered_bytes) if settings.remembered_bytes else None


async def _problem(_request: Request, error: Exception) -> Response:
    if isinstance(error, Problem):
        return error.response()
    raise error


async def _no_route(_request: Request, error: Exception) -> Response:
    """404 and 405 of paths that do not exist, in the form of every other error."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    hint = f"there is nothing at this path for this method; there is {ROUTES}"
    return outcome_response(status, "no-such-route", hint, issue="not-found")


def shown_by(explanations: Explanations) -> Callable[[str], Awaitable[Response]]:
    """The route of explanations: the page of a ticket, or one and the same page for all that lead nowhere."""

    async def explain(ticket: str) -> Response:
        page = await explanations.page(ticket)
        shown, status = (missing_page(), 404) if page is None else (page, 200)
        return Response(shown, status, headers=HEADERS, media_type="text/html")

    return explain


def _connection(request: Request) -> Connection:
    """Where an HL7 v2 message came from; the character set is that of its Content-Type."""
    charset = Message()
    charset["content-type"] = request.headers.get("content-type", "")
    return Connection(request.client.host if request.client else "", charset=str(charset.get_param("charset") or ""))

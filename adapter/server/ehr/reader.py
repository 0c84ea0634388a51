"""Completes the prefetch of a call by reading what is missing from the EHR's FHIR server, with the token of the call.

Only listed servers are asked, for the patient of the call alone, within the token's scopes and one deadline.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from adapter.server.ehr.breaker import Breaker, Patience
from adapter.server.ehr.exchange import Bearer, Exchange
from adapter.server.ehr.query import fill_in
from adapter.server.ehr.reading import Class, KeyReading, Reading
from adapter.server.ehr.reasons import NotRead, Reason
from adapter.server.ehr.scopes import Scopes
from adapter.server.ehr.search import PageLimits, Search
from cds_hooks import FhirAuthorization, HookContext, HookRequest, Partial, PreconditionFailed, Service

DEADLINE: Final = 0.4
"""Seconds for all own reads of a call: an EHR waits for about half a second (checklist C5)."""

_TOKEN: Final = re.compile(r"[!-~]+")
_NOT_ASKED: Final = frozenset[Reason]({"scope", "query"})
_NO_ANSWER: Final = frozenset[Reason]({"unreachable", "deadline"})


@dataclass(frozen=True, slots=True)
class ReadableServer:
    """A listed FHIR server. `issuers` are the clients whose calls may name it; none: any."""

    exchange: Exchange
    issuers: frozenset[str] = frozenset()
    breaker: Breaker = field(default_factory=lambda: Breaker(Patience()))


class EhrReader:
    """Reads for all services. Without servers it reads nothing. `outcomes` counts what became of own reads.

    To be closed in the event loop that used it.
    """

    def __init__(
        self, servers: Iterable[ReadableServer] = (), *, deadline: float = DEADLINE, limits: PageLimits | None = None
    ) -> None:
        self._servers: Final = tuple(servers)
        self._seconds: Final = deadline
        self._limits: Final = limits or PageLimits()
        self.outcomes: Final[Counter[Class | Reason]] = Counter()

    async def complete(self, request: HookRequest, service: Service) -> Reading:
        """Each key of the service, from the call or read by ourselves; what could not be read keeps its class.

        Raises PreconditionFailed where the token is another patient's, or an answer is to a query for another patient;
        nothing is asked then.
        """
        _refuse_other_patient(request)
        sent = Reading.as_sent(request, service)
        _refuse_other_query(sent)
        if not self._servers or not sent.wanting:
            return sent
        try:
            found = await self._read_all(request, {key: service.prefetch[key] for key in sent.wanting}, sent)
        except NotRead as failure:
            found = {key: replace(sent.keys[key], why=failure.reason) for key in sent.wanting}
        self.outcomes.update(one.why or one.kind for one in found.values())
        reading = sent.replaced(found)
        _refuse_other_query(reading)
        return reading

    async def close(self) -> None:
        """End all connections."""
        for server in self._servers:
            await server.exchange.close()

    async def _read_all(
        self, request: HookRequest, templates: Mapping[str, str], sent: Reading
    ) -> Mapping[str, KeyReading]:
        """All keys at once; raises NotRead where none of them may be asked for."""
        grant, bearer = _usable_grant(request.fhir_authorization)
        server = self._server(request)
        if not server.breaker.may_ask():
            raise NotRead("resting")
        deadline = asyncio.get_running_loop().time() + self._seconds
        await _check_address(server, deadline)
        scopes = Scopes(grant.scope, of_patient=grant.patient is not None)
        search = Search(server.exchange, bearer, self._limits, deadline)
        async with asyncio.TaskGroup() as tasks:
            running = {
                key: tasks.create_task(_read(template, request.context, scopes, search, sent.keys[key]))
                for key, template in templates.items()
            }
        found = {key: task.result() for key, task in running.items()}
        _tell(server.breaker, found.values())
        return found

    def _server(self, request: HookRequest) -> ReadableServer:
        """The listed server that the call names, for the client that calls."""
        issuer = None if request.client is None else request.client.issuer
        for server in self._servers:
            named = server.exchange.base.is_named_by(request.fhir_server or "")
            if named and (not server.issuers or issuer in server.issuers):
                return server
        raise NotRead("server-not-listed")


def _refuse_other_patient(request: HookRequest) -> None:
    grant = request.fhir_authorization
    if grant is None or grant.patient is None:
        return
    if grant.patient.removeprefix("Patient/") != request.context.patient_id:
        hint = "the access token is for another patient: nothing was read or evaluated"
        raise PreconditionFailed("other-patient", hint, "conflict", place="fhirAuthorization.patient")


def _usable_grant(grant: FhirAuthorization | None) -> tuple[FhirAuthorization, Bearer]:
    """The grant of the call with its token; raises NotRead where there is none, or one that no header can carry."""
    if grant is None or not _TOKEN.fullmatch(grant.access_token):
        raise NotRead("no-token")
    if grant.expires_in <= 0:
        raise NotRead("token-expired")
    return grant, Bearer(grant.access_token)


async def _check_address(server: ReadableServer, deadline: float) -> None:
    try:
        async with asyncio.timeout_at(deadline):
            await server.exchange.check_address()
    except TimeoutError:
        server.breaker.tell(answered=False)
        raise NotRead("deadline") from None


def _refuse_other_query(reading: Reading) -> None:
    """An answer about another patient is no answer about this one, however empty it is."""
    for key, one in reading.keys.items():
        if one.misdirected == "other-patient":
            hint = f"the answer under the key {key} is to a query for another patient: nothing was evaluated"
            raise PreconditionFailed("other-patient", hint, "conflict", place=one.place(key))


async def _read(template: str, context: HookContext, scopes: Scopes, search: Search, sent: KeyReading) -> KeyReading:
    """One key; it keeps what was sent where reading fails, or brings less than that."""
    try:
        query = fill_in(template, context)
        if query is None:
            raise NotRead("query")
        if not scopes.cover(query.type, query.access):
            raise NotRead("scope")
        answered = await search.ask(query)
    except NotRead as failure:
        return replace(sent, why=failure.reason)
    if isinstance(sent.value, Partial) and answered.matches < sent.value.received:
        return replace(sent, why="fewer")
    found = KeyReading.of(answered.value, query.type, context.patient_id, search.base, own=True)
    if found.misdirected in ("no-patient", "other-type"):
        return replace(sent, why="misdirected")
    return replace(found, why=answered.why)


def _tell(breaker: Breaker, found: Iterable[KeyReading]) -> None:
    """A server that answered anything at all answers."""
    asked = [one for one in found if one.own or one.why not in _NOT_ASKED]
    if asked:
        breaker.tell(answered=any(one.own or one.why not in _NO_ANSWER for one in asked))

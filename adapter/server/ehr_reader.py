"""The reader of EHRs' FHIR servers, made of the settings; faults in them stop the start.

Not the reading itself (ehr/).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapter.server.ehr import EhrReader, Exchange, FhirBase, PageLimits, ReadableServer
from adapter.server.read_settings import ServerSettings
from adapter.server.settings import Settings, SettingsError


def reader_of(settings: Settings) -> EhrReader:
    """The reader; without listed servers it reads nothing. Raises SettingsError."""
    reads = settings.reads
    bases = [FhirBase.parse(server.base) for server in reads.servers]
    if len(set(bases)) < len(bases):
        raise SettingsError("reads: a server is listed twice")
    known = frozenset(issuer.issuer for issuer in settings.clients.issuers)
    servers = [_server(base, server, known) for base, server in zip(bases, reads.servers, strict=True)]
    limits = PageLimits(reads.pages, reads.entries, reads.bytes)
    return EhrReader(servers, deadline=reads.deadline, limits=limits)


def _server(base: FhirBase, server: ServerSettings, known: frozenset[str]) -> ReadableServer:
    """One server; where clients prove who they are, it is bound to those whose patients it holds."""
    if not known.issuperset(server.issuers):
        raise SettingsError(f"reads: {server.base}: issuers names a client that is not configured in clients")
    if known and not server.issuers:
        raise SettingsError(f"reads: {server.base}: issuers has to name the clients whose calls may bring it")
    try:
        return ReadableServer(Exchange(base, server.ca), frozenset(server.issuers))
    except ValueError as error:
        raise SettingsError(f"reads: {error}") from None


@asynccontextmanager
async def closing(reader: EhrReader) -> AsyncIterator[None]:
    """The life of the application: its connections to FHIR servers end with it."""
    yield
    await reader.close()

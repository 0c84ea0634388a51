"""The check of CDS Clients, made of the settings, and what it tells the log.

Not the check of tokens itself (cds_hooks.trust), and for no other route than CDS Hooks.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from adapter.server.client_settings import ClientSettings, IssuerSettings
from adapter.server.hooks.services import SERVICES
from adapter.server.log import log
from adapter.server.settings import Settings, SettingsError
from cds_hooks import CallHead, Client
from cds_hooks.trust import (
    Audience,
    CachedKeys,
    FixedKeys,
    JwtCheck,
    KeySource,
    MemoryReplayStore,
    Refusal,
    ReplayStore,
    TokenTimes,
    TrustedIssuer,
    fetch_key_set,
    read_key_set,
)

_KNOWN: Final = {service.id: service.hook for service in SERVICES}


def client_check(
    settings: ClientSettings, replay: ReplayStore | None = None
) -> Callable[[CallHead], Awaitable[Client]] | None:
    """The check that stands before every CDS Hooks call, or None where no client is configured. Raises SettingsError.

    Without a store for used tokens they are remembered in this process, and forgotten when it ends.
    """
    if not settings.authenticate:
        return None
    try:
        issuers = [_issuer(issuer, settings) for issuer in settings.issuers]
        times = TokenTimes(settings.lifetime, settings.leeway)
        used = MemoryReplayStore() if replay is None else replay
        return JwtCheck(issuers, used, refused=_refused, times=times)
    except ValueError as error:
        raise SettingsError(f"clients: {error}") from None


def warn_of_open_routes(settings: Settings) -> None:
    """Say at start which routes anybody may call who reaches the port."""
    setting = "insecure" if settings.insecure else "loopback only"
    if settings.clients.authenticate:
        log().warning("other_routes_left_open", setting=setting)
    else:
        log().warning("routes_left_open", setting=setting)


def _issuer(settings: IssuerSettings, clients: ClientSettings) -> TrustedIssuer:
    audience = Audience(clients.public_urls, settings.audiences)
    return TrustedIssuer(settings.issuer, _keys(settings), audience, settings.jku, frozenset(settings.tenants))


def _keys(settings: IssuerSettings) -> KeySource:
    """Keys of the file where there is one, else of the URL, of which the settings have made sure."""
    if settings.key_file is None:
        return CachedKeys(settings.jku or "", fetch_key_set)
    try:
        return FixedKeys(read_key_set(settings.key_file.read_bytes()))
    except OSError as error:
        raise ValueError(f"{settings.key_file}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{settings.key_file}: {error}") from None


def _refused(refusal: Refusal) -> None:
    log().warning(
        "client_refused",
        error=refusal.reason,
        called=refusal.called,
        service=refusal.service_id if refusal.service_id in _KNOWN else None,
        hook=_KNOWN.get(refusal.service_id or ""),
        status=401,
        issuer=refusal.issuer,
        tenant=refusal.tenant,
        token_id=refusal.token_id,
        claimed_issuer=refusal.claimed_issuer,
        claimed_audience=refusal.claimed_audience,
    )

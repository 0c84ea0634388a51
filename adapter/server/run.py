"""Running the server: the store, the HTTP application and the MLLP listener, started and stopped together.

Not for what each of them is made of (app.py, listeners.py).
"""

import asyncio
import contextlib
import gc
import signal
import socket
from collections import Counter
from collections.abc import AsyncIterator
from typing import Final

import uvicorn

from adapter import __version__
from adapter.ldt import RuleSet, site_rule_set
from adapter.mapping.site import Site
from adapter.server.app import build_app
from adapter.server.behind import recalling, working_behind
from adapter.server.certificates import Expiry
from adapter.server.client_trust import warn_of_open_routes
from adapter.server.destinations import deliverers
from adapter.server.explanations import warn_of_short_links
from adapter.server.hooks.stored import Recall
from adapter.server.intake import Intake
from adapter.server.listeners import certificates_of, exchanges_of, intake_of, listen, site_of, warn_of_certificates
from adapter.server.log import configure, log
from adapter.server.mllp import MllpListener
from adapter.server.mllp_events import MllpEvent
from adapter.server.settings import Settings
from adapter.store import Store, open_store

MADE_BEFORE_COLLECTING: Final = 20_000
"""Objects that are made before garbage is looked for. One call makes ten thousand that are no garbage before it is
answered: Python's 700 would have them looked at again and again."""


class ServerFailed(RuntimeError):
    """The server did not start, for example because its port is taken."""


def run(settings: Settings) -> None:
    """Serve until interrupted.

    Raises RuleSetError and TableError when the site folder cannot be used, StoreError when there is no usable store,
    SettingsError and TlsFilesError for files that cannot be used, ServerFailed when it cannot listen.
    """
    rules, site, certificates = site_rule_set(settings.site), site_of(settings), certificates_of(settings)
    store = open_store(settings.store)
    configure()
    try:
        with recalling(settings) as recall:
            asyncio.run(_serve(settings, store, site, rules, certificates, recall))
    finally:
        store.close()


def run_mllp(settings: Settings) -> None:
    """Serve MLLP alone until interrupted. Raises as `run` does."""
    site, certificates = site_of(settings), certificates_of(settings)
    store = open_store(settings.store)
    configure()
    try:
        asyncio.run(_serve_mllp(settings, store, site, certificates))
    finally:
        store.close()


async def _serve(
    settings: Settings,
    store: Store,
    site: Site,
    rules: RuleSet,
    certificates: tuple[Expiry, ...],
    recall: Recall | None,
) -> None:
    _warn(settings, certificates)
    intake, events = intake_of(settings, store, site), Counter[MllpEvent]()
    delivering = deliverers(settings, store)
    listener = http_listener(settings)
    app = build_app(
        settings,
        store,
        intake,
        site.tables,
        rules,
        deliverers=delivering,
        certificates=certificates,
        events=events,
        recall=recall,
    )
    gc.collect()
    gc.freeze()  # rules and tables stay for good: a full collection that walks through them would hold up every call
    gc.set_threshold(MADE_BEFORE_COLLECTING, 10, 10)
    server = uvicorn.Server(
        uvicorn.Config(app, settings.host, settings.http_port, access_log=False, log_config=None, server_header=False)
    )
    async with working_behind(settings, store, intake, delivering), _taking_mllp(settings, intake, events) as mllp:
        where = {"address": settings.host, "port": listener.getsockname()[1], **_mllp_place(settings, mllp)}
        log().info("server_started", **where, version=__version__, rule_set=f"{rules.id}|{rules.edition}")
        await _until_stopped(server, listener)


async def _serve_mllp(settings: Settings, store: Store, site: Site, certificates: tuple[Expiry, ...]) -> None:
    _warn(settings, certificates, http=False)
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    intake, delivering = intake_of(settings, store, site), deliverers(settings, store)
    async with working_behind(settings, store, intake, delivering), _taking_mllp(settings, intake, Counter()) as mllp:
        if mllp is None:
            raise ServerFailed("MLLP needs a port: mllp_port")
        log().info("server_started", **_mllp_place(settings, mllp), version=__version__)
        await stopped.wait()


def _mllp_place(settings: Settings, mllp: MllpListener | None) -> dict[str, str | int | bool | None]:
    """Where messages are taken by MLLP, and whether with TLS; no port where they are not."""
    if mllp is None:
        return {"mllp_port": None}
    tls = settings.mllp_tls_cert is not None
    return {"mllp_address": settings.mllp_address, "mllp_port": mllp.port, "mllp_tls": tls}


@contextlib.asynccontextmanager
async def _taking_mllp(
    settings: Settings, intake: Intake, events: Counter[MllpEvent]
) -> AsyncIterator[MllpListener | None]:
    """The listener while messages are taken, where there is to be one, and what delivers acknowledgements for it."""
    exchanges = exchanges_of(settings, intake.store, intake.site)
    intake.deliver = exchanges.wake
    exchanges.start()
    mllp = await _listen(settings, intake, events)
    try:
        yield mllp
    finally:
        log().info("server_stopped")
        if mllp is not None:
            await mllp.close()
        await exchanges.close()


async def _listen(settings: Settings, intake: Intake, events: Counter[MllpEvent]) -> MllpListener | None:
    try:
        return await listen(settings, intake, events)
    except OSError as error:
        where = f"{settings.mllp_address}:{settings.mllp_port}"
        raise ServerFailed(f"MLLP cannot listen on {where}: {error.strerror}") from None


async def _until_stopped(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM, then finish the requests under way: both are a clean end of this process."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _stop, server)
    with contextlib.ExitStack() as stack:
        # uvicorn's own handlers would raise the signal again and skip what has to be closed.
        server.capture_signals = lambda: stack  # type: ignore[method-assign,assignment,return-value]
        await server.serve(sockets=[listener])


def _stop(server: uvicorn.Server) -> None:
    server.should_exit = True


def http_listener(settings: Settings) -> socket.socket:
    """The listening socket of HTTP, so that a taken port is our own clear error.

    It says that it is TCP: only on such connections does asyncio send the end of an answer at once. Else that waits for
    the client to acknowledge the beginning, which takes 40 ms.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        made = socket.create_server((settings.host, settings.http_port), family=family)
    except OSError as error:
        where = f"{settings.host}:{settings.http_port}"
        raise ServerFailed(f"nothing can listen on {where}: {error.strerror}") from None
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=made.detach())


def _warn(settings: Settings, certificates: tuple[Expiry, ...], *, http: bool = True) -> None:
    warn_of_certificates(certificates)
    if http:
        warn_of_open_routes(settings)
        warn_of_short_links(settings)
    elif settings.client_certificate != "required":
        log().warning("routes_left_open", setting="insecure" if settings.insecure else "loopback only")
    if settings.as_of is not None:
        log().warning("date_fixed", setting="as_of")

"""Running the server: the store, the HTTP application and the MLLP listener, started and stopped together."""

import asyncio
import contextlib
import signal
import socket

import uvicorn

from adapter import __version__
from adapter.ldt import RuleSet, site_rule_set
from adapter.mapping.tables import tables
from adapter.server.acceptance import Acceptance, Receiver
from adapter.server.app import build_app
from adapter.server.intake import Intake
from adapter.server.log import configure, log
from adapter.server.mllp import serve_mllp
from adapter.server.settings import Settings
from adapter.store import Store, open_store


class ServerFailed(RuntimeError):
    """The server did not start, for example because its port is taken."""


def run(settings: Settings) -> None:
    """Serve until interrupted. Raises RuleSetError when the site folder cannot be used, StoreError when there is no
    usable store, ServerFailed when it cannot listen."""
    rules = site_rule_set(settings.site)
    store = open_store(settings.store)
    configure()
    try:
        asyncio.run(_serve(settings, store, rules))
    finally:
        store.close()


async def _serve(settings: Settings, store: Store, rules: RuleSet) -> None:
    _warn(settings)
    receivers = tuple(Receiver(application, facility) for application, facility in settings.receivers())
    intake = Intake(store, Acceptance(receivers=receivers))
    listener = _listener(settings)
    app = build_app(settings, store, intake, tables(settings.base), rules)
    server = uvicorn.Server(
        uvicorn.Config(app, settings.host, settings.http_port, access_log=False, log_config=None, server_header=False)
    )
    mllp = None
    if settings.mllp_port is not None:
        try:
            mllp = await serve_mllp(intake, settings.host, settings.mllp_port, insecure=settings.insecure)
        except OSError as error:
            at = f"{settings.host}:{settings.mllp_port}"
            raise ServerFailed(f"MLLP cannot listen on {at}: {error.strerror}") from None
    identity = f"{rules.id}|{rules.edition}"
    port = listener.getsockname()[1]
    where = {"address": settings.host, "port": port, "mllp_port": settings.mllp_port}
    log().info("serving", **where, version=__version__, rule_set=identity)
    try:
        await _until_stopped(server, listener)
    finally:
        log().info("stopped")
        if mllp is not None:
            await mllp.close()


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


def _listener(settings: Settings) -> socket.socket:
    """The listening socket of HTTP, so that a taken port is our own clear error."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.http_port), family=family)
    except OSError as error:
        where = f"{settings.host}:{settings.http_port}"
        raise ServerFailed(f"nothing can listen on {where}: {error.strerror}") from None


def _warn(settings: Settings) -> None:
    log().warning("open without authentication", setting="insecure" if settings.insecure else "loopback only")
    if settings.as_of is not None:
        log().warning("judging as of a fixed date, for demonstrations only", setting="as_of")

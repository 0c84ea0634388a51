"""The MLLP listener: it is bound, takes connections, and lets them end.

Not for what happens on a connection (mllp_connection.py). Source: MLLP release 1; IHE ITI TF-2 C.2.
"""

import asyncio
from collections import Counter
from functools import partial
from ssl import SSLContext
from types import TracebackType
from typing import Final, Self

from adapter.server.addresses import is_loopback
from adapter.server.intake import Intake
from adapter.server.mllp_connection import MllpConnection, Shared
from adapter.server.mllp_events import MllpEvent
from adapter.server.mllp_limits import MllpLimits, Places

_ACCEPTING: Final = 5
"""Turns of the event loop from an accepted socket to its connection."""


class InsecureListener(ValueError):
    """Plain MLLP was asked for on an address that other machines can reach."""


class MllpListener:
    """A running listener; made by `serve_mllp`. `events` counts, `port` is the one it is bound to."""

    def __init__(self, shared: Shared) -> None:
        self._shared: Final = shared
        self._server: asyncio.Server | None = None

    @property
    def events(self) -> Counter[MllpEvent]:
        """What was seen of connections."""
        return self._shared.events

    async def start(self, host: str, port: int) -> None:
        """Bind and listen; OSError where the address cannot be had."""
        # TLS begins within the connection, so that the limits hold before it and a failed handshake is counted.
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(partial(MllpConnection, self._shared), host, port)

    @property
    def port(self) -> int:
        """The port, also where 0 asked for any."""
        if self._server is None or not self._server.sockets:
            raise RuntimeError("the listener is closed")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Take no more connections, let messages that are being stored get their answer, then close all."""
        if self._server is None:
            return
        # asyncio loses a socket that is on its way to a closed server: first no more are accepted, and those arrive.
        for listening in self._server.sockets:
            asyncio.get_running_loop().remove_reader(listening.fileno())
        for _ in range(_ACCEPTING):
            await asyncio.sleep(0)
        self._server.close()
        while self._shared.open:
            # not `gather`: where this is given up, the connections must still be able to say that they ended
            await asyncio.wait([connection.stop() for connection in self._shared.open])
        await self._server.wait_closed()
        self._server = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def serve_mllp(
    intake: Intake,
    host: str,
    port: int,
    *,
    limits: MllpLimits | None = None,
    ssl: SSLContext | None = None,
    insecure: bool = False,
    events: Counter[MllpEvent] | None = None,
) -> MllpListener:
    """Listen for MLLP connections; port 0 takes any free one. Close the listener that comes back.

    Without `ssl` only loopback addresses are served, unless `insecure` allows others; else InsecureListener. Raises
    OSError where the address cannot be had.
    """
    if ssl is None and not insecure and not is_loopback(host):
        raise InsecureListener("plain MLLP is served on loopback only: configure TLS, or allow it with insecure")
    shared = Shared(intake, Places(limits or MllpLimits()), Counter() if events is None else events, ssl)
    listener = MllpListener(shared)
    await listener.start(host, port)
    return listener

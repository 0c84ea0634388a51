"""Application acknowledgements of the enhanced mode, delivered as exchanges of their own to the address of the profile.

They wait in the store, where they are before the message is acknowledged at all: after a kill they are still sent, and
one that was under way is sent once more, with the same bytes.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Final, Literal

from adapter.server.addresses import MllpEndpoint
from adapter.server.faults import report
from adapter.server.log import log
from adapter.server.mllp_sender import MllpClient, NoAcknowledgement
from adapter.store import AckQueue, StoreUnavailable

ExchangeEvent = Literal["delivered", "retried", "dropped"]

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0


@dataclass(slots=True)
class _Destination:
    """A destination while it is served. `queued` and `idle` tell of its queue; `sent` is the number of one that has
    left and is still in the store."""

    to: str
    queued: asyncio.Event = field(default_factory=asyncio.Event)
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    sent: int | None = None


class Exchanges:
    """Delivers to each destination in order, and tries again, ever more slowly, while it cannot be reached.

    `addresses` are the destinations of the profiles: what waits for another one stays in the store. `tls` is used for
    every destination; None means plain MLLP. `events` counts. Started and closed in a running loop.
    """

    def __init__(
        self,
        acks: AckQueue,
        addresses: Iterable[str],
        tls: SSLContext | None = None,
        *,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        self._acks: Final = acks
        self._tls: Final = tls
        self._first_pause: Final = first_pause
        self._destinations: Final = {to: _Destination(to) for to in sorted(addresses)}
        self._tasks: list[asyncio.Task[None]] = []
        self.events: Final[Counter[ExchangeEvent]] = Counter()

    def start(self) -> None:
        """Deliver what waits, and from now on what is queued."""
        self._tasks = [asyncio.create_task(self._run(one)) for one in self._destinations.values()]

    def wake(self, to: str) -> None:
        """Say that something was queued for a destination; returns at once."""
        if (destination := self._destinations.get(to)) is not None:
            destination.idle.clear()
            destination.queued.set()

    async def close(self, patience: float = 1.0) -> None:
        """Let what waits be delivered for so many seconds; what is left is delivered after the next start."""
        try:
            async with asyncio.timeout(patience):
                await asyncio.gather(*(one.idle.wait() for one in self._destinations.values()))
        except TimeoutError:
            log().warning("application_acks_undelivered")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, destination: _Destination) -> None:
        """Deliver to one destination until cancelled; the edge where a fault of ours costs a pause and nothing else."""
        pause = self._first_pause
        async with MllpClient(MllpEndpoint.parse(destination.to, self._tls)) as client:
            while True:
                destination.queued.clear()
                try:
                    while await self._step(destination, client):
                        pause = self._first_pause
                except (OSError, NoAcknowledgement, StoreUnavailable) as error:
                    self.events["retried"] += 1
                    log().warning("application_ack_postponed", error_class=type(error).__name__)
                except Exception as error:  # noqa: BLE001  what is stored stays to be delivered
                    report("application_ack_postponed", error)
                else:
                    destination.idle.set()
                    await destination.queued.wait()
                    continue
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    async def _step(self, destination: _Destination, client: MllpClient) -> bool:
        """Deliver what has waited longest; whether there was anything. What has left is not sent again before it is
        removed, also where the store could not do that at once."""
        if destination.sent is not None:
            await asyncio.to_thread(self._acks.remove, destination.sent)
            destination.sent = None
        waiting = await asyncio.to_thread(self._acks.first, destination.to)
        if waiting is None:
            return False
        try:
            await client.send(waiting.ack)
            event: ExchangeEvent = "delivered"
        except ValueError:  # no frame can hold it
            log().warning("application_ack_dropped")
            event = "dropped"
        destination.sent = waiting.id
        self.events[event] += 1
        return True

"""Application acknowledgements of the enhanced mode, delivered as exchanges of their own to the address of the profile.

They are kept in memory: what is lost with the process is sent again when the sender repeats its message.
"""

import asyncio
from collections import Counter, deque
from ssl import SSLContext
from typing import Final, Literal

from adapter.server.addresses import MllpEndpoint
from adapter.server.answer import ApplicationAck
from adapter.server.log import log
from adapter.server.mllp_sender import MllpClient, NoAcknowledgement

ExchangeEvent = Literal["delivered", "retried", "dropped"]

MOST_WAITING: Final = 10_000
"""Acknowledgements that wait for one destination; then the oldest is dropped."""
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0


class Exchanges:
    """Delivers to each destination in order, and tries again, ever more slowly, while it cannot be reached.

    `tls` is used for every destination; None means plain MLLP. `events` counts. Made and closed in a running loop.
    """

    def __init__(self, tls: SSLContext | None = None, *, first_pause: float = FIRST_PAUSE) -> None:
        self._tls: Final = tls
        self._first_pause: Final = first_pause
        self._queues: Final[dict[str, _Queue]] = {}
        self._tasks: Final[set[asyncio.Task[None]]] = set()
        self.events: Final[Counter[ExchangeEvent]] = Counter()

    def deliver(self, ack: ApplicationAck) -> None:
        """Put it in the queue of its destination; returns at once."""
        queue = self._queues.get(ack.to)
        if queue is None:
            queue = self._queues[ack.to] = _Queue()
            task = asyncio.get_running_loop().create_task(self._run(MllpEndpoint.parse(ack.to, self._tls), queue))
            self._tasks.add(task)
        if queue.put(ack.ack):
            self.events["dropped"] += 1
            log().warning("application_ack_dropped", count=self.events["dropped"])

    async def close(self, patience: float = 5.0) -> None:
        """Let what waits be delivered for so many seconds, then give up."""
        try:
            async with asyncio.timeout(patience):
                await asyncio.gather(*(queue.empty.wait() for queue in self._queues.values()))
        except TimeoutError:
            log().warning("application_acks_undelivered", count=sum(len(queue) for queue in self._queues.values()))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, destination: MllpEndpoint, queue: "_Queue") -> None:
        pause = self._first_pause
        async with MllpClient(destination) as client:
            while True:
                ack = await queue.first()
                try:
                    await client.send(ack)
                except (OSError, NoAcknowledgement) as error:
                    self.events["retried"] += 1
                    log().warning("application_ack_waits", error_class=type(error).__name__)
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)
                    continue
                queue.done(ack)
                self.events["delivered"] += 1
                pause = self._first_pause


class _Queue:
    """What waits for one destination, oldest first."""

    def __init__(self) -> None:
        self._waiting: Final[deque[bytes]] = deque(maxlen=MOST_WAITING)
        self._some: Final = asyncio.Event()
        self.empty: Final = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, ack: bytes) -> bool:
        """Add one; whether the oldest was dropped for it."""
        dropped = len(self._waiting) == MOST_WAITING
        self._waiting.append(ack)
        self._some.set()
        self.empty.clear()
        return dropped

    async def first(self) -> bytes:
        """The oldest, once there is one; it stays until it is done."""
        await self._some.wait()
        return self._waiting[0]

    def done(self, ack: bytes) -> None:
        """It is delivered; it may have been dropped meanwhile."""
        if self._waiting and self._waiting[0] is ack:
            self._waiting.popleft()
        if not self._waiting:
            self._some.clear()
            self.empty.set()

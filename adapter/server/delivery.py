"""Delivery: advice that waits is sent to its destination until it is there or dead, behind everything else.

What is to be sent and what became of it is in the store, so that a restart changes nothing. One destination never
waits for another, and of a patient only the newest advice waits, so that no older one can arrive after it.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, assert_never

from adapter.server.circuit import Circuit, CircuitState
from adapter.server.destination import Attempt, Delivered, Destination, Rejected, Retry
from adapter.server.faults import report
from adapter.server.log import log
from adapter.store import Delivery, DeliveryState, Store, StoreUnavailable

IDLE: Final = 1.0
"""Seconds until the queue is looked at again where nobody said that something was queued."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often, and when, a delivery is tried: `attempts` in all, waits in seconds that double from `first` on."""

    attempts: int
    first: float
    longest: float

    def wait(self, failed: int, chance: random.Random) -> float:
        """The seconds before the next attempt after so many failed ones: half of it fixed, half by chance."""
        whole = min(self.longest, self.first * 2.0 ** min(failed - 1, 60))
        return whole * chance.uniform(0.5, 1.0)


@dataclass(frozen=True, slots=True)
class _Settlement:
    """What became of an attempt, to be written."""

    delivery: int
    state: DeliveryState
    due_at: datetime
    error: str = ""


@dataclass(slots=True)
class Deliverer:
    """Delivers to one destination, one delivery after another. `now` is the real time, whatever the advice is as of."""

    store: Store
    destination: Destination
    schedule: Schedule
    circuit: Circuit
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    chance: random.Random = field(default_factory=random.SystemRandom)
    _queued: asyncio.Event = field(default_factory=asyncio.Event)
    _unwritten: _Settlement | None = None

    @property
    def name(self) -> str:
        """The name of the destination."""
        return self.destination.name

    @property
    def state(self) -> CircuitState:
        """The state of its circuit now."""
        return self.circuit.state(self.now())

    def wake(self) -> None:
        """Say that something was queued."""
        self._queued.set()

    async def run(self) -> None:
        """Deliver until cancelled; the edge where a fault of ours costs a pause and never a delivery."""
        while True:
            self._queued.clear()
            try:
                while await self.step():
                    pass
            except StoreUnavailable as error:
                report("delivery_postponed", error, code=error.cause)
            except Exception as error:  # noqa: BLE001  the edge of delivery: what is stored stays to be done
                report("delivery_failed", error)
            await self._pause()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(IDLE):
                await self._queued.wait()
        except TimeoutError:
            return

    async def step(self) -> bool:
        """Try what has been due longest; whether there was anything to try."""
        await self._write()
        if self.state == "open":
            return False
        due = await asyncio.to_thread(self.store.due, self.name, self.now(), 1)
        if not due:
            return False
        attempt = await self._attempt(due[0])
        self._unwritten = self._settlement(due[0], attempt)
        await self._write()
        return True

    async def _write(self) -> None:
        """Write what became of the last attempt, also where the store could not take it before: it is not tried again
        until that is written, so that what has arrived is not sent twice."""
        if self._unwritten is not None:
            one = self._unwritten
            await asyncio.to_thread(self.store.settle_delivery, one.delivery, one.state, one.due_at, one.error)
            self._unwritten = None

    async def _attempt(self, delivery: Delivery) -> Attempt:
        evaluation = await asyncio.to_thread(self.store.evaluation_by_number, delivery.evaluation)
        try:
            return await self.destination.send(evaluation)
        except Exception as error:  # noqa: BLE001  one delivery's fault must not stop the others
            report("delivery_failed", error, destination=self.name)
            return Retry("internal-error")

    def _settlement(self, delivery: Delivery, attempt: Attempt) -> _Settlement:
        now = self.now()
        match attempt:
            case Delivered():
                self._answered(now)
                return _Settlement(delivery.id, "delivered", now)
            case Rejected(error):
                self._answered(now)
                return self._dead(delivery, error, now)
            case Retry(error, after):
                self._failed(error, after, now)
                failed = delivery.attempts + 1
                if failed >= self.schedule.attempts:
                    return self._dead(delivery, error, now)
                wait = max(after or 0.0, self.schedule.wait(failed, self.chance))
                return _Settlement(delivery.id, "waiting", now + timedelta(seconds=wait), error)
            case _:
                assert_never(attempt)

    def _answered(self, now: datetime) -> None:
        if self.circuit.state(now) != "closed":
            log().info("circuit_closed", destination=self.name)
        self.circuit.succeeded()

    def _failed(self, error: str, after: float | None, now: datetime) -> None:
        before = self.circuit.state(now)
        self.circuit.failed(now, after)
        if before == "closed" and self.circuit.state(now) == "open":
            log().warning("circuit_opened", destination=self.name, code=error)

    def _dead(self, delivery: Delivery, error: str, now: datetime) -> _Settlement:
        log().warning("delivery_dead", destination=self.name, delivery=delivery.id, code=error)
        return _Settlement(delivery.id, "dead", now, error)

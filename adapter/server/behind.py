"""What works behind the acknowledgement while a server runs: processing, deliveries, the desk that takes orders.

Not for taking messages (intake.py), nor for the work itself.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from adapter.server.delivery import Deliverer
from adapter.server.desk import Desk, desk_path
from adapter.server.forgetting import Forgetting
from adapter.server.hooks.stored import Recall
from adapter.server.intake import Intake
from adapter.server.processing import Processor
from adapter.server.settings import Settings
from adapter.server.workers import Workers, WorkSettings
from adapter.store import Store


@contextlib.asynccontextmanager
async def working_behind(
    settings: Settings, store: Store, intake: Intake, delivering: Sequence[Deliverer]
) -> AsyncIterator[None]:
    """Process what the intake stores, and deliver what comes of it, until the end of the block."""
    workers = Workers(_work(settings), settings.workers)
    destinations = tuple(one.name for one in delivering)
    processor = Processor(store, workers, settings.now, destinations, _waking(delivering))
    intake.arrived = processor.wake
    loops: tuple[Processor | Deliverer, ...] = (processor, *delivering)
    await asyncio.to_thread(store.catch_up, destinations, datetime.now(UTC))
    desk = Desk(store, desk_path(settings.store), _waking(loops))
    await desk.open()
    forgetting = Forgetting(store.cards, timedelta(days=settings.feedback_days))
    tasks = [asyncio.create_task(loop.run()) for loop in (*loops, forgetting)]
    try:
        yield
    finally:
        await desk.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        workers.close()
        for one in delivering:
            await one.destination.close()


@contextlib.contextmanager
def recalling(settings: Settings) -> Iterator[Recall | None]:
    """What looks up stored messages for calls until the end of the block, where settings want it; it has a process of
    its own, since somebody waits for it."""
    if not settings.stored_facts:
        yield None
        return
    workers = Workers(_work(settings), nicer=0)
    workers.start()
    try:
        yield workers.recall
    finally:
        workers.close()


def _work(settings: Settings) -> WorkSettings:
    return WorkSettings(
        store=settings.store,
        site=settings.site,
        receivers=settings.receivers(),
        base=settings.base,
        check_output=settings.check_output,
        link=settings.link(),
    )


def _waking(loops: Sequence[Processor | Deliverer]) -> Callable[[], None]:
    """Wakes loops, from whichever thread."""
    running = asyncio.get_running_loop()

    def wake() -> None:
        for loop in loops:
            running.call_soon_threadsafe(loop.wake)

    return wake

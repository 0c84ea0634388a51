"""Judging what waits: all processes have their share of a batch, and do not rest while the last one is stored.

Not for what becomes of the judgements (processing.py), nor for judging one message (casework.py).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from adapter.server.faults import report
from adapter.server.judge import MAPPING_FAILED
from adapter.server.seen import Seen
from adapter.server.work import Work
from adapter.store import Judgement, Store, StoreUnavailable


@dataclass(slots=True)
class Judging:
    """Judges messages of one store, also ahead of their turn: what a message turns out to be depends on no other."""

    store: Store
    work: Work
    _ahead: asyncio.Task[list[Seen]] | None = None

    async def judge(self, waiting: Sequence[int]) -> list[Seen]:
        """The judgements, those that were made ahead among them. Raises StoreUnavailable."""
        ahead, self._ahead = self._ahead, None
        known = {one.message: one for one in await ahead} if ahead else {}
        fresh = await self._shared([number for number in waiting if number not in known])
        known.update({one.message: one for one in fresh})
        return [known[number] for number in waiting]

    def go_ahead(self, number: int, most: int) -> None:
        """Begin with those that wait after a message, at most so many."""
        self._ahead = asyncio.create_task(self._after(number, most))

    def stop(self) -> None:
        """Give up what was begun."""
        if self._ahead is not None:
            self._ahead.cancel()

    async def _after(self, number: int, most: int) -> list[Seen]:
        try:
            return await self._shared(await asyncio.to_thread(self.store.waiting, most, number))
        except StoreUnavailable:
            return []  # it is tried again when it is their turn

    async def _shared(self, waiting: Sequence[int]) -> list[Seen]:
        share = max(1, -(-len(waiting) // self.work.at_once))
        shares = [waiting[first : first + share] for first in range(0, len(waiting), share)]
        return [one for found in await asyncio.gather(*map(self._judged, shares)) for one in found]

    async def _judged(self, waiting: Sequence[int]) -> list[Seen]:
        """The judgements; where one message is the end of its process, the others are judged without it."""
        try:
            return await self.work.judge(waiting)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  one message's fault must not stop the others
            if len(waiting) > 1:
                return [judgement for number in waiting for judgement in await self._judged([number])]
            report("mapping_failed", error)
            return [Seen.of(Judgement(waiting[0], "quarantined", MAPPING_FAILED))]

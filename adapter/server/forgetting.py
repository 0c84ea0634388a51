"""Cards and feedback leave the store after the days that the settings give them, at the start and once a day.

Not for messages and advice: nothing removes those.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from adapter.server.faults import report
from adapter.server.log import log
from adapter.store import CardBook, StoreUnavailable

DAY: Final = 24 * 60 * 60.0
"""Seconds from one time to the next."""


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Removes what is older than `kept`, by the clock of this server: cards are noted by no other."""

    book: CardBook
    kept: timedelta

    async def run(self) -> None:
        """Remove now and every day until cancelled; where the store fails, the next day has more to do."""
        while True:
            try:
                await self.once(datetime.now(UTC))
            except StoreUnavailable as error:
                report("forgetting_postponed", error, code=error.cause)
            await asyncio.sleep(DAY)

    async def once(self, now: datetime) -> int:
        """Remove what is too old at `now`, a part at a time, so that nobody else waits long; how many rows it was."""
        count = 0
        while removed := await self.book.forget(now - self.kept):
            count += removed
        if count:
            log().info("feedback_forgotten", count=count)
        return count

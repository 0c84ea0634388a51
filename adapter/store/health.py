"""Whether a store is well, and what waits in it: counts without content, for health checks and metrics.

Not for judging whether a number is too high; that is the operator's alarm.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from adapter.store.ack_queue import count_acks
from adapter.store.deliveries import count_deliveries
from adapter.store.journal import count_by_state
from adapter.store.tables import messages, reviews
from adapter.store.writer import WriterState


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits, and what is stuck.

    `messages` counts by state; `oldest` is when the longest waiting message arrived, None where none waits;
    `reviews` are patients to be evaluated again; `deliveries` counts by destination and state, `acknowledgements` those
    that wait for an exchange of their own, by destination.
    """

    messages: Mapping[str, int]
    oldest: datetime | None
    reviews: int
    deliveries: Mapping[tuple[str, str], int]
    acknowledgements: Mapping[str, int]

    def delivering(self, state: str) -> int:
        """How many deliveries are in a state, to all destinations together."""
        return sum(count for (_, found), count in self.deliveries.items() if found == state)


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """Whether the store can be read and written. `backlog` is None where it cannot be read: unknown, not zero."""

    reachable: bool
    writer: WriterState
    backlog: Backlog | None
    sqlite_version: str
    synchronous: int

    @property
    def healthy(self) -> bool:
        """Whether messages can be taken."""
        return self.reachable and self.writer == "ok"

    @property
    def messages(self) -> int | None:
        """How many messages there are."""
        return None if self.backlog is None else sum(self.backlog.messages.values())

    @property
    def quarantined(self) -> int | None:
        """How many of them wait for somebody to decide."""
        return None if self.backlog is None else self.backlog.messages.get("quarantined", 0)


def read_backlog(connection: Connection) -> Backlog:
    """What waits now."""
    first = select(messages.c.received_at).where(messages.c.state == "received").order_by(messages.c.id).limit(1)
    oldest = connection.execute(first).scalar_one_or_none()
    asked = connection.execute(select(func.count()).select_from(reviews)).scalar_one()
    return Backlog(count_by_state(connection), oldest, asked, count_deliveries(connection), count_acks(connection))

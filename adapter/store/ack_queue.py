"""Acknowledgements that go as an exchange of their own: kept from before they are promised until they are delivered.

Not for connections, nor for when one is tried again (adapter/server/exchanges.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.sqlite import insert as insert_or_ignore

from adapter.store.card_book import Read
from adapter.store.jobs import one_by_one
from adapter.store.tables import acknowledgements
from adapter.store.writer import NoWriter, Writer


@dataclass(frozen=True, slots=True)
class WaitingAck:
    """An acknowledgement that waits, unframed, with its number."""

    id: int
    ack: bytes = field(repr=False)


class AckQueue:
    """Every method may be called from any thread and raises StoreUnavailable."""

    def __init__(self, writer: Writer | NoWriter, read: Read) -> None:
        self._writer: Final = writer
        self._read: Final = read

    async def put(self, destination: str, answers: bytes, ack: bytes) -> None:
        """Queue an acknowledgement for a destination; on disk when this returns.

        `answers` tells which message it answers (a digest). While one for the same message waits there, it is that one
        which is delivered: a sender that sends again does not get two.
        """
        row = {"destination": destination, "answers": answers, "acknowledgement": ack}
        await self._writer.run(one_by_one, partial(_put, row), len(ack))

    def first(self, destination: str) -> WaitingAck | None:
        """The one that has waited longest for a destination; None where none waits."""
        return self._read(partial(_first, destination))

    def remove(self, number: int) -> None:
        """Forget one: it is delivered, or never can be."""
        self._writer.submit(one_by_one, partial(_remove, number), 0).result()

    def waiting(self) -> Mapping[str, int]:
        """How many wait, by destination."""
        return self._read(count_acks)


def _put(row: Mapping[str, object], connection: Connection) -> None:
    connection.execute(insert_or_ignore(acknowledgements).on_conflict_do_nothing(), row)


def _first(destination: str, connection: Connection) -> WaitingAck | None:
    columns = acknowledgements.c
    query = select(columns.id, columns.acknowledgement).where(columns.destination == destination)
    row = connection.execute(query.order_by(columns.id).limit(1)).first()
    return None if row is None else WaitingAck(row.id, row.acknowledgement)


def _remove(number: int, connection: Connection) -> None:
    connection.execute(delete(acknowledgements).where(acknowledgements.c.id == number))


def count_acks(connection: Connection) -> dict[str, int]:
    """How many acknowledgements wait, by destination."""
    destination = acknowledgements.c.destination
    return dict(connection.execute(select(destination, func.count()).group_by(destination)).all())

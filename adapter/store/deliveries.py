"""The SQL of deliveries: what is queued for a destination, due, settled, and what is queued instead.

Not for sending anything, nor for when it is tried again (server).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, func, insert, select, update

from adapter.store.effect import Delivery, DeliveryState, Effect
from adapter.store.tables import deliveries, evaluations


def queue(evaluation: int, patient_key: str, effect: Effect, connection: Connection) -> None:
    """Deliver the new evaluation, and no earlier one of the patient any more: neither one that waits nor a dead one."""
    earlier = select(evaluations.c.id).where(evaluations.c.patient_key == patient_key, evaluations.c.id < evaluation)
    undelivered = deliveries.c.state.in_(("waiting", "dead")) & deliveries.c.evaluation.in_(earlier)
    connection.execute(update(deliveries).where(undelivered).values(state="superseded"))
    _queue([(evaluation, destination) for destination in effect.destinations], effect.at, connection)


def _queue(waiting: Sequence[tuple[int, str]], now: datetime, connection: Connection) -> None:
    rows = [
        {
            "evaluation": evaluation,
            "destination": destination,
            "state": "waiting",
            "attempts": 0,
            "due_at": now,
            "error": "",
        }
        for evaluation, destination in waiting
    ]
    if rows:
        connection.execute(insert(deliveries), rows)


def catch_up(destinations: Sequence[str], now: datetime, connection: Connection) -> None:
    """Queue the newest evaluation of each patient for destinations that know an older one of theirs, and not this."""
    for destination in destinations:
        there = deliveries.c.destination == destination
        known = select(evaluations.c.patient_key).join_from(deliveries, evaluations).where(there)
        newest = (
            select(func.max(evaluations.c.id))
            .where(evaluations.c.patient_key.in_(known))
            .group_by(evaluations.c.patient_key)
        )
        missing = select(evaluations.c.id).where(
            evaluations.c.id.in_(newest), evaluations.c.id.not_in(select(deliveries.c.evaluation).where(there))
        )
        _queue([(number, destination) for number in connection.execute(missing).scalars()], now, connection)


def due_deliveries(destination: str, now: datetime, limit: int, connection: Connection) -> list[Delivery]:
    """What is to be delivered to a destination now, the longest waiting first."""
    columns = deliveries.c
    query = (
        _deliveries()
        .where(columns.state == "waiting", columns.destination == destination, columns.due_at <= now)
        .order_by(columns.due_at, columns.id)
        .limit(limit)
    )
    return list(_read_deliveries(query, connection))


def deliveries_in(state: DeliveryState | None, connection: Connection) -> list[Delivery]:
    """All deliveries, or those of a state, the oldest first."""
    query = _deliveries().order_by(deliveries.c.id)
    if state is not None:
        query = query.where(deliveries.c.state == state)
    return list(_read_deliveries(query, connection))


def deliveries_of(evaluation: int, connection: Connection) -> list[Delivery]:
    """Where one evaluation went."""
    query = _deliveries().where(deliveries.c.evaluation == evaluation).order_by(deliveries.c.id)
    return list(_read_deliveries(query, connection))


_Deliveries = Select[int, int, str, str, int, datetime, str]


def _deliveries() -> _Deliveries:
    columns = deliveries.c
    return select(
        columns.id,
        columns.evaluation,
        columns.destination,
        columns.state,
        columns.attempts,
        columns.due_at,
        columns.error,
    )


def _read_deliveries(query: _Deliveries, connection: Connection) -> Iterator[Delivery]:
    for row in connection.execute(query):
        yield Delivery(row.id, row.evaluation, row.destination, row.state, row.attempts, row.due_at, row.error)


def settle_delivery(number: int, state: DeliveryState, due_at: datetime, error: str, connection: Connection) -> None:
    """Note an attempt: what became of the delivery, when it is due again, and why it failed."""
    columns = deliveries.c
    values = {"state": state, "due_at": due_at, "error": error, "attempts": columns.attempts + 1}
    # A delivery that a later evaluation has superseded meanwhile stays so.
    connection.execute(update(deliveries).where(columns.id == number, columns.state == "waiting").values(values))


def revive_delivery(number: int, now: datetime, connection: Connection) -> bool:
    """Let a dead delivery be tried again; whether there was one."""
    columns = deliveries.c
    dead = update(deliveries).where(columns.id == number, columns.state == "dead")
    return connection.execute(dead.values(state="waiting", due_at=now, attempts=0, error="")).rowcount == 1


def count_deliveries(connection: Connection) -> dict[tuple[str, str], int]:
    """How many deliveries there are of each destination and state."""
    columns = deliveries.c
    query = select(columns.destination, columns.state, func.count()).group_by(columns.destination, columns.state)
    return {(destination, state): count for destination, state, count in connection.execute(query)}

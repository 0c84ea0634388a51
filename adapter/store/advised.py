"""The SQL of what was advised for a patient over time, and of what the advice does not know of.

Not for making evaluations (effects.py) nor for sending them (deliveries.py).
"""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, select

from adapter.store.effect import Evaluation
from adapter.store.effects import evaluation_of
from adapter.store.tables import evaluations, message_patients, messages


def evaluations_of(keys: Sequence[str], limit: int, connection: Connection) -> list[Evaluation]:
    """The newest evaluations under these patient numbers, the newest first, at most so many."""
    newest = select(evaluations.c.id).where(evaluations.c.patient_key.in_(keys)).order_by(evaluations.c.id.desc())
    numbers = connection.execute(newest.limit(limit)).scalars().all()
    found = (evaluation_of(number, connection) for number in numbers)
    return [evaluation for evaluation in found if evaluation is not None]


def count_held(keys: Sequence[str], reasons: Collection[str], connection: Connection) -> int:
    """How many messages about these patient numbers are in quarantine for one of these reasons."""
    query = (
        select(messages.c.id, messages.c.state)
        .join_from(message_patients, messages, message_patients.c.message == messages.c.id)
        .where(message_patients.c.patient_key.in_(keys), messages.c.reason.in_(reasons))
    )
    # Asked for here, the state would be looked up by its index: all messages in quarantine, whosever they are.
    return len({row.id for row in connection.execute(query) if row.state == "quarantined"})

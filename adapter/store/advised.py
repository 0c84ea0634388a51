"""The SQL of what was advised for a patient over time, for people who look it up.

Not for making evaluations (effects.py) nor for sending them (deliveries.py).
"""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from adapter.store.effect import Evaluation
from adapter.store.effects import evaluation_of
from adapter.store.tables import evaluations


def evaluations_of(keys: Sequence[str], limit: int, connection: Connection) -> list[Evaluation]:
    """The newest evaluations under these patient numbers, the newest first, at most so many."""
    newest = select(evaluations.c.id).where(evaluations.c.patient_key.in_(keys)).order_by(evaluations.c.id.desc())
    numbers = connection.execute(newest.limit(limit)).scalars().all()
    found = (evaluation_of(number, connection) for number in numbers)
    return [evaluation for evaluation in found if evaluation is not None]

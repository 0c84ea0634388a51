"""The SQL of effects: what processing did with messages, and what was advised.

Not for transactions and threads (writer.py, store.py). Doing an effect again does nothing: an application has a key,
and an evaluation that says what the last one said is not stored.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or_ignore

from adapter.store.deliveries import queue
from adapter.store.effect import Effect, Evaluated, Evaluation, Settled, UsedMessage
from adapter.store.message import IN_USE, Noted
from adapter.store.revision import patients_of, take_back
from adapter.store.tables import effects, evaluations, joins, message_patients, messages, replays, reviews

_EVALUATION: Final = (
    evaluations.c.id,
    evaluations.c.patient_key,
    evaluations.c.message,
    evaluations.c.evaluated_at,
    evaluations.c.fingerprint,
    evaluations.c.rule_set,
    evaluations.c.indicator,
    evaluations.c.revoked,
    evaluations.c.care_plan,
    evaluations.c.hl7v2,
)

_JOINS: Final = (
    select(joins.c.retired_key, joins.c.surviving_key)
    .join_from(joins, messages, joins.c.message == messages.c.id)
    .where(
        (joins.c.retired_key == bindparam("of_key")) | (joins.c.surviving_key == bindparam("of_key")),
        messages.c.state.in_(IN_USE),
    )
)


def record(done: Sequence[Effect], connection: Connection) -> tuple[int, ...]:
    """Store effects; the numbers of their new evaluations. What is there already stays."""
    applied = [
        {"message": number, "patient_key": key, "applied_at": effect.at}
        for effect in done
        for number, key in effect.applied
    ]
    if applied:
        connection.execute(insert_or_ignore(effects).on_conflict_do_nothing(), applied)
    answered = [review.id for effect in done for review in effect.reviews]
    if answered:
        connection.execute(delete(reviews).where(reviews.c.id.in_(answered)))
    made = (
        _evaluate(effect, key, evaluated, connection) for effect in done for key, evaluated in effect.evaluated.items()
    )
    return tuple(number for number in made if number is not None)


def finish(done: Sequence[Effect], settled: Sequence[Settled], connection: Connection) -> tuple[int, ...]:
    """Effects and the states of their messages, in one transaction; the numbers of the new evaluations."""
    made = record(done, connection)
    settle_messages(settled, connection)
    return made


def settle_messages(settled: Sequence[Settled], connection: Connection) -> None:
    """Give messages their new states and add what was found."""
    noted = [one for one in settled if one.findings]
    known = _findings([one.message for one in noted], connection)
    for one in noted:
        added = dict.fromkeys((*known[one.message], *one.findings))
        values = {"findings": [{"code": found.code, "place": found.place} for found in added]}
        connection.execute(update(messages).where(messages.c.id == one.message).values(values))
    rows = [{"number": one.message, "new_state": one.state, "new_reason": one.reason} for one in settled]
    if rows:
        connection.execute(_NEW_STATE, rows)
    for one in settled:
        if one.state == "quarantined":
            take_back(one.message, patients_of(one.message, connection), connection)


# A message that somebody has discarded meanwhile stays so, and one that is to be judged again waits for that.
_NEW_STATE: Final = (
    update(messages)
    .where(
        messages.c.id == bindparam("number"),
        messages.c.state != "discarded",
        messages.c.id.not_in(select(replays.c.message)),
    )
    .values(state=bindparam("new_state"), reason=bindparam("new_reason"))
)


def _findings(numbers: Sequence[int], connection: Connection) -> dict[int, list[Noted]]:
    query = select(messages.c.id, messages.c.findings).where(messages.c.id.in_(numbers))
    found = connection.execute(query) if numbers else ()
    return {row.id: [Noted(noted["code"], noted["place"]) for noted in row.findings] for row in found}


def _evaluate(effect: Effect, patient_key: str, evaluated: Evaluated, connection: Connection) -> int | None:
    holds = latest_evaluation(patient_key, connection)
    if holds is not None and _says_the_same(holds.evaluated, evaluated):
        return None
    row = {
        "patient_key": patient_key,
        "message": effect.cause,
        "evaluated_at": effect.at,
        "fingerprint": evaluated.fingerprint,
        "rule_set": evaluated.rule_set,
        "indicator": evaluated.indicator,
        "revoked": evaluated.revoked,
        "care_plan": evaluated.care_plan,
        "hl7v2": evaluated.hl7v2,
    }
    number: int = connection.execute(insert(evaluations).returning(evaluations.c.id), row).scalar_one()
    queue(number, patient_key, effect, connection)
    return number


def _says_the_same(one: Evaluated, other: Evaluated) -> bool:
    return (one.fingerprint, one.revoked) == (other.fingerprint, other.revoked)


def latest_evaluation(patient_key: str, connection: Connection) -> Evaluation | None:
    """The evaluation of a patient that holds now."""
    query = (
        select(*_EVALUATION).where(evaluations.c.patient_key == patient_key).order_by(evaluations.c.id.desc()).limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else _evaluation(row)


def evaluation_of(number: int, connection: Connection) -> Evaluation | None:
    """One evaluation by its number."""
    row = connection.execute(select(*_EVALUATION).where(evaluations.c.id == number)).first()
    return None if row is None else _evaluation(row)


def evaluations_because_of(message: int, connection: Connection) -> list[Evaluation]:
    """The evaluations that one message led to."""
    query = select(*_EVALUATION).where(evaluations.c.message == message).order_by(evaluations.c.id)
    return [_evaluation(row) for row in connection.execute(query)]


def _evaluation(row: Row[int, str, int, datetime, str, str, str, bool, bytes, bytes]) -> Evaluation:
    made = Evaluated(row.fingerprint, row.rule_set, row.indicator, row.care_plan, row.revoked, row.hl7v2)
    return Evaluation(row.id, row.patient_key, row.message, row.evaluated_at, made)


def used_messages(keys: Sequence[str], connection: Connection) -> list[UsedMessage]:
    """The messages that make up the facts under these numbers, in order of arrival."""
    of_patient = select(message_patients.c.message).where(message_patients.c.patient_key.in_(keys))
    not_yet = select(replays.c.message).where(replays.c.counted.is_(False))
    query = (
        select(messages.c.id, messages.c.profile, messages.c.received_at)
        .where(messages.c.id.in_(of_patient), messages.c.state.in_(IN_USE), messages.c.id.not_in(not_yet))
        .order_by(messages.c.id)
    )
    return [UsedMessage(row.id, row.profile, row.received_at) for row in connection.execute(query)]


def joined_keys(patient_key: str, connection: Connection) -> tuple[str, ...]:
    """All numbers that messages in use have joined with this one, itself included, in the order of the alphabet."""
    found, unseen = {patient_key}, [patient_key]
    while unseen:
        key = unseen.pop()
        for pair in connection.execute(_JOINS, {"of_key": key}):
            fresh = set(pair) - found
            found |= fresh
            unseen += fresh
    return tuple(sorted(found))


def applied_ids(connection: Connection) -> Iterator[tuple[str, str]]:
    """The control id and patient of every application of a message, in order."""
    query = (
        select(messages.c.control_id, effects.c.patient_key)
        .join_from(effects, messages, effects.c.message == messages.c.id)
        .order_by(effects.c.message, effects.c.patient_key)
    )
    yield from ((row.control_id, row.patient_key) for row in connection.execute(query))

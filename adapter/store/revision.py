"""The SQL of second thoughts: messages to be processed anew, messages not to be used, patients to be evaluated again.

Nothing is deleted by it. What a message that is processed anew means is judged elsewhere (server).
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Select, delete, exists, func, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or_ignore

from adapter.store.effect import Judgement, Review
from adapter.store.journal import REUSED
from adapter.store.message import IN_USE
from adapter.store.tables import effects, evaluations, joins, message_patients, messages, replays, reviews

_Findings = list[dict[str, str]]


def replay_messages(numbers: Sequence[int], connection: Connection) -> tuple[int, ...]:
    """Let messages be processed anew; the numbers of those that there are and that do not wait already.

    Facts of a message that counts go on counting until it is judged again; those of another do not count before.
    """
    return tuple(number for number in dict.fromkeys(numbers) if _replay(number, connection))


def _replay(number: int, connection: Connection) -> bool:
    state = _state(number, connection)
    if state is None or state == "received":
        return False
    mark = {"message": number, "counted": state in IN_USE}
    connection.execute(insert_or_ignore(replays).on_conflict_do_nothing(), mark)
    connection.execute(update(messages).where(messages.c.id == number).values(state="received", reason=""))
    return True


def settle_judgements(judged: Sequence[Judgement], connection: Connection) -> frozenset[int]:
    """Give messages that were received what they turned out to be; one that is no longer to be judged stays as it is.
    The numbers of the others.

    Patients whose facts a message held, and holds no longer, are to be evaluated again.
    """
    numbers = [one.message for one in judged]
    waiting = _waiting(numbers, connection)
    due = [one for one in judged if one.message in waiting]
    for one in due:
        if waiting[one.message].judged_before:
            _forget(one, connection)
    _link(due, connection)
    for one in due:
        _write(one, waiting[one.message], connection)
    return frozenset(waiting)


class _Waiting(NamedTuple):
    """A message that waits to be judged: its findings, and whether it was judged before."""

    findings: _Findings
    judged_before: bool


def _waiting(numbers: Sequence[int], connection: Connection) -> dict[int, _Waiting]:
    tables = (message_patients, joins, replays)
    before = or_(*(exists().where(table.c.message == messages.c.id) for table in tables))
    received = messages.c.id.in_(numbers) & (messages.c.state == "received")
    query = select(messages.c.id, messages.c.findings, before).where(received)
    return {number: _Waiting(findings, known) for number, findings, known in connection.execute(query)}


def _forget(judged: Judgement, connection: Connection) -> None:
    """Undo what an earlier judgement said of a message's patients."""
    before = patients_of(judged.message, connection)
    after = judged.patient_keys if judged.state in IN_USE else ()
    take_back(judged.message, [key for key in before if key not in after], connection)
    joined = connection.execute(_joined_by(judged.message)).all()
    if {(retired, surviving) for retired, surviving in joined} - set(judged.joined if after else ()):
        _review(sorted({key for pair in joined for key in pair}), judged.message, connection)
    for table in (message_patients, joins, replays):
        connection.execute(delete(table).where(table.c.message == judged.message))


def take_back(number: int, keys: Sequence[str], connection: Connection) -> None:
    """Undo the application of a message to patients: those to whom it was applied, and whose numbers it merged, are to
    be evaluated again."""
    of_message = (effects.c.message == number) & effects.c.patient_key.in_(keys)
    applied = set(connection.execute(delete(effects).where(of_message).returning(effects.c.patient_key)).scalars())
    merged = connection.execute(_joined_by(number))
    if applied:
        applied.update(*merged)
    _review(sorted(applied), number, connection)


def _joined_by(number: int) -> Select[str, str]:
    """The numbers that a message has merged."""
    return select(joins.c.retired_key, joins.c.surviving_key).where(joins.c.message == number)


def _write(judged: Judgement, waiting: _Waiting, connection: Connection) -> None:
    """State, reason and findings; that a control id was reused stays known."""
    reused = {"code": REUSED.code, "place": REUSED.place}
    found = [{"code": noted.code, "place": noted.place} for noted in dict.fromkeys(judged.findings)]
    found += [reused] if reused in waiting.findings else []
    if judged.state == "received" and found == waiting.findings:
        return  # as nearly every message
    values = {"state": judged.state, "reason": judged.reason, "findings": found}
    connection.execute(update(messages).where(messages.c.id == judged.message).values(values))


def _link(judged: Sequence[Judgement], connection: Connection) -> None:
    links = [{"message": one.message, "patient_key": key} for one in judged for key in dict.fromkeys(one.patient_keys)]
    if links:
        connection.execute(insert(message_patients), links)
    joined = [
        {"message": one.message, "retired_key": retired, "surviving_key": surviving}
        for one in judged
        for retired, surviving in dict.fromkeys(one.joined)
    ]
    if joined:
        connection.execute(insert(joins), joined)


def discard_message(number: int, reason: str, connection: Connection) -> bool:
    """Let a message count no longer, for a reason; whether there was one that was not discarded already.

    Its patients are to be evaluated again.
    """
    state = _state(number, connection)
    if state is None or state == "discarded":
        return False
    connection.execute(delete(replays).where(replays.c.message == number))
    connection.execute(delete(effects).where(effects.c.message == number))
    connection.execute(update(messages).where(messages.c.id == number).values(state="discarded", reason=reason))
    # Also where it was not applied yet: that may be going on just now.
    _review(patients_of(number, connection), number, connection)
    return True


def review_patients_of(number: int, connection: Connection) -> None:
    """Ask for a review of the patients that a message is about."""
    _review(patients_of(number, connection), number, connection)


def review_advised(connection: Connection) -> None:
    """Ask for a review of every patient whose advice holds and who waits for none."""
    newest = select(func.max(evaluations.c.id)).group_by(evaluations.c.patient_key)
    holding = select(evaluations.c.patient_key, evaluations.c.message).where(
        evaluations.c.id.in_(newest),
        evaluations.c.revoked.is_(False),
        evaluations.c.patient_key.not_in(select(reviews.c.patient_key)),
    )
    connection.execute(insert(reviews).from_select(["patient_key", "message"], holding))


def waiting_reviews(limit: int, connection: Connection) -> list[Review]:
    """The patients to be evaluated again, in order of asking."""
    columns = reviews.c
    query = select(columns.id, columns.patient_key, columns.message).order_by(columns.id).limit(limit)
    return [Review(row.id, row.patient_key, row.message) for row in connection.execute(query)]


def _review(keys: Sequence[str], message: int, connection: Connection) -> None:
    rows = [{"patient_key": key, "message": message} for key in keys]
    if rows:
        connection.execute(insert(reviews), rows)


def _state(number: int, connection: Connection) -> str | None:
    return connection.execute(select(messages.c.state).where(messages.c.id == number)).scalar_one_or_none()


def patients_of(number: int, connection: Connection) -> list[str]:
    """The patients that a message is about."""
    links = message_patients.c
    query = select(links.patient_key).where(links.message == number).order_by(links.patient_key)
    return list(connection.execute(query).scalars())

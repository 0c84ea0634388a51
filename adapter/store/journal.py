"""The SQL of the message journal: storing an arrival once, and reading messages back.

Not for transactions, threads and errors (writer.py, store.py).
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    insert,
    select,
    update,
)

from adapter.store.message import Arrival, MessageState, Noted, Receipt, StoredMessage, TakenMessage
from adapter.store.prepared import Prepared, PreparedOnce, gathered
from adapter.store.tables import message_patients, messages

REUSED: Final = Noted("control-id-reused", "MSH[1]-10")
SENT_AGAIN: Final = Noted("sent-again", "")
"""A message that somebody has discarded came again: it stays discarded, and says so."""

_Findings = list[dict[str, str]]
_Row = Row[int, datetime, str, str, str, str, bytes, MessageState, str, _Findings]
_Rows = Select[int, datetime, str, str, str, str, bytes, MessageState, str, _Findings]


class Page(NamedTuple):
    """Which messages to read: those after a number, at most so many, of one state or patient where given."""

    after: int
    size: int
    state: MessageState | None
    patient_key: str | None


_KEY: Final = ("sender", "control_id", "sha256")
_NEW: Final = tuple(column for column in messages.c if column.name != "id")


def _values(names: Iterable[str], number: int) -> dict[str, BindParameter[Any]]:
    """The parameters of columns in one of several rows."""
    return {name: bindparam(f"{name}_{number}", type_=messages.c[name].type) for name in names}


def _where(names: Sequence[str], number: int) -> ColumnElement[bool]:
    return and_(*(messages.c[name] == value for name, value in _values(names, number).items()))


_USED: Final = Prepared(lambda count: select(*(exists().where(_where(_KEY[:2], number)) for number in range(count))))
"""For each of so many messages, whether its sender has used the control id before."""
_SAME: Final = Prepared(lambda _: select(messages.c.id).where(_where(_KEY, 0)))
"""The very same message."""
_INSERT: Final = Prepared(
    lambda count: (
        insert(messages)
        .values([_values((column.name for column in _NEW), number) for number in range(count)])
        .returning(messages.c.id, messages.c.sender, messages.c.control_id)
    )
)
_WAITING: Final = PreparedOnce(
    gathered(
        select(messages.c.id)
        .where(messages.c.state == "received", messages.c.id > bindparam("after", type_=messages.c.id.type))
        .order_by(messages.c.id)
        .limit(bindparam("most", type_=messages.c.id.type))
    )
)
"""The numbers of messages that wait after one, at most so many."""
_COLUMNS: Final = tuple(column for column in messages.c if column is not messages.c.raw)


def store_arrivals(arrivals: Sequence[Arrival], connection: Connection) -> list[Receipt]:
    """Store messages in their order, each unless the very same is there; within a transaction of the caller.

    One is marked where its sender has used the control id before; without a control id it shares none with another.
    """
    keys = {(arrival.sender, arrival.control_id) for arrival in arrivals}
    if len(keys) == len(arrivals) and not any(_used(arrivals, connection)):
        return _store_new(arrivals, connection)
    return [_store_one(arrival, connection) for arrival in arrivals]


def _used(arrivals: Sequence[Arrival], connection: Connection) -> tuple[object, ...]:
    """For each message, whether its sender has used the control id before."""
    (used,) = _USED.rows(connection, [(arrival.sender, arrival.control_id) for arrival in arrivals])
    return used


def _store_one(arrival: Arrival, connection: Connection) -> Receipt:
    (used,) = _used([arrival], connection)
    same = _SAME.rows(connection, [(arrival.sender, arrival.control_id, arrival.sha256)]) if used else []
    if same:
        return _duplicate(same[0][0], connection)
    if not used or not arrival.control_id:
        return _store_new([arrival], connection)[0]
    (stored,) = _store_new([replace(arrival, findings=(*arrival.findings, REUSED))], connection)
    return replace(stored, control_id_reused=True)


def _store_new(arrivals: Sequence[Arrival], connection: Connection) -> list[Receipt]:
    """Store messages of which none is there, and no two have sender and control id in common."""
    numbers = {tuple(key): number for number, *key in _INSERT.rows(connection, [_row(one) for one in arrivals])}
    receipts = [Receipt(numbers[arrival.sender, arrival.control_id]) for arrival in arrivals]
    links = [
        {"message": receipt.message, "patient_key": key}
        for receipt, arrival in zip(receipts, arrivals, strict=True)
        for key in dict.fromkeys(arrival.patient_keys)
    ]
    if links:
        connection.execute(insert(message_patients), links)
    return receipts


def _row(arrival: Arrival) -> tuple[object, ...]:
    """The values of the columns of `_NEW`."""
    return (
        arrival.received_at, arrival.sender, arrival.control_id, arrival.type, arrival.profile, arrival.sha256,
        arrival.state, arrival.reason, _plain(arrival.findings), arrival.raw,
    )  # fmt: skip


def _duplicate(number: int, connection: Connection) -> Receipt:
    """The receipt of a message that is there already; a discarded one is marked."""
    query = select(messages.c.state, messages.c.findings).where(messages.c.id == number)
    state, known = connection.execute(query).one()
    if state != "discarded":
        return Receipt(number, duplicate=True)
    (again,) = _plain((SENT_AGAIN,))
    findings = [*(noted for noted in known if noted != again), again]
    connection.execute(update(messages).where(messages.c.id == number).values(findings=findings))
    return Receipt(number, duplicate=True, discarded=True)


def _plain(findings: Sequence[Noted]) -> _Findings:
    return [{"code": noted.code, "place": noted.place} for noted in findings]


def read_page(page: Page, connection: Connection) -> list[StoredMessage]:
    """The messages of a page in order of their numbers."""
    rows = connection.execute(_page_query(page)).all()
    patients = _patients(connection, [row.id for row in rows])
    return [_message(row, patients) for row in rows]


def read_raw(message: int, connection: Connection) -> tuple[bytes, bytes] | None:
    """The bytes of a message and the SHA-256 that was stored with them; None where there is no such message."""
    row = connection.execute(select(messages.c.raw, messages.c.sha256).where(messages.c.id == message)).first()
    return None if row is None else (row.raw, row.sha256)


def waiting_numbers(limit: int, after: int, connection: Connection) -> list[int]:
    """The numbers of the messages that wait to be judged, in order of arrival, at most so many after a number."""
    return sorted(_WAITING.found(connection, after, limit))


def read_taken(numbers: Sequence[int], largest: int, connection: Connection) -> list[TakenMessage]:
    """Messages with their bytes, without those that have more bytes than `largest` or are damaged."""
    columns = (messages.c.id, messages.c.received_at, messages.c.profile, messages.c.raw, messages.c.sha256)
    query = select(*columns).where(messages.c.id.in_(numbers), func.length(messages.c.raw) <= largest)
    return [
        TakenMessage(number, received, profile, raw)
        for number, received, profile, raw, sha256 in connection.execute(query)
        if hashlib.sha256(raw).digest() == sha256
    ]


def count_by_state(connection: Connection) -> dict[str, int]:
    """How many messages there are of each state."""
    rows = connection.execute(select(messages.c.state, func.count()).group_by(messages.c.state))
    return dict(rows.all())


def _page_query(page: Page) -> _Rows:
    query: _Rows = select(*_COLUMNS).where(messages.c.id > page.after).order_by(messages.c.id).limit(page.size)
    if page.state is not None:
        query = query.where(messages.c.state == page.state)
    if page.patient_key is not None:
        of_patient = select(message_patients.c.message).where(message_patients.c.patient_key == page.patient_key)
        query = query.where(messages.c.id.in_(of_patient))
    return query


def _patients(connection: Connection, numbers: Sequence[int]) -> Mapping[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    links = message_patients.c
    query = select(links.message, links.patient_key).where(links.message.in_(numbers)).order_by(links.patient_key)
    for number, key in connection.execute(query):
        found[number].append(key)
    return found


def _message(row: _Row, patients: Mapping[int, list[str]]) -> StoredMessage:
    return StoredMessage(
        id=row.id,
        received_at=row.received_at,
        sender=row.sender,
        control_id=row.control_id,
        type=row.type,
        profile=row.profile,
        sha256=row.sha256,
        state=row.state,
        reason=row.reason,
        findings=tuple(Noted(noted["code"], noted["place"]) for noted in row.findings),
        patient_keys=tuple(patients.get(row.id, ())),
    )

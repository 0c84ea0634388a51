"""The SQL of the message journal: storing an arrival once, and reading messages back.

Not for transactions, threads and errors (writer.py, store.py).
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import JSON, Connection, Row, Select, String, bindparam, case, exists, func, insert, select, true
from sqlalchemy.dialects.sqlite import insert as insert_or_ignore

from adapter.store.message import Arrival, MessageState, Noted, Receipt, StoredMessage, TakenMessage
from adapter.store.prepared import Prepared
from adapter.store.tables import message_patients, messages

REUSED: Final = Noted("control-id-reused", "MSH[1]-10")

_Findings = list[dict[str, str]]
_Row = Row[int, datetime, str, str, str, str, bytes, MessageState, str, _Findings]
_Rows = Select[int, datetime, str, str, str, str, bytes, MessageState, str, _Findings]


class Page(NamedTuple):
    """Which messages to read: those after a number, at most so many, of one state or patient where given."""

    after: int
    size: int
    state: MessageState | None
    patient_key: str | None


_NEW: Final = tuple(column for column in messages.c if column.name not in ("id", "findings"))
_SAME_SENDER: Final = (messages.c.sender == bindparam("sender", type_=String)) & (
    messages.c.control_id == bindparam("control_id", type_=String)
)
_FINDINGS: Final = case(
    (exists().where(_SAME_SENDER), bindparam("findings_if_reused", type_=JSON)),
    else_=bindparam("findings", type_=JSON),
)
_INSERT: Final = Prepared(
    insert_or_ignore(messages)
    .from_select(
        [*(column.name for column in _NEW), "findings"],
        select(*(bindparam(column.name, type_=column.type) for column in _NEW), _FINDINGS).where(true()),
    )
    .on_conflict_do_nothing()
    .returning(messages.c.id, messages.c.findings)
)
"""One statement stores a message unless it is there, and marks it where its sender has used the control id before."""

_EARLIER: Final = select(messages.c.id).where(_SAME_SENDER, messages.c.sha256 == bindparam("sha256"))
_COLUMNS: Final = tuple(column for column in messages.c if column is not messages.c.raw)


def store_arrival(arrival: Arrival, sha256: bytes, connection: Connection) -> Receipt:
    """Store a message with its hash unless the very same is there; within a transaction of the caller."""
    plain = _plain(arrival.findings)
    # A message without control id shares none with another.
    reused = _plain((*arrival.findings, REUSED)) if arrival.control_id else plain
    row = {
        "received_at": arrival.received_at,
        "sender": arrival.sender,
        "control_id": arrival.control_id,
        "type": arrival.type,
        "profile": arrival.profile,
        "sha256": sha256,
        "state": arrival.state,
        "reason": arrival.reason,
        "findings": plain,
        "findings_if_reused": reused,
        "raw": arrival.raw,
    }
    stored = _INSERT.first(connection, row)
    if stored is None:
        keys = {"sender": arrival.sender, "control_id": arrival.control_id, "sha256": sha256}
        return Receipt(connection.execute(_EARLIER, keys).scalar_one(), duplicate=True)
    number, findings = stored
    links = [{"message": number, "patient_key": key} for key in dict.fromkeys(arrival.patient_keys)]
    if links:
        connection.execute(insert(message_patients), links)
    return Receipt(number, control_id_reused=reused != plain and json.loads(findings) == reused)


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
    waiting = (messages.c.state == "received") & (messages.c.id > after)
    return list(connection.execute(select(messages.c.id).where(waiting).order_by(messages.c.id).limit(limit)).scalars())


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

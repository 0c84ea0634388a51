"""The SQL of passing by: messages that lead to no advice are judged and done with by a few statements for all of them.

Nearly all messages of a hospital are such. Not for a message of which there is more to say (revision.py, effects.py).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Integer,
    ScalarSelect,
    Select,
    bindparam,
    cast,
    exists,
    insert,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.dialects.sqlite import insert as insert_or_ignore

from adapter.store.effect import Effect, Judgement, Settled
from adapter.store.effects import finish
from adapter.store.prepared import PreparedOnce, array, gathered, given
from adapter.store.revision import settle_judgements
from adapter.store.tables import effects, evaluations, joins, message_patients, messages, replays, reviews


def judge_and_finish(
    judged: Sequence[Judgement], passed: Mapping[int, str], at: datetime, connection: Connection
) -> frozenset[int]:
    """What messages turned out to be, and that those passed were applied to a patient without any effect on advice, in
    one transaction; the numbers of those that were to be judged. Of one that is passed and is not among those judged
    there is nothing to say but whom it is about."""
    told = {one.message for one in judged}
    new = _pass({number: key for number, key in passed.items() if number not in told}, at, connection)
    others = {number: key for number, key in passed.items() if number not in new}
    plain = [Judgement(number, "received", patient_keys=(key,)) for number, key in others.items() if number not in told]
    due = settle_judgements([*judged, *plain], connection)
    applied = tuple((number, key) for number, key in others.items() if number in due)
    finish((Effect(applied, at),), [Settled(number, "mapped") for number, _ in applied], connection)
    return new | due


def _pass(plain: Mapping[int, str], at: datetime, connection: Connection) -> frozenset[int]:
    """Judge and finish those of these messages that are as they were stored; their numbers."""
    if not plain:
        return frozenset()
    new = frozenset(_NEW.found(connection, array(list(plain))))
    passed = array({number: plain[number] for number in new})
    _LINK.run(connection, passed)
    _APPLY.run(connection, at, passed)
    _FINISH.run(connection, array(list(new)))
    return new


def entangled_keys(keys: Collection[str], connection: Connection) -> set[str]:
    """Those of these numbers that are joined with others, wait for a review, or for which something was advised."""
    return set(_ENTANGLED.found(connection, array(list(keys))))


def linked_keys(keys: Collection[str], connection: Connection) -> set[str]:
    """Those of these numbers about which there is a message, of whatever state."""
    return set(_LINKED.found(connection, array(list(keys))))


def _given() -> ScalarSelect[Any]:
    """The numbers or keys that are asked for."""
    return select(given("asked").c.value).scalar_subquery()


def _is_new() -> Select[Any]:
    """Messages that wait, were never judged, and of which nothing was found when they were stored."""
    judged = (exists().where(table.c.message == messages.c.id) for table in (message_patients, joins, replays))
    return select(messages.c.id).where(
        messages.c.id.in_(_given()),
        messages.c.state == "received",
        messages.c.findings == [],
        *(~before for before in judged),
    )


def _entangled() -> Select[Any]:
    asked = select(given("asked").c.value.label("key")).cte("asked")
    named = (joins.c.retired_key, joins.c.surviving_key, evaluations.c.patient_key, reviews.c.patient_key)
    found = union_all(*(select(column.label("key")).where(column.in_(select(asked.c.key))) for column in named))
    return select(found.subquery().c.key).distinct()


def _linked() -> Select[Any]:
    column = message_patients.c.patient_key
    return select(column).where(column.in_(_given())).distinct()


_passed: Final = given("passed")
_number: Final = cast(_passed.c.key, Integer)

_NEW: Final = PreparedOnce(gathered(_is_new()))
_LINK: Final = PreparedOnce(
    insert(message_patients).from_select(["message", "patient_key"], select(_number, _passed.c.value))
)
_APPLY: Final = PreparedOnce(
    insert_or_ignore(effects)
    .from_select(
        ["applied_at", "message", "patient_key"],
        # SQLite needs the condition to tell what is to be done on a conflict from a condition of a join.
        select(bindparam("at", type_=effects.c.applied_at.type), _number, _passed.c.value).where(true()),
    )
    .on_conflict_do_nothing()
)
_FINISH: Final = PreparedOnce(update(messages).where(messages.c.id.in_(_given())).values(state="mapped", reason=""))
_ENTANGLED: Final = PreparedOnce(gathered(_entangled()))
_LINKED: Final = PreparedOnce(gathered(_linked()))

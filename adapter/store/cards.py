"""The SQL of cards and of what clients report of them: each kept once, and the two brought together.

Not for transactions and threads (card_book.py), nor for counting (toolchain).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, Row, and_, delete, exists, func, or_, select
from sqlalchemy.dialects.sqlite import insert as insert_or_ignore

from adapter.store.card import Answer, CardFate, CardId, CardReport, IssuedCard, Reason
from adapter.store.tables import cards, feedback

_IDENTITY: Final = ("service", "card", "issuer", "tenant")
_OTHER: Final = cards.alias("other")
_LATER: Final = feedback.alias("later")


class Stretch(NamedTuple):
    """Which rows to read: those after a number, at most so many, from a time on where one is given."""

    after: int
    size: int
    since: datetime | None


def _same_card(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(*(one.c[name] == other.c[name] for name in _IDENTITY))


def note_cards(issued: Sequence[IssuedCard], connection: Connection) -> None:
    """Keep cards that leave; one that left before, for the same reader and advice, is there already."""
    rows = [_issued_row(card) for card in issued]
    if rows:
        connection.execute(insert_or_ignore(cards).on_conflict_do_nothing(), rows)


def keep_reports(reports: Sequence[CardReport], connection: Connection) -> None:
    """Keep reports whose key is not there yet."""
    rows = [_report_row(report) for report in reports]
    if rows:
        connection.execute(insert_or_ignore(feedback).on_conflict_do_nothing(), rows)


def _issued_row(card: IssuedCard) -> dict[str, object]:
    return {
        **asdict(card.id),
        "issued_at": card.issued_at,
        "rule_set": card.rule_set,
        "indicator": card.indicator,
        "rules": list(card.rules),
        "reader": card.reader,
        "advice": card.advice,
    }


def _report_row(report: CardReport) -> dict[str, object]:
    return {
        **asdict(report.id),
        "key": report.key,
        "received_at": report.received_at,
        "outcome": report.outcome,
        "outcome_at": report.outcome_at,
        "suggestions": list(report.suggestions),
        "reasons": [asdict(reason) for reason in report.reasons],
    }


def read_fates(stretch: Stretch, connection: Connection) -> list[tuple[int, CardFate]]:
    """Cards with the report that holds for each, and their numbers, in the order in which they left.

    A client that calls again under one hookInstance may get one uuid for two advices: the later one counts.
    """
    later = exists().where(_same_card(_OTHER, cards), _OTHER.c.id > cards.c.id)
    query = select(cards).where(cards.c.id > stretch.after, ~later).order_by(cards.c.id).limit(stretch.size)
    if stretch.since is not None:
        query = query.where(cards.c.issued_at >= stretch.since)
    rows = connection.execute(query).all()
    reports = _reports_that_hold([row.id for row in rows], connection)
    return [(row.id, CardFate(_issued(row), reports.get(row.id))) for row in rows]


def _reports_that_hold(numbers: Sequence[int], connection: Connection) -> Mapping[int, CardReport]:
    """Of each card the newest report by the client's clock, and of equals the last that came."""
    query = (
        select(cards.c.id.label("number"), feedback)
        .join_from(cards, feedback, _same_card(cards, feedback))
        .where(cards.c.id.in_(numbers))
        .order_by(feedback.c.outcome_at, feedback.c.id)
    )
    return {row.number: _report(row) for row in connection.execute(query)}


def read_reports(stretch: Stretch, connection: Connection) -> list[tuple[int, CardReport]]:
    """All reports, those that hold no longer too, with their numbers, in order of arrival."""
    columns = feedback.c
    query = select(feedback).where(columns.id > stretch.after).order_by(columns.id).limit(stretch.size)
    if stretch.since is not None:
        query = query.where(columns.received_at >= stretch.since)
    return [(row.id, _report(row)) for row in connection.execute(query)]


def count_unknown(since: datetime | None, connection: Connection) -> int:
    """How many cards were reported on that this store does not know to have left."""
    known = exists().where(_same_card(cards, feedback))
    query = select(*(feedback.c[name] for name in _IDENTITY)).where(~known).distinct()
    if since is not None:
        query = query.where(feedback.c.received_at >= since)
    return connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()


def latest_answer(reader: str, advice: str, connection: Connection) -> Answer | None:
    """What a reader did last with an advice. A client whose clock is ahead did it when its report came, at the latest.

    A card whose uuid was given out for another reader or advice too tells nothing: nobody knows which was answered.
    """
    if not (reader and advice):
        return None
    columns = cards.c
    another = or_(_OTHER.c.reader != columns.reader, _OTHER.c.advice != columns.advice)
    query = (
        select(feedback.c.outcome, feedback.c.outcome_at, feedback.c.received_at)
        .join_from(cards, feedback, _same_card(cards, feedback))
        .where(columns.reader == reader, columns.advice == advice)
        .where(~exists().where(_same_card(_OTHER, cards), another))
        .order_by(feedback.c.outcome_at.desc(), feedback.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else Answer(row.outcome, min(row.outcome_at, row.received_at))


def forget_cards(before: datetime, most: int, connection: Connection) -> int:
    """Remove cards that left before a time, with all that was reported of them, and old reports on cards that are not
    known: at most so many of each. How many rows it was.

    All that bears one name stays or goes together: where the card left again since, or was reported on since, it stays.
    """
    left_since = exists().where(_same_card(_OTHER, cards), _OTHER.c.issued_at >= before)
    told_since = exists().where(_same_card(feedback, cards), feedback.c.received_at >= before)
    old = select(cards.c.id).where(cards.c.issued_at < before, ~left_since, ~told_since).limit(most)
    numbers = list(connection.execute(old).scalars())
    reported = exists().where(_same_card(cards, feedback), cards.c.id.in_(numbers))
    removed = connection.execute(delete(feedback).where(reported)).rowcount
    removed += connection.execute(delete(cards).where(cards.c.id.in_(numbers))).rowcount
    known = exists().where(_same_card(cards, feedback))
    again = exists().where(_same_card(_LATER, feedback), _LATER.c.received_at >= before)
    unknown = select(feedback.c.id).where(feedback.c.received_at < before, ~known, ~again).limit(most)
    unknown_numbers = list(connection.execute(unknown).scalars())
    return removed + connection.execute(delete(feedback).where(feedback.c.id.in_(unknown_numbers))).rowcount


def _identity(row: Row[*tuple[Any, ...]]) -> CardId:
    return CardId(row.service, row.card, row.issuer, row.tenant)


def _issued(row: Row[*tuple[Any, ...]]) -> IssuedCard:
    rules = tuple(row.rules)
    return IssuedCard(_identity(row), row.issued_at, row.rule_set, row.indicator, rules, row.reader, row.advice)


def _report(row: Row[*tuple[Any, ...]]) -> CardReport:
    return CardReport(
        row.key,
        _identity(row),
        row.received_at,
        row.outcome,
        row.outcome_at,
        tuple(row.suggestions),
        tuple(Reason(**reason) for reason in row.reasons),
    )

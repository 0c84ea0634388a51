"""Withdrawals that find nothing to take back: said, so that what they may be meant for is not trusted any longer.

What a withdrawal takes back is decided with the case (versions.py), what an event takes back in hl7v2_events.py.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from adapter.case.fact import Standing, Statement
from adapter.case.finding import Finding
from adapter.case.versions import Versions
from adapter.mapping.hl7v2_events import Part
from adapter.mapping.hl7v2_rules import TakesBackRule
from adapter.mapping.statuses import REVERSED
from adapter.mapping.tables import Tables

_Withdrawal = tuple[int, str, str]
"""The number of the message, its control id and the place in it: one withdrawal may concern several facts."""


def takes_back(statements: Iterable[Statement]) -> bool:
    """Whether any of them is a withdrawal."""
    return any(one.standing is Standing.WITHDRAWN for one in statements)


def held_against(statements: Sequence[Statement], tables: Tables) -> tuple[list[Statement], list[tuple[int, Finding]]]:
    """The statements of a patient with those withdrawals marked that found nothing for any fact, and a finding for each
    of these, with the number of its message.

    Not of orders: the cancellation of another order of the same procedure is none of this one.
    """
    of_fact: dict[str, Versions] = defaultdict(Versions)
    for number, statement in enumerate(statements):
        of_fact[statement.fact].take(statement, f"#{number}")
    orders = _segments_of_orders(tables)
    asked = Counter(_withdrawal(one) for one in statements if one.standing is Standing.WITHDRAWN)
    unmatched = Counter(_withdrawal(one) for versions in of_fact.values() for one in versions.unmatched())
    lost = {
        one: None for one, count in unmatched.items() if count == asked[one] and one[2].partition("[")[0] not in orders
    }
    held = [
        one._replace(unmatched=True) if one.standing is Standing.WITHDRAWN and _withdrawal(one) in lost else one
        for one in statements
    ]
    return held, [(number, _finding(f"{document} {place}")) for number, document, place in lost]


def _withdrawal(statement: Statement) -> _Withdrawal:
    return statement.arrival, statement.origin.document, statement.origin.place


def _segments_of_orders(tables: Tables) -> frozenset[str]:
    every = (tables.hl7v2.others, *tables.hl7v2.by_code.values())
    return frozenset(
        name
        for by_segment in every
        for name, sources in by_segment.items()
        if any(source.kind in ("order", "ordered") for source in sources)
    )


def events_without_object(parts: Sequence[Part], tables: Tables) -> Iterator[tuple[int, Finding]]:
    """A finding for each event that takes back a visit or a document of which there is no message."""
    events = {part.event for part in parts}
    for rule in tables.events.takes_back:
        if rule.spec.event not in events or _changes_nothing(rule, tables):
            continue
        known = Counter(_object(part, rule) for part in parts if part.event in rule.spec.events)
        for part in parts:
            number = part.numbers.get(rule.same, "")
            own = part.event in rule.spec.events and part.numbers.get(rule.of, "") == number
            if part.event == rule.spec.event and (not number or known[part.sender, number] == own):
                yield part.number, _finding(f"{part.document} {rule.same.segment}-{rule.same.number}")


def _changes_nothing(rule: TakesBackRule, tables: Tables) -> bool:
    """Whether the event leaves what it names as it was: a transfer or discharge that did not take place."""
    return tables.statuses.effect(((REVERSED, rule.spec.event),)).effect == "final"


def _object(part: Part, rule: TakesBackRule) -> tuple[str, str]:
    return part.sender, part.numbers.get(rule.of, "")


def _finding(place: str) -> Finding:
    hint = "nothing is on record that this takes back; results of its code and time are not trusted any longer"
    return Finding("withdrawal-unmatched", "warning", place, hint)

"""The rules about events of sources.yaml with their addresses parsed: what messages say about other messages.

Not for applying them (hl7v2_events.py); a wrong address stops the start (tables.py).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from adapter.mapping.hl7v2_sources import Address, Addresses
from adapter.mapping.schema import Events, NumberEvents, TakesBack, WholeList


@dataclass(frozen=True, slots=True)
class ListRule:
    """A segment that comes as a whole list."""

    spec: WholeList
    same: Addresses
    action: Address | None


@dataclass(frozen=True, slots=True)
class TakesBackRule:
    """An event that takes back what was said under a number: `same` in its message, `of` in the earlier ones."""

    spec: TakesBack
    same: Address
    of: Address


@dataclass(frozen=True, slots=True, eq=False)
class EventRules:
    """All rules. `addresses` are those that they name, by message code; `of_others` are the events that say something
    of other messages whatever they hold: that they take one back, or whose number is whose."""

    lists: tuple[ListRule, ...]
    takes_back: tuple[TakesBackRule, ...]
    numbers: NumberEvents
    document: Address
    document_statuses: Mapping[str, Address]
    addresses: Mapping[str, Addresses]
    of_others: frozenset[str]


def compile_events(events: Events) -> EventRules:
    """The rules, ready to apply. Raises `ValueError` for an address that is none."""
    lists = tuple(
        ListRule(rule, tuple(map(Address.parse, rule.same)), Address.parse(rule.action) if rule.action else None)
        for rule in events.lists
    )
    takes_back = tuple(
        TakesBackRule(rule, Address.parse(rule.same), Address.parse(rule.of)) for rule in events.takes_back
    )
    document = Address.parse(events.documents.number)
    statuses = {table: Address.parse(address) for table, address in events.documents.statuses}
    named: dict[str, dict[Address, None]] = defaultdict(dict)
    for code in events.documents.messages:
        named[code].update(dict.fromkeys((document, *statuses.values())))
    for listed in lists:
        for code in listed.spec.messages:
            named[code].update(dict.fromkeys(listed.same))
    for rule in takes_back:
        named[rule.spec.event.partition("^")[0]][rule.same] = None
        for event in rule.spec.events:
            named[event.partition("^")[0]][rule.of] = None
    addresses = {code: tuple(found) for code, found in named.items()}
    told = events.numbers
    numbers = (*told.merge, *told.change, *told.link, *told.unlink, *told.not_applied, *told.deletes)
    of_others = frozenset((*numbers, *(rule.spec.event for rule in takes_back)))
    return EventRules(lists, takes_back, told, document, statuses, addresses, of_others)

"""What becomes of one segment of a patient: its ledger entries, the statements of its items, the results only named.

Where nothing beside the segment bears on that, it is worked out once and kept with it.
"""

from dataclasses import dataclass

from adapter.case.fact import Statement
from adapter.hl7v2 import Segment
from adapter.mapping.beside import Beside
from adapter.mapping.hl7v2_ledger import container
from adapter.mapping.interpret import Interpreted, interpreted
from adapter.mapping.item import Item
from adapter.mapping.ledger import Entry
from adapter.mapping.tables import Tables
from adapter.mapping.unread import NamedResult, named_results
from adapter.mapping.unread_diagnoses import UnreadDiagnosis, unread_diagnoses


@dataclass(frozen=True, slots=True)
class Account:
    """The entries of the segment and of its items, in this order, what the items say, and what was not read."""

    entries: tuple[Entry, ...]
    statements: tuple[Statement, ...]
    named: tuple[NamedResult, ...]
    diagnoses: tuple[UnreadDiagnosis, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A segment of one patient group, with the items that it gave; `account` only where it holds whatever is beside."""

    segment: Segment
    items: tuple[Item, ...]
    account: Account | None = None


def found(segment: Segment, items: tuple[Item, ...], nothing: Beside, tables: Tables) -> Found:
    """A segment with its account, where that holds whatever is beside it; there is `nothing` yet."""
    own = [interpreted(item, nothing, tables) for item in items]
    for result in own:
        if not result.alone:
            return Found(segment, items)
    return Found(segment, items, _account(segment, own, tables))


def account(found: Found, beside: Beside, tables: Tables) -> Account:
    """What becomes of a segment, with all that stands beside its items."""
    return found.account or _account(found.segment, [interpreted(one, beside, tables) for one in found.items], tables)


def _account(segment: Segment, own: list[Interpreted], tables: Tables) -> Account:
    return Account(
        (container(segment, own, tables), *[result.entry for result in own]),
        tuple([statement for result in own for statement in result.statements]),
        named_results(own, tables),
        unread_diagnoses(own, tables),
    )

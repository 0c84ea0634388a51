"""What a call itself brings: draft orders, orders being sent out, diagnoses being added. None of it is on record yet.

Not for the patient's record (gather.py). Nothing here is judged: the resources become statements like any others.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

import msgspec

from adapter.advice.assessment import LIVER_DIRECTED
from adapter.case.fact import Standing, Statement
from adapter.case.value import Members
from adapter.fhir.document import Document, Record, read_resource, with_arrays
from adapter.fhir.reference import key_of
from adapter.fhir.resources import DeviceRequest, MedicationRequest, ServiceRequest
from adapter.mapping.fhir import map_fhir
from adapter.mapping.ledger import Entry, Outcome
from adapter.mapping.patient import Mapping as MappedInput
from adapter.mapping.tables import Tables
from adapter.server.ehr import Reading
from adapter.server.hooks.drafts import (
    each_apart,
    is_order,
    names_of,
    not_come,
    orders_not_read,
    without_older,
)
from adapter.server.hooks.gather import gaps_of, gather, lines_of, read_at, unreadable
from adapter.server.hooks.services import ORDERS
from cds_hooks import (
    EncounterStart,
    HookContext,
    OrderDispatch,
    OrderSelect,
    OrderSign,
    PatientView,
    ProblemListItemCreate,
)

OVER = frozenset({"on-hold", "revoked", "cancelled", "stopped", "ended", "completed", "entered-in-error"})
"""The statuses of orders that nobody is about to do. In any other one, also one that nobody knows, an order may be
signed or sent out: it is then about to be done, whatever its own date."""

NOT_SAVED = "not-saved-yet"
"""Why a diagnosis that is being added decides nothing."""

_NOT_JUDGED = frozenset({"resource-unreadable", "no-subject"})


@dataclass(frozen=True, slots=True)
class Proposed:
    """The resources that a call brings, under the name of their place in it.

    `chosen` are the keys of the orders that are judged now, None for all; `gaps` says what could not be had; `whole` is
    False where some did not come; `saved` is False for diagnoses that are being added. `others` came along and are not
    judged, but must be the patient's too.
    """

    name: str
    document: Document = field(repr=False)
    chosen: frozenset[str] | None = field(default=None, repr=False)
    gaps: tuple[str, ...] = ()
    whole: bool = True
    saved: bool = True
    others: Document = field(default=Document(()), repr=False)

    @property
    def has_more(self) -> bool:
        """Whether there are orders beside those that are judged now."""
        orders = (record for record in self.document.records if is_order(record))
        return self.chosen is not None and any(record.key not in self.chosen for record in orders)

    def mapped(self, tables: Tables, server: str) -> MappedInput:
        """What the resources say, at their places in the call; they correct and take back nothing that is stored."""
        found = map_fhir(self.document, self.name, table=tables, server=server)
        patients = (
            replace(one, statements=tuple(self._statement(said) for said in one.statements)) for one in found.patients
        )
        return replace(found, patients=tuple(patients))

    def _statement(self, said: Statement) -> Statement:
        place = said.origin.place
        origin = said.origin._replace(place=place if place.startswith(self.name) else f"{self.name} {place}")
        own = said._replace(origin=origin, identity="", series="", replaces=False)
        if said.standing is Standing.WITHDRAWN:
            own = own._replace(standing=Standing.EXCLUDED)
        return own if self.saved else _unsaved(own)

    def is_chosen(self, said: Statement) -> bool:
        """Whether a statement is of an order that is judged now; those of the record are not."""
        return self.is_own(said) and self.chooses(self.key(said))

    def chooses(self, key: str) -> bool:
        """Whether the order of this key is judged now."""
        return self.chosen is None or key in self.chosen

    def is_own(self, said: Statement) -> bool:
        """Whether a statement comes from the call and not from the record."""
        return said.origin.wire == "fhir" and said.origin.document == self.name

    def key(self, said: Statement) -> str:
        """The key of the order that a statement of the call comes from."""
        return said.origin.place.removeprefix(f"{self.name} ").partition("#")[0]


def proposed(context: HookContext, reading: Reading, now: datetime, server: str) -> Proposed:
    """What the context brings, beyond naming patient and user. `server` is the base of relative references."""
    match context:
        case PatientView() | EncounterStart():
            return Proposed("context", Document(()))
        case OrderSelect(selections=selections, draft_orders=drafts):
            return _selected(_drafted(drafts, now), selections, server)
        case OrderSign(draft_orders=drafts):
            return _drafted(drafts, now)
        case OrderDispatch(dispatched_orders=orders, fulfillment_tasks=tasks):
            dispatched = _dispatched(reading, orders, now, server)
            return replace(dispatched, others=_with_tasks(dispatched.others, tasks))
        case ProblemListItemCreate(conditions=conditions):
            return replace(_read("context.conditions", conditions), saved=False)
        case _:
            assert_never(context)


def _read(name: str, raw: msgspec.Raw) -> Proposed:
    """The resources of a member of the context, also those that strict FHIR would refuse."""
    document, gap = read_at(name, bytes(raw))
    document = with_arrays(document)
    lack = not_come(raw)
    gaps = tuple(
        line
        for words in (lack, unreadable(document) if document.records else gap, orders_not_read(document))
        for line in _of(name, words)
    )
    return Proposed(name, each_apart(document), gaps=gaps, whole=not lack)


def _drafted(drafts: msgspec.Raw, now: datetime) -> Proposed:
    read = _read("context.draftOrders", drafts)
    return replace(read, document=_at_hand(read.document, now))


def _selected(drafts: Proposed, selections: tuple[str, ...], server: str) -> Proposed:
    """The drafts with those that are selected. None, or one that is not among them, leaves all to be judged."""
    if not selections:
        return drafts
    keys = frozenset(key_of(text, server=server) or text for text in selections)
    orders = [record for record in drafts.document.records if is_order(record)]
    lacking = len(keys - {name for record in orders for name in names_of(record)})
    if not lacking:
        chosen = frozenset(record.key for record in orders if not keys.isdisjoint(names_of(record)))
        return replace(drafts, chosen=chosen)
    gap = f"{lacking} selected order(s) are not among the draft orders: all drafts were judged"
    return replace(drafts, gaps=(*drafts.gaps, f"context.selections: {gap}"), whole=False)


def _dispatched(reading: Reading, orders: tuple[str, ...], now: datetime, server: str) -> Proposed:
    """Those orders of the prefetch that are being sent out; they are named in the call and not part of it."""
    found = gather(reading, ORDERS)
    keys = frozenset(key_of(text, server=server) or text for text in orders)
    records, names = found.document.records, found.document.names
    wanted = Document(tuple(record for record in records if record.key in keys), names)
    others = Document(tuple(record for record in records if record.key not in keys), names)
    name = "context.dispatchedOrders"
    lacking = len(keys - {record.key for record in wanted.records})
    why = "; ".join(lines_of(gaps_of(reading, ORDERS, found.faults))) or "not among the active orders"
    gap = f"{lacking} order(s) that are sent out could not be judged ({why})" if lacking else ""
    gap = gap if orders else "no order is named: none could be judged"
    wanted = each_apart(without_older(wanted))
    return Proposed(name, _at_hand(wanted, now), gaps=_of(name, gap), whole=not lacking, others=others)


def _with_tasks(document: Document, tasks: tuple[msgspec.Raw, ...]) -> Document:
    """The document with the Tasks that ask for the orders."""
    read = tuple(read_resource(bytes(task), f"context.fulfillmentTasks[{n}]") for n, task in enumerate(tasks))
    return replace(document, records=(*document.records, *read))


def _at_hand(document: Document, now: datetime) -> Document:
    """The orders as what is about to be done today: when they were written does not make the plan stale."""
    records = tuple(_today(record, now) for record in document.records)
    return replace(document, records=records)


def _today(record: Record, now: datetime) -> Record:
    order = record.resource
    if not isinstance(order, MedicationRequest | ServiceRequest | DeviceRequest) or order.status in OVER:
        return record
    today = msgspec.structs.replace(order, status="draft", authoredOn=now.isoformat())
    return record._replace(resource=today)


def _unsaved(said: Statement) -> Statement:
    """A statement of a diagnosis that is being added: shown, and deciding nothing."""
    if said.standing not in (Standing.FINAL, Standing.PRELIMINARY):
        return said
    return said._replace(standing=Standing.PRELIMINARY, reason=NOT_SAVED)


def lost(found: MappedInput) -> int:
    """How many orders or diagnoses of the call could not be given to its patient, or not be read."""
    return sum(finding.code in _NOT_JUDGED for finding in found.findings)


def not_judged(found: MappedInput, proposal: Proposed) -> bool:
    """Whether the call brings an order or a diagnosis that nobody could read: then nobody may say what it is not."""
    said = (one for patient in found.patients for one in patient.statements)
    return (
        bool(proposal.gaps)
        or bool(lost(found))
        or any(one.standing is Standing.EXCLUDED and one.reason == "modifier" for one in said)
        or any(is_in_words(entry) or _is_alone(entry) for patient in found.patients for entry in patient.ledger.entries)
    )


def is_in_words(entry: Entry) -> bool:
    """Whether an order or a diagnosis says what it is only in words, or in codes of a system that nobody here knows."""
    return entry.outcome is Outcome.UNREAD or entry.reason in ("no-code", "code-system-unknown")


def _is_alone(entry: Entry) -> bool:
    """Whether an order or a diagnosis lacks what its code needs beside it: an artery, another drug."""
    return entry.reason.startswith("needs-more")


def diagnoses_in_words(found: MappedInput) -> tuple[int, int]:
    """How many diagnoses say what they are only in words, or in codes of a system that nobody here knows, and how many
    there are."""
    entries = [entry for patient in found.patients for entry in patient.ledger.entries if entry.name == "diagnosis"]
    return sum(map(is_in_words, entries)), len(entries)


def plans_liver_directed(found: MappedInput) -> bool:
    """Whether one of the orders is, or may be, one for a liver-directed therapy."""
    said = (one for patient in found.patients for one in patient.statements if one.standing is Standing.FINAL)
    return any(_liver_directed(one.value) for one in said if one.fact == "planned_therapies")


def _liver_directed(value: object) -> bool:
    return isinstance(value, Members) and not LIVER_DIRECTED.isdisjoint(value.certain.union(*value.one_of))


def _of(name: str, gap: str) -> tuple[str, ...]:
    return (f"{name}: {gap}",) if gap else ()

"""What became of the orders of a call, in words, and whether any of them concerns a rule.

Not for what the orders plan; that is read by the rows of the mapping, and judged by the rules.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, Literal, assert_never

from adapter.advice.assessment import Assessment
from adapter.advice.codes import code_words
from adapter.advice.ordered import Ordered
from adapter.advice.wording import plain
from adapter.case.fact import Standing, Statement
from adapter.case.value import to_text
from adapter.case.words import VALUES
from adapter.fhir.elements import CodeableConcept
from adapter.fhir.resources import DeviceRequest, Medication, MedicationRequest, ServiceRequest
from adapter.mapping.fhir_values import names
from adapter.mapping.ledger import Entry, Level, Outcome
from adapter.mapping.patient import Mapping as MappedInput
from adapter.mapping.therapy_words import TherapyWords
from adapter.server.hooks.proposed import Proposed, is_in_words, lost
from cds_hooks import HookContext, OrderDispatch, OrderSelect, OrderSign

Fate = Literal["judged", "unreadable", "named", "nameless", "no-rule", "alone", "not-at-hand"]
"""What became of one order: judged; its code cannot be read; its words name a therapy of the rules and its code is in
no table; its code is in no table and has no words at all; no rule reads it; it says nothing without another one or a
body site; its status or doNotPerform says that it is not about to be done."""

_FORM: Final = frozenset({"modifier", "bad-date", "code-contradicts-name", "conflicting-codes"})

_ESCAPE: Final = re.compile(r'\\["\\/bfnrt]')
_MEDICATION_NAMES: Final = re.compile(r'"(?:display|text)"\s*:\s*"([^"]+)"')


def about_orders(
    context: HookContext, proposal: Proposed, more: MappedInput, said: tuple[Statement, ...], words: TherapyWords
) -> str:
    """As what the orders of the call were read, which orders these are, and each cause why others were not; nothing for
    hooks without orders."""
    if not isinstance(context, OrderSelect | OrderSign | OrderDispatch):
        return ""
    which = "" if proposal.whole else ", of those that came with the call"
    judged = "; ".join(f"{plan} ({'; '.join(orders)})" for plan, orders in _judged(proposal, more, said).items())
    causes = "; ".join(_causes(context, proposal, more, words, none=not judged))
    if not judged:
        return f"Orders judged{which}: none ({causes})"
    return f"Orders judged{which}: {judged}" + (f". Not judged: {causes}" if causes else "")


def ordered(
    context: HookContext, proposal: Proposed, more: MappedInput, said: tuple[Statement, ...], words: TherapyWords
) -> Ordered | None:
    """The orders that the call is about, for the rules to be asked about them; None for hooks without orders."""
    if not isinstance(context, OrderSelect | OrderSign | OrderDispatch):
        return None
    plans = dict.fromkeys(one.value for one in _chosen(proposal, said) if one.value is not None)
    unclear = _not_judged(proposal, more, words)
    return Ordered(tuple(plans), sum(unclear[fate] for fate in _UNCLEAR))


def _chosen(proposal: Proposed, said: tuple[Statement, ...]) -> Iterator[Statement]:
    """What the orders that are judged now say."""
    return (one for one in said if proposal.is_chosen(one) and one.standing is Standing.FINAL)


def _judged(proposal: Proposed, more: MappedInput, said: tuple[Statement, ...]) -> dict[str, list[str]]:
    """What is planned by the orders that are judged now, and for each plan its orders by code and place."""
    codes = {key: entry.code for key, entry in _entries(proposal, more) if entry.outcome is Outcome.USED}
    plans: dict[str, list[str]] = {}
    for one in _chosen(proposal, said):
        key = proposal.key(one)
        named = ", ".join(filter(None, (code_words(codes.get(key, "")), plain(key)[:80])))
        plans.setdefault(_planned(one), []).append(named)
    return {plan: list(dict.fromkeys(orders)) for plan, orders in plans.items()}


def _planned(said: Statement) -> str:
    """What an order was read as; that there may be others goes without saying."""
    return "" if said.value is None else to_text(said.value, VALUES).removesuffix(" (others not excluded)")


def _causes(
    context: HookContext, proposal: Proposed, more: MappedInput, words: TherapyWords, *, none: bool
) -> Iterator[str]:
    """How many orders were not judged for each cause; where there is none, also why no order came at all."""
    counted = _not_judged(proposal, more, words)
    yield from (f"{counted[fate]} {told}" for fate, told in _WORDS.items() if counted[fate])
    if counted.total() or not none:
        return
    if any(record.type != "OperationOutcome" for record in proposal.document.records):
        yield "the call brings only orders of types that no rule reads"
    elif isinstance(context, OrderDispatch):
        yield "the orders that are sent out were not found" if context.dispatched_orders else "the call names no order"
    else:
        yield "the draft orders could not be read" if proposal.gaps else "the call brings no draft orders"


def _not_judged(proposal: Proposed, more: MappedInput, words: TherapyWords) -> Counter[Fate]:
    """How many orders were not judged, by cause."""
    fates = list(_fates(proposal, more, words))
    judged = {entry.place.partition("#")[0] for entry, fate in fates if fate == "judged"}
    counted = Counter(fate for entry, fate in fates if entry.place.partition("#")[0] not in judged)
    counted["unreadable"] += lost(more)
    return counted


_UNCLEAR: Final[tuple[Fate, ...]] = ("unreadable", "named", "nameless", "alone")
"""What became of orders that may be one for a therapy of the rules all the same."""

_WORDS: Final[dict[Fate, str]] = {
    "unreadable": "could not be read",
    "named": "under a code that is in no table, with words of a therapy that the rules read",
    "nameless": "under a code that is in no table, without words that say what it is",
    "alone": "without what has to stand beside it (a body site, an agent, another drug)",
    "not-at-hand": "not about to be done, by status or doNotPerform",
    "no-rule": "for what no rule reads",
}


def _fates(proposal: Proposed, more: MappedInput, words: TherapyWords) -> Iterator[tuple[Entry, Fate]]:
    """What became of each order that is judged now and has an owner."""
    named, nameless = frozenset(_named(proposal, words.name_any)), frozenset(_nameless(proposal))
    for key, entry in _entries(proposal, more):
        yield entry, _fate(entry, named=key in named, nameless=key in nameless)


def _entries(proposal: Proposed, more: MappedInput) -> Iterator[tuple[str, Entry]]:
    """What the ledger says of the orders that are judged now, each with its key."""
    for entry in (entry for patient in more.patients for entry in patient.ledger.entries):
        key = entry.place.partition("#")[0]
        if entry.level is Level.CODED and entry.name == "order" and proposal.chooses(key):
            yield key, entry


def _fate(entry: Entry, *, named: bool, nameless: bool) -> Fate:
    if is_in_words(entry) or entry.reason in _FORM:
        return "unreadable"
    match entry.outcome:
        case Outcome.USED:
            return "judged"
        case Outcome.UNMAPPED:
            return "named" if named else "nameless" if nameless else "no-rule"
        case Outcome.IGNORED | Outcome.UNREAD:
            return "no-rule"
        case Outcome.SKIPPED:
            return _skipped(entry.reason)
        case _:
            assert_never(entry.outcome)


def _skipped(reason: str) -> Fate:
    if reason.startswith("needs-more"):
        return "alone"
    return "no-rule" if reason.startswith("not-read-from") else "not-at-hand"


def _named(proposal: Proposed, name: Callable[[str], bool]) -> Iterator[str]:
    """The keys of the orders that hold words of a therapy anywhere, in a note or a reason, too; a Medication among the
    drafts speaks for all."""
    for record in proposal.document.records:
        if name(_all_words(record.raw)):
            if isinstance(record.resource, Medication):
                yield from (one.key for one in proposal.document.records)
            yield record.key


def _all_words(raw: bytes) -> str:
    """All that an order says, with its characters as they are; a blank for each line break, where a word begins."""
    text = raw.decode(errors="replace")
    return _ESCAPE.sub(" ", json.dumps(json.loads(text), ensure_ascii=False) if "\\u" in text else text)


def _nameless(proposal: Proposed) -> Iterator[str]:
    """The keys of the orders that say by a code alone what is ordered, or by one of several codes."""
    resources = [record.resource for record in proposal.document.records]
    drugs = [resource.code for resource in resources if isinstance(resource, Medication)]
    drugs_told = bool(drugs) and all(map(_is_told, drugs))
    for record in proposal.document.records:
        match record.resource:
            case ServiceRequest(code=concept) | DeviceRequest(codeCodeableConcept=concept):
                told = _is_told(concept)
            case MedicationRequest(medicationReference=reference, medicationCodeableConcept=None):
                told = any(_texts(record.resource)) or (reference is not None and drugs_told)
            case MedicationRequest(medicationCodeableConcept=concept):
                told = _is_told(concept)
            case _:
                continue
        if not told:
            yield record.key


def _is_told(concept: CodeableConcept | None) -> bool:
    """Whether words say what a concept is: a text, or a display with each of its codes."""
    if concept is None:
        return False
    return bool(concept.text) or (bool(concept.coding) and all(coding.display for coding in concept.coding))


def _texts(resource: object) -> Iterator[str]:
    """The words with which an order says what is ordered."""
    if isinstance(resource, ServiceRequest):
        yield from names(resource.code)
    elif isinstance(resource, DeviceRequest):
        yield from names(resource.codeCodeableConcept)
    elif isinstance(resource, MedicationRequest):
        yield from names(resource.medicationCodeableConcept)
        yield from _MEDICATION_NAMES.findall(b" ".join(map(bytes, resource.contained)).decode(errors="replace"))
        if resource.medicationReference is not None:
            yield resource.medicationReference.display


def names_liver_directed(proposal: Proposed, more: MappedInput, words: TherapyWords) -> bool:
    """Whether an order in words, or under a code that no table holds, has words of a liver-directed therapy: it may be
    one."""
    named = frozenset(_named(proposal, words.name_liver_directed))
    entries = (entry for patient in more.patients for entry in patient.ledger.entries)
    open_ones = (entry for entry in entries if entry.reason == "code-unmapped" or is_in_words(entry))
    return any(entry.place.partition("#")[0] in named for entry in open_ones)


def concerns_a_rule(
    context: HookContext, proposal: Proposed, more: MappedInput, assessment: Assessment, words: TherapyWords
) -> bool:
    """Whether a call with orders has anything to be said about: not where every order is plainly something else.

    Plainly: under a code of a known system that no table holds, with words none of which names a therapy of the rules,
    or of a type that is never read. What may be a therapy, a call without orders, and every danger are spoken of.
    """
    if not isinstance(context, OrderSelect | OrderSign | OrderDispatch):
        return True
    if assessment.advice.dangers or not proposal.document.records:
        return True
    fates = _fates(proposal, more, words)
    return any(fate != "no-rule" or entry.outcome is not Outcome.UNMAPPED for entry, fate in fates)

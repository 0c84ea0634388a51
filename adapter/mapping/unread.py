"""Results that nobody could read although their name is that of a fact: their code is in no table.

The name gives no value. It is only said that such a result is there, where it is newer than the value that decides.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from adapter.case.case import Case
from adapter.case.catalogue import Catalogue, FactDefinition
from adapter.case.fact import Fact
from adapter.case.finding import Finding
from adapter.case.moment import Moment
from adapter.mapping.interpret import Interpreted
from adapter.mapping.item import Amount, Item
from adapter.mapping.ledger import Outcome
from adapter.mapping.tables import Tables

RATIOS = frozenset({"urine_5hiaa_creatinine_ratio"})
"""Concepts that are named by the words of another analyte too: such a word alone does not name them."""

NEWER_UNMAPPED: Final = "newer-result-unmapped"
"""The code of the finding on such a result."""


@dataclass(frozen=True, slots=True)
class NamedResult:
    """A number under a code that no table knows, with the facts that its name could be about."""

    facts: tuple[str, ...]
    when: Moment | None
    place: str

    def __repr__(self) -> str:
        return f"NamedResult({', '.join(self.facts)} at {self.place})"


def named_results(interpreted: Iterable[Interpreted], tables: Tables) -> tuple[NamedResult, ...]:
    """The unmapped results whose name is that of a fact, in the order in which they came."""
    found = [_named(result.item, tables) for result in interpreted if _unmapped(result, tables)]
    return tuple([result for result in found if result.facts])


def _unmapped(result: Interpreted, tables: Tables) -> bool:
    """Whether a number was sent that counts, and only its code is not known."""
    item = result.item
    no_code = result.entry.outcome is Outcome.UNMAPPED or not item.codings
    if not no_code or item.kind != "result" or item.veto or not isinstance(item.value, Amount):
        return False
    return tables.statuses.effect(item.statuses).effect in ("final", "preliminary", "promoted")


def _named(item: Item, tables: Tables) -> NamedResult:
    """What is measured in blood is not meant where specimen or panel is of something else."""
    concepts = tables.names.named(item.names) - RATIOS
    if any(tables.names.of_other_specimen(text) for text in item.around):
        concepts -= tables.names.in_blood
    facts = {row.fact for concept in concepts for row in tables.rows_for("result", concept)}
    return NamedResult(tuple(sorted(facts)), item.when, item.place.element)


def newer_unmapped(results: Sequence[NamedResult], case: Case, facts: Catalogue) -> Iterator[Finding]:
    """A finding for the newest result of each name that is as new as the value in use, or newer, or would be one.

    `facts` is the catalogue with the maximum ages of the site.
    """
    newest: dict[tuple[str, ...], NamedResult] = {}
    for result in results:
        earlier = newest.get(result.facts)
        if earlier is None or earlier.when is None or (result.when is not None and earlier.when.before(result.when)):
            newest[result.facts] = result
    for result in newest.values():
        if _is_newer(result, case, facts):
            labels = " or ".join(facts[name].label for name in result.facts)
            named = f"a result whose name is that of {labels} has a code that no table knows"
            hint = f"{named}, and is as new as any used or newer"
            yield Finding("newer-result-unmapped", "warning", result.place, hint)


def _is_newer(result: NamedResult, case: Case, facts: Catalogue) -> bool:
    """Whether it may be as new as a value in use; one without a date may be. Too old to be used is not."""
    used = [case.facts[name] for name in result.facts if case.known(name) is not None]
    if result.when is None:
        return True
    if not used:
        return not all(_too_old(result.when, facts[name], case) for name in result.facts)
    return all(not _older(result.when, fact) for fact in used)


def _older(when: Moment, fact: Fact) -> bool:
    """Whether a result is older than a fact for sure; of two on one day, one without the hour, nobody knows."""
    return fact.when is not None and when.before(fact.when)


def _too_old(when: Moment, definition: FactDefinition, case: Case) -> bool:
    expiry = definition.expiry(procedure=case.procedure)
    return expiry is not None and when.latest <= expiry.before(case.as_of)

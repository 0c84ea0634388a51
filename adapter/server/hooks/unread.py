"""Facts that are missing because their data did not come: "could not be read" is no "not recorded".

Not for which data did not come (gather.py). A fact that something was said about keeps its own reason.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import replace
from functools import lru_cache
from typing import Final

from adapter.case.case import Case
from adapter.case.fact import NOT_IN_PART, NOT_READ, Fact, State
from adapter.mapping.tables import Tables
from adapter.server.hooks.services import CONDITIONS, OBSERVATIONS, PATIENT

DRAFTS: Final = "drafts"
"""Stands for the orders of the call among the keys."""

_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "diagnosis": (CONDITIONS,),
    "result": (OBSERVATIONS,),
    "procedure": ("procedures",),
    "given": ("administrations", "statements"),
    "order": (DRAFTS,),
}
"""Which keys bring the sources of each kind of row."""

_DERIVED: Final[Mapping[str, tuple[str, ...]]] = {
    "birth_date": (PATIENT,),
    "age_years": (PATIENT,),
    "months_since_last_transarterial": ("procedures",),
    "nlr_baseline": (OBSERVATIONS, "procedures"),
    "nlr_6_months": (OBSERVATIONS, "procedures"),
}

_FORM: Final = "responses"
"""Answers to the project's form: what brings a judgement that no common code carries, beside its own codes."""

_NOTHING_SAID: Final = frozenset(
    {
        "not-recorded",
        "birth-date-not-recorded",
        "no-dated-session",
        "no-dated-tace",
        "no-paired-counts-before-tace",
        "no-paired-counts-at-6-months",
    }
)


@lru_cache(maxsize=4)
def _keys(tables: Tables) -> Mapping[str, frozenset[str]]:
    return {name: keys_of(name, tables) for name in tables.catalogue.facts}


def keys_of(fact: str, tables: Tables) -> frozenset[str]:
    """The keys that commonly bring a fact. By its own code every fact but those of Patient and drafts can be an
    Observation."""
    if fact in _DERIVED:
        return frozenset(_DERIVED[fact])
    keys = frozenset(key for row in tables.rows if row.fact == fact for key in _KEYS.get(row.kind, ()))
    if DRAFTS in keys:
        return keys
    return keys | {OBSERVATIONS} if keys else frozenset((OBSERVATIONS, _FORM))


def with_unread(case: Case, lacking: Set[str], empty: Set[str], tables: Tables, *, drafts: bool, nowhere: bool) -> Case:
    """The case in which a fact that nothing was said about is not read, where a key that brings it did not come, or
    came in part.

    `lacking` are the keys that lack something, `empty` those of which nothing could be read. `drafts`: orders of the
    call could not be read; `nowhere`: what is stored could not be looked at.
    """
    failed = frozenset(lacking & empty)
    partial = frozenset(lacking - empty) | ({DRAFTS} if drafts else set())
    if not (failed or partial or nowhere):
        return case
    keys = _keys(tables)
    facts = {name: _unread(fact, keys[name], failed, partial, nowhere) for name, fact in case.facts.items()}
    return replace(case, facts=facts)


def _unread(fact: Fact, keys: Iterable[str], failed: frozenset[str], partial: frozenset[str], nowhere: bool) -> Fact:
    if fact.state is not State.ABSENT or fact.reason not in _NOTHING_SAID:
        return fact
    if nowhere or not failed.isdisjoint(keys):
        return replace(fact, reason=NOT_READ)
    return fact if partial.isdisjoint(keys) else replace(fact, reason=NOT_IN_PART)

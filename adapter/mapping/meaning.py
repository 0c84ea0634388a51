"""What the codes of an item mean: the facts that they name themselves, and the concepts of the verified tables.

Senders repeat few codes thousands of times: each is looked up once. What rows make of a meaning is in interpret.py.
"""

from dataclasses import dataclass
from functools import lru_cache

from adapter.mapping.item import Codings
from adapter.mapping.tables import Tables
from adapter.terminology.codes import Code

_LONGEST = 500
"""Longest codes and names, in characters, that are remembered."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """Facts named by their own code, and codes of the tables; `misnamed`: a name beside them is that of another."""

    own: tuple[str, ...]
    codes: tuple[Code, ...]
    known_system: bool
    misnamed: bool


def meaning(codings: Codings, names: tuple[str, ...], tables: Tables) -> Meaning:
    """The meaning of codings, and whether the names that came with them contradict it."""
    length = sum(map(len, names))
    for coding in codings:
        length += len(coding.system) + len(coding.code) + len(coding.display)
    return _remembered(codings, names, tables) if length <= _LONGEST else _meaning(codings, names, tables)


@lru_cache(maxsize=4096)
def _remembered(codings: Codings, names: tuple[str, ...], tables: Tables) -> Meaning:
    return _meaning(codings, names, tables)


def _meaning(codings: Codings, names: tuple[str, ...], tables: Tables) -> Meaning:
    own: list[str] = []
    codes: list[Code] = []
    known = False
    for coding in codings:
        system = tables.systems.uri(coding.system)
        known = known or bool(system)
        if system == tables.own_system:
            own.append(coding.code)
            continue
        found = tables.codes.find(system, tables.systems.normal(system, coding.code)) if system else None
        if found is not None and found not in codes:
            codes.append(found)
    misnamed = tables.names.contradict(names, _concepts(own, codes, tables))
    return Meaning(tuple(own), tuple(codes), known, misnamed)


def _concepts(own: list[str], codes: list[Code], tables: Tables) -> frozenset[str]:
    """The concepts that the codes stand for; a fact's own code stands for its analyte."""
    analytes = (tables.sources.own_code_units.get(name, "") for name in own)
    return frozenset((*(code.concept for code in codes), *filter(None, analytes)))

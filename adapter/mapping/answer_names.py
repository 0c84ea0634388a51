"""The names that come with a coded answer, held against it: the code says patent, its display says occluded.

The code is what counts; a name that is the label of another answer to the same question is only pointed out.
"""

import re
from functools import cache, lru_cache
from typing import assert_never

from adapter.case.catalogue import FactDefinition, Kind
from adapter.case.value import Coded, Day, Flag, Members, Quantity, Value
from adapter.case.words import labels_of
from adapter.mapping.item import Choices, RawValue


def names_differ(raw: RawValue, value: Value, fact: FactDefinition) -> bool:
    """Whether a display or text names other answers to the fact, and not what was answered."""
    if not isinstance(raw, Choices) or not raw.names:
        return False
    said = _said(value)
    return any(found and not found & said for found in (_named(name, fact) for name in raw.names))


def _said(value: Value) -> frozenset[str]:
    match value:
        case Flag(yes):
            return frozenset({"yes" if yes else "no"})
        case Coded(possible):
            return possible
        case Members(certain):
            return certain or frozenset({"none"})
        case Quantity() | Day():
            return frozenset()
        case _:
            assert_never(value)


def _named(name: str, fact: FactDefinition) -> frozenset[str]:
    """The answers whose label a name is, whole or up to a bracket or colon; "PRRT with chemotherapy" is not "PRRT"."""
    find = _remembered if len(name) <= _LONGEST else _found
    return find(name, fact.kind, fact.values)


# Senders repeat few names: what each says is looked up once.
@lru_cache(maxsize=4096)
def _remembered(name: str, kind: Kind, values: tuple[str, ...]) -> frozenset[str]:
    return _found(name, kind, values)


def _found(name: str, kind: Kind, values: tuple[str, ...]) -> frozenset[str]:
    answers = _answers(kind, values)
    return frozenset({answers[text] for text in map(_plain, (name, *_PARTS.split(name))) if text in answers})


_LONGEST = 200
"""Longest names, in characters, that are remembered."""

_PARTS = re.compile(r"[:;()\[\]]")
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def _plain(text: str) -> str:
    """The words of a text in lower case, without what stands between them."""
    return _BETWEEN_WORDS.sub(" ", text.casefold()).strip()


@cache
def _answers(kind: Kind, values: tuple[str, ...]) -> dict[str, str]:
    """Every label of every answer to a fact of this kind."""
    match kind:
        case Kind.FLAG:
            possible: tuple[str, ...] = ("yes", "no", "unknown")
        case Kind.CODED | Kind.LIST:
            possible = (*values, "none", "unknown")
        case Kind.QUANTITY | Kind.DAY:
            possible = ()
        case _:
            assert_never(kind)
    return {_plain(label): value for value in dict.fromkeys(possible) for label in labels_of(value)}

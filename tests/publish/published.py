"""The published knowledge as a reader of its JSON sees it, and ways to walk through it.

What is expected of it stands in the tests.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any

from adapter.fhir.write import write_json
from adapter.ldt import rule_set
from adapter.mapping.tables import tables
from adapter.publish import Knowledge, knowledge
from adapter.terminology.systems import DEFAULT_BASE as BASE

FACT = f"{BASE}/CodeSystem/ldt-fact"
STRENGTH = f"{BASE}/CodeSystem/ldt-strength"

Json = dict[str, Any]


@cache
def known() -> Knowledge:
    """The knowledge under the default base."""
    return knowledge(rule_set(), tables(), BASE)


@cache
def resources() -> tuple[Json, ...]:
    """The resources as they are read back from JSON, numbers as decimals."""
    return tuple(as_read(resource) for resource in known().resources)


def as_read(resource: object) -> Json:
    """A resource written and read again."""
    return dict(json.loads(write_json([resource]), parse_float=Decimal)[0])


def one(kind: str, identifier: str) -> Json:
    """The resource with this type and id."""
    (found,) = (r for r in resources() if (r["resourceType"], r["id"]) == (kind, identifier))
    return found


def of_kind(kind: str) -> list[Json]:
    """All resources of a type."""
    return [resource for resource in resources() if resource["resourceType"] == kind]


def elements(value: object) -> Iterator[Json]:
    """Every JSON object within a value, itself included."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from elements(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from elements(inner)


def strings(value: object) -> Iterator[str]:
    """Every string within a value."""
    for element in elements(value):
        for inner in element.values():
            yield from (text for text in (inner if isinstance(inner, list) else [inner]) if isinstance(text, str))


def codings(value: object) -> Iterator[tuple[str, str, str]]:
    """System, code and display of every coding within a value."""
    for element in elements(value):
        if isinstance(element.get("system"), str) and isinstance(element.get("code"), str):
            yield element["system"], element["code"], element.get("display", "")


def concepts(system: str) -> dict[str, Json]:
    """The concepts of a published CodeSystem by code."""
    return {concept["code"]: concept for concept in one("CodeSystem", system)["concept"]}


def rule_actions() -> list[Json]:
    """The actions of rules, section by section."""
    return [action for section in one("PlanDefinition", "ldt-nelm")["action"] for action in section["action"]]


def questions() -> list[Json]:
    """The questions of the form, group by group."""
    return [question for group in one("Questionnaire", "ldt-facts")["item"] for question in group["item"]]

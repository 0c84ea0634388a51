"""The catalogue of facts: what each is called, what it may be, how long it holds, and whether it is asked for.

The table is catalogue.yaml beside this file; it says nothing of codes (mappings/) and nothing of rules (adapter/ldt).
"""

from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from adapter.case.moment import Duration
from adapter.case.number import read_decimal

NO_EXPIRY = "no expiry"


class Kind(Enum):
    """The kind of value a fact has."""

    FLAG = "flag"
    CODED = "coded"
    QUANTITY = "quantity"
    LIST = "list"
    DAY = "day"


class Merge(Enum):
    """How several statements become one fact.

    LATEST: the newest by effective time, then by issue. EARLIEST: the first. ANY: all must agree, in whatever order
    they came (a diagnosis does not grow old). UNION: list members add up. LARGEST: the largest of the newest day.
    """

    LATEST = "latest"
    EARLIEST = "earliest"
    ANY = "any"
    UNION = "union"
    LARGEST = "largest"


class FactDefinition(BaseModel):
    """One row of the catalogue.

    `max_age` is an ISO 8601 duration or the words `no expiry`; `max_age_procedure` replaces it while a procedure is
    being signed. Ages, and the bounds of `plausible`, are assumptions that no clinician has signed; see docs/facts.md.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str
    label: str
    kind: Kind
    role: Literal["input", "observed"]
    meaning: str
    unit: str = ""
    values: tuple[str, ...] = ()
    ask: Literal["required", "optional"] = "optional"
    merge: Merge = Merge.LATEST
    max_age: str
    max_age_procedure: str = ""
    plausible: tuple[Decimal, Decimal] | None = None
    group: str = ""
    sources: str = ""

    @field_validator("kind", "merge", mode="before")
    @classmethod
    def _enum(cls, value: object, info: object) -> object:
        name = getattr(info, "field_name", "")
        return (Kind if name == "kind" else Merge)(value) if isinstance(value, str) else value

    @field_validator("values", mode="before")
    @classmethod
    def _tuple(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("plausible", mode="before")
    @classmethod
    def _bounds(cls, value: object) -> object:
        if not isinstance(value, list):
            return value
        return tuple(read_decimal(bound) if isinstance(bound, str) else bound for bound in value)

    @model_validator(mode="after")
    def _consistent(self) -> "FactDefinition":
        if self.kind in (Kind.CODED, Kind.LIST) and not self.values:
            raise ValueError("a coded fact or a list needs its allowed values")
        if self.kind is Kind.QUANTITY and not self.unit:
            raise ValueError("a quantity needs a unit")
        for age in (self.max_age, self.max_age_procedure or NO_EXPIRY):
            if age != NO_EXPIRY:
                Duration.parse(age)
        return self

    def expiry(self, *, procedure: bool) -> Duration | None:
        """How old a value may be, None for no expiry; `procedure` while an order for a procedure is being signed."""
        text = self.max_age_procedure if procedure and self.max_age_procedure else self.max_age
        return None if text == NO_EXPIRY else _duration(text)


# Every statement is held against an age, and there are few of them.
_duration = lru_cache(maxsize=256)(Duration.parse)


class Catalogue(BaseModel):
    """All facts by name, in the order of the table."""

    model_config = ConfigDict(frozen=True)

    facts: dict[str, FactDefinition]
    version: str

    @property
    def inputs(self) -> tuple[FactDefinition, ...]:
        """The facts that rules read."""
        return tuple(fact for fact in self.facts.values() if fact.role == "input")

    def __getitem__(self, name: str) -> FactDefinition:
        return self.facts[name]

    def __contains__(self, name: object) -> bool:
        return name in self.facts


@cache
def catalogue() -> Catalogue:
    """The catalogue that ships with the adapter. Raises ValueError naming the row that is wrong."""
    table = yaml.safe_load(files("adapter.case").joinpath("catalogue.yaml").read_text(encoding="utf-8"))
    facts: dict[str, FactDefinition] = {}
    for row in table["facts"]:
        definition = FactDefinition.model_validate(row)
        if definition.name in facts:
            raise ValueError(f"fact {definition.name} stands twice in the catalogue")
        facts[definition.name] = definition
    return Catalogue(facts=facts, version=table["version"])

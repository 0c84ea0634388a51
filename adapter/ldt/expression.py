"""The conditions of rules as a closed set of nodes: what can be asked about a case, and nothing else.

Reading text into nodes is parse.py, answering them is compile.py; a node knows no values.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from adapter.case.value import Comparison


@dataclass(frozen=True, slots=True)
class Conjunction:
    """`a and b`, and each chained comparison."""

    parts: tuple["Node", ...]
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Disjunction:
    """`a or b`."""

    parts: tuple["Node", ...]
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Negation:
    """`not a`, and `!=`."""

    part: "Node"
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class YesNo:
    """A flag by its name, or `flag == False`."""

    fact: str
    yes: bool
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """A coded fact that is one of the codes."""

    fact: str
    codes: frozenset[str]
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity against a number in the fact's own unit."""

    fact: str
    comparison: Comparison
    number: Decimal
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Versus:
    """A quantity against another of the same unit."""

    fact: str
    comparison: Comparison
    other: str
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Listed:
    """A list that holds one of the codes: `has`, `has_any`."""

    fact: str
    codes: frozenset[str]
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Filled:
    """A list with at least one member: `nonempty`."""

    fact: str
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Offered:
    """A therapy that the first pass offers (P11)."""

    codes: frozenset[str]
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Available:
    """A therapy that is offered or planned, its planned forms and combinations included (P11)."""

    codes: frozenset[str]
    text: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Named:
    """A predicate of the rule set by its name."""

    name: str
    text: str = field(compare=False)


Leaf = YesNo | Answer | Measure | Versus | Listed | Filled | Offered | Available
Node = Conjunction | Disjunction | Negation | Named | Leaf

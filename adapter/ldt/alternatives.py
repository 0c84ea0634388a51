"""The other values that a fact could have, as far as the rules can tell them apart.

Of a number these are the thresholds of the rules and the values just beside them; nothing is said of how likely any is.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import assert_never

from adapter.case.case import Case
from adapter.case.catalogue import FactDefinition, Kind
from adapter.case.value import Coded, Flag, Members, Quantity, Value
from adapter.ldt.compile import Condition
from adapter.ldt.expression import Measure, Versus
from adapter.ldt.ruleset import RuleSet

WHOLE = frozenset({"{count}", "a", "mo"})
"""Units that are counted in whole numbers."""

BESIDE = Decimal("0.1")
"""How far beside a threshold the next value is tried, where values are not counted."""


def alternatives(case: Case, fact: FactDefinition, rules: RuleSet) -> list[Value]:
    """Every value of the fact that some rule tells from the known one, smallest number first; the known one left out.

    A fact whose value is not known has all of them.
    """
    known = case.known(fact.name)
    return [value for value in _values(case, fact, known, rules) if value != known]


def _values(case: Case, fact: FactDefinition, known: Value | None, rules: RuleSet) -> Iterator[Value]:
    match fact.kind:
        case Kind.FLAG:
            yield from (Flag(True), Flag(False))
        case Kind.CODED:
            yield from (Coded(frozenset({code})) for code in fact.values)
        case Kind.QUANTITY:
            yield from (Quantity.of(number) for number in _numbers(case, fact, rules))
        case Kind.LIST:
            yield from _lists(fact, known)
        case Kind.DAY:
            return
        case _:
            assert_never(fact.kind)


def _lists(fact: FactDefinition, known: Value | None) -> Iterator[Members]:
    """The known members with one more or one less, and none at all."""
    certain = known.certain if isinstance(known, Members) else frozenset[str]()
    yield Members(frozenset(), complete=True)
    for code in fact.values:
        changed = certain ^ {code}
        if changed:
            yield Members(changed, complete=True)
    if isinstance(known, Members) and certain:
        yield Members(certain, complete=True)


def _numbers(case: Case, fact: FactDefinition, rules: RuleSet) -> list[Decimal]:
    step = Decimal(1) if fact.unit in WHOLE else BESIDE
    limits = {limit for condition in _conditions(rules) for limit in _limits(condition, fact.name, case)}
    around = {number for limit in limits for number in (limit - step, limit, limit + step)}
    low, high = fact.plausible or (None, None)
    return sorted(n for n in around if (low is None or n >= low) and (high is None or n <= high))


def _conditions(rules: RuleSet) -> Iterable[Condition]:
    return (*(rule.condition for rule in rules.rules.values()), rules.crisis, rules.high_burden, rules.agent_matters)


def _limits(condition: Condition, fact: str, case: Case) -> Iterator[Decimal]:
    """The numbers that the fact is compared with; another fact's number where the two are compared."""
    for leaf in condition.leaves():
        match leaf:
            case Measure(name, _, number) if name == fact:
                yield number
            case Versus(name, _, other) if fact in (name, other):
                beside = case.known(other if name == fact else name)
                if isinstance(beside, Quantity) and beside.exact is not None:
                    yield beside.exact
            case _:
                pass

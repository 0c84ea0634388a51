"""What is not known and matters: the facts in the undecided parts of undecided conditions (P2).

A fact counts when it is not there, and also when it is there but too imprecise to settle the question.
"""

from collections.abc import Iterable, Iterator

from adapter.case.fact import Fact
from adapter.case.truth import Truth
from adapter.case.value import Coded, Day, Flag, Members, Quantity, Value
from adapter.ldt.advice import MissingFact
from adapter.ldt.compile import PLANNED, Condition, Frame, facts_of
from adapter.ldt.expression import Available, Conjunction, Disjunction, Named, Negation
from adapter.ldt.rule import Rule

IMPRECISE = "not-precise-enough"
"""The reason of a fact that is PRESENT and still leaves a rule undecided."""


def open_facts(condition: Condition, frame: Frame) -> Iterator[str]:
    """The facts that leave a condition UNKNOWN; nothing when it is TRUE or FALSE."""
    if condition.test(frame) is not Truth.UNKNOWN:
        return
    node = condition.node
    if isinstance(node, Conjunction | Disjunction | Negation | Named):
        for part in condition.parts:
            yield from open_facts(part, frame)
    elif isinstance(node, Available):
        yield PLANNED
    else:
        yield from (fact for fact in facts_of(node) if not settled(frame.values[fact]))


def settled(value: Value | None) -> bool:
    """Whether the value is known without any room."""
    match value:
        case None:
            return False
        case Flag() | Day():
            return True
        case Coded() | Quantity():
            return value.exact is not None
        case Members(_, one_of, complete):
            return complete and not one_of


def missing_facts(undecided: Iterable[Rule], frame: Frame, required: frozenset[str]) -> dict[str, list[Rule]]:
    """The required facts that keep rules undecided, each with those rules."""
    waiting: dict[str, list[Rule]] = {}
    for rule in undecided:
        if rule.row.ask:
            for fact in sorted(set(open_facts(rule.condition, frame)) & required):
                waiting.setdefault(fact, []).append(rule)
    return waiting


def missing_fact(fact: Fact, rules: Iterable[Rule]) -> MissingFact:
    """One missing fact as it is shown."""
    waiting = list(rules)
    reason = fact.reason if fact.known is None else IMPRECISE
    therapies = sorted({therapy for rule in waiting for therapy in rule.therapies})
    return MissingFact(fact.name, fact.state, reason, tuple(rule.id for rule in waiting), tuple(therapies))

"""Conditions made ready to run: each node once as a closure over the facts, each shared question asked once
per evaluation.

It answers TRUE, FALSE or UNKNOWN and never raises for what a case holds; what follows from an answer is
elsewhere.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from adapter.case.truth import Truth, truth
from adapter.case.value import Coded, Flag, Members, Quantity, Value
from adapter.ldt.expression import (
    Answer,
    Available,
    Conjunction,
    Disjunction,
    Filled,
    Leaf,
    Listed,
    Measure,
    Named,
    Negation,
    Node,
    Offered,
    Versus,
    YesNo,
)

PLANNED = "planned_therapies"
"""The list that `available` reads besides what is offered."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What conditions are asked about in one evaluation: the known values, and what the first pass offers.

    `memo` keeps the answers of this evaluation by slot; it is private to it and never shared between cases.
    """

    values: Mapping[str, Value | None]
    memo: list[Truth | None]
    offered: frozenset[str] = frozenset()

    def offering(self, offered: frozenset[str]) -> "Frame":
        """The same frame for the second pass."""
        return replace(self, offered=offered)

    def __repr__(self) -> str:
        return f"Frame({sum(value is not None for value in self.values.values())} known)"


Test = Callable[[Frame], Truth]


@dataclass(frozen=True, slots=True)
class Condition:
    """A node with its closure and the conditions it is made of."""

    node: Node
    test: Test = field(compare=False, repr=False)
    parts: tuple["Condition", ...] = ()

    @property
    def text(self) -> str:
        """The words of the condition."""
        return self.node.text

    def leaves(self) -> Iterator[Leaf]:
        """Every question to a fact or to the first pass, predicates opened."""
        if isinstance(self.node, Conjunction | Disjunction | Negation | Named):
            for part in self.parts:
                yield from part.leaves()
        else:
            yield self.node


def facts_of(leaf: Leaf) -> tuple[str, ...]:
    """The facts that the author of a condition named; `offered` and `available` name none."""
    match leaf:
        case YesNo(fact) | Answer(fact) | Measure(fact) | Listed(fact) | Filled(fact):
            return (fact,)
        case Versus(fact, _, other):
            return (fact, other)
        case Offered() | Available():
            return ()
        case _:
            assert_never(leaf)


class Compiler:
    """Turns nodes into conditions; equal nodes become one condition with one slot."""

    def __init__(self, wholes: Mapping[str, frozenset[str]]) -> None:
        """`wholes`: for a therapy, the planned forms and combinations that count as it (P11)."""
        self._wholes = wholes
        self._done: dict[Node, Condition] = {}
        self._predicates: dict[str, Condition] = {}
        self.slots = 0

    def branch(self) -> "Compiler":
        """A compiler that goes on from here; what it compiles stays unknown to this one."""
        branched = Compiler(self._wholes)
        branched._done = dict(self._done)
        branched._predicates = dict(self._predicates)
        branched.slots = self.slots
        return branched

    def define(self, name: str, node: Node) -> Condition:
        """Compile a predicate; conditions compiled later may name it."""
        self._predicates[name] = self.condition(node)
        return self._predicates[name]

    def condition(self, node: Node) -> Condition:
        """The condition of a node, made once."""
        if node not in self._done:
            self._done[node] = self._compile(node)
        return self._done[node]

    def _compile(self, node: Node) -> Condition:
        match node:
            case Conjunction(parts):
                made = tuple(self.condition(part) for part in parts)
                tests = tuple(part.test for part in made)
                return Condition(node, _settled_by(Truth.FALSE, Truth.TRUE, tests), made)
            case Disjunction(parts):
                made = tuple(self.condition(part) for part in parts)
                tests = tuple(part.test for part in made)
                return Condition(node, _settled_by(Truth.TRUE, Truth.FALSE, tests), made)
            case Negation(part):
                negated = self.condition(part)
                inner = negated.test
                return Condition(node, lambda frame: inner(frame).negated(), (negated,))
            case Named(name):
                predicate = self._predicates[name]
                return Condition(node, self._once(predicate.test), (predicate,))
            case _:
                return Condition(node, self._once(self._leaf(node)))

    def _once(self, test: Test) -> Test:
        slot = self.slots
        self.slots += 1

        def remembered(frame: Frame) -> Truth:
            answer = frame.memo[slot]
            if answer is None:
                answer = frame.memo[slot] = test(frame)
            return answer

        return remembered

    def _leaf(self, leaf: Leaf) -> Test:
        match leaf:
            case YesNo(fact, yes):
                return _yes_no(fact, yes)
            case Answer(fact, codes):
                return _answer(fact, codes)
            case Measure():
                return _measure(leaf)
            case Versus():
                return _versus(leaf)
            case Listed(fact, codes):
                return _listed(fact, codes)
            case Filled(fact):
                return _filled(fact)
            case Offered(codes):
                return lambda frame: truth(not codes.isdisjoint(frame.offered))
            case Available(codes):
                return self._available(codes)
            case _:
                assert_never(leaf)

    def _available(self, codes: frozenset[str]) -> Test:
        planned = _listed(PLANNED, codes.union(*(self._wholes.get(code, frozenset()) for code in codes)))

        def test(frame: Frame) -> Truth:
            return planned(frame) if codes.isdisjoint(frame.offered) else Truth.TRUE

        return test


def _settled_by(decisive: Truth, otherwise: Truth, tests: tuple[Test, ...]) -> Test:
    """Kleene's AND (settled by FALSE) and OR (settled by TRUE), as one plain loop: it runs hundreds of times
    a case."""
    unknown = Truth.UNKNOWN

    def test(frame: Frame) -> Truth:
        result = otherwise
        for part in tests:
            answer = part(frame)
            if answer is decisive:
                return decisive
            if answer is unknown:
                result = unknown
        return result

    return test


def _yes_no(fact: str, yes: bool) -> Test:
    def test(frame: Frame) -> Truth:
        value = frame.values[fact]
        return truth(value.yes is yes) if isinstance(value, Flag) else Truth.UNKNOWN

    return test


def _answer(fact: str, codes: frozenset[str]) -> Test:
    def test(frame: Frame) -> Truth:
        value = frame.values[fact]
        return value.within(codes) if isinstance(value, Coded) else Truth.UNKNOWN

    return test


def _measure(leaf: Measure) -> Test:
    fact, comparison, limit = leaf.fact, leaf.comparison, Quantity.of(leaf.number)

    def test(frame: Frame) -> Truth:
        value = frame.values[fact]
        return value.compare(comparison, limit) if isinstance(value, Quantity) else Truth.UNKNOWN

    return test


def _versus(leaf: Versus) -> Test:
    def test(frame: Frame) -> Truth:
        value, other = frame.values[leaf.fact], frame.values[leaf.other]
        if isinstance(value, Quantity) and isinstance(other, Quantity):
            return value.compare(leaf.comparison, other)
        return Truth.UNKNOWN

    return test


def _listed(fact: str, codes: frozenset[str]) -> Test:
    def test(frame: Frame) -> Truth:
        value = frame.values[fact]
        return value.has_any(codes) if isinstance(value, Members) else Truth.UNKNOWN

    return test


def _filled(fact: str) -> Test:
    def test(frame: Frame) -> Truth:
        value = frame.values[fact]
        return value.nonempty() if isinstance(value, Members) else Truth.UNKNOWN

    return test

"""From the text of a condition to nodes, checked against the catalogue of facts, the therapies and the
predicates.

The text is read with Python's grammar and never evaluated: whatever is not in the small language is an error.
"""

import ast
from collections.abc import Set
from dataclasses import dataclass
from decimal import Decimal

from adapter.case.catalogue import Catalogue, FactDefinition, Kind
from adapter.case.number import read_decimal
from adapter.case.value import Comparison
from adapter.ldt.expression import (
    Answer,
    Available,
    Conjunction,
    Disjunction,
    Filled,
    Listed,
    Measure,
    Named,
    Negation,
    Node,
    Offered,
    Versus,
    YesNo,
)

MAX_LENGTH = 1000
"""Longest condition in characters: far above any rule, far below what could exhaust a parser."""


class ExpressionError(ValueError):
    """A condition that is not in the language, or asks what a fact cannot answer."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that a condition may use."""

    facts: Catalogue
    predicates: Set[str]
    therapies: Set[str]


def parse(text: str, vocabulary: Vocabulary) -> Node:
    """The condition as nodes. Raises ExpressionError with the offending words."""
    if not text.isascii() or len(text) > MAX_LENGTH or not text.isprintable() or "#" in text:
        raise ExpressionError(f"a condition is one line of at most {MAX_LENGTH} printable ASCII characters")
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError as error:
        raise ExpressionError(f"not a condition (column {error.offset}): {text}") from None
    return _Reader(text, vocabulary).node(tree.body)


FLIPPED: dict[Comparison, Comparison] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
"""Each comparison seen from the other side."""


def comparison_of(operator: ast.cmpop) -> Comparison | None:
    """The comparison that an operator of Python's grammar stands for, None for one that conditions do not have."""
    match operator:
        case ast.Lt():
            return "<"
        case ast.LtE():
            return "<="
        case ast.Gt():
            return ">"
        case ast.GtE():
            return ">="
        case ast.Eq():
            return "=="
        case ast.NotEq():
            return "!="
        case _:
            return None


@dataclass(frozen=True, slots=True)
class _Reader:
    """One reading of one text."""

    text: str
    words: Vocabulary

    def source(self, tree: ast.expr) -> str:
        return ast.get_source_segment(self.text, tree) or self.text

    def node(self, tree: ast.expr) -> Node:
        match tree:
            case ast.BoolOp(op=ast.And(), values=values):
                return Conjunction(tuple(self.node(value) for value in values), self.source(tree))
            case ast.BoolOp(op=ast.Or(), values=values):
                return Disjunction(tuple(self.node(value) for value in values), self.source(tree))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Negation(self.node(operand), self.source(tree))
            case ast.Name(id=name):
                return self.named(name)
            case ast.Call(func=ast.Name(id=function), args=arguments, keywords=[]):
                return self.call(function, arguments, self.source(tree))
            case ast.Compare(left=left, ops=operators, comparators=right):
                return self.chain([left, *right], operators, self.source(tree))
            case _:
                raise ExpressionError(f"not in the language of conditions: {self.source(tree)}")

    def named(self, name: str) -> Node:
        if name in self.words.predicates:
            return Named(name, name)
        fact = self.fact(name)
        if fact.kind is not Kind.FLAG:
            raise ExpressionError(f"{name} is not a yes-or-no fact and cannot stand alone")
        return YesNo(name, True, name)

    def fact(self, name: str) -> FactDefinition:
        if name not in self.words.facts:
            raise ExpressionError(f"unknown fact or predicate: {name}")
        fact = self.words.facts[name]
        if fact.role != "input":
            raise ExpressionError(f"{name} is not an input of rules")
        return fact

    def chain(self, operands: list[ast.expr], operators: list[ast.cmpop], text: str) -> Node:
        pairs = zip(operands, operators, operands[1:], strict=False)
        parts = tuple(self.compare(left, op, right) for left, op, right in pairs)
        return parts[0] if len(parts) == 1 else Conjunction(parts, text)

    def compare(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Node:
        text = f"{self.source(left)} {_symbol(operator)} {self.source(right)}"
        comparison = comparison_of(operator)
        match left, right:
            case ast.Name(id=name), ast.Tuple(elts=elements) if isinstance(operator, ast.In):
                return Answer(name, self.answers(name, elements), text)
            case ast.Name(id=name), ast.Constant(value=bool(yes)) if comparison in ("==", "!="):
                return self.flag(name, yes is (comparison == "=="), text)
            case ast.Name(id=name), ast.Constant(value=str()) if comparison in ("==", "!="):
                equal = f"{self.source(left)} == {self.source(right)}"
                answer = Answer(name, self.answers(name, [right]), equal)
                return answer if comparison == "==" else Negation(answer, text)
            case ast.Name(id=name), ast.Name(id=other) if comparison is not None:
                return self.versus(name, comparison, other, text)
            case ast.Name(id=name), ast.Constant() if comparison is not None:
                return Measure(name, comparison, self.number(name, right), text)
            case ast.Constant(), ast.Name(id=name) if comparison is not None:
                return Measure(name, FLIPPED[comparison], self.number(name, left), text)
            case _:
                raise ExpressionError(f"not a comparison of the language: {text}")

    def flag(self, name: str, yes: bool, text: str) -> Node:
        if self.fact(name).kind is not Kind.FLAG:
            raise ExpressionError(f"{name} is not a yes-or-no fact: {text}")
        return YesNo(name, yes, text)

    def versus(self, name: str, comparison: Comparison, other: str, text: str) -> Node:
        one, two = self.fact(name), self.fact(other)
        if one.kind is not Kind.QUANTITY or two.kind is not Kind.QUANTITY or one.unit != two.unit:
            raise ExpressionError(f"only quantities of one unit can be compared with each other: {text}")
        return Versus(name, comparison, other, text)

    def number(self, name: str, tree: ast.expr) -> Decimal:
        fact, text = self.fact(name), self.source(tree)
        number = read_decimal(text)
        if fact.kind is not Kind.QUANTITY or number is None:
            raise ExpressionError(f"{name} cannot be compared with {text}")
        if fact.plausible is not None and not fact.plausible[0] <= number <= fact.plausible[1]:
            raise ExpressionError(f"{text} {fact.unit} is outside what {name} can be")
        return number

    def answers(self, name: str, elements: list[ast.expr]) -> frozenset[str]:
        if self.fact(name).kind is not Kind.CODED:
            raise ExpressionError(f"{name} is not a coded fact")
        return self.codes(elements, frozenset(self.fact(name).values), f"a value of {name}")

    def codes(self, elements: list[ast.expr], allowed: Set[str], what: str) -> frozenset[str]:
        codes: list[str] = []
        for element in elements:
            if not (isinstance(element, ast.Constant) and isinstance(element.value, str)):
                raise ExpressionError(f"a quoted code is expected: {self.source(element)}")
            if element.value not in allowed:
                raise ExpressionError(f"{element.value!r} is not {what}")
            codes.append(element.value)
        if not codes or len(set(codes)) != len(codes):
            raise ExpressionError("a list of codes is not empty and names each code once")
        return frozenset(codes)

    def call(self, function: str, arguments: list[ast.expr], text: str) -> Node:
        match function, arguments:
            case "nonempty", [ast.Name(id=name)]:
                return Filled(self.list_fact(name).name, text)
            case "has", [ast.Name(id=name), code]:
                return Listed(name, self.members(name, [code]), text)
            case "has_any", [ast.Name(id=name), ast.Tuple(elts=elements)]:
                return Listed(name, self.members(name, elements), text)
            case "offered", [code]:
                return Offered(self.codes([code], self.words.therapies, "a therapy"), text)
            case "available", [code]:
                return Available(self.codes([code], self.words.therapies, "a therapy"), text)
            case "any_available", [ast.Tuple(elts=elements)]:
                return Available(self.codes(elements, self.words.therapies, "a therapy"), text)
            case _:
                raise ExpressionError(f"not a function of the language, or wrong arguments: {text}")

    def list_fact(self, name: str) -> FactDefinition:
        fact = self.fact(name)
        if fact.kind is not Kind.LIST:
            raise ExpressionError(f"{name} is not a list")
        return fact

    def members(self, name: str, elements: list[ast.expr]) -> frozenset[str]:
        return self.codes(elements, frozenset(self.list_fact(name).values), f"a member of {name}")


def _symbol(operator: ast.cmpop) -> str:
    return comparison_of(operator) or ("in" if isinstance(operator, ast.In) else type(operator).__name__.lower())

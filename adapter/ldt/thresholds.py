"""The numbers in a condition: where each stands in the text, and the text with another number in its place.

It reads the text of conditions that parse.py has accepted; it knows no facts.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from adapter.case.value import Comparison
from adapter.ldt.parse import FLIPPED, comparison_of


@dataclass(frozen=True, slots=True)
class Threshold:
    """One comparison of a fact with a number; `start` and `end` are the place of the number in the condition's text."""

    fact: str
    comparison: Comparison
    number: str
    start: int
    end: int

    @property
    def text(self) -> str:
        """The comparison with the fact first, whichever way it is written: `liver_burden_percent <= 10`."""
        return f"{self.fact} {self.comparison} {self.number}"

    @property
    def value(self) -> Decimal:
        """The number."""
        return Decimal(self.number)


def thresholds(condition: str) -> list[Threshold]:
    """Every threshold of a condition, in the order of its text; a chained comparison has several."""
    compared = (node for node in ast.walk(ast.parse(condition, mode="eval")) if isinstance(node, ast.Compare))
    found = (threshold for node in compared for threshold in _of_chain(condition, node))
    return sorted(found, key=lambda threshold: threshold.start)


def _of_chain(condition: str, node: ast.Compare) -> Iterator[Threshold]:
    operands = [node.left, *node.comparators]
    for left, operator, right in zip(operands, node.ops, operands[1:], strict=False):
        comparison = comparison_of(operator)
        match left, right:
            case ast.Name(id=fact), ast.Constant(value=int() | float()) if comparison and not _is_flag(right):
                yield _at(condition, fact, comparison, right)
            case ast.Constant(value=int() | float()), ast.Name(id=fact) if comparison and not _is_flag(left):
                yield _at(condition, fact, FLIPPED[comparison], left)
            case _:
                pass


def _is_flag(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, bool)


def _at(condition: str, fact: str, comparison: Comparison, number: ast.expr) -> Threshold:
    start, end = number.col_offset, number.end_col_offset or number.col_offset
    return Threshold(fact, comparison, condition[start:end], start, end)


def with_number(condition: str, threshold: Threshold, number: str) -> str:
    """The condition with another number at the place of a threshold."""
    return condition[: threshold.start] + number + condition[threshold.end :]

"""Every small change that could be made to one condition: a comparison turned, a limit moved, a code left out.

It works on the text alone and knows neither rules nor cases; whether a changed condition can still be read is found out
elsewhere.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from adapter.case.catalogue import Catalogue

_OF_NUMBERS = {
    "<": ("<=", ">", ">="),
    "<=": ("<", ">=", ">"),
    ">": (">=", "<", "<="),
    ">=": (">", "<=", "<"),
    "==": ("!=", "<=", ">="),
    "!=": ("==",),
}
_OF_CODES = {"==": "!=", "!=": "=="}


@dataclass(frozen=True, slots=True)
class ConditionEdit:
    """A changed condition, and the change in words: `liver_burden_percent <= 10 made < 10`."""

    words: str
    text: str


def condition_edits(text: str, facts: Catalogue) -> tuple[ConditionEdit, ...]:
    """Every change of a condition, in the order of its text; equal words are numbered. Raises SyntaxError."""
    return tuple(_numbered(_Editor(text, facts).edits(ast.parse(text, mode="eval").body)))


def shifted(number: str) -> tuple[str, ...]:
    """A printed limit moved by one unit of its last printed place, and by one whole unit, down and up."""
    value = Decimal(number)
    steps = dict.fromkeys((Decimal(1).scaleb(min(_exponent(value), 0)), Decimal(1)))
    return tuple(str(moved) for step in steps for moved in (value - step, value + step))


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _numbered(edits: Iterable[ConditionEdit]) -> Iterator[ConditionEdit]:
    seen: Counter[str] = Counter()
    for edit in edits:
        seen[edit.words] += 1
        number = seen[edit.words]
        yield edit if number == 1 else ConditionEdit(f"{edit.words} (place {number})", edit.text)


@dataclass(frozen=True, slots=True)
class _Editor:
    """The changes of one text, by the places of its parts. Conditions are ASCII, so columns are characters."""

    text: str
    facts: Catalogue

    def edits(self, tree: ast.expr, *, negate: bool = True) -> Iterator[ConditionEdit]:
        match tree:
            case ast.BoolOp(op=operator, values=values):
                word = "and" if isinstance(operator, ast.And) else "or"
                yield from self.joined(tree, word, values)
                for value in values:
                    yield from self.edits(value)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield self.replaced(tree, self.source(operand), f"{self.source(tree)} made {self.source(operand)}")
                yield from self.edits(operand, negate=False)
            case ast.Call(func=ast.Name(id=function), args=arguments):
                yield from self.negated(tree, wanted=negate)
                yield from self.shortened(arguments[-1], function)
            case ast.Compare(left=left, ops=[ast.In()], comparators=[codes]):
                yield from self.negated(tree, wanted=negate)
                yield from self.shortened(codes, self.source(left))
                yield from self.widened(tree, self.source(left), codes, outside=False)
            case ast.Compare(left=left, ops=[operator], comparators=[ast.Constant(value=str()) as code]):
                yield from self.compared([left, code])
                yield from self.widened(tree, self.source(left), code, outside=isinstance(operator, ast.NotEq))
            case ast.Compare(left=left, comparators=right):
                yield from self.compared([left, *right])
            case _:
                yield from self.negated(tree, wanted=negate)

    def source(self, tree: ast.expr) -> str:
        return self.text[tree.col_offset : tree.end_col_offset]

    def replaced(self, tree: ast.expr, new: str, words: str) -> ConditionEdit:
        return self.spliced(tree.col_offset, tree.end_col_offset or tree.col_offset, f"({new})", words)

    def spliced(self, start: int, end: int, new: str, words: str) -> ConditionEdit:
        return ConditionEdit(words, self.text[:start] + new + self.text[end:])

    def joined(self, tree: ast.expr, word: str, values: list[ast.expr]) -> Iterator[ConditionEdit]:
        parts = [self.source(value) for value in values]
        other = {"and": "or", "or": "and"}[word]
        turned = f" {other} ".join(f"({part})" for part in parts)
        yield self.replaced(tree, turned, f"'{word}' made '{other}' in {self.source(tree)}")
        for number, part in enumerate(parts):
            kept = f" {word} ".join(f"({other})" for place, other in enumerate(parts) if place != number)
            yield self.replaced(tree, kept, f"{part} left out of the '{word}'")

    def negated(self, tree: ast.expr, *, wanted: bool) -> Iterator[ConditionEdit]:
        if wanted:
            source = self.source(tree)
            yield self.replaced(tree, f"not ({source})", f"{source} made not {source}")

    def shortened(self, listed: ast.expr, owner: str) -> Iterator[ConditionEdit]:
        """Each code left out of a list of several."""
        if not isinstance(listed, ast.Tuple) or len(listed.elts) < 2:
            return
        codes = [self.source(code) for code in listed.elts]
        for code in codes:
            kept = "".join(f"{other}," for other in codes if other != code)
            yield self.replaced(listed, kept, f"{code} left out of the codes of {owner}")

    def widened(self, tree: ast.expr, fact: str, listed: ast.expr, *, outside: bool) -> Iterator[ConditionEdit]:
        """Each further answer that the fact can have, taken in with the codes of the condition."""
        codes = [self.source(code) for code in (listed.elts if isinstance(listed, ast.Tuple) else [listed])]
        for value in self.facts[fact].values:
            if f"'{value}'" not in codes:
                wider = f"{fact} in ({','.join((*codes, repr(value)))})"
                words = f"'{value}' added to the codes of {fact}"
                yield self.replaced(tree, f"not ({wider})" if outside else wider, words)

    def compared(self, operands: list[ast.expr]) -> Iterator[ConditionEdit]:
        for left, right in pairwise(operands):
            gap = (left.end_col_offset or 0, right.col_offset)
            symbol = self.text[gap[0] : gap[1]].strip()
            whole = f"{self.source(left)} {symbol} {self.source(right)}"
            for other in self.turned(left, symbol, right):
                words = f"{self.source(left)} {other}" if _is_number(left) else other
                yield self.spliced(*gap, f" {other} ", f"{whole} made {words} {self.source(right)}")
            if _is_number(left):
                for number in shifted(self.source(left)):
                    words = f"{whole} made {number} {symbol} {self.source(right)}"
                    yield self.spliced(left.col_offset, gap[0], number, words)
            if _is_number(right):
                for number in shifted(self.source(right)):
                    end = right.end_col_offset or right.col_offset
                    yield self.spliced(right.col_offset, end, number, f"{whole} made {symbol} {number}")
        if len(operands) > 2:
            yield from self.one_ended(operands)

    def one_ended(self, operands: list[ast.expr]) -> Iterator[ConditionEdit]:
        """A range with one of its ends left out."""
        low, middle, high = operands[0], operands[1], operands[-1]
        words = f"lower limit {self.source(low)} of {self.source(middle)} left out"
        yield self.spliced(low.col_offset, middle.col_offset, "", words)
        words = f"upper limit {self.source(high)} of {self.source(middle)} left out"
        yield self.spliced(middle.end_col_offset or 0, high.end_col_offset or 0, "", words)

    def turned(self, left: ast.expr, symbol: str, right: ast.expr) -> tuple[str, ...]:
        """The other comparisons that could have been written: all of them between numbers, the opposite elsewhere."""
        numeric = _is_number(left) or _is_number(right) or isinstance(right, ast.Name)
        return _OF_NUMBERS[symbol] if numeric else (_OF_CODES[symbol],)


def _is_number(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Constant) and type(tree.value) in (int, float)

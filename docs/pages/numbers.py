"""docs/rules/numbers.md: every number of the two papers with the rule, therapy or conflict that says it.

Which rules use a threshold is taken from the rules; what the papers print and where is written in numbers.yaml.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from adapter.ldt import RuleSet
from adapter.ldt.document import read_document
from adapter.ldt.expression import Measure
from adapter.ldt.schema import Row, Text
from docs.pages.links import Links, escaped
from docs.pages.page import blocks, lines, page

TABLE = Path(__file__).with_name("numbers.yaml")


class Threshold(Row):
    """A question of a condition, `fact` and `asks`, and what the papers print for it."""

    fact: Text
    asks: Text
    printed: Text
    where: Text


class Number(Row):
    """A number as printed, what it means, and where the rule set says it."""

    number: Text
    means: Text
    section: Text
    at: tuple[str, ...]


class DocumentNumbers(Row):
    """The numbers of one document."""

    document: Text
    numbers: Annotated[tuple[Number, ...], Field(min_length=1)]


class Numbers(Row):
    """numbers.yaml"""

    thresholds: tuple[Threshold, ...]
    documents: tuple[DocumentNumbers, ...]


def numbers() -> Numbers:
    """The table. Raises RuleSetError or ValidationError naming what is wrong."""
    return Numbers.model_validate(read_document(TABLE.name, TABLE.read_text(encoding="utf-8")).content)


def thresholds_of(rules: RuleSet) -> dict[tuple[str, str], list[str]]:
    """The questions to numbers in the conditions of the rules, each with the rules that ask it."""
    asked: dict[tuple[str, str], list[str]] = {}
    for rule in rules.rules.values():
        for leaf in rule.condition.leaves():
            if isinstance(leaf, Measure):
                asking = asked.setdefault((leaf.fact, f"{leaf.comparison} {leaf.number}"), [])
                asking += [] if rule.id in asking else [rule.id]
    return asked


def numbers_page(rules: RuleSet, links: Links) -> str:
    """The whole page."""
    table = numbers()
    return page(
        "Numbers of the papers",
        rules,
        "Every number that the two papers print, where it stands, and which rule, therapy or conflict says it. Doses "
        "and figures are quoted,\nnothing is calculated from them.",
        "## Thresholds",
        "What conditions ask of a number. A criterion that is printed as `< 2` is asked as `>= 2`: the rule speaks "
        "when it is not met.",
        lines(_thresholds(table, rules, links)),
        blocks(_document(part, rules, links) for part in table.documents),
        "## Background",
        "Printed, but bearing on no decision: no rule reads them.",
        lines(_background(table)),
        source="`docs/pages/numbers.yaml`",
    )


def _thresholds(table: Numbers, rules: RuleSet, links: Links) -> Iterator[str]:
    asked = thresholds_of(rules)
    yield "| fact | asks | printed | where | rules |\n|---|---|---|---|---|"
    for row in table.thresholds:
        users = links.items(asked.get((row.fact, row.asks), []))
        yield f"| {links.fact(row.fact)} | `{row.asks}` | {escaped(row.printed)} | {escaped(row.where)} | {users} |"


def _document(part: DocumentNumbers, rules: RuleSet, links: Links) -> Iterator[str]:
    yield f"## {part.document}\n\n| number | what it is | section | said by |\n|---|---|---|---|"
    for row in part.numbers:
        if row.at:
            places = ", ".join(_place(place, rules, links) for place in row.at)
            yield f"| {escaped(row.number)} | {escaped(row.means)} | {escaped(row.section)} | {places} |"


def _background(table: Numbers) -> Iterator[str]:
    yield "| number | what it is | section |\n|---|---|---|"
    for part in table.documents:
        for row in part.numbers:
            if not row.at:
                yield f"| {escaped(row.number)} | {escaped(row.means)} | {part.document}, {escaped(row.section)} |"


def _place(place: str, rules: RuleSet, links: Links) -> str:
    if place in rules.therapies:
        return links.therapy(place)
    if place in rules.facts:
        return links.fact(place)
    if place.startswith("T1-"):
        return f"[{place}](README.md#table-1)"
    return links.item(place)

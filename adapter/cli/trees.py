"""Trees for people: a rule with its condition part by part, each with its answer, its facts and their places."""

from rich.markup import escape
from rich.text import Text
from rich.tree import Tree

from adapter.advice.assessment import Assessment
from adapter.advice.sections import fact_line, label
from adapter.advice.wording import standing_of
from adapter.case.fact import Fact
from adapter.case.truth import Truth
from adapter.ldt import Explanation, Source, explain
from adapter.ldt.explain import asked

ANSWERS = {Truth.TRUE: "[green]yes[/]", Truth.FALSE: "[red]no[/]", Truth.UNKNOWN: "[magenta]not known[/]"}


def add_rule(tree: Tree, assessment: Assessment, rule_id: str, word: str) -> None:
    """A branch for a rule: what it comes to (`word`), its condition, its sources."""
    explanation = explain(assessment.case, assessment.advice, assessment.rules, rule_id)
    add_explained(tree, assessment, rule_id, word, explanation)


def add_explained(
    tree: Tree, assessment: Assessment, rule_id: str, word: str, explanation: Explanation, *, whole: bool = True
) -> None:
    """A branch for a rule whose condition is explained already; not `whole`: only the parts that make its answer."""
    row = assessment.rules.rules[rule_id].row
    branch = tree.add(f"{rule_id} {escape(row.title)}: {escape(word)}")
    _add_condition(branch, explanation, assessment, whole=whole)
    for source in row.sources:
        branch.add(Text(source_line(source), style="dim"))


def source_line(source: Source) -> str:
    """Where a statement is written: document, section, first words of the sentence."""
    return f"{source.document}, {source.section}: {source.quote_start}"


def _add_condition(tree: Tree, explanation: Explanation, assessment: Assessment, *, whole: bool) -> None:
    branch = tree.add(f"{escape(asked(explanation, assessment.rules))}: {ANSWERS[explanation.answer]}")
    if not explanation.parts:
        for fact in explanation.facts:
            branch.add(Text(_standing(fact, assessment), style="dim"))
    for part in explanation.parts if whole else explanation.deciding:
        _add_condition(branch, part, assessment, whole=whole)


def _standing(fact: Fact, assessment: Assessment) -> str:
    if fact.known is not None:
        return fact_line(fact)
    return f"{label(fact.name)}: {standing_of(fact, assessment.rules.facts[fact.name], assessment.case)}"

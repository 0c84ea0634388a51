"""Trees of reasons for people: a rule, its condition part by part, each with its answer, its facts and its sources.

Plain words in a tree; how they look is decided by the one who renders them (terminal, explanation page).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from adapter.advice.assessment import Assessment
from adapter.advice.facts import fact_line
from adapter.advice.names import label
from adapter.advice.options import options
from adapter.advice.wording import standing_of
from adapter.case.fact import Fact
from adapter.case.truth import Truth
from adapter.ldt import Explanation, Source
from adapter.ldt.explain import Explainer, asked, explainer

BranchKind = Literal["verdict", "missing", "rule", "condition", "fact", "source"]
"""What a branch tells: a therapy, a missing fact, a rule, a part of its condition, a fact that was read, a source."""

ANSWERS = {Truth.TRUE: "yes", Truth.FALSE: "no", Truth.UNKNOWN: "not known"}
"""What a part of a condition comes to, in words."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of a tree and the lines below it. `said` is what the line comes to: a strength, a rating, an answer."""

    kind: BranchKind
    text: str
    said: str = ""
    parts: tuple["Branch", ...] = ()
    answer: Truth | None = None


def reasons_given(assessment: Assessment) -> Iterator[Branch]:
    """Why and why not: each rated therapy with its rules, then each missing fact with the rules that wait for it."""
    explaining = explainer(assessment.case, assessment.advice, assessment.rules)
    for option in options(assessment):
        therapy = option.therapy
        rules = [
            *(_rule(assessment, explaining, rating.rule, rating.rated.value) for rating in therapy.because),
            *(
                _rule(assessment, explaining, rating.rule, f"{rating.rated.value} (set aside by policy)")
                for rating in therapy.set_aside
            ),
        ]
        yield Branch("verdict", option.name, option.strength, tuple(rules))
    for missing in assessment.advice.missing:
        waiting = (_rule(assessment, explaining, rule, "undecided") for rule in missing.rules)
        yield Branch("missing", label(missing.name), parts=tuple(waiting))


def _rule(assessment: Assessment, explaining: Explainer, rule_id: str, word: str) -> Branch:
    return rule_branch(assessment, rule_id, word, explaining.rule(rule_id))


def rule_branch(
    assessment: Assessment, rule_id: str, word: str, explanation: Explanation, *, whole: bool = True
) -> Branch:
    """A rule: what it comes to (`word`), condition, sources; not `whole`: only the parts that make its answer."""
    row = assessment.rules.rules[rule_id].row
    condition = _condition(assessment, explanation, whole=whole)
    sources = (Branch("source", source_line(source)) for source in row.sources)
    return Branch("rule", f"{rule_id} {row.title}", word, (condition, *sources))


def source_line(source: Source) -> str:
    """Where a statement is written: document, section, first words of the sentence."""
    return f"{source.document}, {source.section}: {source.quote_start}"


def _condition(assessment: Assessment, explanation: Explanation, *, whole: bool) -> Branch:
    below = explanation.parts if whole else explanation.deciding
    parts = tuple(_condition(assessment, part, whole=whole) for part in below)
    if not explanation.parts:
        parts = tuple(Branch("fact", _standing(assessment, fact)) for fact in explanation.facts)
    answer = explanation.answer
    return Branch("condition", asked(explanation, assessment.rules), ANSWERS[answer], parts, answer)


def _standing(assessment: Assessment, fact: Fact) -> str:
    if fact.known is not None:
        return fact_line(fact)
    return f"{label(fact.name)}: {standing_of(fact, assessment.rules.facts[fact.name], assessment.case)}"

"""Why a therapy is, or is not, an option: every rule that speaks of it, with its weight and its condition explained.

It tells also the rules that did not fire, and those that wait for a fact: a tree of rules, conditions and facts.
"""

from dataclasses import dataclass
from enum import Enum

from adapter.case.case import Case
from adapter.case.truth import Truth
from adapter.ldt.advice import Advice, Scope, TherapyAdvice
from adapter.ldt.explain import Explainer, Explanation, explainer
from adapter.ldt.rule import Rating, Rule
from adapter.ldt.ruleset import RuleSet


class Weight(Enum):
    """What a rule's word on a therapy comes to."""

    DECIDES = "decides"
    SET_ASIDE = "set aside"
    UNDECIDED = "undecided"
    SILENT = "does not apply"
    SWITCHED = "switched by the site"
    OUT_OF_SCOPE = "not asked, the scope is not settled"


@dataclass(frozen=True, slots=True)
class Voice:
    """One rule's word on one therapy, what it comes to, and its condition as the case answers it."""

    rating: Rating
    weight: Weight
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class Reasons:
    """Everything behind the verdict on a therapy; `verdict` is None where no rule makes one.

    `scope` are the scope rules that keep it from being asked, with their answers; empty where the guideline applies.
    """

    therapy: str
    verdict: TherapyAdvice | None
    scope: tuple[tuple[str, Explanation], ...]
    voices: tuple[Voice, ...]


def reasons(case: Case, advice: Advice, rules: RuleSet, therapy: str) -> Reasons:
    """The reasons for and against a therapy, the deciding ones first. Raises KeyError for what is no therapy."""
    known = rules.therapies[therapy].code
    verdict = advice.therapy(known)
    why = explainer(case, advice, rules)
    parts = rules.parts[known]  # a planned form or combination counts as its parts (P11)
    rated = ((rule, rating) for rule in rules.rules.values() for rating in rule.ratings if rating.therapy in parts)
    voices = [
        _voice(advice, rules, advice.therapy(rating.therapy), rule, rating, why.rule(rule.id)) for rule, rating in rated
    ]
    order = list(Weight)
    ordered = tuple(sorted(voices, key=lambda voice: order.index(voice.weight)))
    return Reasons(known, verdict, tuple(_scope(advice, why)), ordered)


def _scope(advice: Advice, why: Explainer) -> list[tuple[str, Explanation]]:
    if advice.scope is Scope.APPLIES:
        return []
    explained = ((rule.id, why.rule(rule.id)) for rule in why.rules.scope)
    return [(rule, explanation) for rule, explanation in explained if explanation.answer is not Truth.FALSE]


def _voice(
    advice: Advice, rules: RuleSet, verdict: TherapyAdvice | None, rule: Rule, rating: Rating, why: Explanation
) -> Voice:
    return Voice(rating, _weight(advice, rules, verdict, rule, rating, why.answer), why)


def _weight(
    advice: Advice, rules: RuleSet, verdict: TherapyAdvice | None, rule: Rule, rating: Rating, answer: Truth
) -> Weight:
    if verdict is not None and rating in verdict.because:
        return Weight.DECIDES
    if rule.id in rules.switched:
        return Weight.SWITCHED
    if answer is Truth.FALSE:
        return Weight.SILENT
    if advice.scope is not Scope.APPLIES:
        return Weight.OUT_OF_SCOPE
    return Weight.SET_ASIDE if answer is Truth.TRUE else Weight.UNDECIDED

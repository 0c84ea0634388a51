"""The liver-directed-therapy rule set: rules as data, three-valued evaluation, advice with its reasons.

It reads cases and knows neither messages nor cards.
"""

from adapter.ldt.advice import (
    Advice,
    Danger,
    Disagreement,
    Indicator,
    MissingFact,
    Remark,
    Scope,
    Silenced,
    Strength,
    TherapyAdvice,
)
from adapter.ldt.document import Problem, RuleSetError
from adapter.ldt.evaluate import evaluate
from adapter.ldt.explain import Explanation, explain
from adapter.ldt.loader import load_rule_set, rule_set, site_rule_set
from adapter.ldt.rule import Rated, Rating, Rule
from adapter.ldt.ruleset import RuleSet
from adapter.ldt.schema import Source
from adapter.ldt.site import Override, Site
from adapter.ldt.summary import summary

__all__ = [
    "Advice",
    "Danger",
    "Disagreement",
    "Explanation",
    "Indicator",
    "MissingFact",
    "Override",
    "Problem",
    "Rated",
    "Rating",
    "Remark",
    "Rule",
    "RuleSet",
    "RuleSetError",
    "Scope",
    "Silenced",
    "Site",
    "Source",
    "Strength",
    "TherapyAdvice",
    "evaluate",
    "explain",
    "load_rule_set",
    "rule_set",
    "site_rule_set",
    "summary",
]

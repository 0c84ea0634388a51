"""What the rules that a site has switched off or put in shadow would have said: never part of a verdict.

Rules in shadow are for the log. A switched rule that guards (an exclusion, the scope) is told to the reader
wherever it would speak, so that it is off but never silent.
"""

from dataclasses import replace

from adapter.case.case import Case
from adapter.case.truth import Truth
from adapter.ldt.advice import Advice, Indicator, Scope, Silenced
from adapter.ldt.rule import Rule
from adapter.ldt.ruleset import RuleSet


def beside(advice: Advice, case: Case, rules: RuleSet) -> Advice:
    """The advice with what switched rules would have said. A guard that was silenced is at least a warning."""
    if advice.scope is Scope.NOT_APPLICABLE:
        return advice
    frame = rules.frame(case).offering(advice.offered)
    answers = ((rule, rule.condition.test(frame)) for rule in rules.silenced)
    silenced = tuple(Silenced(rule.id, answer, _against(rule)) for rule, answer in answers if answer is not Truth.FALSE)
    shadow = tuple(rule.id for rule in rules.shadow if rule.condition.test(frame) is Truth.TRUE)
    calm = silenced and advice.indicator is Indicator.INFO
    indicator = Indicator.WARNING if calm else advice.indicator
    return replace(advice, silenced=silenced, shadow=shadow, indicator=indicator)


def _against(rule: Rule) -> tuple[str, ...]:
    """The therapies that a rule excludes; none for a rule of the scope."""
    return tuple(rating.therapy for rating in rule.ratings if rating.rated.excludes)

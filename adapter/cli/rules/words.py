"""Verdicts and values in words, as the commands of `ldt rules` print them."""

from adapter.advice.options import STRENGTHS
from adapter.advice.wording import value_of
from adapter.case.fact import Fact, State
from adapter.case.value import Value
from adapter.ldt import RuleSet, Strength, TherapyAdvice


def strength_words(strength: Strength | None) -> str:
    """A strength, or that no rule makes a verdict."""
    return STRENGTHS[strength] if strength else "not rated"


def verdict_words(therapy: TherapyAdvice | None) -> str:
    """A verdict with whether it is provisional."""
    if therapy is None:
        return strength_words(None)
    return strength_words(therapy.strength) + (", provisional" if therapy.provisional else "")


def fact_words(name: str, value: Value | None, rules: RuleSet) -> str:
    """A value of a fact with its unit, for people."""
    if value is None:
        return "not known"
    return value_of(Fact(name, State.PRESENT, on_record=value), rules.facts[name])

"""The names of facts, therapies and rules, as card, CarePlan and explanation say them.

Not for what is said about them. Names come from the catalogue and the rule set, never from a sender.
"""

from adapter.advice.assessment import Assessment
from adapter.advice.basis import comparison_words
from adapter.case.catalogue import catalogue
from adapter.case.words import lowered


def short_name(assessment: Assessment, code: str) -> str:
    """The short name of a therapy."""
    return assessment.rules.therapies[code].short


def drafted_name(assessment: Assessment, code: str) -> str:
    """The short name of a drafted therapy; of one that the call does not judge, that it was drafted before."""
    return short_name(assessment, code) + (" (another draft, not judged now)" if code in assessment.earlier else "")


def label(name: str) -> str:
    """The label of a fact."""
    return catalogue()[name].label


def in_sentence(name: str) -> str:
    """The label of a fact inside of a sentence."""
    return lowered(label(name))


def renumbered(assessment: Assessment, rule: str) -> str:
    """The number that the site gave a rule, whose words tell another one; else nothing."""
    site = assessment.rules.site
    numbers = site.numbers.get(rule, ()) if site is not None else ()
    return f", by the site: {' and '.join(map(comparison_words, numbers))}" if numbers else ""

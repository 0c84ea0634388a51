"""How much an answer asks to be seen: info, warning or critical, and whether some data were not used.

Not for the dangers themselves (dangers.py).
"""

from typing import Literal

from adapter.advice.assessment import Assessment
from adapter.advice.diagnoses import opaque
from adapter.advice.facts import set_aside_lines
from adapter.advice.problems import NOBODYS
from adapter.case.fact import NOT_IN_PART, NOT_READ
from adapter.ldt import Indicator, Scope
from adapter.mapping.unread import NEWER_UNMAPPED

IndicatorCode = Literal["info", "warning", "critical"]

INDICATORS: dict[Indicator, IndicatorCode] = {
    Indicator.INFO: "info",
    Indicator.WARNING: "warning",
    Indicator.CRITICAL: "critical",
}

_UNREAD = frozenset({NEWER_UNMAPPED, NOBODYS})


def some_not_used(assessment: Assessment) -> bool:
    """Whether data were missing from the input, came without a patient, were set aside, or are newer than what decided
    and not to be read.

    Diagnoses by codes of a known system are none of that: every patient has some that no rule reads.
    """
    lost = any(gap not in assessment.unsought for gap in assessment.gaps)
    unread = any(finding.code in _UNREAD for finding in assessment.findings)
    return lost or unread or opaque(assessment) or any(True for _ in set_aside_lines(assessment))


def unread_missing(assessment: Assessment) -> int:
    """How many of the missing facts are missing since their data could not be had, or only in part."""
    facts = (assessment.case.facts[missing.name] for missing in assessment.advice.missing)
    return sum(fact.reason in (NOT_READ, NOT_IN_PART) for fact in facts)


def indicator(assessment: Assessment) -> IndicatorCode:
    """The indicator of P12: raised from info to warning where some data were not used, critical only for what is
    judged now."""
    own, scope = INDICATORS[assessment.advice.indicator], assessment.advice.scope
    if own == "critical" and not assessment.urgent:
        return "warning"
    return "warning" if own == "info" and scope is Scope.APPLIES and some_not_used(assessment) else own

"""Diagnoses that nobody could read: how many there are, by which codes, and whether they may change the advice.

Never what they say in words. Not for those that are read, nor for those that decide nothing on purpose (problems.py).
"""

from collections.abc import Iterator
from typing import Final

from adapter.advice.assessment import Assessment, once
from adapter.advice.codes import code_words
from adapter.case.moment import Moment
from adapter.mapping.unread_diagnoses import UnreadDiagnosis

MOST_CODES: Final = 5
"""How many codes are named, the diagnoses that may change the advice first; of more their number."""


@once
def unsettled(assessment: Assessment) -> Iterator[UnreadDiagnosis]:
    """Those that may speak against what is in use: without a date, or not older than all of the data that age.

    Who stated the data in use could know of an older one: a patient's list holds many, and nearly all are ordinary.
    """
    oldest = _oldest_in_use(assessment)
    for one in assessment.diagnoses:
        if one.when is None or oldest is None or not one.when.before(oldest):
            yield one


def _oldest_in_use(assessment: Assessment) -> Moment | None:
    """The date of the oldest value in use of a fact that has a maximum age."""
    definitions, signing = assessment.rules.facts, assessment.case.procedure
    dates = [
        fact.when
        for name, fact in assessment.case.facts.items()
        if fact.known is not None and fact.when is not None and name in definitions.facts
        if definitions[name].expiry(procedure=signing) is not None
    ]
    return min(dates, key=lambda when: when.earliest, default=None)


def opaque(assessment: Assessment) -> bool:
    """Whether one of these is in words alone, or in codes of a system that nobody here knows."""
    return any(one.opaque for one in unsettled(assessment))


def unsettled_lines(assessment: Assessment) -> Iterator[str]:
    """How many could not be read and may change the advice; nothing where there is none."""
    if count := len(unsettled(assessment)):
        which = "it" if count == 1 else "they"
        new = f"{_counted(count)} as new as the data in use, or without a date"
        yield f"{new}, could not be read; {which} may change the advice"


def unread_certainty(assessment: Assessment) -> str:
    """The same beside how certain the advice is; of older ones alone only their number."""
    if count := len(unsettled(assessment)):
        return f"{_counted(count)} could not be read and may change it"
    count = len(assessment.diagnoses)
    return f"{_counted(count, 'older ')} not read" if count else ""


def unread_diagnosis_lines(assessment: Assessment) -> Iterator[str]:
    """All of them in one line: the codes that have one, and how many have none."""
    first = unsettled(assessment)
    told = set(first)
    in_order = (*first, *(one for one in assessment.diagnoses if one not in told))
    codes = list(dict.fromkeys(code_words(one.code) for one in in_order if one.code))
    shown = codes[:MOST_CODES]
    more = len(codes) - len(shown)
    in_words = sum(not one.code for one in in_order)
    named = [*shown, *([f"{more} more codes"] if more else []), *([f"{in_words} in words alone"] if in_words else [])]
    if in_order:
        yield f"{_counted(len(in_order))} not read: {', '.join(named)}"


def _counted(count: int, kind: str = "") -> str:
    return f"{count} {kind}{'diagnosis' if count == 1 else 'diagnoses'}"

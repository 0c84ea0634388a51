"""The summary of an answer: one whole sentence that fits on a card, made from the longest form that does.

Never cut: what finds no room gives way whole. A contraindicated order gives way last, then the verdict on the orders,
then what is preferred. Not for the detail of a card (card.py).
"""

from collections.abc import Iterable, Iterator
from typing import Final

from adapter.advice.assessment import Assessment, once
from adapter.advice.indicator import some_not_used, unread_missing
from adapter.advice.names import in_sentence, short_name
from adapter.advice.order_verdict import order_forms, ordered_codes
from adapter.advice.remarks import given_cautions
from adapter.advice.scope import closed_lines, scope_rules
from adapter.case.fact import NOT_IN_PART, NOT_READ, State
from adapter.ldt import Scope, Strength

SUMMARY_LIMIT: Final = 139
"""The longest summary that CDS Hooks 2.0 allows (fewer than 140 characters)."""

START: Final = "NET liver metastases: "

BELOW: Final = "the rest stands below"
"""What is left of the advice as a whole where the verdict on the orders needs all the room."""

Forms = tuple[str, ...]
"""One part of a summary in several forms, the longest first."""


def summary(assessment: Assessment) -> str:
    """One sentence: the longest of its forms that fits whole."""
    return _fitting(assessment)[0]


@once
def _fitting(assessment: Assessment) -> Iterator[str]:
    texts = (START + "; ".join(parts) for parts in _summaries(assessment))
    yield next(text for text in texts if len(text) <= SUMMARY_LIMIT)


def _summaries(assessment: Assessment) -> Iterator[Forms]:
    """All combinations of parts: with a danger it always stands, and what is beside it as far as there is room."""
    if assessment.closed or not assessment.urgent:
        yield from _orders_and_whole(assessment)
        return
    beside = list(_beside_danger(assessment))
    for danger in _dangers(assessment):
        yield from ((danger, *more) for more in beside)


def _orders_and_whole(assessment: Assessment) -> Iterator[Forms]:
    """The verdict on the orders with the advice as a whole: the names of therapies give way before the verdict does."""
    verdicts, below = order_forms(assessment)
    whole, brief = _whole(assessment)
    for orders, forms_of in ((verdicts, (whole, brief, (BELOW,))), (below, (whole, brief))):
        yield from ((order, form) for forms in forms_of for order in orders for form in forms)
    yield from ((form,) for form in (*whole, *brief))


def _beside_danger(assessment: Assessment) -> Iterator[Forms]:
    """What stands beside a danger where the call is about orders: in a crisis no option."""
    if assessment.ordered is not None and not any(danger.kind == "crisis" for danger in assessment.urgent):
        yield from _orders_and_whole(assessment)
    yield from ((order,) for orders in order_forms(assessment) for order in orders)
    yield ()


def _dangers(assessment: Assessment) -> Iterator[str]:
    """What is dangerous now: with names, first what the call orders, and without."""
    codes = dict.fromkeys(code for danger in assessment.urgent for code in danger.codes)
    own = ordered_codes(assessment)
    crisis = any(danger.kind == "crisis" for danger in assessment.urgent)
    active = "active carcinoid crisis" if crisis else ""
    ordered = _names(assessment, (code for code in codes if code in own))
    planned = _names(assessment, (code for code in codes if code not in own))
    said = [active] if active else []
    said += [f"order contraindicated or to be avoided: {ordered}"] if ordered else []
    said += [f"planned but contraindicated or to be avoided: {planned}"] if planned else []
    yield "; ".join(said)
    yield active or f"{'an order' if ordered else 'a planned therapy'} is contraindicated or to be avoided"


def _whole(assessment: Assessment) -> tuple[Forms, Forms]:
    """The advice as a whole: forms with names, and forms without."""
    advice = assessment.advice
    if assessment.closed:
        return (f"no advice, {'; '.join(closed_lines(assessment))}",), ("no advice, the record is closed",)
    match advice.scope:
        case Scope.NOT_APPLICABLE:
            applies_not = "the guideline does not apply"
            return (f"{applies_not} ({_scope_reason(assessment)})",), (applies_not,)
        case Scope.UNKNOWN:
            missing = ", ".join(_asked(assessment, missing.name) for missing in advice.missing)
            unread = f" ({count} could not be read)" if (count := unread_missing(assessment)) else ""
            many = f"no advice yet, {len(advice.missing)} facts that decide about the scope are missing{unread}"
            return (f"no advice until these are known: {missing}",), (many,)
        case Scope.APPLIES:
            return _options(assessment)


def _options(assessment: Assessment) -> tuple[Forms, Forms]:
    advice = assessment.advice
    tail = "".join(_reservations(assessment))
    for strength, word in ((Strength.PREFERRED, "preferred"), (Strength.REASONABLE, "reasonable")):
        names = _names(assessment, (therapy.code for therapy in advice.by_strength(strength)))
        if names:
            provisional = " (provisional)" if any(t.provisional for t in advice.by_strength(strength)) else ""
            named, rated = f"{word}{provisional} {names}{tail}", f"options are rated{provisional}"
            brief = (f"{rated}{tail}", f"{rated}, with reservations that stand below")
            return (f"{named}{_heed(assessment)}", named), brief
    nothing = "no therapy can be advised yet" if advice.missing else "no rule offers a therapy"
    return (f"{nothing}{tail}",), (f"{nothing}, with reservations that stand below",)


def _reservations(assessment: Assessment) -> Iterator[str]:
    """What a reader has to know of the data and the rules behind the options."""
    count = len(assessment.advice.missing)
    if count:
        yield f"; {count} fact{'s' if count > 1 else ''} missing"
    if unread := unread_missing(assessment):
        yield f" ({unread} could not be read)"
    elif some_not_used(assessment):
        yield "; some data not used"
    if assessment.earlier:
        yield "; another draft is to be avoided"
    if assessment.advice.silenced:
        yield "; the site switched off an exclusion"


def _heed(assessment: Assessment) -> str:
    """How many cautions wait below the options: what makes a card yellow although nothing is missing."""
    count = len(given_cautions(assessment))
    return f"; {count} caution{'s' if count > 1 else ''}" if count else ""


def _names(assessment: Assessment, codes: Iterable[str]) -> str:
    return ", ".join(short_name(assessment, code) for code in codes)


def _asked(assessment: Assessment, name: str) -> str:
    """A fact that is asked for; of one that somebody has stated without deciding it, how it stands, and of one whose
    data did not come, that they did not."""
    fact = assessment.case.facts[name]
    if fact.reason in (NOT_READ, NOT_IN_PART):
        return f"{in_sentence(name)} (could not be read)"
    return in_sentence(name) + (f" ({fact.reason.replace('-', ' ')})" if fact.state is State.PRELIMINARY else "")


def _scope_reason(assessment: Assessment) -> str:
    return "; ".join(rule.row.title.lower() for rule in scope_rules(assessment))

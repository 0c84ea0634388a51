"""Why there is no advice, in words: the guideline does not apply, nobody knows whether it does, the record is closed.

Not for which facts are missing (gaps.py).
"""

from collections.abc import Iterator

from adapter.advice.assessment import Assessment, once
from adapter.advice.wording import place_of
from adapter.ldt.rule import Rule
from adapter.mapping.closed import Closing

SCOPE_UNKNOWN = "Whether the guideline applies is not known; no therapy is offered until it is."


def closed_lines(assessment: Assessment) -> list[str]:
    """Why there is no advice on a closed record, each reason once; nothing for a record in use."""
    return list(dict.fromkeys(finding.hint for finding in assessment.closed))


def closing_lines(assessment: Assessment) -> Iterator[str]:
    """The same with dates and places, the first two of each reason; of a message with its own date."""
    for hint in closed_lines(assessment):
        closings = [closing for closing in assessment.closings if closing.finding.hint == hint]
        told = [closing for closing in closings if closing.when is not None] or closings
        when = f", {told[0].when.day}" if told and told[0].when is not None else ""
        places = "; ".join(dict.fromkeys(_said(closing) for closing in told[:2]))
        yield f"{hint}{when}{f' ({places})' if places else ''}"


def _said(closing: Closing) -> str:
    """Where it is said, and of when the message or the version of the resource is."""
    said = f", said on {closing.said.day}" if closing.said is not None else ""
    return f"{place_of((closing.origin,))}{said}"


@once
def scope_rules(assessment: Assessment) -> Iterator[Rule]:
    """The scope rules that stopped the evaluation."""
    fired = set(assessment.advice.fired)
    return (rule for rule in assessment.rules.scope if rule.id in fired)


def scope_lines(assessment: Assessment) -> Iterator[str]:
    """Why the guideline does not apply: each scope rule that stopped the evaluation, with what it says."""
    return (f"{rule.id} {rule.row.title}: {rule.row.statement}" for rule in scope_rules(assessment))

"""Where the documents disagree on what is shown, and what from outside of them waits for a clinician, in plain lines.

The words are those of conflicts.yaml; what bears on the answer is decided here, what is touched at all by the rules.
"""

from collections.abc import Iterator

from adapter.advice.assessment import Assessment, once
from adapter.advice.basis import signature
from adapter.advice.weight import weighed
from adapter.case.words import lowered
from adapter.ldt.schema import Conflict

REGIMENS = ("octreotide_prophylaxis", "consider_octreotide_prophylaxis", "continue_octreotide_postprocedure")
"""Steps on whose regimen the documents disagree: both positions are shown beside them (P13)."""


def disagreements(assessment: Assessment) -> Iterator[str]:
    """Where the documents disagree on a verdict or caution that is shown, for a clinician: where they part, and what
    that means here."""
    for conflict in _bearing(assessment):
        if conflict.plainly:
            signed = signature(assessment.rules, conflict.id)
            yield f"{conflict.title}: {conflict.plainly} (project's choice, {signed}; {conflict.id})"


def disagreement_titles(assessment: Assessment) -> Iterator[str]:
    """The titles of the same."""
    return (lowered(conflict.title) for conflict in _bearing(assessment) if conflict.plainly)


def printed_positions(assessment: Assessment) -> Iterator[str]:
    """Both positions on each point as the documents print them, and the project's policy, also where they say nothing
    to a clinician."""
    for conflict in _bearing(assessment):
        yield (
            f"{conflict.id} {conflict.title}. {conflict.position_a} {conflict.position_b} "
            f"Project policy ({signature(assessment.rules, conflict.id)}): {conflict.policy}"
        )


@once
def _bearing(assessment: Assessment) -> Iterator[Conflict]:
    """Those of which a rule set a caution shown here or tells a regimen, or two rate a therapy that is offered or
    planned."""
    advice = assessment.advice
    regimens = (action for action in advice.actions if action.code in REGIMENS)
    told = {rule for remark in (*advice.cautions, *regimens) for rule in remark.rules}
    rated = [{rating.rule for rating in therapy.because + therapy.set_aside} for therapy in weighed(assessment)]
    for one in advice.conflicts:
        if not told.isdisjoint(one.rules) or any(len(rules.intersection(one.rules)) > 1 for rules in rated):
            yield assessment.rules.conflicts[one.conflict]


def also_touched(assessment: Assessment) -> str:
    """The other disagreements that rules of this case touch, without bearing on what is shown; else nothing."""
    touched = (assessment.rules.conflicts[one.conflict] for one in assessment.advice.conflicts)
    bearing = {conflict.id for conflict in _bearing(assessment)}
    return ", ".join(f"{conflict.id} {conflict.title}" for conflict in touched if conflict.id not in bearing)


def flag_lines(assessment: Assessment) -> Iterator[str]:
    """What comes from outside the documents and waits for a clinician, beside what one of its rules says here."""
    flags = {flag.id: flag for flag in assessment.rules.flags}
    return (f"{flags[name].id} {flags[name].title}. {flags[name].text}" for name in assessment.advice.flags)


def flag_titles(assessment: Assessment) -> Iterator[str]:
    """The titles of the same, with their ids, since steps and cautions name these."""
    flags = {flag.id: flag for flag in assessment.rules.flags}
    return (f"{lowered(flags[name].title)} ({name})" for name in assessment.advice.flags)

"""What is dangerous now, in words, and the rules behind it.

Not for whether it is; that is decided by the rule set.
"""

from collections.abc import Iterator

from adapter.advice.assessment import Assessment, once
from adapter.advice.names import drafted_name, renumbered
from adapter.case.truth import Truth
from adapter.ldt.advice import DangerKind
from adapter.ldt.rule import Rule

DANGERS: dict[DangerKind, str] = {
    "contraindicated": "planned, but contraindicated",
    "always-critical": "planned, but to be avoided in every patient",
    "high-burden": "planned, but tumour replaces more than 90 % of the liver",
    "crisis": "active carcinoid crisis",
}

HIGH_BURDEN = "burden_above_90"
"""The predicate behind the danger of a high burden."""


@once
def danger_lines(assessment: Assessment) -> Iterator[str]:
    """What is dangerous now: the planned therapies with the reason, or an active crisis."""
    for danger in assessment.advice.dangers:
        names = ", ".join(drafted_name(assessment, code) for code in danger.codes)
        text = DANGERS[danger.kind] + (renumbered(assessment, HIGH_BURDEN) if danger.kind == "high-burden" else "")
        yield f"{names}: {text}" if names else text


@once
def danger_rules(assessment: Assessment) -> list[Rule]:
    """The rules behind the dangers: those that exclude a planned therapy in this case, and those of a crisis."""
    rules, advice = assessment.rules, assessment.advice
    codes = {code for danger in advice.dangers for code in danger.codes}
    crisis = any(danger.kind == "crisis" for danger in advice.dangers)
    if not codes and not crisis:
        return []
    frame = rules.frame(assessment.case).offering(advice.offered)
    return [
        rule
        for rule in rules.rules.values()
        if rule.id not in rules.switched
        if (crisis and rule.id in rules.safety.crisis_rules)
        or (
            any(rating.rated.excludes and rating.therapy in codes for rating in rule.ratings)
            and rule.condition.test(frame) is Truth.TRUE
        )
    ]

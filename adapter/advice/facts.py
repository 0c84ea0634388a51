"""The facts of an answer in words: those that decided, are missing, were set aside, or are read by no rule.

Not for their values, dates and places alone (wording.py).
"""

from collections.abc import Iterator

from adapter.advice.assessment import Assessment, once
from adapter.advice.dangers import danger_rules
from adapter.advice.names import label, short_name
from adapter.advice.scope import scope_rules
from adapter.advice.wording import place_of, shown_value, standing_of, value_of
from adapter.case.catalogue import catalogue
from adapter.case.fact import Fact, State


@once
def missing_lines(assessment: Assessment) -> Iterator[str]:
    """Each missing fact: how it stands, which rules wait for it, which therapies it could change."""
    for missing in assessment.advice.missing:
        fact = assessment.case.facts[missing.name]
        standing = standing_of(fact, assessment.rules.facts[missing.name], assessment.case)
        changes = ", ".join(short_name(assessment, code) for code in missing.therapies)
        rules = ", ".join(missing.rules)
        yield f"{label(missing.name)}: {standing}. Waiting: {rules}{f'; could change {changes}' if changes else ''}"


@once
def deciding_facts(assessment: Assessment) -> list[Fact]:
    """The facts behind the verdicts and cautions, in the order of the catalogue."""
    advice = assessment.advice
    names = {fact for therapy in advice.therapies for fact in therapy.facts}
    names |= {fact for remark in advice.cautions for fact in remark.facts}
    names |= {fact for rule in scope_rules(assessment) for fact in rule.facts}
    names |= {fact for rule in danger_rules(assessment) for fact in rule.facts}
    facts = (assessment.case.facts[definition.name] for definition in catalogue().inputs)
    return [fact for fact in facts if fact.name in names and fact.known is not None]


def fact_line(fact: Fact) -> str:
    """A fact with value, date and origin."""
    place = place_of(fact.origins)
    return f"{fact_words(fact)}{f' ({place})' if place else ''}"


def fact_words(fact: Fact) -> str:
    """A fact with value and date."""
    definition = catalogue()[fact.name]
    when = f", {fact.when.day}" if fact.when else ""
    odd = "".join(f"; {remark.replace('-', ' ')}" for remark in fact.remarks)
    return f"{definition.label}: {value_of(fact, definition)}{when}{odd}"


@once
def set_aside_lines(assessment: Assessment) -> Iterator[str]:
    """Facts on record that may not be used, and newer statements that were passed over: value, reason, place."""
    asked = {missing.name for missing in assessment.advice.missing}
    for definition in assessment.rules.facts.facts.values():
        fact = assessment.case.facts[definition.name]
        if fact.known is None and fact.state is not State.ABSENT and fact.name not in asked:
            standing = standing_of(fact, definition, assessment.case)
            yield f"{definition.label}: {standing} ({place_of(fact.origins)})"
        yield from passed_over(fact)


def passed_over(fact: Fact, *, differing: bool = False) -> Iterator[str]:
    """Newer statements of a fact than the one in use, or as new, that may not be used: value, reason, place.

    `differing`: without those that say the same as what is in use.
    """
    for unused in fact.unused:
        if differing and unused.value is not None and unused.value == fact.known:
            continue
        newer = fact.when is None or unused.when is None or not unused.when.before(fact.when)
        if newer and unused.reason != "no-limit-sent":
            when = f" of {unused.when.day}" if unused.when else ""
            reason = unused.reason.replace("-", " ")
            value = shown_value(unused.value, catalogue()[fact.name])
            said = f" ({value})" if value else ""
            yield f"{label(fact.name)}: a statement{when}{said} was not used ({reason}; {place_of((unused.origin,))})"


def also_on_record(assessment: Assessment) -> Iterator[str]:
    """Observed facts that no rule reads and a clinician wants beside the judgement that is asked for."""
    return map(fact_line, recorded_unread(assessment))


def recorded_unread(assessment: Assessment) -> Iterator[Fact]:
    """The same as facts."""
    names = ("portal_vein_thrombosis", "lvef_percent", "ecog", "overall_disease_status")
    return (assessment.case.facts[name] for name in names if assessment.case.known(name) is not None)

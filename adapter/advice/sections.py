"""The parts that a card, a CarePlan and an explanation share: options, cautions, missing facts, sources, in words.

Each is a list of plain lines; how they look is decided by the one who renders them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from adapter.advice.assessment import Assessment
from adapter.advice.wording import place_of, standing_of, value_of
from adapter.case.catalogue import catalogue
from adapter.case.fact import Fact, State
from adapter.case.truth import Truth
from adapter.ldt import Disagreement, Remark, Strength, TherapyAdvice
from adapter.ldt.rule import Rule

STRENGTHS = {
    Strength.PREFERRED: "preferred (+++)",
    Strength.REASONABLE: "reasonable (+)",
    Strength.NOT_RECOMMENDED: "not recommended (-)",
    Strength.CONTRAINDICATED: "contraindicated",
}

NARRATIVE_FACTS = ("ki67_percent", "who_grade", "liver_burden_percent")
"""Facts that often stand only in reports: their absence is told together with reports that were not read."""


@dataclass(frozen=True, slots=True)
class Option:
    """One therapy for people: its name, strength, the rules behind it, and whether unknown facts could exclude it."""

    therapy: TherapyAdvice
    name: str
    strength: str
    because: tuple[str, ...]
    provisional: bool


def options(assessment: Assessment) -> Iterator[Option]:
    """All rated therapies, best first."""
    rules = assessment.rules
    for therapy in assessment.advice.therapies:
        because = tuple(f"{r.rule} {rules.rules[r.rule].row.title}" for r in therapy.because)
        name = rules.therapies[therapy.code].name
        yield Option(therapy, name, STRENGTHS[therapy.strength], because, therapy.provisional)


def short_name(assessment: Assessment, code: str) -> str:
    """The short name of a therapy."""
    return assessment.rules.therapies[code].short


def remark_text(assessment: Assessment, remark: Remark) -> str:
    """A caution, action or note in words."""
    if remark.code.startswith("provisional_"):
        name = short_name(assessment, remark.code.removeprefix("provisional_"))
        facts = ", ".join(label(fact).lower() for fact in remark.facts)
        return f"{name} is provisional: unknown {facts} could exclude it"
    return assessment.rules.codes[remark.code].text


def label(name: str) -> str:
    """The label of a fact."""
    return catalogue()[name].label


def missing_lines(assessment: Assessment) -> Iterator[str]:
    """Each missing fact: how it stands, which rules wait for it, which therapies it could change."""
    for missing in assessment.advice.missing:
        fact = assessment.case.facts[missing.name]
        standing = standing_of(fact, catalogue()[missing.name])
        changes = ", ".join(short_name(assessment, code) for code in missing.therapies)
        rules = ", ".join(missing.rules)
        yield f"{label(missing.name)}: {standing}. Waiting: {rules}{f'; could change {changes}' if changes else ''}"


def deciding_facts(assessment: Assessment) -> list[Fact]:
    """The facts behind the verdicts and cautions, in the order of the catalogue."""
    advice = assessment.advice
    names = {fact for therapy in advice.therapies for fact in therapy.facts}
    names |= {fact for remark in advice.cautions for fact in remark.facts}
    names |= {fact for rule in scope_rules(assessment) for fact in rule.facts}
    facts = (assessment.case.facts[definition.name] for definition in catalogue().inputs)
    return [fact for fact in facts if fact.name in names and fact.known is not None]


def scope_rules(assessment: Assessment) -> Iterator[Rule]:
    """The scope rules that stopped the evaluation."""
    fired = set(assessment.advice.fired)
    return (rule for rule in assessment.rules.scope if rule.id in fired)


def fact_line(fact: Fact) -> str:
    """A fact with value, date and origin."""
    definition = catalogue()[fact.name]
    when = f", {fact.when.day}" if fact.when else ""
    place = place_of(fact.origins)
    odd = "".join(f"; {remark.replace('-', ' ')}" for remark in fact.remarks)
    return f"{definition.label}: {value_of(fact, definition)}{when}{odd}{f' ({place})' if place else ''}"


def set_aside_lines(assessment: Assessment) -> Iterator[str]:
    """Facts on record that may not be used, and newer statements that were passed over: value, reason, place."""
    asked = {missing.name for missing in assessment.advice.missing}
    for definition in catalogue().facts.values():
        fact = assessment.case.facts[definition.name]
        if fact.known is None and fact.state is not State.ABSENT and fact.name not in asked:
            yield f"{definition.label}: {standing_of(fact, definition)} ({place_of(fact.origins)})"
        for unused in fact.unused:
            newer = fact.when is None or unused.when is None or not unused.when.before(fact.when)
            if newer and unused.state is not State.ABSENT:
                when = f" of {unused.when.day}" if unused.when else ""
                reason = unused.reason.replace("-", " ")
                yield f"{definition.label}: a statement{when} was not used ({reason}; {place_of((unused.origin,))})"


def disagreements(assessment: Assessment) -> Iterator[str]:
    """Where the documents disagree on a verdict or caution that is shown: both positions, and the project's choice."""
    for disagreement in assessment.advice.conflicts:
        conflict = assessment.rules.conflicts[disagreement.conflict]
        if not _bears(assessment, disagreement):
            continue
        yield (
            f"{conflict.id} {conflict.title}. {conflict.position_a} {conflict.position_b} "
            f"Project policy (unsigned): {conflict.policy}"
        )


def also_touched(assessment: Assessment) -> str:
    """The other disagreements that rules of this case touch, without bearing on what is shown; else nothing."""
    conflicts = assessment.rules.conflicts
    ids = [one.conflict for one in assessment.advice.conflicts if not _bears(assessment, one)]
    return ", ".join(f"{conflicts[conflict].id} {conflicts[conflict].title}" for conflict in ids)


def _bears(assessment: Assessment, disagreement: Disagreement) -> bool:
    """Whether one of its rules set a caution shown here, or two of them rate a therapy that is offered or planned."""
    advice = assessment.advice
    fired = set(disagreement.rules)
    if any(fired & set(caution.rules) for caution in advice.cautions):
        return True
    return any(
        len(fired & {rating.rule for rating in therapy.because + therapy.set_aside}) > 1
        for therapy in advice.therapies
        if therapy.strength.offered or therapy.planned is Truth.TRUE
    )


def cited(assessment: Assessment) -> Iterator[str]:
    """The sources of the rules behind what is shown: document and section, with the rules that cite them."""
    places: dict[tuple[str, str], list[str]] = {}
    for rule in shown_rules(assessment):
        for source in rule.row.sources:
            rules = places.setdefault((source.document, source.section), [])
            if rule.id not in rules:
                rules.append(rule.id)
    for (document, section), rules in sorted(places.items(), reverse=True):
        yield f"{document}, {section} ({', '.join(rules)})"


def shown_rules(assessment: Assessment) -> list[Rule]:
    """The rules behind what is shown: verdicts, cautions, scope."""
    advice = assessment.advice
    ids = {rating.rule for therapy in advice.therapies for rating in therapy.because}
    ids |= {rule for remark in advice.cautions for rule in remark.rules if not remark.code.startswith("provisional_")}
    ids |= {rule.id for rule in scope_rules(assessment)}
    return [rule for rule in assessment.rules.rules.values() if rule.id in ids]


def policy_rules(assessment: Assessment) -> list[str]:
    """Shown rules whose strength or wording is the project's own choice."""
    return [rule.id for rule in shown_rules(assessment) if "POLICY" in rule.row.basis]


def unread_line(assessment: Assessment) -> str:
    """That narrative reports exist, where one of the facts they usually hold is missing; else nothing."""
    lacking = [label(name) for name in NARRATIVE_FACTS if assessment.case.known(name) is None]
    if not assessment.narratives or not lacking:
        return ""
    reports = f"{assessment.narratives} narrative report(s) came with the data and were not read"
    return f"{reports}; they may state: {', '.join(lacking)}"

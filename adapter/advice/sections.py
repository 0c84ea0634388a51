"""The parts that a card, a CarePlan and an explanation share: options, cautions, missing facts, sources, in words.

Each is a list of plain lines; how they look is decided by the one who renders them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from adapter.advice.assessment import Assessment, once
from adapter.advice.basis import comparison_words
from adapter.advice.wording import place_of, shown_value, standing_of, value_of
from adapter.case.catalogue import catalogue
from adapter.case.fact import NOT_IN_PART, NOT_READ, Fact, State
from adapter.case.truth import Truth
from adapter.case.words import lowered
from adapter.ldt import Indicator, Remark, Scope, Strength, TherapyAdvice
from adapter.ldt.advice import DangerKind
from adapter.ldt.rule import Rated, Rating, Rule
from adapter.mapping.closed import Closing
from adapter.mapping.ledger import Entry, Level, Outcome
from adapter.mapping.tables import tables

STRENGTHS = {
    Strength.PREFERRED: "preferred (+++)",
    Strength.REASONABLE: "reasonable (+)",
    Strength.NOT_RECOMMENDED: "not recommended (-)",
    Strength.CONTRAINDICATED: "contraindicated",
}

IndicatorCode = Literal["info", "warning", "critical"]
INDICATORS: dict[Indicator, IndicatorCode] = {
    Indicator.INFO: "info",
    Indicator.WARNING: "warning",
    Indicator.CRITICAL: "critical",
}

SCOPE_UNKNOWN = "Whether the guideline applies is not known; no therapy is offered until it is."

DANGERS: dict[DangerKind, str] = {
    "contraindicated": "planned, but contraindicated",
    "always-critical": "planned, but to be avoided in every patient",
    "high-burden": "planned, but tumour replaces more than 90 % of the liver",
    "crisis": "active carcinoid crisis",
}

HIGH_BURDEN = "burden_above_90"
"""The predicate behind the danger of a high burden."""

NARRATIVE_FACTS = ("differentiation", "ki67_percent", "who_grade", "liver_burden_percent")
"""Facts that often stand only in reports: their absence is told together with reports that were not read."""


@dataclass(frozen=True, slots=True)
class Option:
    """One therapy for people: its short name and its whole one, its strength (provisional while unknown facts could
    exclude it), its rules."""

    therapy: TherapyAdvice
    short: str
    name: str
    strength: str
    because: tuple[str, ...]

    @property
    def names(self) -> str:
        """Both names, so that a reader of the summary finds its words again; one where they begin alike."""
        same = self.name.lower().startswith(self.short.lower())
        return self.name if same else f"{self.short}: {self.name}"


@once
def options(assessment: Assessment) -> Iterator[Option]:
    """All rated therapies, best first."""
    rules = assessment.rules
    for therapy in assessment.advice.therapies:
        titles = {r.rule: rules.rules[r.rule].row.title for r in therapy.because}
        because = tuple(f"{rule} {title}{renumbered(assessment, rule)}" for rule, title in titles.items())
        named = rules.therapies[therapy.code]
        strength = STRENGTHS[therapy.strength] + (", provisional" if therapy.provisional else "")
        yield Option(therapy, named.short, named.name, strength, because)


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


def outranked(assessment: Assessment) -> Iterator[str]:
    """Ratings that others outrank, so that both sides are seen: what a contraindication or an exception set aside."""
    for therapy, ratings in set_aside_ratings(assessment):
        rules = ", ".join(f"{r.rule} ({r.rated.value.replace('_', ' ')})" for r in ratings)
        yield f"{short_name(assessment, therapy.code)} is {STRENGTHS[therapy.strength]}; this outranks {rules}"


def set_aside_ratings(assessment: Assessment) -> Iterator[tuple[TherapyAdvice, list[Rating]]]:
    """The therapies with ratings that others outrank, and these ratings."""
    for therapy in assessment.advice.therapies:
        weak = (Rated.SUPPORT, Rated.DOWNGRADE) if therapy.strength.offered else (Rated.DOWNGRADE,)
        ratings = [r for r in therapy.set_aside if r.rated not in weak and r.rated.value != therapy.strength.value]
        if ratings:
            yield therapy, ratings


def short_name(assessment: Assessment, code: str) -> str:
    """The short name of a therapy."""
    return assessment.rules.therapies[code].short


def drafted_name(assessment: Assessment, code: str) -> str:
    """The short name of a drafted therapy; of one that the call does not judge, that it was drafted before."""
    return short_name(assessment, code) + (" (another draft, not judged now)" if code in assessment.earlier else "")


def remark_text(assessment: Assessment, remark: Remark) -> str:
    """A caution, action or note in words."""
    if remark.code.startswith("provisional_"):
        name = short_name(assessment, remark.code.removeprefix("provisional_"))
        facts = ", ".join(in_sentence(fact) for fact in remark.facts)
        verdict = assessment.advice.therapy(remark.code.removeprefix("provisional_"))
        if verdict is not None and not verdict.strength.offered:
            return f"{name} is {STRENGTHS[verdict.strength]} already; unknown {facts} could be a further reason"
        return f"{name} is provisional: unknown {facts} could exclude it"
    return assessment.rules.codes[remark.code].text


def label(name: str) -> str:
    """The label of a fact."""
    return catalogue()[name].label


def in_sentence(name: str) -> str:
    """The label of a fact inside of a sentence."""
    return lowered(label(name))


def remark_line(assessment: Assessment, remark: Remark) -> str:
    """A caution, action or note in words, with its rules."""
    rules = ", ".join(f"{rule}{renumbered(assessment, rule)}" for rule in remark.rules)
    shown = {flag.id: flag for flag in assessment.rules.flags if flag.id in assessment.advice.flags}
    doubted = [name for name, flag in shown.items() if not set(flag.rules).isdisjoint(remark.rules)]
    doubt = f"; in doubt: {', '.join(doubted)}" if doubted else ""
    return f"{remark_text(assessment, remark)}{f' ({rules}{doubt})' if rules else ''}"


def renumbered(assessment: Assessment, rule: str) -> str:
    """The number that the site gave a rule, whose words tell another one; else nothing."""
    site = assessment.rules.site
    numbers = site.numbers.get(rule, ()) if site is not None else ()
    return f", by the site: {' and '.join(map(comparison_words, numbers))}" if numbers else ""


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


@once
def scope_rules(assessment: Assessment) -> Iterator[Rule]:
    """The scope rules that stopped the evaluation."""
    fired = set(assessment.advice.fired)
    return (rule for rule in assessment.rules.scope if rule.id in fired)


def scope_lines(assessment: Assessment) -> Iterator[str]:
    """Why the guideline does not apply: each scope rule that stopped the evaluation, with what it says."""
    return (f"{rule.id} {rule.row.title}: {rule.row.statement}" for rule in scope_rules(assessment))


def fact_line(fact: Fact) -> str:
    """A fact with value, date and origin."""
    definition = catalogue()[fact.name]
    when = f", {fact.when.day}" if fact.when else ""
    place = place_of(fact.origins)
    odd = "".join(f"; {remark.replace('-', ' ')}" for remark in fact.remarks)
    return f"{definition.label}: {value_of(fact, definition)}{when}{odd}{f' ({place})' if place else ''}"


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


@once
def data_problems(assessment: Assessment) -> Iterator[str]:
    """What was wrong with the input, by kind, and codes of procedures and orders that nobody reads."""
    places: dict[str, list[str]] = {}
    for finding in assessment.findings:
        if finding.severity != "info":
            places.setdefault(f"{finding.code.replace('-', ' ')} ({finding.hint})", []).append(finding.place)
    for problem, found in places.items():
        shown = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
        yield f"{problem}: {shown}"
    yield from unread_codes(assessment)


def unread_codes(assessment: Assessment) -> Iterator[str]:
    """Codes of procedures and orders that nobody reads, and diagnoses that decide nothing."""
    for kind, word in (("procedure", "procedures"), ("order", "orders")):
        entries = (entry for entry in assessment.ledger.entries if entry.name == kind and not_understood(entry))
        codes = [entry.code for entry in entries if entry.code]
        if codes:
            yield f"{word} whose codes are not read as facts: {', '.join(map(code_words, dict.fromkeys(codes)))}"
    ignored = (e for e in assessment.ledger.entries if e.name == "diagnosis" and e.outcome is Outcome.IGNORED)
    judged = [f"{code_words(entry.code)} ({entry.reason})" for entry in ignored if entry.level is Level.CODED]
    if judged:
        yield f"diagnoses that decide nothing here, for the reader to weigh: {'; '.join(dict.fromkeys(judged))}"


_CODE = re.compile(r"[A-Za-z0-9\-._/:+^]{1,40}")
_SYSTEM = re.compile(r"[A-Za-z0-9\-._]{1,20}|(?:https?://|urn:oid:|urn:uuid:)[A-Za-z0-9\-._~:/%#]{1,200}")


def code_words(code: str) -> str:
    """A code of the ledger (`system|code`) with the name of its system that people know, else as it was sent; what may
    hold words of the sender is only told of."""
    system, _, value = code.partition("|")
    systems = tables().systems
    sent = system if not system or _SYSTEM.fullmatch(system) else "another system:"
    shown = value if _CODE.fullmatch(value.strip()) else "a code that has not the form of one"
    return f"{systems.title(systems.uri(system)) or sent} {shown}".lstrip()


def not_understood(entry: Entry) -> bool:
    """Whether a coded element came to nothing although it may matter: its code is unknown, or cannot decide alone."""
    coded = entry.level is Level.CODED and entry.code != ""
    return coded and entry.outcome is not Outcome.USED and not entry.reason.startswith("no-")


def also_on_record(assessment: Assessment) -> Iterator[str]:
    """Observed facts that no rule reads and a clinician wants beside the judgement that is asked for."""
    return map(fact_line, recorded_unread(assessment))


def recorded_unread(assessment: Assessment) -> Iterator[Fact]:
    """The same as facts."""
    names = ("portal_vein_thrombosis", "lvef_percent", "ecog", "overall_disease_status")
    return (assessment.case.facts[name] for name in names if assessment.case.known(name) is not None)


def some_not_used(assessment: Assessment) -> bool:
    """Whether data were missing from the input, set aside, or newer than what decided and not to be read."""
    lost = any(gap not in assessment.unsought for gap in assessment.gaps)
    unread = any(finding.code == "newer-result-unmapped" for finding in assessment.findings)
    return lost or unread or any(True for _ in set_aside_lines(assessment))


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


@once
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


@once
def shown_rules(assessment: Assessment) -> list[Rule]:
    """The rules behind what is shown: verdicts, cautions, steps, scope, dangers."""
    advice = assessment.advice
    ids = {rating.rule for therapy in advice.therapies for rating in therapy.because}
    ids |= {rule for remark in advice.cautions for rule in remark.rules if not remark.code.startswith("provisional_")}
    ids |= {rule for remark in advice.actions for rule in remark.rules}
    ids |= {rule.id for rule in (*scope_rules(assessment), *danger_rules(assessment))}
    return [rule for rule in assessment.rules.rules.values() if rule.id in ids]


def unread_line(assessment: Assessment) -> str:
    """That narrative reports exist, where one of the facts they usually hold is missing; else nothing."""
    lacking = [in_sentence(name) for name in NARRATIVE_FACTS if assessment.case.known(name) is None]
    if not assessment.narratives or not lacking:
        return ""
    stated = ", ".join(lacking)
    if assessment.narratives == 1:
        return f"1 narrative report came with the data and was not read; it may state: {stated}"
    return f"{assessment.narratives} narrative reports came with the data and were not read; they may state: {stated}"

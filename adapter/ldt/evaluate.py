"""Evaluates a case against the rule set: scope first, then two passes over the rules, then what follows from
them.

It is pure: the same case and rule set give the same advice, and nothing but the case's known facts is read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from adapter.case.case import Case
from adapter.case.truth import Truth
from adapter.ldt.advice import Advice, Danger, Indicator, MissingFact, Remark, Scope, Strength
from adapter.ldt.compile import Frame
from adapter.ldt.compose import remarks, therapies, with_provisional
from adapter.ldt.conflicts import disagreements, flags
from adapter.ldt.crosscheck import SCOPE_UNKNOWN
from adapter.ldt.indicator import dangers, indicator
from adapter.ldt.missing import missing_fact, missing_facts
from adapter.ldt.planned import Planned, planned
from adapter.ldt.provisional import provisional
from adapter.ldt.ratings import Verdict, offered_by, verdicts
from adapter.ldt.rule import Rated, Rating, Remarked, Rule
from adapter.ldt.ruleset import RuleSet
from adapter.ldt.switched import beside


@dataclass(frozen=True, slots=True)
class _Answers:
    """What the conditions of some rules came to."""

    fired: tuple[Rule, ...]
    undecided: tuple[Rule, ...]


def evaluate(case: Case, rules: RuleSet) -> Advice:
    """The advice for one case (P1 to P14). An unknown fact never raises and never counts as no."""
    advice = _evaluate(case, rules)
    return advice if rules.site is None else beside(advice, case, rules)


def _evaluate(case: Case, rules: RuleSet) -> Advice:
    frame = rules.frame(case)
    scope = _answers(rules.scope, frame)
    if scope.fired:
        return _not_applicable(scope.fired, rules)
    if scope.undecided:
        return _scope_unknown(case, scope.undecided, frame, rules)
    first = _answers(rules.first, frame)
    found = verdicts(first.fired, rules.resolution)
    offered = offered_by(found)
    frame = frame.offering(offered)
    second = _answers(rules.second, frame)
    fired = sorted(first.fired + second.fired, key=_by_id)
    undecided = sorted(first.undecided + second.undecided, key=_by_id)
    again = {rating.therapy for rule in second.fired for rating in rule.ratings}
    found |= verdicts(fired, rules.resolution, again)
    return _applies(case, fired, undecided, offered, found, frame, rules)


def _by_id(rule: Rule) -> str:
    return rule.id


def _answers(rules: Iterable[Rule], frame: Frame) -> _Answers:
    fired: list[Rule] = []
    undecided: list[Rule] = []
    yes, unknown = Truth.TRUE, Truth.UNKNOWN
    for rule in rules:
        answer = rule.condition.test(frame)
        if answer is yes:
            fired.append(rule)
        elif answer is unknown:
            undecided.append(rule)
    return _Answers(tuple(fired), tuple(undecided))


def _ids(rules: Iterable[Rule]) -> tuple[str, ...]:
    return tuple(rule.id for rule in rules)


def _not_applicable(fired: Sequence[Rule], rules: RuleSet) -> Advice:
    """P1: outside the population; nothing else is said."""
    return Advice(
        rules.id,
        rules.edition,
        Scope.NOT_APPLICABLE,
        Indicator.INFO,
        actions=remarks(fired, Remarked.STOP),
        fired=_ids(fired),
    )


def _scope_unknown(case: Case, undecided: Sequence[Rule], frame: Frame, rules: RuleSet) -> Advice:
    """P1: no therapy is offered, and danger is not silenced."""
    draft = planned(frame.values, rules)
    first, second = _answers(rules.first, frame), _answers(rules.second, frame)
    crisis = rules.crisis.test(frame) is Truth.TRUE
    spoken = [rule for rule in first.fired + second.fired if crisis and rule.id in rules.safety.crisis_rules]
    found = _dangerous_plans(first.fired + second.fired, draft)
    for code, verdict in verdicts(spoken, rules.resolution).items():
        found[code] = verdict
    behind = {because.rule for verdict in found.values() for because in verdict.because} | {rule.id for rule in spoken}
    fired = [rules.rules[rule_id] for rule_id in sorted(behind)]
    danger = dangers(draft, _contraindicated(found), frame, rules)
    open_scope = tuple(sorted({fact for rule in undecided for fact in rule.facts}))
    unknown = Remark(SCOPE_UNKNOWN, _ids(undecided), open_scope)
    return Advice(
        rules.id,
        rules.edition,
        Scope.UNKNOWN,
        Indicator.CRITICAL if danger else Indicator.WARNING,
        therapies=therapies(found, (), draft, rules),
        actions=tuple(sorted((unknown, *remarks(spoken, Remarked.ACTION)), key=lambda remark: remark.code)),
        conflicts=disagreements(fired, found, rules),
        flags=flags(fired, found, frame, rules),
        missing=_missing(case, undecided, draft, frame, rules),
        dangers=danger,
        fired=_ids(fired),
        undecided=_ids(undecided),
    )


def _dangerous_plans(fired: Iterable[Rule], draft: Planned) -> dict[str, Verdict]:
    """The contraindications of what is, or may be, planned."""
    found: dict[str, list[Rating]] = {}
    for rule in fired:
        for rating in rule.ratings:
            if rating.rated is Rated.CONTRAINDICATED and rating.therapy in draft.possible:
                found.setdefault(rating.therapy, []).append(rating)
    return {code: Verdict(Strength.CONTRAINDICATED, tuple(because), ()) for code, because in found.items()}


def _contraindicated(found: dict[str, Verdict]) -> frozenset[str]:
    return frozenset(code for code, verdict in found.items() if verdict.strength is Strength.CONTRAINDICATED)


def _applies(
    case: Case,
    fired: Sequence[Rule],
    undecided: Sequence[Rule],
    offered: frozenset[str],
    found: dict[str, Verdict],
    frame: Frame,
    rules: RuleSet,
) -> Advice:
    draft = planned(frame.values, rules)
    marked = provisional(undecided, offered_by(found), draft, frame, rules)
    cautions = with_provisional(remarks(fired, Remarked.CAUTION), marked)
    missing = _missing(case, undecided, draft, frame, rules)
    danger = dangers(draft, _contraindicated(found), frame, rules)
    return Advice(
        rules.id,
        rules.edition,
        Scope.APPLIES,
        _indicator(danger, cautions, missing, found, draft),
        therapies=therapies(found, marked, draft, rules),
        cautions=cautions,
        actions=remarks(fired, Remarked.ACTION),
        notes=remarks(fired, Remarked.NOTE),
        conflicts=disagreements(fired, found, rules),
        flags=flags(fired, found, frame, rules),
        missing=missing,
        dangers=danger,
        fired=_ids(fired),
        undecided=_ids(undecided),
        offered=offered,
    )


def _indicator(
    danger: tuple[Danger, ...],
    cautions: tuple[Remark, ...],
    missing: tuple[MissingFact, ...],
    found: dict[str, Verdict],
    draft: Planned,
) -> Indicator:
    against = {code for code, verdict in found.items() if not verdict.strength.offered}
    heed = bool(cautions or missing or _contraindicated(found) or against & draft.possible)
    return indicator(danger, heed=heed)


def _missing(
    case: Case, undecided: Sequence[Rule], draft: Planned, frame: Frame, rules: RuleSet
) -> tuple[MissingFact, ...]:
    """P2, and the drug of a planned TACE where it matters (P12)."""
    waiting = missing_facts(undecided, frame, rules.required)
    if draft.agent_open and rules.agent_matters.test(frame) is not Truth.FALSE:
        waiting[rules.safety.agent_fact] = _rating(rules, rules.safety.agent_drug)
    return tuple(missing_fact(case.facts[name], waiting[name]) for name in sorted(waiting))


def _rating(rules: RuleSet, drug: str) -> list[Rule]:
    return [rule for rule in rules.rules.values() if drug in rule.therapies]

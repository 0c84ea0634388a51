"""What weighs most in an answer: the few facts that decide, the missing ones that could exclude, the first cautions.

It chooses and counts, and words nothing anew but missing facts in groups. What is not chosen is counted (folded.py).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from adapter.advice.assessment import Assessment
from adapter.advice.sections import (
    danger_rules,
    deciding_facts,
    in_sentence,
    label,
    passed_over,
    remark_text,
    scope_rules,
    short_name,
)
from adapter.advice.wording import standing_of
from adapter.case.fact import Fact
from adapter.case.truth import Truth
from adapter.ldt import Explanation, Remark, Scope, Strength, TherapyAdvice
from adapter.ldt.compile import PLANNED
from adapter.ldt.explain import explainer
from adapter.ldt.provisional import PREFIX

MOST_FACTS: Final = 5
"""How many deciding facts the first screen shows; one that is odd is shown beyond them."""

FEWEST_FACTS: Final = 2
"""To how many facts behind what is reasonable or contraindicated fill up those behind what is preferred."""

MOST_CAUTIONS: Final = 2
"""How many cautions it shows."""

MOST_GAPS: Final = 3
"""To how many lines missing facts that could only change a rating fill it up; those that could exclude all stand."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Missing facts that stand alike and bear on the same therapies: those that they could exclude although they are
    advised or planned, and others whose verdict they could change."""

    names: tuple[str, ...]
    standing: str
    excludes: tuple[str, ...]
    changes: tuple[str, ...]

    @property
    def labels(self) -> str:
        """Their labels as the start of a line."""
        first, *more = self.names
        return ", ".join((label(first), *map(in_sentence, more)))


def cautions(assessment: Assessment) -> list[Remark]:
    """The cautions that rules give, first those about facts that decide; what makes a therapy provisional is told with
    the missing facts."""
    deciding = {fact.name for fact in leading_facts(assessment)}
    given = (remark for remark in assessment.advice.cautions if not remark.code.startswith(PREFIX))
    return sorted(given, key=lambda remark: deciding.isdisjoint(remark.facts))


def first_steps(assessment: Assessment) -> list[Remark]:
    """The steps to take, first what an active crisis asks for, then those that facts of this patient ask for, of them
    first those about the procedure."""
    rules, crisis = assessment.rules.rules, set(assessment.rules.safety.crisis_rules)

    def rank(step: Remark) -> tuple[bool, bool, bool]:
        own = [rules[rule] for rule in step.rules]
        about_procedure = any(rule.row.category == "peri-procedural-safety" for rule in own)
        return not crisis & set(step.rules), not any(rule.facts for rule in own), not about_procedure

    steps = (one for one in assessment.advice.actions if assessment.rules.codes[one.code].kind != "stop")
    return sorted(steps, key=rank)


def crisis_steps(assessment: Assessment) -> list[str]:
    """What to do in an active crisis."""
    if not any(danger.kind == "crisis" for danger in assessment.advice.dangers):
        return []
    crisis = set(assessment.rules.safety.crisis_rules)
    return [remark_text(assessment, step) for step in assessment.advice.actions if crisis & set(step.rules)]


def weighed(assessment: Assessment) -> list[TherapyAdvice]:
    """The therapies that are advised or planned."""
    return [t for t in assessment.advice.therapies if t.strength.offered or t.planned is Truth.TRUE]


def leading_facts(assessment: Assessment) -> list[Fact]:
    """The few facts that decide most: behind the dangers and what is planned but refused, then what is preferred, then
    the rest. Facts with a remark (a value that contradicts its flag) are always among them.
    """
    known = {fact.name: fact for fact in deciding_facts(assessment)}
    explaining = explainer(assessment.case, assessment.advice, assessment.rules)
    first: dict[str, None] = {}
    for rules, most in ((_gravest(assessment), MOST_FACTS), (_others(assessment), FEWEST_FACTS)):
        read = (name for rule in rules for name in _leaves(explaining.rule(rule)))
        for name in read:
            if len(first) < most and name in known and name != PLANNED:
                first[name] = None
    odd = (name for name, fact in known.items() if fact.remarks)
    return [known[name] for name in dict.fromkeys((*(first or list(known)[:MOST_FACTS]), *odd))]


def _gravest(assessment: Assessment) -> Iterator[str]:
    """The rules of the scope, of dangers, of what is planned but refused, and of what is preferred."""
    yield from (rule.id for rule in (*scope_rules(assessment), *danger_rules(assessment)))
    refused = (therapy for therapy in weighed(assessment) if not therapy.strength.offered)
    yield from _rules_of((*refused, *assessment.advice.by_strength(Strength.PREFERRED)))


def _others(assessment: Assessment) -> Iterator[str]:
    """The rules of what is reasonable and of what is contraindicated."""
    advice = assessment.advice
    yield from _rules_of((*advice.by_strength(Strength.REASONABLE), *advice.by_strength(Strength.CONTRAINDICATED)))


def _rules_of(therapies: Iterable[TherapyAdvice]) -> Iterator[str]:
    return (rating.rule for therapy in therapies for rating in therapy.because)


def _leaves(explanation: Explanation) -> Iterator[str]:
    if not explanation.parts:
        yield from (fact.name for fact in explanation.facts)
    for part in explanation.deciding:
        yield from _leaves(part)


def gaps(assessment: Assessment) -> list[Gap]:
    """All missing facts in groups, first those that could exclude what is advised or planned."""
    found: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = {}
    excluding, changing = _excluding(assessment), {m.name: m.therapies for m in assessment.advice.missing}
    for name in dict.fromkeys((*excluding, *changing)):
        excludes = excluding.get(name, ())
        changes = tuple(code for code in changing.get(name, ()) if code not in excludes)
        fact = assessment.case.facts[name]
        standing = standing_of(fact, assessment.rules.facts[name], assessment.case)
        found.setdefault((standing, excludes, changes), []).append(name)
    groups = [Gap(tuple(names), *about) for about, names in found.items()]
    return sorted(groups, key=lambda gap: (not gap.excludes, -len(gap.changes)))


def _excluding(assessment: Assessment) -> dict[str, tuple[str, ...]]:
    """Of each fact that could exclude an advised or planned therapy, the therapies; nothing of those that are out."""
    found: dict[str, list[str]] = {}
    for mark in provisional(assessment):
        for name in mark.facts:
            found.setdefault(name, []).append(mark.code.removeprefix(PREFIX))
    return {name: tuple(codes) for name, codes in found.items()}


def provisional(assessment: Assessment) -> list[Remark]:
    """The marks of therapies that are advised or planned and that a missing fact could exclude."""
    marks = (remark for remark in assessment.advice.cautions if remark.code.startswith(PREFIX))
    return [mark for mark in marks if _is_open(assessment.advice.therapy(mark.code.removeprefix(PREFIX)))]


def _is_open(verdict: TherapyAdvice | None) -> bool:
    return verdict is None or verdict.strength.offered


def first_gaps(assessment: Assessment) -> list[Gap]:
    """The groups that the first screen shows: all that could exclude, and the next ones as far as there is room."""
    found = gaps(assessment)
    return found[: max(MOST_GAPS, sum(bool(gap.excludes) for gap in found))]


def gap_line(assessment: Assessment, gap: Gap) -> str:
    """A group of missing facts: how they stand, and what they could exclude or change."""
    excluded, changed = _names(assessment, gap.excludes), _names(assessment, gap.changes)
    bearing = [
        f"could exclude {excluded}" if excluded else "",
        f"could change {changed}" if changed and not excluded else "",
        "needed to tell whether the guideline applies" if assessment.advice.scope is Scope.UNKNOWN else "",
    ]
    return "; ".join((f"{gap.labels}: {gap.standing}", *filter(None, bearing)))


def _names(assessment: Assessment, codes: Iterable[str]) -> str:
    return ", ".join(short_name(assessment, code) for code in codes)


def doubtful_lines(assessment: Assessment) -> Iterator[str]:
    """Newer statements that were not used of facts that bear on what is advised or planned, and newer results that
    could not be read."""
    codes = {therapy.code for therapy in weighed(assessment)}
    rules = (rule for rule in assessment.rules.rules.values() if not codes.isdisjoint(rule.therapies))
    bearing = {name for rule in rules for name in rule.facts}
    for name, fact in assessment.case.facts.items():
        if name in bearing and fact.known is not None:
            yield from passed_over(fact)
    for finding in assessment.findings:
        if finding.code == "newer-result-unmapped":
            yield finding.hint

"""What weighs most in an answer: the few facts that decide, the missing ones that could exclude, the first cautions.

It chooses and words nothing; what is not chosen is counted (folded.py).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from adapter.advice.assessment import Assessment, once
from adapter.advice.dangers import danger_rules
from adapter.advice.facts import deciding_facts, passed_over
from adapter.advice.gaps import Gap, gaps
from adapter.advice.remarks import given_cautions, remark_text
from adapter.advice.scope import scope_rules
from adapter.case.fact import Fact
from adapter.case.truth import Truth
from adapter.ldt import Explanation, Remark, Strength, TherapyAdvice
from adapter.ldt.compile import PLANNED
from adapter.ldt.explain import explainer
from adapter.mapping.unread import NEWER_UNMAPPED

MOST_FACTS: Final = 5
"""How many deciding facts the first screen shows; one that is odd is shown beyond them."""

FEWEST_FACTS: Final = 2
"""To how many facts those behind what is preferred are filled up by those behind the other verdicts."""

MOST_CAUTIONS: Final = 2
"""How many cautions it shows."""

MOST_GAPS: Final = 3
"""To how many lines missing facts that could only change a rating fill it up; those that could exclude all stand."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What of one answer a card shows first, and what it counts.

    `facts` are all that decided, the first `leading` of them those that decide most; `cautions` and `gaps` stand by
    weight; `doubts` are lines.
    """

    facts: tuple[Fact, ...]
    leading: int
    cautions: tuple[Remark, ...]
    gaps: tuple[Gap, ...]
    doubts: tuple[str, ...]

    @property
    def shown_gaps(self) -> int:
        """How many groups of missing facts are shown: all that could exclude, and the next as far as there is room."""
        return max(MOST_GAPS, sum(bool(gap.excludes) for gap in self.gaps))


def weigh(assessment: Assessment) -> Weight:
    """What weighs most in an answer."""
    return _weighed(assessment)[0]


@once
def _weighed(assessment: Assessment) -> Iterator[Weight]:
    known = {fact.name: fact for fact in deciding_facts(assessment)}
    leading = _leading(assessment, known)
    facts = (*(known[name] for name in leading), *(fact for name, fact in known.items() if name not in leading))
    doubts = tuple(_doubts(assessment, known))
    yield Weight(facts, len(leading), tuple(_cautions(assessment, leading)), tuple(gaps(assessment)), doubts)


def _cautions(assessment: Assessment, leading: Collection[str]) -> list[Remark]:
    """The cautions that rules give, first those about facts that decide; what makes a therapy provisional is told with
    the missing facts."""
    return sorted(given_cautions(assessment), key=lambda remark: not set(leading) & set(remark.facts))


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


def _leading(assessment: Assessment, known: Mapping[str, Fact]) -> list[str]:
    """The few facts that decide most: behind the dangers and what is planned but refused, then what is preferred, then
    the rest. Facts with a remark (a value that contradicts its flag) are always among them; those that only tell that
    the guideline applies stand where there are no others.
    """
    explaining = explainer(assessment.case, assessment.advice, assessment.rules)
    unsaid = {PLANNED, *(name for rule in assessment.rules.scope for name in rule.facts)}
    first: dict[str, None] = {}
    for rules, most in ((_gravest(assessment), MOST_FACTS), (_others(assessment), FEWEST_FACTS)):
        for rule in rules:
            read = (name for name in _leaves(explaining.rule(rule)) if name in known and name not in {*first, *unsaid})
            first.update(dict.fromkeys(islice(read, max(most - len(first), 0))))
            if len(first) >= most:
                break
    odd = (name for name, fact in known.items() if fact.remarks)
    return list(dict.fromkeys((*(first or list(known)[:MOST_FACTS]), *odd)))


def _gravest(assessment: Assessment) -> Iterator[str]:
    """The rules of the scope, of dangers, of what is planned but refused, and of what is preferred."""
    yield from (rule.id for rule in (*scope_rules(assessment), *danger_rules(assessment)))
    refused = (therapy for therapy in weighed(assessment) if not therapy.strength.offered)
    yield from _rules_of((*refused, *assessment.advice.by_strength(Strength.PREFERRED)))


def _others(assessment: Assessment) -> Iterator[str]:
    """The rules of what is reasonable, contraindicated, not recommended."""
    for strength in (Strength.REASONABLE, Strength.CONTRAINDICATED, Strength.NOT_RECOMMENDED):
        yield from _rules_of(assessment.advice.by_strength(strength))


def _rules_of(therapies: Iterable[TherapyAdvice]) -> Iterator[str]:
    return (rating.rule for therapy in therapies for rating in therapy.because)


def _leaves(explanation: Explanation) -> Iterator[str]:
    if not explanation.parts:
        yield from (fact.name for fact in explanation.facts)
    for part in explanation.deciding:
        yield from _leaves(part)


def _doubts(assessment: Assessment, known: Collection[str]) -> Iterator[str]:
    """Newer statements that were not used of facts that decided or bear on what is advised or planned, and newer
    results that could not be read."""
    passed = {name: fact for name, fact in assessment.case.facts.items() if fact.unused and fact.known is not None}
    bearing = _bearing(assessment).union(known) if passed else set[str]()
    for name, fact in passed.items():
        if name in bearing:
            yield from passed_over(fact, differing=True)
    for finding in assessment.findings:
        if finding.code == NEWER_UNMAPPED:
            yield finding.hint


def _bearing(assessment: Assessment) -> set[str]:
    """The facts that rules of what is advised or planned read, or rules of the scope."""
    codes = {therapy.code for therapy in weighed(assessment)}
    rules = (rule for rule in assessment.rules.rules.values() if not codes.isdisjoint(rule.therapies))
    return {name for rule in (*rules, *assessment.rules.scope) for name in rule.facts}

"""What would be if one fact were otherwise: a case with an assumed fact, the nearest changes that turn a verdict, and
which unknown facts matter most.

Every answer is an evaluation of its own; one fact changes at a time, and facts derived from it are not derived again.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from adapter.case.case import Case
from adapter.case.catalogue import FactDefinition
from adapter.case.consistency import contradictions
from adapter.case.fact import Fact, State
from adapter.case.moment import Moment
from adapter.case.origin import Origin
from adapter.case.value import Quantity, Value
from adapter.ldt.advice import Advice, Strength
from adapter.ldt.alternatives import alternatives
from adapter.ldt.difference import verdict_changes
from adapter.ldt.evaluate import evaluate
from adapter.ldt.missing import open_facts, settled
from adapter.ldt.ruleset import RuleSet

ASSUMED = "assumed-unknown"
"""The reason of a fact that was assumed not to be known."""


def assume(case: Case, name: str, value: Value | None) -> Case:
    """The case with one fact as assumed on its day; None assumes that it is not known. Raises KeyError for no fact."""
    before = case.facts[name]
    if value is None:
        fact = Fact(before.name, State.ABSENT, ASSUMED)
    else:
        origin = Origin("assumed", "what-if", name)
        fact = Fact(before.name, State.PRESENT, on_record=value, when=Moment.at(case.as_of), origins=(origin,))
    facts = {**case.facts, name: fact}
    return replace(case, facts=facts, findings=tuple(contradictions(facts)))


@dataclass(frozen=True, slots=True)
class Flip:
    """One changed fact that gives a therapy another strength (None: no rule speaks of it).

    `distance` is the relative change of a number, and 1 for everything else; `provisional` is that of the new strength.
    """

    fact: str
    value: Value
    before: Strength | None
    after: Strength | None
    provisional: bool
    distance: Decimal


def flips(case: Case, rules: RuleSet, therapy: str) -> list[Flip]:
    """The single facts that would give the therapy another strength, nearest first.

    Of a known number the nearest value in each direction is told; of an unknown fact one value for each strength.
    """
    before = _strength(evaluate(case, rules), therapy)
    found = [flip for fact in rules.facts.inputs for flip in _flips(case, rules, therapy, fact, before)]
    return sorted(found, key=lambda flip: flip.distance)


def _flips(case: Case, rules: RuleSet, therapy: str, fact: FactDefinition, before: Strength | None) -> Iterator[Flip]:
    known = case.known(fact.name)
    tried = alternatives(case, fact, rules)
    if isinstance(known, Quantity) and known.exact is not None:
        exact = known.exact
        numbers = sorted(tried, key=lambda value: _distance(value, exact))
        sides: list[Iterable[Value]] = [[v for v in numbers if _is_above(v, exact) is above] for above in (True, False)]
    else:
        sides = [tried]
    for side in sides:
        seen: set[Strength | None] = {before}
        for value in side:
            then = evaluate(assume(case, fact.name, value), rules).therapy(therapy)
            after = then.strength if then else None
            if after not in seen or (after is not before and not isinstance(value, Quantity)):
                provisional = then is not None and then.provisional
                yield Flip(fact.name, value, before, after, provisional, _distance(value, _exact(known)))
                seen.add(after)


def _strength(advice: Advice, therapy: str) -> Strength | None:
    found = advice.therapy(therapy)
    return found.strength if found else None


def _exact(value: Value | None) -> Decimal | None:
    return value.exact if isinstance(value, Quantity) else None


def _is_above(value: Value, number: Decimal) -> bool:
    exact = _exact(value)
    return exact is not None and exact > number


def _distance(value: Value, known: Decimal | None) -> Decimal:
    exact = _exact(value)
    if exact is None or known is None:
        return Decimal(1)
    return abs(exact - known) / max(abs(known), Decimal(1))


@dataclass(frozen=True, slots=True)
class Worth:
    """What knowing one unknown fact could change: for each therapy the strengths that it could then have.

    `scope` says that it could open or close the guideline; `waiting` are the rules that are undecided for want of it,
    alone or with other facts.
    """

    fact: Fact
    strengths: dict[str, tuple[Strength | None, ...]]
    scope: bool
    waiting: tuple[str, ...]


def worth(case: Case, rules: RuleSet) -> list[Worth]:
    """The unknown facts, the one that could change most verdicts first; a fact that could change nothing alone and for
    which no rule waits is left out."""
    now = evaluate(case, rules)
    unknown = (fact for fact in rules.facts.inputs if not settled(case.known(fact.name)))
    open_rules = _open_rules(case, rules, now)
    found = [_worth(case, rules, now, fact, open_rules) for fact in unknown]
    asked = {fact.name for fact in now.missing}
    useful = [one for one in found if one.strengths or one.scope or one.waiting or one.fact.name in asked]
    return sorted(useful, key=lambda one: (not one.scope, -len(one.strengths), -len(one.waiting)))


def _open_rules(case: Case, rules: RuleSet, now: Advice) -> dict[str, frozenset[str]]:
    """The undecided rules with the facts that leave them so."""
    frame = rules.frame(case).offering(now.offered)
    return {rule: frozenset(open_facts(rules.rules[rule].condition, frame)) for rule in now.undecided}


def _worth(
    case: Case, rules: RuleSet, now: Advice, fact: FactDefinition, open_rules: Mapping[str, frozenset[str]]
) -> Worth:
    strengths: dict[str, set[Strength | None]] = {}
    scope = False
    for value in alternatives(case, fact, rules):
        then = evaluate(assume(case, fact.name, value), rules)
        scope |= then.scope is not now.scope
        for change in verdict_changes(now, then):
            if change.of_strength:
                strengths.setdefault(change.therapy, set()).add(change.after.strength if change.after else None)
    waiting = tuple(rule for rule, facts in open_rules.items() if fact.name in facts)
    ordered = {therapy: tuple(sorted(found, key=_order)) for therapy, found in sorted(strengths.items())}
    return Worth(case.facts[fact.name], ordered, scope, waiting)


def _order(strength: Strength | None) -> int:
    return list(Strength).index(strength) if strength else len(Strength)

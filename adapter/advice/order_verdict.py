"""What the rules say of the orders that a call is about, in few words, the worst first.

Not for why; the reasons stand on the card, and what is dangerous is told before all of this (dangers.py).
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from adapter.advice.assessment import Assessment, once
from adapter.advice.names import in_sentence, short_name
from adapter.case.words import word_of
from adapter.ldt import Scope, Strength
from adapter.ldt.provisional import PREFIX
from adapter.ldt.rule import Rule

NOT_JUDGED: Final = "order not judged"
NO_RULE: Final = "rated by no rule"
NOT_YET: Final = "not rated yet"
NOT_RATED: Final = "not rated"
PROVISIONAL: Final = " (provisional)"

_WORST_FIRST: Final = (
    "contraindicated",
    "not recommended",
    NOT_YET,
    NOT_RATED,
    NO_RULE,
    "reasonable",
    "preferred",
)


def call_lines(assessment: Assessment) -> tuple[str, ...]:
    """What is particular about the call, in words, and what the rules say of its orders."""
    choices = _choices(assessment)
    said = (f"What the rules say of what is ordered: {'; '.join(_named(assessment, choices))}",) if choices else ()
    waiting = "; ".join(_waiting(assessment, choices))
    return (*assessment.call, *said, *((f"What the rating of an order waits for: {waiting}",) if waiting else ()))


def order_forms(assessment: Assessment) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The verdict on the orders for a summary, with all names of what is ordered, with those of the worst, and without;
    apart from that the form that only says where it stands. Without what is told as a danger; nothing where nothing
    else is ordered."""
    if assessment.ordered is None:
        return (), ()
    if not assessment.ordered.plans:
        return (NOT_JUDGED,), ()
    others = _others(assessment.ordered.unclear)
    choices = [choice for choice in _choices(assessment) if not _is_urgent(assessment, choice)]
    if not choices:
        return tuple(others), ()
    start = "order" if len(choices) == 1 else "orders"
    named = f"{start} {', and '.join(_named(assessment, choices))}"
    worst = f"{start} {_worst(assessment, choices)}"
    nameless = f"{start}{_nameless(assessment, choices)}"
    *forms, below = (", and ".join((form, *others)) for form in (named, worst, nameless, f"{start} rated below"))
    return tuple(forms), (below,)


def ordered_codes(assessment: Assessment) -> frozenset[str]:
    """The therapies and drugs that the orders of the call are, or may be, their parts included."""
    return frozenset(part for choice in _choices(assessment) for code in choice for part in _parts(assessment, code))


@once
def _choices(assessment: Assessment) -> Iterator[frozenset[str]]:
    """What is ordered; a drug that makes a planned therapy another one (doxorubicin for TACE) as that."""
    safety = assessment.rules.safety
    for choice in assessment.ordered.choices if assessment.ordered is not None else ():
        yield frozenset(safety.agent_drug if code == safety.agent else code for code in choice)


def _parts(assessment: Assessment, code: str) -> frozenset[str]:
    return assessment.rules.parts.get(code, frozenset({code}))


def _class(assessment: Assessment, code: str) -> frozenset[str]:
    """Everolimus is a targeted agent, which R-016 rates."""
    therapy = assessment.rules.therapies.get(code)
    return frozenset((therapy.member_of,)) if therapy is not None and therapy.member_of else frozenset()


def _is_urgent(assessment: Assessment, choice: Iterable[str]) -> bool:
    """Whether a choice is told as a danger, whichever of its codes is meant."""
    dangerous = {code for danger in assessment.urgent for code in danger.codes}
    return all(not dangerous.isdisjoint(_parts(assessment, code)) for code in choice)


def _others(count: int) -> list[str]:
    """That there are orders beside these that could not be judged."""
    return [f"{count} other{'s' if count > 1 else ''} not judged"] if count else []


def _named(assessment: Assessment, choices: Iterable[frozenset[str]]) -> Iterator[str]:
    """The names by the verdict on them: `MWA not recommended`, `PRRT, SSA reasonable`."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for choice in choices:
        names = _by_verdict(assessment, choice)
        alike.setdefault(tuple(names), []).append(" or ".join(names.values()) if len(names) == 1 else _either(names))
    lines = sorted(alike.items(), key=lambda entry: _rank(entry[0][0]))
    yield from (", ".join(names) + (f" {said[0]}" if len(said) == 1 else "") for said, names in lines)


def _either(names: dict[str, str]) -> str:
    """The verdicts of a choice that differ: `DEB-TACE not recommended, or cTACE preferred`."""
    return ", or ".join(f"{name} {verdict}" for verdict, name in names.items())


def _worst(assessment: Assessment, choices: Iterable[frozenset[str]]) -> str:
    """What has the worst verdict, and that there is more: `DEB-TACE, SABR not recommended, others below`."""
    found: dict[str, list[str]] = {}
    for choice in choices:
        for verdict, names in _by_verdict(assessment, choice).items():
            found.setdefault(verdict, []).append(names)
    verdict = min(found, key=_rank)
    return f"{', '.join(dict.fromkeys(found[verdict]))} {verdict}" + (", others below" if len(found) > 1 else "")


def _nameless(assessment: Assessment, choices: Collection[frozenset[str]]) -> str:
    verdicts = sorted({said for choice in choices for said in _by_verdict(assessment, choice)}, key=_rank)
    if len(choices) > 1:
        return f": {', '.join(verdicts)}"
    *more, last = verdicts
    return f" {', '.join(more)} or {last} by its form" if more else f" {last}"


def _by_verdict(assessment: Assessment, choice: Iterable[str]) -> dict[str, str]:
    """The names of the codes of a choice by what the rules say of them, the worst first."""
    found: dict[str, list[str]] = {}
    for code in sorted(choice):
        found.setdefault(_verdict(assessment, code), []).append(_name(assessment, code))
    return {verdict: " or ".join(found[verdict]) for verdict in sorted(found, key=_rank)}


def _rank(verdict: str) -> int:
    return _WORST_FIRST.index(verdict.removesuffix(PROVISIONAL))


def _name(assessment: Assessment, code: str) -> str:
    return short_name(assessment, code) if code in assessment.rules.therapies else word_of(code)


def _verdict(assessment: Assessment, code: str) -> str:
    """The worst that is said of a therapy, of what it also counts as, or of the class whose ratings name it."""
    advice, parts = assessment.advice, _parts(assessment, code) | _class(assessment, code)
    if advice.scope is Scope.NOT_APPLICABLE:
        return NOT_RATED
    strengths = [therapy.strength for therapy in advice.therapies if therapy.code in parts]
    if strengths:
        worst = max(strengths, key=list(Strength).index)
        marked = worst.offered and any(caution.code in {PREFIX + part for part in parts} for caution in advice.cautions)
        return worst.value.replace("_", " ") + (PROVISIONAL if marked else "")
    if advice.scope is Scope.UNKNOWN or _may_be_rated(assessment, parts):
        return NOT_YET
    return NO_RULE


def _may_be_rated(assessment: Assessment, parts: frozenset[str]) -> bool:
    """Whether a rule that is undecided for want of facts offers or excludes one of these."""
    return any(True for _ in _undecided(assessment, parts))


def _undecided(assessment: Assessment, parts: frozenset[str]) -> Iterator[Rule]:
    """The rules that are undecided for want of facts, and offer or exclude one of these."""
    for rule in (assessment.rules.rules[code] for code in assessment.advice.undecided):
        if any(one.therapy in parts and (one.rated.offers or one.rated.excludes) for one in rule.ratings):
            yield rule


def _waiting(assessment: Assessment, choices: Iterable[frozenset[str]]) -> Iterator[str]:
    """What is ordered and not rated yet, with the facts that its rules wait for, where the scope is no question."""
    if assessment.advice.scope is not Scope.APPLIES:
        return
    for code in sorted({code for choice in choices for code in choice}):
        if _verdict(assessment, code) == NOT_YET:
            rules = _undecided(assessment, _parts(assessment, code) | _class(assessment, code))
            names = {fact for rule in rules for fact in rule.facts if assessment.case.known(fact) is None}
            yield f"{_name(assessment, code)}: {', '.join(sorted(map(in_sentence, names)))}"

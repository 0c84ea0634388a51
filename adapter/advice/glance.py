"""The first screen of a card: what is advised, what must not be done, what decides, what is missing, how certain it is.

An extract of the whole answer (parts.py) in short lines; of what it leaves out, folded.py says how much there is.
Nothing that could exclude what is advised is ever left out.
"""

from collections.abc import Container, Iterable, Iterator

from adapter.advice.assessment import Assessment, once
from adapter.advice.basis import silenced_lines
from adapter.advice.dangers import DANGERS, HIGH_BURDEN
from adapter.advice.diagnoses import unread_certainty, unsettled
from adapter.advice.facts import fact_line
from adapter.advice.gaps import gap_line, provisional
from adapter.advice.indicator import some_not_used
from adapter.advice.names import drafted_name, renumbered
from adapter.advice.options import Option, options
from adapter.advice.order_verdict import call_lines
from adapter.advice.parts import SILENCED, Part, unsigned_lines
from adapter.advice.problems import unread_lines
from adapter.advice.remarks import remark_line
from adapter.advice.scope import SCOPE_UNKNOWN, scope_lines
from adapter.advice.weight import MOST_CAUTIONS, Weight, crisis_steps, weigh, weighed
from adapter.case.truth import Truth
from adapter.ldt import Danger, Remark, Scope, Strength, TherapyAdvice

DECIDES = "What decides"

NOTHING_ADVISED = "no therapy: none of the rules offers one for this patient"
NOTHING_YET = "no therapy yet: what is known is not enough to offer one"
"""What stands in the place of options where the guideline applies and offers none, and where facts are missing."""


@once
def first_screen(assessment: Assessment) -> Iterator[Part]:
    """The parts of the first screen, in order, of a record in use."""
    return (part for part in _parts(assessment, weigh(assessment)) if part.lines)


def _parts(assessment: Assessment, weight: Weight) -> Iterator[Part]:
    advice = assessment.advice
    yield Part("Danger", (*_dangers(assessment), *crisis_steps(assessment)), tone="danger")
    yield Part(SILENCED, tuple(silenced_lines(advice, assessment.rules)), tone="loud")
    yield Part("About this call", call_lines(assessment), places=True)
    yield Part("Advised now", tuple(_advised(assessment)))
    yield Part("Contraindicated", tuple(_contraindicated(assessment)), tone="danger")
    yield Part("Not recommended (-)", tuple(_not_recommended(assessment)), tone="warning")
    first = weight.cautions[:MOST_CAUTIONS]
    yield Part("Cautions", tuple(remark_line(assessment, remark) for remark in first), tone="warning")
    yield Part(DECIDES, tuple(map(fact_line, weight.facts[: weight.leading])), places=True)
    yield Part("Missing", tuple(_missing(assessment, weight)), tone="missing")
    yield Part("In doubt", weight.doubts, tone="missing", places=True)
    yield Part("Data that could not be had", assessment.gaps, tone="missing", places=True)
    yield Part("How certain", tuple(_certainty(assessment, weight)))


def _dangers(assessment: Assessment) -> Iterator[str]:
    for danger in assessment.advice.dangers:
        names = ", ".join(drafted_name(assessment, code) for code in danger.codes)
        number = renumbered(assessment, HIGH_BURDEN) if danger.kind == "high-burden" else ""
        reasons = "; ".join(_reasons(assessment, danger))
        yield ": ".join(filter(None, (names, DANGERS[danger.kind] + number, reasons)))


def _reasons(assessment: Assessment, danger: Danger) -> Iterable[str]:
    """The rules that exclude the therapies of a danger."""
    rated = (therapy for therapy in assessment.advice.therapies if therapy.code in danger.codes)
    return dict.fromkeys(_reason(assessment, rule) for therapy in rated for rule in _rules(therapy))


def _advised(assessment: Assessment) -> Iterator[str]:
    match assessment.advice.scope:
        case Scope.NOT_APPLICABLE:
            yield "nothing: the guideline does not apply to this patient"
            yield from scope_lines(assessment)
        case Scope.UNKNOWN:
            yield f"nothing yet. {SCOPE_UNKNOWN}"
        case Scope.APPLIES:
            yield from _offered(assessment)


def _offered(assessment: Assessment) -> Iterator[str]:
    """The best strength that is reached with its reasons in words; of lower ones only the rules, in a line for each."""
    offered = [option for option in options(assessment) if option.therapy.strength.offered]
    if not offered:
        yield NOTHING_YET if assessment.advice.missing else NOTHING_ADVISED
        return
    best = [option for option in offered if option.therapy.strength is offered[0].therapy.strength]
    for alike in _alike(best):
        reasons = (_reason(assessment, rule) for rule in _rules(alike[0].therapy))
        yield f"{alike[0].strength}: {_names(alike)}; {', '.join(reasons)}"
    lower: dict[str, list[str]] = {}
    for alike in _alike(option for option in offered if option not in best):
        lower.setdefault(alike[0].strength, []).append(f"{_names(alike)} ({', '.join(_rules(alike[0].therapy))})")
    yield from (f"{strength}: {', '.join(named)}" for strength, named in lower.items())


def _contraindicated(assessment: Assessment) -> Iterator[str]:
    rated = _refused(assessment, Strength.CONTRAINDICATED)
    for alike in _alike(sorted(rated, key=lambda option: not _is_planned(option))):
        yield f"{_names(alike)}: {'; '.join(_reason(assessment, rule) for rule in _rules(alike[0].therapy))}"


def _not_recommended(assessment: Assessment) -> Iterator[str]:
    """What is planned stands alone, the rest in one line; a reason that stands above is named by its rule alone."""
    said = {rule for therapy in assessment.advice.therapies if therapy.strength.offered for rule in _rules(therapy)}
    rated = _refused(assessment, Strength.NOT_RECOMMENDED)
    lines = {_names(alike): _why(assessment, alike[0].therapy, said) for alike in _alike(rated)}
    planned = {option.short for option in rated if _is_planned(option)}
    alone = [names for names in lines if any(f"{short} (planned)" in names for short in planned)]
    yield from (f"{names}: {lines[names]}" for names in alone)
    others = [f"{names}: {reasons}" for names, reasons in lines.items() if names not in alone]
    if others:
        yield "; ".join(others)


def _why(assessment: Assessment, therapy: TherapyAdvice, said: Container[str]) -> str:
    """The rules of a verdict as reasons; of those whose reason is `said` above only which they are."""
    rules = _rules(therapy)
    reasons = [_reason(assessment, rule) for rule in rules if rule not in said]
    above = [rule for rule in rules if rule in said]
    return ", ".join([*reasons, *([f"as said above ({', '.join(above)})"] if above else [])])


def _refused(assessment: Assessment, strength: Strength) -> list[Option]:
    """The therapies of a strength, without those that stand under the dangers with their reasons."""
    told = {code for danger in assessment.advice.dangers for code in danger.codes}
    return [o for o in options(assessment) if o.therapy.strength is strength and o.therapy.code not in told]


def _is_planned(option: Option) -> bool:
    return option.therapy.planned is Truth.TRUE


def _alike(rated: Iterable[Option]) -> list[list[Option]]:
    """Options of one strength for one reason."""
    groups: dict[tuple[str, tuple[str, ...]], list[Option]] = {}
    for option in rated:
        groups.setdefault((option.strength, option.because), []).append(option)
    return list(groups.values())


def _names(alike: Iterable[Option]) -> str:
    return ", ".join(option.short + (" (planned)" if _is_planned(option) else "") for option in alike)


def _rules(therapy: TherapyAdvice) -> dict[str, None]:
    """The rules behind a verdict, each once."""
    return dict.fromkeys(rating.rule for rating in therapy.because)


def _reason(assessment: Assessment, rule: str) -> str:
    """A rule as a reason: what it is about, and its id."""
    return f"{assessment.rules.rules[rule].row.title} ({rule}{renumbered(assessment, rule)})"


def _missing(assessment: Assessment, weight: Weight) -> Iterator[str]:
    yield from (gap_line(assessment, gap) for gap in weight.gaps[: weight.shown_gaps])
    more = sum(len(gap.names) for gap in weight.gaps[weight.shown_gaps :])
    if more:
        yield f"{more} more, named below{'; none of them could exclude what is advised' if weighed(assessment) else ''}"
    yield from unread_lines(assessment)


def _certainty(assessment: Assessment, weight: Weight) -> Iterator[str]:
    said = ["the danger holds whatever is missing"] if assessment.advice.dangers else []
    settled, unread = _settled(assessment, weight), unread_certainty(assessment)
    said += [settled, unread] if unread not in settled else [settled]
    if some_not_used(assessment):
        said.append("some data could not be had or used")
    signed = ", not signed by a clinician" if unsigned_lines(assessment) else ""
    said.append(f"from two narrative reviews, evidence not graded{signed}")
    yield "; ".join(said)


def _settled(assessment: Assessment, weight: Weight) -> str:
    """Whether what is missing, newer and not used, or a diagnosis not read could still exclude what is advised."""
    if assessment.advice.scope is not Scope.APPLIES:
        return "no therapy is rated"
    marks = provisional(assessment)
    if marks:
        return _provisional(assessment, marks)
    if newer := len(weight.doubts):
        return f"open: {newer} newer result{'s' if newer > 1 else ''} that could not be used may change it (in doubt)"
    count = len(assessment.advice.missing)
    if unsettled(assessment) and (assessment.advice.offered or not count):
        return f"open: {unread_certainty(assessment)}{_changing(count)}"
    if not assessment.advice.offered:
        return f"open: {count} missing facts could change it" if count else "no missing fact could change it"
    return f"no missing fact could exclude what is advised{_changing(count)}"


def _changing(count: int) -> str:
    return f"; {count} missing fact{'s' if count > 1 else ''} could change a rating" if count else ""


def _provisional(assessment: Assessment, marks: Iterable[Remark]) -> str:
    """How many missing facts could exclude what is advised, or what is planned where nothing is advised."""
    count = len({name for mark in marks for name in mark.facts})
    missing = f"{count} missing fact{'s' if count > 1 else ''}"
    if not assessment.advice.offered:
        return f"{missing} could exclude what is planned"
    start = "what is advised or planned is provisional" if assessment.advice.dangers else "provisional"
    return f"{start}: {missing} could exclude {'it' if assessment.advice.dangers else 'what is advised or planned'}"

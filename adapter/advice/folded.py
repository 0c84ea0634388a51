"""What the first screen of a card leaves out: a counted line for each kind; all of it is on the explanation page.

What must be named on the card itself stands in these lines: every fact that decided and every one that was not used,
sources, disagreements, what nobody has signed. Not for cards without a link: these carry the whole answer (parts.py).
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from adapter.advice.assessment import Assessment
from adapter.advice.basis import site_lines, unsigned_counts
from adapter.advice.disagreements import disagreement_titles, flag_titles
from adapter.advice.facts import recorded_unread, set_aside_lines
from adapter.advice.names import in_sentence, short_name
from adapter.advice.options import set_aside_ratings
from adapter.advice.parts import INTENDED
from adapter.advice.problems import unread_codes
from adapter.advice.remarks import remark_line
from adapter.advice.sources import shown_rules
from adapter.advice.weight import MOST_CAUTIONS, Weight, first_steps
from adapter.advice.wording import source_of, value_of
from adapter.case.catalogue import catalogue
from adapter.case.fact import Fact

FOLDED = "More, in full on the explanation page (the link below)"

MOST_STEPS = 2
"""How many steps are named, after those of an active crisis."""


def folded_lines(assessment: Assessment, weight: Weight) -> Iterator[str]:
    """The lines, in order; only of what there is."""
    yield from _steps(assessment)
    yield from further_lines(assessment, weight)
    yield from _not_used(assessment, weight)
    yield from _titled("Also on record, read by no rule", list(facts_by_day(recorded_unread(assessment))))
    yield from _problems(assessment)
    if assessment.sources:
        yield f"Where the data came from: {'; '.join(assessment.sources)}"
    outranking = [short_name(assessment, therapy.code) for therapy, _ in set_aside_ratings(assessment)]
    yield from _counted("Other ratings are outranked for", "therapy", outranking, "therapies")
    yield from _counted("The two papers disagree on", "point", list(disagreement_titles(assessment)))
    yield from _listed("Doubts from outside of the papers, waiting for a clinician", list(flag_titles(assessment)))
    yield from _listed("Changed by the site", list(site_lines(assessment.rules)))
    yield from _sources(assessment)
    yield from filter(None, [unsigned_counts(assessment.rules, shown_rules(assessment))])
    yield from _more_facts(weight)


def further_lines(assessment: Assessment, weight: Weight) -> Iterator[str]:
    """What the first screen only counts of that which bears on what is advised: further cautions and missing facts."""
    yield from _more_cautions(assessment, weight)
    yield from _more_gaps(weight)


def short_basis(assessment: Assessment) -> str:
    """Date of the data, version and intended use."""
    rules = assessment.rules
    return f"Data as of {assessment.case.as_of:%Y-%m-%d}. Rule set {rules.id} {rules.edition}. {INTENDED}"


def _counted(start: str, noun: str, named: list[str], plural: str = "") -> Iterator[str]:
    if named:
        several = plural or f"{noun}s"
        yield f"{start} {len(named)} {several if len(named) > 1 else noun}: {'; '.join(named)}"


def _titled(title: str, named: list[str]) -> Iterator[str]:
    if named:
        yield f"{title}: {'; '.join(named)}"


def _listed(title: str, named: list[str]) -> Iterator[str]:
    if named:
        yield f"{title} ({len(named)}): {'; '.join(named)}"


def _steps(assessment: Assessment) -> Iterator[str]:
    steps = first_steps(assessment)
    named = " ".join(remark_line(assessment, step) for step in steps[:MOST_STEPS])
    if steps:
        more = f" And {len(steps) - MOST_STEPS} more." if len(steps) > MOST_STEPS else ""
        yield f"To do ({len(steps)} step{'s' if len(steps) > 1 else ''}): {named}{more}"


def _more_cautions(assessment: Assessment, weight: Weight) -> Iterator[str]:
    more = weight.cautions[MOST_CAUTIONS:]
    rules = dict.fromkeys(rule for remark in more for rule in remark.rules)
    named = [f"{assessment.rules.rules[rule].row.title} ({rule})" for rule in rules]
    if more:
        yield f"{len(more)} more caution{'s' if len(more) > 1 else ''}: {'; '.join(named)}"


def _more_gaps(weight: Weight) -> Iterator[str]:
    standing: dict[str, list[str]] = {}
    for gap in weight.gaps[weight.shown_gaps :]:
        standing.setdefault(gap.standing, []).extend(map(in_sentence, gap.names))
    if standing:
        count = sum(map(len, standing.values()))
        named = "; ".join(f"{', '.join(names)} ({stands})" for stands, names in standing.items())
        yield f"{count} more missing: {named}"


def _more_facts(weight: Weight) -> Iterator[str]:
    more = weight.facts[weight.leading :]
    if more:
        count = f"{len(more)} more fact{'s' if len(more) > 1 else ''}"
        yield f"{count} that decided, newest first. {'; '.join(facts_by_day(more))}"


def facts_by_day(facts: Iterable[Fact]) -> Iterator[str]:
    """Facts in as few words as can be: the latest day first, and for each day by the message or resource."""
    days: dict[str, dict[str, list[str]]] = {}
    for fact in facts:
        sources = days.setdefault(fact.when.day if fact.when else "no date", {})
        said = f"{in_sentence(fact.name)} {value_of(fact, catalogue()[fact.name])}"
        sources.setdefault(source_of(fact.origins), []).append(said)
    for day, sources in sorted(days.items(), reverse=True):
        yield f"{day}: " + ", ".join(f"{', '.join(said)} ({source})" for source, said in sources.items())


def _not_used(assessment: Assessment, weight: Weight) -> Iterator[str]:
    more = [line for line in set_aside_lines(assessment) if line not in weight.doubts]
    yield from _listed("On record but not used", more)


def _problems(assessment: Assessment) -> Iterator[str]:
    """Kinds of faults in the input with their number, and what was not read."""
    kinds = Counter(f.code.replace("-", " ") for f in assessment.findings if f.severity != "info")
    named = [f"{kind} ({count})" if count > 1 else kind for kind, count in kinds.items()]
    yield from _listed("Data problems", [*named, *unread_codes(assessment)])


def _sources(assessment: Assessment) -> Iterator[str]:
    """Each document that a shown rule cites: its short citation, and in how many places it is cited."""
    sections: dict[str, set[str]] = {}
    for rule in shown_rules(assessment):
        for source in rule.row.sources:
            sections.setdefault(source.document, set()).add(source.section)
    named = [
        f"{document.code} ({document.short}), {len(sections[document.code])} section"
        + ("s" if len(sections[document.code]) > 1 else "")
        for document in assessment.rules.documents
        if document.code in sections
    ]
    if named:
        yield f"Sources: {'; '.join(named)}"

"""Cards: an assessment as CDS Hooks cards, one quiet card that names options, reasons, sources and what is missing.

The detail is escaped GitHub-flavoured Markdown without patient free text; the summary is made elsewhere (summary.py).
"""

from collections.abc import Iterable, Iterator
from uuid import UUID, uuid5

from adapter.advice.assessment import Assessment, once
from adapter.advice.folded import FOLDED, folded_lines, short_basis
from adapter.advice.glance import first_screen
from adapter.advice.indicator import indicator
from adapter.advice.options import Option
from adapter.advice.parts import PRINTED, Part, option_name, parts
from adapter.advice.summary import summary
from adapter.advice.weight import weigh
from adapter.advice.wording import markdown
from adapter.terminology.systems import DEFAULT_BASE, LDT_TOPIC
from cds_hooks import Card, Coding, Link, OverrideReason, Source, Suggestion

NAMESPACE = UUID("4b1f6d0e-6f4e-5a53-9d0c-0c8f7c9f2a11")
"""Namespace of the deterministic card uuids, so that a repeated call and its feedback line up."""

TOPIC = ("ldtnelm", "Liver-directed therapy of neuroendocrine liver metastases")
"""Code and display of the topic of every card; alphanumeric, as CDS Hooks wants topics to be."""


IN_FULL = "The whole answer"
"""What stands between the first screen and the rest on a card without a link."""


def card_uuid(assessment: Assessment, invocation: str) -> UUID:
    """The uuid of the card of a call (`invocation`: service and hookInstance): same call, same uuid."""
    name = f"{invocation or assessment.case.subject}|{assessment.rules.edition}|{indicator(assessment)}"
    return uuid5(NAMESPACE, name)


def cards(
    assessment: Assessment,
    *,
    invocation: str = "",
    base: str = DEFAULT_BASE,
    suggestions: tuple[Suggestion, ...] = (),
    override_reasons: tuple[OverrideReason, ...] = (),
    links: tuple[Link, ...] = (),
) -> tuple[Card, ...]:
    """The card of an assessment. `invocation` makes its uuid; `base` is the canonical base of the published CodeSystem
    of topics. Of the suggestions any may be taken."""
    rules = assessment.rules
    code, display = TOPIC
    topic = Coding(code, f"{base}/CodeSystem/{LDT_TOPIC}", display)
    source = Source(f"LDT Adapter, rule set {rules.id} {rules.edition}", topic=topic)
    return (
        Card(
            summary=summary(assessment),
            indicator=indicator(assessment),
            source=source,
            detail=detail(assessment, linked=bool(links)),
            uuid=card_uuid(assessment, invocation),
            suggestions=suggestions,
            selection_behavior="any" if suggestions else None,
            override_reasons=override_reasons,
            links=links,
        ),
    )


def detail(assessment: Assessment, *, linked: bool) -> str:
    """The card's text in Markdown: the first screen, and below it what else there is: in counted lines where a link
    leads to the whole answer (`linked`), else the whole answer itself."""
    return "\n\n".join(_details(assessment, linked=linked))


@once
def _details(assessment: Assessment, *, linked: bool) -> Iterator[str]:
    if assessment.closed:
        yield full(assessment)
        return
    weight = weigh(assessment)
    yield from (_short(part) for part in first_screen(assessment))
    if linked:
        yield _part(Part(FOLDED, tuple(folded_lines(assessment, weight))))
        yield markdown(short_basis(assessment))
    else:
        yield f"**{IN_FULL}**"
        yield full(assessment)


def full(assessment: Assessment) -> str:
    """The whole answer in Markdown: options, dangers, cautions, missing and deciding facts, disagreements, sources."""
    return "\n\n".join(_part(part) for part in parts(assessment) if part.title != PRINTED)


def _short(part: Part) -> str:
    """A part of the first screen: a single line stands beside its title."""
    if len(part.lines) == 1:
        return f"**{part.title}:** {markdown(part.lines[0])}"
    return _part(part)


def _part(part: Part) -> str:
    if not part.title:
        return "\n\n".join(markdown(line) for line in part.lines)
    blocks = [f"**{part.title}**"]
    if part.options:
        blocks.append(_table(part.options))
    elif part.lines:
        blocks.append("\n".join(f"- {markdown(line)}" for line in part.lines))
    return "\n\n".join(blocks)


def _table(rated: Iterable[Option]) -> str:
    rows = ["| Therapy | Strength | Rules |", "| --- | --- | --- |"]
    for option in rated:
        cells = (option_name(option), option.strength, "; ".join(option.because))
        rows.append(f"| {' | '.join(markdown(cell) for cell in cells)} |")
    return "\n".join(rows)

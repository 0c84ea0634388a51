"""Cards: an assessment as CDS Hooks cards, one quiet card that names options, reasons, sources and what is missing.

Summaries are made to fit and never cut; the detail is escaped GitHub-flavoured Markdown without patient free text.
"""

from collections.abc import Iterable, Iterator
from uuid import UUID, uuid5

from adapter.advice.assessment import Assessment, once
from adapter.advice.folded import FOLDED, folded_lines, short_basis
from adapter.advice.glance import first_screen
from adapter.advice.indicator import indicator, some_not_used, unread_missing
from adapter.advice.names import in_sentence, short_name
from adapter.advice.options import Option
from adapter.advice.parts import PRINTED, Part, option_name, parts
from adapter.advice.scope import closed_lines, scope_rules
from adapter.advice.weight import weigh
from adapter.advice.wording import markdown
from adapter.case.fact import NOT_IN_PART, NOT_READ, State
from adapter.ldt import Scope, Strength
from adapter.terminology.systems import DEFAULT_BASE, LDT_TOPIC
from cds_hooks import Card, Coding, Link, OverrideReason, Source, Suggestion

SUMMARY_LIMIT = 139
"""The longest summary that CDS Hooks 2.0 allows (fewer than 140 characters)."""

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


def summary(assessment: Assessment) -> str:
    """One sentence: the longest of its forms that fits whole."""
    return _fitting(assessment)[0]


@once
def _fitting(assessment: Assessment) -> Iterator[str]:
    yield next(text for text in _summaries(assessment) if len(text) <= SUMMARY_LIMIT)


def _summaries(assessment: Assessment) -> Iterator[str]:
    """All forms, first those with the order that the card is about, last those without."""
    if assessment.order:
        yield from _forms(assessment, f"NET liver metastases ({assessment.order}): ")
        yield from _forms(assessment, "NET liver metastases (order judged, named below): ")
    yield from _forms(assessment, "NET liver metastases: ")


def _forms(assessment: Assessment, start: str) -> Iterator[str]:
    """The forms with this start, the longest first."""
    advice = assessment.advice
    if assessment.closed:
        yield f"{start}no advice, {'; '.join(closed_lines(assessment))}"
        yield f"{start}no advice, the record is closed"
        return
    if assessment.urgent:
        names = _names(assessment, dict.fromkeys(code for danger in assessment.urgent for code in danger.codes))
        crisis = any(danger.kind == "crisis" for danger in assessment.urgent)
        active = "active carcinoid crisis" if crisis else ""
        planned = f"planned but contraindicated or to be avoided: {names}" if names else ""
        yield start + "; ".join(part for part in (active, planned) if part)
        yield start + (active or "a planned therapy is contraindicated or to be avoided")
    match advice.scope:
        case Scope.NOT_APPLICABLE:
            yield f"{start}the guideline does not apply ({_scope_reason(assessment)})"
            yield f"{start}the guideline does not apply"
        case Scope.UNKNOWN:
            missing = ", ".join(_asked(assessment, missing.name) for missing in advice.missing)
            yield f"{start}no advice until these are known: {missing}"
            unread = f" ({count} could not be read)" if (count := unread_missing(assessment)) else ""
            yield f"{start}no advice yet, {len(advice.missing)} facts that decide about the scope are missing{unread}"
        case Scope.APPLIES:
            yield from _options_summary(assessment, start)


def _options_summary(assessment: Assessment, start: str) -> Iterator[str]:
    advice = assessment.advice
    count = len(advice.missing)
    tail = f"; {count} fact{'s' if count > 1 else ''} missing" if count else ""
    if unread := unread_missing(assessment):
        tail += f" ({unread} could not be read)"
    elif some_not_used(assessment):
        tail += "; some data not used"
    if assessment.earlier:
        tail += "; another draft is to be avoided"
    if advice.silenced:
        tail += "; the site switched off an exclusion"
    for strength, word in ((Strength.PREFERRED, "preferred"), (Strength.REASONABLE, "reasonable")):
        names = _names(assessment, (therapy.code for therapy in advice.by_strength(strength)))
        if names:
            provisional = " (provisional)" if any(t.provisional for t in advice.by_strength(strength)) else ""
            yield f"{start}{word}{provisional} {names}{tail}{_heed(assessment)}"
            yield f"{start}{word}{provisional} {names}{tail}"
            yield f"{start}options are rated{provisional}{tail}"
            yield f"{start}options are rated{provisional}, with reservations that stand below"
            return
    nothing = "no therapy can be advised yet" if advice.missing else "no rule offers a therapy"
    yield f"{start}{nothing}{tail}"
    yield f"{start}{nothing}, with reservations that stand below"


def _heed(assessment: Assessment) -> str:
    """How many cautions wait below the options: what makes a card yellow although nothing is missing."""
    count = sum(not remark.code.startswith("provisional_") for remark in assessment.advice.cautions)
    return f"; {count} caution{'s' if count > 1 else ''}" if count else ""


def _names(assessment: Assessment, codes: Iterable[str]) -> str:
    return ", ".join(short_name(assessment, code) for code in codes)


def _asked(assessment: Assessment, name: str) -> str:
    """A fact that is asked for; of one that somebody has stated without deciding it, how it stands, and of one whose
    data did not come, that they did not."""
    fact = assessment.case.facts[name]
    if fact.reason in (NOT_READ, NOT_IN_PART):
        return f"{in_sentence(name)} (could not be read)"
    return in_sentence(name) + (f" ({fact.reason.replace('-', ' ')})" if fact.state is State.PRELIMINARY else "")


def _scope_reason(assessment: Assessment) -> str:
    return "; ".join(rule.row.title.lower() for rule in scope_rules(assessment))


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
    yield from (_short(part) for part in first_screen(assessment, weight))
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

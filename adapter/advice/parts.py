"""The whole answer as titled parts of plain lines, in order: what card, HL7 v2 message, terminal and page all say.

Not for how they look: each renders the parts in its own way. Whoever renders all parts loses nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from adapter.advice.assessment import Assessment, once
from adapter.advice.basis import silenced_lines, site_lines, unsigned
from adapter.advice.dangers import danger_lines
from adapter.advice.disagreements import disagreements, flag_lines, printed_positions
from adapter.advice.facts import also_on_record, deciding_facts, fact_line, missing_lines, set_aside_lines
from adapter.advice.options import Option, options, outranked
from adapter.advice.order_verdict import call_lines
from adapter.advice.problems import data_problems, unread_lines
from adapter.advice.remarks import given_cautions, open_marks, remark_line
from adapter.advice.scope import SCOPE_UNKNOWN, closing_lines, scope_lines
from adapter.advice.sources import cited, shown_rules
from adapter.case.truth import Truth
from adapter.ldt import Scope

TITLE = "Liver-directed therapy of neuroendocrine liver metastases: options for the tumour board"

SILENCED = "Switched off by the site, but it would speak here"

PRINTED = "The documents disagree: both positions as printed, and the project's policy"
"""What checks the line above it; cards leave it out, since it is written for those who check the rules."""

INTENDED = (
    "For health professionals of a tumour board, on adults with liver metastases of a well-differentiated "
    "neuroendocrine tumour. Options with reasons to weigh, no order. Not for emergency decisions."
)

COLUMNS = ("", "Therapy", "Strength", "Because")
"""The heads of the table of options where there is room; the first column says which therapies are planned."""

Tone = Literal["plain", "danger", "loud", "warning", "missing", "quiet"]
"""How much a part asks to be seen: danger most, quiet least."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: a title (empty for the closing one), its lines, the options where it is about them, and its tone.

    A title without lines is a sentence that stands alone. `places`: its lines name places in what was sent.
    """

    title: str
    lines: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    tone: Tone = "plain"
    places: bool = False


def parts(assessment: Assessment) -> Iterator[Part]:
    """Scope, dangers, options, cautions, missing and deciding facts, disagreements, sources: what there is, and last
    the basis. Of a closed record only why it is closed, and the basis.
    """
    if assessment.closed:
        yield Part("No advice is given on this record", tuple(closing_lines(assessment)), tone="missing")
    else:
        yield from _scope(assessment)
        yield from (part for part in _listed(assessment) if part.lines)
    yield Part("", (basis(assessment),), tone="quiet")


def _scope(assessment: Assessment) -> Iterator[Part]:
    match assessment.advice.scope:
        case Scope.NOT_APPLICABLE:
            yield Part("The guideline does not apply to this patient", tuple(scope_lines(assessment)))
        case Scope.UNKNOWN:
            yield Part(SCOPE_UNKNOWN)
        case Scope.APPLIES:
            return


def _listed(assessment: Assessment) -> Iterator[Part]:
    advice, rules = assessment.advice, assessment.rules
    rated = tuple(options(assessment))
    missing = (*missing_lines(assessment), *unread_lines(assessment))
    yield Part("About this call", call_lines(assessment))
    yield Part("Danger", tuple(danger_lines(assessment)), tone="danger")
    yield Part(SILENCED, tuple(silenced_lines(advice, rules)), tone="loud")
    yield Part("Options", tuple(option_line(option) for option in rated), rated)
    yield Part("Cautions", tuple(remark_line(assessment, one) for one in given_cautions(assessment)), tone="warning")
    yield Part("Still open", tuple(remark_line(assessment, one) for one in open_marks(assessment)), tone="warning")
    yield Part("Outranked", tuple(outranked(assessment)))
    yield Part("Missing", missing, tone="missing")
    yield Part("Data that could not be had", assessment.gaps, tone="missing")
    yield Part("Where the data came from", tuple(assessment.sources))
    yield Part("Data problems", tuple(data_problems(assessment)), tone="missing")
    yield Part("To do", tuple(remark_line(assessment, remark) for remark in advice.actions))
    yield Part("Facts that decided", tuple(fact_line(fact) for fact in deciding_facts(assessment)), tone="quiet")
    yield Part("Also on record, read by no rule", tuple(also_on_record(assessment)))
    yield Part("On record but not used", tuple(set_aside_lines(assessment)), tone="quiet")
    yield Part("The documents disagree", tuple(disagreements(assessment)))
    yield Part(PRINTED, tuple(printed_positions(assessment)), tone="quiet")
    yield Part("Not in the documents, waits for a clinician", tuple(flag_lines(assessment)))
    yield Part("Sources", tuple(cited(assessment)), tone="quiet")
    yield Part("Changed by the site", tuple(site_lines(rules)))


def option_line(option: Option) -> str:
    """One option as a line: name, whether it is planned, strength, rules."""
    return f"{option_name(option)}: {option.strength}; {'; '.join(option.because)}"


def option_name(option: Option) -> str:
    """The names of an option, with whether it is planned."""
    return f"{option.names} (planned)" if option.therapy.planned is Truth.TRUE else option.names


def basis(assessment: Assessment) -> str:
    """What the reader needs to judge the answer: intended use, date of the data, versions, what is unsigned policy."""
    rules = assessment.rules
    citations = " ".join(f"{document.code}: {document.citation}" for document in rules.documents)
    return (
        f"Data as of {assessment.case.as_of:%Y-%m-%d}. Rule set {rules.id} {rules.edition}, drawn from two narrative "
        f"reviews without formal grading of evidence. {INTENDED} {''.join(unsigned_lines(assessment))} {citations}"
    )


@once
def unsigned_lines(assessment: Assessment) -> Iterator[str]:
    """What of the answer is the project's own choice and unsigned, in one line; nothing when all of it is signed."""
    yield from filter(None, [unsigned(assessment.rules, shown_rules(assessment))])

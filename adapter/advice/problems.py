"""What was wrong with the input or was not read, in words: faults, codes that nobody reads, narrative reports.

No text of a sender passes; a code is shown only where it has the form of one.
"""

from collections.abc import Iterator
from typing import Final

from adapter.advice.assessment import Assessment, once
from adapter.advice.codes import code_words
from adapter.advice.diagnoses import unread_diagnosis_lines, unsettled_lines
from adapter.advice.names import in_sentence
from adapter.mapping.ledger import Entry, Level, Outcome

NOBODYS: Final = "no-subject"
"""The code of the finding on a resource that names no patient who can be told."""

NARRATIVE_FACTS = ("differentiation", "ki67_percent", "who_grade", "liver_burden_percent")
"""Facts that often stand only in reports: their absence is told together with reports that were not read."""


@once
def data_problems(assessment: Assessment) -> Iterator[str]:
    """What was wrong with the input, by kind, and codes of procedures and orders that nobody reads."""
    places: dict[str, list[str]] = {}
    for finding in assessment.findings:
        if finding.severity != "info":
            places.setdefault(f"{finding.code.replace('-', ' ')} ({finding.hint})", []).append(finding.place)
    for problem, found in places.items():
        shown = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
        yield f"{problem}: {shown}"
    yield from unread_codes(assessment)


def unread_codes(assessment: Assessment) -> Iterator[str]:
    """Codes of procedures and orders that nobody reads, diagnoses not read, and those that decide nothing."""
    for kind, word in (("procedure", "procedures"), ("order", "orders")):
        entries = (entry for entry in assessment.ledger.entries if entry.name == kind and not_understood(entry))
        codes = [entry.code for entry in entries if entry.code]
        if codes:
            yield f"{word} whose codes are not read as facts: {', '.join(map(code_words, dict.fromkeys(codes)))}"
    yield from unread_diagnosis_lines(assessment)
    ignored = (e for e in assessment.ledger.entries if e.name == "diagnosis" and e.outcome is Outcome.IGNORED)
    judged = [f"{code_words(entry.code)} ({entry.reason})" for entry in ignored if entry.level is Level.CODED]
    if judged:
        yield f"diagnoses that decide nothing here, for the reader to weigh: {'; '.join(dict.fromkeys(judged))}"


def not_understood(entry: Entry) -> bool:
    """Whether a coded element came to nothing although it may matter: its code is unknown, or cannot decide alone."""
    coded = entry.level is Level.CODED and entry.code != ""
    return coded and entry.outcome is not Outcome.USED and not entry.reason.startswith("no-")


@once
def unread_lines(assessment: Assessment) -> Iterator[str]:
    """That narrative reports exist, where a fact that they usually hold is missing; that diagnoses were not read which
    may change the advice; that something came without a patient."""
    lacking = [in_sentence(name) for name in NARRATIVE_FACTS if assessment.case.known(name) is None]
    count, stated = assessment.narratives if lacking else 0, ", ".join(lacking)
    if count == 1:
        yield f"1 narrative report came with the data and was not read; it may state: {stated}"
    elif count:
        yield f"{count} narrative reports came with the data and were not read; they may state: {stated}"
    yield from unsettled_lines(assessment)
    if nobodys := sum(finding.code == NOBODYS for finding in assessment.findings):
        came = "1 resource" if nobodys == 1 else f"{nobodys} resources"
        yield f"{came} came without a patient who can be told, and could not be used; what is missing may be among them"

"""What was wrong with the input or was not read, in words: faults, codes that nobody reads, narrative reports.

No text of a sender passes; a code is shown only where it has the form of one.
"""

import re
from collections.abc import Iterator

from adapter.advice.assessment import Assessment, once
from adapter.advice.names import in_sentence
from adapter.mapping.ledger import Entry, Level, Outcome
from adapter.mapping.tables import tables

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
    """Codes of procedures and orders that nobody reads, and diagnoses that decide nothing."""
    for kind, word in (("procedure", "procedures"), ("order", "orders")):
        entries = (entry for entry in assessment.ledger.entries if entry.name == kind and not_understood(entry))
        codes = [entry.code for entry in entries if entry.code]
        if codes:
            yield f"{word} whose codes are not read as facts: {', '.join(map(code_words, dict.fromkeys(codes)))}"
    ignored = (e for e in assessment.ledger.entries if e.name == "diagnosis" and e.outcome is Outcome.IGNORED)
    judged = [f"{code_words(entry.code)} ({entry.reason})" for entry in ignored if entry.level is Level.CODED]
    if judged:
        yield f"diagnoses that decide nothing here, for the reader to weigh: {'; '.join(dict.fromkeys(judged))}"


_CODE = re.compile(r"[A-Za-z0-9\-._/:+^]{1,40}")

_SYSTEM = re.compile(r"[A-Za-z0-9\-._]{1,20}|(?:https?://|urn:oid:|urn:uuid:)[A-Za-z0-9\-._~:/%#]{1,200}")


def code_words(code: str) -> str:
    """A code of the ledger (`system|code`) with the name of its system that people know, else as it was sent; what may
    hold words of the sender is only told of."""
    system, _, value = code.partition("|")
    systems = tables().systems
    sent = system if not system or _SYSTEM.fullmatch(system) else "another system:"
    shown = value if _CODE.fullmatch(value.strip()) else "a code that has not the form of one"
    return f"{systems.title(systems.uri(system)) or sent} {shown}".lstrip()


def not_understood(entry: Entry) -> bool:
    """Whether a coded element came to nothing although it may matter: its code is unknown, or cannot decide alone."""
    coded = entry.level is Level.CODED and entry.code != ""
    return coded and entry.outcome is not Outcome.USED and not entry.reason.startswith("no-")


@once
def unread_lines(assessment: Assessment) -> Iterator[str]:
    """That narrative reports exist, where one of the facts they usually hold is missing; else nothing."""
    lacking = [in_sentence(name) for name in NARRATIVE_FACTS if assessment.case.known(name) is None]
    count, stated = assessment.narratives if lacking else 0, ", ".join(lacking)
    if count == 1:
        yield f"1 narrative report came with the data and was not read; it may state: {stated}"
    elif count:
        yield f"{count} narrative reports came with the data and were not read; they may state: {stated}"

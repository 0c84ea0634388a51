"""Words for people: facts with their values, dates and places; safe text for Markdown and XHTML.

No free text of a patient's record passes here: only coded values, numbers, dates, and addresses made harmless.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from html import escape
from itertools import islice
from typing import Final, TypeVar

from adapter.case.case import Case
from adapter.case.catalogue import FactDefinition
from adapter.case.fact import NOT_IN_PART, NOT_READ, Fact, State
from adapter.case.number import shown
from adapter.case.origin import Origin
from adapter.case.value import Quantity, Value, to_text
from adapter.case.words import VALUES, unit_of

_Part = TypeVar("_Part")

_UNSAFE = re.compile(r"[^A-Za-zÀ-ÖØ-öø-ÿ0-9 .,:;/#%()\[\]_+\-=<>^*|{}']")
_MARKDOWN = re.compile(r"([\\`*_\[\]|<>~])")
_LEADING = re.compile(r"\d+[.)]|[#+-]")
_ADDRESS = re.compile(r"(?i)(://|www\.)")

REASONS = {
    "not-recorded": "not recorded",
    NOT_READ: "could not be read",
    NOT_IN_PART: "not in the part that could be read",
    "not-precise-enough": "known only in part",
    "conflicting-values": "values contradict each other",
    "stated-and-derived-differ": "the stated and the calculated value differ",
    "thrombosis-on-record": "a portal vein thrombosis is on record; whether the vein is occluded is not said",
    "birth-date-not-recorded": "no date of birth",
    "birth-date-in-the-future": "the date of birth is in the future",
    "birth-date-implausible": "the date of birth is implausible",
    "no-dated-session": "no dated session on record",
    "a-session-is-undated": "a session on record has no date",
    "tace-date-imprecise": "the date of a TACE on record is not known to the day",
    "no-dated-tace": "no dated TACE on record",
    "no-paired-counts-before-tace": "no neutrophils and lymphocytes of one moment before TACE",
    "no-paired-counts-at-6-months": "no neutrophils and lymphocytes of one moment at 6 months",
    "counts-not-current": "the counts are not current",
}


def markdown(text: str) -> str:
    """Text that Markdown shows as it is: unusual characters dropped, active ones escaped, addresses never links."""
    escaped = _MARKDOWN.sub(r"\\\1", inert(text))
    found = _LEADING.match(escaped)
    return f"{escaped[: found.end() - 1]}\\{escaped[found.end() - 1 :]}" if found else escaped


def inert(text: str) -> str:
    """Text in harmless characters whose addresses no reader turns into links."""
    harmless = plain(text)
    return _ADDRESS.sub(r"\1 ", harmless) if "://" in harmless or "www." in harmless.lower() else harmless


def xhtml(text: str) -> str:
    """Text that XHTML shows as it is."""
    return escape(plain(text), quote=False)


def plain(text: str) -> str:
    """Text in harmless characters; our own typographic signs are written in ASCII. Nothing of ours is ever cut."""
    if text.isascii():
        return _UNSAFE.sub("", text.replace('"', "'"))
    ascii_text = text.replace("–", "-").replace("…", "...").replace("“", "'").replace("”", "'").replace('"', "'")
    ascii_text = (
        ascii_text.replace("×", "x").replace("μ", "u").replace("\u00b5", "u").replace("≥", ">=").replace("≤", "<=")
    )
    return _UNSAFE.sub("", ascii_text)


def printable(text: str) -> str:
    """Text from a sender without characters that could drive a terminal or turn the direction of a line."""
    return text if text.isprintable() else "".join(filter(str.isprintable, text))


def value_of(fact: Fact, definition: FactDefinition) -> str:
    """The value on record with its unit, or nothing."""
    return shown_value(fact.on_record, definition)


def shown_value(value: Value | None, definition: FactDefinition) -> str:
    """A value of a fact with the unit of the fact, or nothing."""
    if value is None:
        return ""
    unit = unit_of(definition)
    if isinstance(value, Quantity) and value.exact is not None:
        return f"{shown(value.exact)} {unit}".strip()
    return f"{to_text(value, VALUES)} {unit}".strip()


def standing_of(fact: Fact, definition: FactDefinition, case: Case) -> str:
    """Why a fact cannot be used, for people: not recorded, stale since a date, preliminary ..."""
    when = fact.when.day if fact.when else ""
    match fact.state:
        case State.STALE:
            return f"too old: {value_of(fact, definition)} of {when}{_ago(fact, case)}, {_most(definition, case)}"
        case State.PRELIMINARY:
            return f"not final ({fact.reason.replace('-', ' ')}): {value_of(fact, definition)} of {when or 'no date'}"
        case State.UNDATED:
            return f"without a usable date: {value_of(fact, definition)}"
        case State.CONFLICTING:
            return f"contradictory ({REASONS.get(fact.reason, fact.reason.replace('-', ' '))})"
        case State.EXCLUDED:
            return f"excluded ({fact.reason.replace('-', ' ')}){f', {when}' if when else ''}"
        case State.PRESENT:
            return f"known only in part: {value_of(fact, definition)}"
        case State.ABSENT:
            return REASONS.get(fact.reason, fact.reason.replace("-", " "))


def _ago(fact: Fact, case: Case) -> str:
    """How old a value is; of a partial date, how old at least."""
    if fact.when is None:
        return ""
    last_day = (fact.when.latest - timedelta(microseconds=1)).date() if fact.when.span else fact.when.latest.date()
    least, most = (case.as_of.date() - last_day).days, (case.as_of.date() - fact.when.earliest.date()).days
    return f", {most} days ago" if most == least else f", at least {least} days ago"


def _most(definition: FactDefinition, case: Case) -> str:
    expiry = definition.expiry(procedure=case.procedure)
    return f"may be {expiry.words if expiry else 'of any age'} old at most"


MOST_PLACES: Final = 2
"""Of how many places of one fact the addresses stand; of more their number."""


def place_of(origins: Iterable[Origin]) -> str:
    """Where a fact came from, in harmless characters: the first two places, the one of its date first, and how many
    more there are."""
    return _counted({_place_parts(origin): origin for origin in origins}, _place, MOST_PLACES)


def _place_parts(origin: Origin) -> tuple[str, ...]:
    """What tells one place from another for the reader."""
    match origin.wire:
        case "hl7v2":
            return origin.place, origin.document, origin.source
        case "case":
            return ()
        case _:
            return (origin.place,)


def _place(origin: Origin) -> str:
    place = plain(origin.place)[:80]
    match origin.wire:
        case "hl7v2":
            sender = plain(origin.source)[:40]
            return f"{place} of message {plain(origin.document)[:60]}{f' from {sender}' if sender else ''}"
        case "case":
            return "case file"
        case _:
            return place


def source_of(origins: Iterable[Origin]) -> str:
    """The message or resource that a fact came from first, without the place in it, and how many more; nothing for
    none."""
    return _counted({_source_part(origin): origin for origin in origins}, _source, 1)


def _source_part(origin: Origin) -> str:
    """What tells one message or resource from another for the reader."""
    match origin.wire:
        case "hl7v2":
            return origin.document
        case "case":
            return ""
        case _:
            return origin.place.split("#")[0]


def _source(origin: Origin) -> str:
    match origin.wire:
        case "hl7v2":
            return f"message {plain(origin.document)[:60]}"
        case "case":
            return "case file"
        case _:
            return plain(origin.place)[:80].split("#")[0]


def _counted(different: Mapping[_Part, Origin], named: Callable[[Origin], str], most: int) -> str:
    """The first of these by name, and how many more there are."""
    more = f" and {len(different) - most} more" if len(different) > most else ""
    return "; ".join(map(named, islice(different.values(), most))) + more

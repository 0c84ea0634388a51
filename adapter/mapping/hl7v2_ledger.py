"""The ledger entries of HL7 v2 segments: used, read as text, declared ignored, or skipped with the reason.

Entries of coded elements that were interpreted are made with them (interpret.py).
"""

from collections.abc import Iterator, Sequence

from adapter.hl7v2 import Message, Segment
from adapter.mapping.containers import container_entry
from adapter.mapping.hl7v2_sources import Elements
from adapter.mapping.interpret import Interpreted
from adapter.mapping.ledger import Entry, Level, Outcome
from adapter.mapping.tables import Tables


def container(segment: Segment, own: Sequence[Interpreted], known: Tables) -> Entry:
    """The entry of a segment of a patient, by what became of its coded elements."""
    if segment.name in known.sources.unread_text.hl7v2:
        return segment_entry(segment, Outcome.UNREAD, "narrative")
    ignored = known.sources.ignored.hl7v2.get(segment.name, "")
    if segment.name == "OBR" and not own:
        ignored = "read with its results"
    if segment.name.startswith("Z") and not own:
        return segment_entry(segment, Outcome.SKIPPED, "site-segment")
    return container_entry(segment.name, segment.address, own, ignored)


def plain_entry(segment: Segment, known: Tables) -> Entry:
    """The entry of a segment that stands before any patient."""
    reason = known.sources.ignored.hl7v2.get(segment.name)
    outcome = Outcome.SKIPPED if reason is None else Outcome.IGNORED
    return segment_entry(segment, outcome, reason or "not-read")


def segment_entry(segment: Segment, outcome: Outcome, reason: str) -> Entry:
    """The entry of a segment."""
    return Entry(Level.CONTAINER, segment.name, segment.address, outcome, reason)


def skipped_elements(segment: Segment, elements: Elements, reason: str) -> Iterator[Entry]:
    """The entries of the coded elements of a segment that is used for nobody."""
    for source, count in elements.of(segment):
        place = f"{segment.address}-{source.code.number}"
        for _ in range(count):
            yield Entry(Level.CODED, source.kind, place, Outcome.SKIPPED, reason)


def whole_message(message: Message, elements: Elements, reason: str) -> Iterator[Entry]:
    """The entries of a message of which nothing is used."""
    for segment in message.segments:
        yield segment_entry(segment, Outcome.SKIPPED, reason)
        yield from skipped_elements(segment, elements, reason)

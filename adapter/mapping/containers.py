"""The ledger entry of a segment or resource, from what became of the coded elements in it."""

from collections.abc import Sequence

from adapter.mapping.interpret import Interpreted
from adapter.mapping.ledger import Entry, Level, Outcome

# The most telling outcome of the elements is that of their container.
_ORDER = (Outcome.USED, Outcome.UNMAPPED, Outcome.SKIPPED, Outcome.UNREAD, Outcome.IGNORED)


def container_entry(name: str, place: str, results: Sequence[Interpreted], ignored: str) -> Entry:
    """One entry: used if any element was, else what its elements say, else declared ignored, else skipped."""
    if results:
        first = results[0].entry
        if len(results) > 1:
            first = min((result.entry for result in results), key=lambda entry: _ORDER.index(entry.outcome))
        return Entry(Level.CONTAINER, name, place, first.outcome, first.reason)
    if ignored:
        return Entry(Level.CONTAINER, name, place, Outcome.IGNORED, ignored)
    return Entry(Level.CONTAINER, name, place, Outcome.SKIPPED, "not-read")

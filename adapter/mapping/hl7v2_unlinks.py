"""Unlinks (ADT^A37) of numbers that a merge has joined: a link (A24) joins nothing, so that only a merge is in the way.

An unlink undoes a link, never a merge (HL7 v2.9.1 section 3.3.37): a person has to decide. Not for merges themselves
(hl7v2_stream.py).
"""

from adapter.case.finding import Finding
from adapter.mapping.aliases import Aliases
from adapter.mapping.hl7v2_numbers import IdentityChange, not_unlinked

_Told = tuple[int, IdentityChange]
"""The number of a message, in order of arrival, and what it says."""


class Unlinks:
    """The unlinks and merges of a series of messages."""

    __slots__ = ("_merges", "_unlinks")

    def __init__(self) -> None:
        self._merges: list[_Told] = []
        self._unlinks: list[_Told] = []

    def take(self, count: int, change: IdentityChange) -> None:
        """Add a change of numbers that the message of this number announces."""
        match change.kind:
            case "merge" | "change":
                self._merges.append((count, change))
            case "unlink":
                self._unlinks.append((count, change))
            case "link":
                pass

    def of_merged(self) -> list[tuple[int, Finding]]:
        """The unlinks of numbers that were one patient's at their time and were not merged again since, each with the
        number of its message."""
        return [
            (count, not_unlinked(f"{change.document} {change.place}"))
            for count, change in self._unlinks
            if self._joined((count, change), later=False) and not self._joined((count, change), later=True)
        ]

    def _joined(self, unlink: _Told, *, later: bool) -> bool:
        """Whether the merges before an unlink, or those after it, make one patient of its numbers."""
        merges = (change for count, change in self._merges if _is_later((count, change), unlink) is later)
        aliases = Aliases((one.retired.text, one.survivor.text) for one in merges)
        _, change = unlink
        return aliases.resolve(change.retired.text) == aliases.resolve(change.survivor.text)


def _is_later(one: _Told, other: _Told) -> bool:
    """Whether one message is later than another: by their times (MSH-7) where these tell, else as they arrived."""
    (count, change), (other_count, other_change) = one, other
    if change.when is not None and other_change.when is not None:
        if change.when.before(other_change.when):
            return False
        if other_change.when.before(change.when):
            return True
    return count > other_count

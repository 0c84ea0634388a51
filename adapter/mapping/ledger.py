"""The ledger: what became of every segment, resource and coded element of an input. Its counts add up to the whole.

An element is used, skipped with a reason, declared ignored, unmapped, or unread text; nothing disappears.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple


class Outcome(Enum):
    """What became of an element."""

    USED = "used"
    SKIPPED = "skipped"
    IGNORED = "ignored"
    UNMAPPED = "unmapped"
    UNREAD = "unread text"


class Level(Enum):
    """What kind of element an entry counts."""

    CONTAINER = "segment or resource"
    CODED = "coded element"


class Entry(NamedTuple):
    """One element; a tuple, since very many are made.

    `code` is `system|code` for analysts (codes are no patient data), `reason` says why.
    """

    level: Level
    name: str
    place: str
    outcome: Outcome
    reason: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """All entries of one input, with the totals that the reader counted by itself."""

    entries: tuple[Entry, ...] = ()
    containers: int = 0
    coded: int = 0

    def counts(self, level: Level) -> Counter[Outcome]:
        """How many elements of a level had which outcome."""
        return Counter(entry.outcome for entry in self.entries if entry.level is level)

    @property
    def balanced(self) -> bool:
        """Whether the entries account for every element that the reader counted."""
        return (
            sum(self.counts(Level.CONTAINER).values()) == self.containers
            and sum(self.counts(Level.CODED).values()) == self.coded
        )

    def __add__(self, other: "Ledger") -> "Ledger":
        return Ledger(self.entries + other.entries, self.containers + other.containers, self.coded + other.coded)

    def unmapped(self) -> Iterator[tuple[str, int]]:
        """Codes that nobody knows, with how often each came, most frequent first."""
        unmapped = (e for e in self.entries if e.outcome is Outcome.UNMAPPED and e.level is Level.CODED)
        codes = Counter(entry.code for entry in unmapped)
        return iter(sorted(codes.items(), key=lambda pair: (-pair[1], pair[0])))

    @property
    def unread(self) -> int:
        """How many narratives came that were not read."""
        return sum([e.outcome is Outcome.UNREAD and e.level is Level.CONTAINER for e in self.entries])


@dataclass(slots=True)
class LedgerBook:
    """The ledger while an input is being read."""

    entries: list[Entry] = field(default_factory=list)
    containers: int = 0
    coded: int = 0

    def close(self) -> Ledger:
        """The finished ledger."""
        return Ledger(tuple(self.entries), self.containers, self.coded)

    def add(self, entries: Iterable[Entry]) -> None:
        """Record what became of some elements."""
        self.entries.extend(entries)

"""Which numbers of patients stand for which, after merges and changes of numbers: never in a circle, each once.

It knows keys (`HOSP/MR/123`) and nothing of messages; whether a merge may be applied at all is decided by its user.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

Joining = Literal["joined", "known", "cycle"]
"""What became of a merge: done now, done before, or refused because it would lead back to itself."""


class Aliases:
    """Retired numbers with the numbers that took their place."""

    __slots__ = ("_successor",)

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._successor: dict[str, str] = {}
        for retired, survivor in pairs:
            self.join(retired, survivor)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """The pairs (retired, survivor), in the order in which they were joined."""
        return iter(self._successor.items())

    def resolve(self, key: str) -> str:
        """The number that a number stands for now; itself where it was never retired."""
        while (successor := self._successor.get(key)) is not None:
            key = successor
        return key

    def asked(self, retired: str, survivor: str) -> Joining:
        """What joining them would be, without doing it."""
        if self.resolve(retired) != self.resolve(survivor):
            return "joined"
        return "known" if retired in self._successor and retired != survivor else "cycle"

    def join(self, retired: str, survivor: str) -> Joining:
        """Let the retired number, and all that stand for it, stand for the survivor. The same again changes nothing."""
        joining = self.asked(retired, survivor)
        if joining == "joined":
            self._successor[self.resolve(retired)] = self.resolve(survivor)
        return joining

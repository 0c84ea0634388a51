"""The orders that a call is about: what those plan that were judged, and how many others may plan something.

Not for reading orders (the server's hooks do), nor for what the rules say of them (order_verdict.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from adapter.case.value import Coded, Members, Value


@dataclass(frozen=True, slots=True)
class Ordered:
    """The orders of one call. `plans` is what is planned, each plan once; without any, no order was judged. `unclear`
    is the number of orders that may plan something and could not be judged."""

    plans: tuple[Value, ...] = ()
    unclear: int = 0

    @property
    def choices(self) -> Iterator[frozenset[str]]:
        """What is ordered, as codes of therapies and drugs: of a choice with several codes one is meant."""
        for plan in self.plans:
            match plan:
                case Members(certain, one_of):
                    yield from (frozenset({code}) for code in sorted(certain))
                    yield from sorted(one_of, key=sorted)
                case Coded(possible):
                    yield possible
                case _:
                    continue

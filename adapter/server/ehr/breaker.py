"""The rest that a FHIR server is given when it does not answer, so that a dead one delays a few calls and not all.

Not for servers that answer with errors: those cost no time.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Patience:
    """After so many calls in a row without any answer (`failures`) nobody asks for so many seconds (`rest`)."""

    failures: int = 3
    rest: float = 30.0


class Breaker:
    """Counts the calls of one server that got no answer. After its rest one call tries it again, the others wait for
    what becomes of that one.
    """

    def __init__(self, patience: Patience, clock: Callable[[], float] = time.monotonic) -> None:
        self._patience: Final = patience
        self._clock: Final = clock
        self._failed = 0
        self._next_try = 0.0

    def may_ask(self) -> bool:
        """Whether the server may be asked now; while it rests, True means that this call is the one that tries."""
        if self._failed < self._patience.failures:
            return True
        if self._clock() < self._next_try:
            return False
        self._next_try = self._clock() + self._patience.rest
        return True

    def tell(self, *, answered: bool) -> None:
        """What became of a call that asked."""
        self._failed = 0 if answered else self._failed + 1
        self._next_try = self._clock() + self._patience.rest

"""A circuit breaker: after some failures in a row a destination is left alone for a while, then probed once.

It reads no clock and sends nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

CircuitState = Literal["closed", "open", "half-open"]
"""`closed`: all goes. `open`: nothing is tried. `half-open`: the next attempt decides."""


@dataclass(slots=True)
class Circuit:
    """The breaker of one destination: `failures` in a row open it for `pause`."""

    failures: int
    pause: timedelta
    _failed: int = 0
    _until: datetime | None = None

    def state(self, now: datetime) -> CircuitState:
        """Whether an attempt may be made."""
        if self._until is None:
            return "closed"
        return "open" if now < self._until else "half-open"

    def succeeded(self) -> None:
        """The destination answered."""
        self._failed, self._until = 0, None

    def failed(self, now: datetime, after: float | None = None) -> None:
        """The destination did not answer as it should, or asked to be left alone for `after` seconds."""
        self._failed += 1
        if self._failed >= self.failures or self._until is not None:
            self._until = now + self.pause
        if after is not None:
            asked = now + timedelta(seconds=after)
            self._until = asked if self._until is None else max(asked, self._until)

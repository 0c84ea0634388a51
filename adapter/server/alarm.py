"""An alarm for a moment that is put off with every sign of life, as that of an idle connection is.

`asyncio.timeout` makes and cancels a timer each time; here one timer is looked at when it comes.
"""

import asyncio
from collections.abc import Callable
from typing import Final


class Alarm:
    """Rings once a moment has come that is put off again and again: its timer is moved only where that is earlier."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._loop: Final = asyncio.get_running_loop()
        self._ring: Final = ring
        self._at: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def set(self, at: float) -> None:
        """Ring at this moment, in the time of the event loop."""
        self._at = at
        if self._timer is None or at < self._timer.when():
            self._start(at)

    def unset(self) -> None:
        """Do not ring until it is set again."""
        self._at = None

    def stop(self) -> None:
        """Let go of the timer."""
        self._at = None
        if self._timer is not None:
            self._timer.cancel()

    def _start(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(at, self._wake)

    def _wake(self) -> None:
        at, self._timer = self._at, None
        if at is None:
            return
        if self._loop.time() < at:
            self._start(at)
        else:
            self._ring()

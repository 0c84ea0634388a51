"""What comes in on an MLLP connection: its messages in order, and the moment by which more must have come.

Not for finding frames in bytes (hl7v2), nor for what is waited for at a time (mllp_connection.py).
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from adapter.hl7v2 import Frame, FrameReader, FrameTooLarge
from adapter.server.mllp_events import MllpEvent, Watch
from adapter.server.mllp_limits import MllpLimits

_MOST_WAITING: Final = 128 * 1024
"""Bytes of whole frames that may wait for their turn before the peer has to wait."""
_MOST_FRAMES: Final = 1000
"""Whole frames that may: the smallest have no bytes at all."""
_COMMIT_BLOCKS: Final = frozenset({b"\x06", b"\x15"})
"""Content of the blocks by which MLLP release 2 acknowledges storage; they are never answered."""


class Incoming:
    """The messages of one connection. `at_end`: nothing more is taken, but what waits has its turn."""

    def __init__(self, limits: MllpLimits, watch: Watch, now: Callable[[], float]) -> None:
        self._limits: Final = limits
        self._watch: Final = watch
        self._now: Final = now
        self._frames: Final = FrameReader(limits.frame_bytes)
        self._waiting: Final[deque[Frame]] = deque()
        self._waiting_bytes = 0
        self._since = now()  # the last sign of life, or the first byte of the open frame
        self.at_end = False

    def feed(self, chunk: bytes) -> None:
        """Take the frames that these bytes complete; after one that is too large nothing more."""
        if self.at_end:
            return
        noise, cut, was_open = self._frames.noise_bytes, self._frames.cut_frames, self.is_open
        try:
            whole = self._frames.feed(chunk)
        except FrameTooLarge as error:
            whole = list(error.complete)
            self.at_end = True
            self._watch.saw("oversized-frames")
        self._watch.saw("noise-bytes", self._frames.noise_bytes - noise)
        self._watch.saw("cut-frames", self._frames.cut_frames - cut)
        self._waiting.extend(whole)
        self._waiting_bytes += sum(len(one.content) for one in whole)
        if whole or (self.is_open and not was_open):
            self._since = self._now()  # noise between frames does not count as a sign of life

    def take(self) -> bytes | None:
        """The next message; None where none waits."""
        while self._waiting:
            content = self._waiting.popleft().content
            self._waiting_bytes -= len(content)
            if content not in _COMMIT_BLOCKS:
                self._watch.saw("frames")
                return content
            self._watch.saw("commit-blocks")
        return None

    def end(self) -> None:
        """The stream is at its end."""
        if self.is_open and not self.at_end:
            self._watch.saw("partial-frames")
        self.at_end = True

    def drop(self) -> None:
        """Nothing that waits is wanted any more."""
        self.at_end = True
        self._waiting.clear()
        self._waiting_bytes = 0

    def answered(self) -> None:
        """A message was dealt with, or its answer was taken: limits of time count from now."""
        self._since = self._now()

    @property
    def is_open(self) -> bool:
        """Whether a frame has begun and is not whole."""
        return self._frames.pending_bytes is not None

    @property
    def lateness(self) -> MllpEvent:
        """What it is called when the deadline passes."""
        if self._frames.awaits_final_cr:
            return "final-cr-timeouts"
        return "frame-timeouts" if self.is_open else "idle-closed"

    @property
    def is_much(self) -> bool:
        """Whether so much waits that the peer has to wait."""
        return self._waiting_bytes > _MOST_WAITING or len(self._waiting) > _MOST_FRAMES

    @property
    def deadline(self) -> float:
        """The moment by which the open frame must be whole, or the next one."""
        if not self.is_open:
            return self._since + self._limits.idle
        whole = self._since + self._limits.frame
        return min(whole, self._now() + self._limits.final_cr) if self._frames.awaits_final_cr else whole

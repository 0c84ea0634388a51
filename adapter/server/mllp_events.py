"""What the MLLP listener sees of its connections: every event is counted, and a fault of a peer is a line of the log.

Not for what becomes of messages (intake.py). A line has the address of the peer and the name of the event, no more.
"""

from collections import Counter
from typing import Final, Literal

from adapter.server.log import log

MllpEvent = Literal[
    "connections",
    "connections-refused",
    "handshakes-refused",
    "connections-lost",
    "frames",
    "partial-frames",
    "cut-frames",
    "oversized-frames",
    "noise-bytes",
    "commit-blocks",
    "idle-closed",
    "frame-timeouts",
    "final-cr-timeouts",
    "closed-unanswered",
    "internal-errors",
]
"""What the listener counts. `partial-frames`: the stream ended inside; `cut-frames`: a new start block stood inside;
`final-cr-timeouts`: the end block came without its last byte (0x0D)."""

FAULTS: Final[frozenset[MllpEvent]] = frozenset(
    {
        "connections-refused",
        "partial-frames",
        "cut-frames",
        "oversized-frames",
        "noise-bytes",
        "frame-timeouts",
        "final-cr-timeouts",
        "closed-unanswered",
    }
)
"""What somebody has to look at, beside failed handshakes and our own faults, which have lines of their own."""


class Watch:
    """The events of one connection: counted with those of all, and of each kind of fault the first one is logged."""

    def __init__(self, peer: str, events: Counter[MllpEvent]) -> None:
        self._peer: Final = peer
        self._events: Final = events
        self._told: Final[set[MllpEvent]] = set()

    def saw(self, event: MllpEvent, times: int = 1) -> None:
        """Count an event; a peer that repeats a fault on its connection does not fill the log."""
        if not times:
            return
        self._events[event] += times
        if event in FAULTS and event not in self._told:
            self._told.add(event)
            warn_of_fault(self._peer, event)


def warn_of_fault(peer: str, event: MllpEvent) -> None:
    """One line of the log: which fault, of whom."""
    log().warning("mllp_fault_seen", address=peer, code=event)

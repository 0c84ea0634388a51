"""The limits of an MLLP listener, and the count of its connections against them.

Not for what happens on a connection (mllp_connection.py).
"""

from collections import Counter
from dataclasses import dataclass, field

from adapter.hl7v2 import DEFAULT_LIMIT


@dataclass(frozen=True, slots=True)
class MllpLimits:
    """Limits of a listener. Bytes of a frame's content, connections in all and of one address, and seconds.

    `idle` is from one whole frame to the next, whatever else is sent; `frame` from a frame's first byte to its last;
    `final_cr` how long 0x1C may wait for its 0x0D; `sending` how long a peer may take to accept an answer; `closing`
    how long to accept the last one; `handshake` how long TLS may take to be agreed.
    """

    frame_bytes: int = DEFAULT_LIMIT
    connections: int = 256
    connections_of_peer: int = 16
    idle: float = 600.0
    frame: float = 60.0
    final_cr: float = 2.0
    sending: float = 60.0
    closing: float = 5.0
    handshake: float = 10.0


@dataclass(slots=True)
class Places:
    """How many connections are open, in all and of each address."""

    limits: MllpLimits
    _taken: Counter[str] = field(default_factory=Counter)

    def take(self, peer: str) -> bool:
        """Whether one more of this address has a place, which it then has."""
        full = self._taken.total() >= self.limits.connections or self._taken[peer] >= self.limits.connections_of_peer
        if not full:
            self._taken[peer] += 1
        return not full

    def leave(self, peer: str) -> None:
        """Give a place back."""
        self._taken[peer] -= 1
        if not self._taken[peer]:
            del self._taken[peer]

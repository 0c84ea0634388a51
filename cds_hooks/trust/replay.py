"""Which tokens were used already: the port to a store that all processes share, and a fake that keeps them in memory.

Not a shared store: with the fake a token can be used once in each process and again after a restart.
"""

import heapq
from typing import Protocol


class ReplayStore(Protocol):
    """Remembers the `jti` of every token that was let in until the token has expired (checklist J6).

    It is asked only about tokens whose signature holds, so nobody else can fill it.
    """

    async def first_use(self, issuer: str, token_id: str, *, expires: float, now: float) -> bool:
        """Remember (issuer, token_id) until `expires`, in seconds since 1970, and tell whether it was unknown.

        Asking and remembering are one step: of two calls at the same moment, in whatever process, one gets True.
        What expired before `now` may be forgotten. Raises ServiceUnavailable where the store cannot be asked: then
        nobody is let in.
        """
        ...


class MemoryReplayStore:
    """A ReplayStore for one process, for tests and demonstrations."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()
        self._expiring: list[tuple[float, tuple[str, str]]] = []

    @property
    def remembered(self) -> int:
        """How many tokens it remembers."""
        return len(self._known)

    async def first_use(self, issuer: str, token_id: str, *, expires: float, now: float) -> bool:
        """Remember the token and tell whether it was unknown; forgets what has expired."""
        while self._expiring and self._expiring[0][0] < now:
            self._known.discard(heapq.heappop(self._expiring)[1])
        token = (issuer, token_id)
        if token in self._known:
            return False
        self._known.add(token)
        heapq.heappush(self._expiring, (expires, token))
        return True

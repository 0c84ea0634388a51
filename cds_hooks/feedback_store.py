"""Where the router puts feedback: the port, and a fake that keeps it in memory.

Not a store that outlives the process; the application brings that one.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from cds_hooks.feedback import ReceivedFeedback


class FeedbackStore(Protocol):
    """Keeps feedback. Clients repeat what they are not sure of, so the same `key` is kept once."""

    async def keep(self, received: Sequence[ReceivedFeedback]) -> None:
        """Keep each item whose `key` is not there yet; all of them are safe when this returns.

        Raises ServiceUnavailable where nothing can be kept now: the client may send the same again.
        """
        ...


class MemoryFeedback:
    """A FeedbackStore for tests and demonstrations: what it holds ends with the process."""

    def __init__(self) -> None:
        self._kept: dict[str, ReceivedFeedback] = {}

    @property
    def kept(self) -> Mapping[str, ReceivedFeedback]:
        """The items by key, oldest first."""
        return MappingProxyType(self._kept)

    async def keep(self, received: Sequence[ReceivedFeedback]) -> None:
        """Keep each item once."""
        for item in received:
            self._kept.setdefault(item.key, item)

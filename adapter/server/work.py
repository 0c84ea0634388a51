"""What processing wants done elsewhere, as a rule by processes of their own (workers.py): reading and evaluating.

Not for what is done there (casework.py).
"""

from collections.abc import Sequence
from typing import Protocol

from adapter.server.casework import Outcome, Task
from adapter.server.seen import Seen


class Work(Protocol):
    """Casework somewhere else, as a rule in another process."""

    @property
    def at_once(self) -> int:
        """How many tasks it does at the same time."""
        ...

    async def judge(self, numbers: Sequence[int]) -> list[Seen]:
        """What received messages turn out to be."""
        ...

    async def evaluate(self, task: Task) -> Outcome:
        """What is advised for patients now."""
        ...

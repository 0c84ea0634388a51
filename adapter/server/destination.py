"""What a destination of advice is to the delivery loop: something with a name that takes one evaluation at a time.

Not for how it is reached (to_fhir.py, to_mllp.py), nor for when it is tried again (delivery.py).
"""

from dataclasses import dataclass
from typing import Protocol

from adapter.store import Evaluation


@dataclass(frozen=True, slots=True)
class Delivered:
    """The destination has it, and said so."""


@dataclass(frozen=True, slots=True)
class Retry:
    """It may succeed later: `error` says why in a word or two of ours; `after` are the seconds that were asked for."""

    error: str
    after: float | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The destination refused it for good; the same again would be refused again."""

    error: str


Attempt = Delivered | Retry | Rejected


class Destination(Protocol):
    """Where advice goes. `send` never repeats by itself, and what it says holds no content of the answer."""

    @property
    def name(self) -> str:
        """The name under which deliveries are queued."""
        ...

    async def send(self, evaluation: Evaluation) -> Attempt:
        """Try once."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...

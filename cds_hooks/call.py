"""What the application plugs into the router: its handlers and its check of who calls, and what each of them sees.

Not the serving itself (`routing.py`).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from starlette.datastructures import Headers

from cds_hooks.card import Card
from cds_hooks.client import Client
from cds_hooks.request import HookRequest

Called = Literal["discovery", "service", "feedback"]
"""What a call is for."""


@dataclass(frozen=True, slots=True)
class CallHead:
    """What is known of a call before its body: method, service id (None for discovery), whether it goes to the
    feedback endpoint of that service, and headers.
    """

    method: str
    service_id: str | None
    headers: Headers = field(repr=False)
    feedback: bool = False

    @property
    def called(self) -> Called:
        """What the call is for."""
        if self.service_id is None:
            return "discovery"
        return "feedback" if self.feedback else "service"

    @property
    def endpoint(self) -> str:
        """What follows `/cds-services/` in the URL: nothing for discovery, `ID`, or `ID/feedback`."""
        if self.service_id is None:
            return ""
        return f"{self.service_id}/feedback" if self.feedback else self.service_id


Handler = Callable[[HookRequest], Awaitable[Sequence[Card]]]
"""Evaluates a call. Raises PreconditionFailed or ServiceUnavailable where it cannot; an empty answer means
"evaluated, nothing to say" and nothing else.
"""

Before = Callable[[CallHead], Awaitable[Client | None]]
"""Lets a call pass and tells who the client is, or raises Unauthorized; it runs before any byte of the body is read,
for discovery and feedback too. What it puts into a context variable, the handler of the same call can read.
"""

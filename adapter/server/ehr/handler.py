"""What stands around every service: its prefetch is completed before it is asked, and its call is recorded after.

Not for judging anything; the service does that, and knows of neither.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from adapter.server.ehr.audit import Audit, Outcome, call_record
from adapter.server.ehr.reader import EhrReader
from adapter.server.ehr.reading import Reading
from cds_hooks import Card, HookError, HookRequest, Service

Answerer = Callable[[HookRequest, Reading], Awaitable[Sequence[Card]]]
"""A service: it answers a call from its context and the reading of its prefetch keys, not from `request.prefetch`."""


@dataclass(frozen=True, slots=True)
class ReadingHandler:
    """The handler of one service, for the router of `cds_hooks`."""

    service: Service
    answer: Answerer
    reader: EhrReader
    audit: Audit

    async def __call__(self, request: HookRequest) -> Sequence[Card]:
        """The cards of the service; raises what it raises. Every way out is recorded."""
        reading, outcome = Reading.as_sent(request, self.service), Outcome("failed", status=500)
        try:
            reading = await self.reader.complete(request, self.service)
            cards = await self.answer(request, reading)
            outcome = Outcome.of(cards)
        except HookError as error:
            outcome = Outcome("refused", code=error.code, place=error.place, status=error.status)
            raise
        finally:
            await self.audit.record(call_record(request, self.service, reading, outcome))
        return cards

"""The store behind the ports of CDS Hooks: it keeps feedback and remembers used tokens, across restarts.

Not for the forms that feedback comes in, nor for the check of tokens; those are in cds_hooks.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from adapter.server.issued import card_id
from adapter.server.log import log
from adapter.store import CardBook, CardReport, Reason, StoreUnavailable, UsedTokens
from cds_hooks import Override, ReceivedFeedback, ServiceUnavailable

AHEAD: Final = timedelta(minutes=5)
"""How far the clock of a client may be ahead of ours. What is reported of later was done when the report came."""


class StoredFeedback:
    """A FeedbackStore that outlives the process."""

    def __init__(self, book: CardBook) -> None:
        self._book: Final = book

    async def keep(self, received: Sequence[ReceivedFeedback]) -> None:
        """Keep each item once; all of them are on disk when this returns. Raises ServiceUnavailable."""
        now = datetime.now(UTC)
        ahead = sum(one.feedback.outcome_time > now + AHEAD for one in received)
        if ahead:
            log().warning("feedback_ahead", service=received[0].service_id, count=ahead)
        try:
            await self._book.keep([_report(one, now) for one in received])
        except StoreUnavailable:
            raise _unavailable("Nothing was kept. Send the same feedback again later.") from None


class StoredTokens:
    """A ReplayStore that outlives the process, so that a restart forgets no token."""

    def __init__(self, tokens: UsedTokens) -> None:
        self._tokens: Final = tokens

    async def first_use(self, issuer: str, token_id: str, *, expires: float, now: float) -> bool:
        """Remember the token and tell whether it was unknown. Raises ServiceUnavailable."""
        try:
            return await self._tokens.first_use(issuer, token_id, expires=expires, now=now)
        except StoreUnavailable:
            raise _unavailable("Nobody can be let in at the moment. Try again later.") from None


def _unavailable(hint: str) -> ServiceUnavailable:
    return ServiceUnavailable("store-unavailable", hint)


def _report(received: ReceivedFeedback, now: datetime) -> CardReport:
    item = received.feedback
    return CardReport(
        received.key,
        card_id(received.service_id, item.card, received.client),
        now,
        item.outcome,
        now if item.outcome_time > now + AHEAD else item.outcome_time,
        item.accepted_suggestions,
        tuple(_reason(override) for override in item.overrides),
    )


def _reason(override: Override) -> Reason:
    """The reason without its display, which is ours to say."""
    code, system = (override.reason.code, override.reason.system) if override.reason else ("", "")
    extension = "" if override.extension is None else bytes(override.extension).decode()
    return Reason(code, system, override.user_comment or "", extension)

"""Cards that leave, as the store keeps them: which card, for which rules, never what it says or about whom.

Not for what becomes of them (feedback.py).
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime

from adapter.advice.assessment import Assessment
from adapter.server.log import log
from adapter.store import CardId, IssuedCard, Store, StoreUnavailable
from cds_hooks import Card, Client, HookRequest, OrderDispatch


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """What a service answers a call with: the cards, and the assessment that they all rest on.

    `advice` is a digest that two cards share which say the same of the same patient; empty where the service has none.
    """

    service: str
    request: HookRequest
    assessment: Assessment
    cards: Sequence[Card]
    advice: str = ""


Note = Callable[[Shown], None]
"""The port of the services: it is told of every answer with cards, takes no time and raises nothing."""


Answers = Callable[[HookRequest, str], Iterable[tuple[str, datetime]]]
"""The port by which services learn what the user of a call has answered: the advice (its digest), and when."""


def not_answered(_request: HookRequest, _advice: str) -> Iterable[tuple[str, datetime]]:
    """For services without a store: nothing was ever answered."""
    return ()


def answers_in(store: Store) -> Answers:
    """What the store holds of feedback by the same user on the same advice."""

    def answers(request: HookRequest, advice: str) -> Iterable[tuple[str, datetime]]:
        reader = reader_of(request)
        try:
            found = store.cards.answer(reader, advice) if reader else None
        except StoreUnavailable as error:  # advice is shown for want of statistics, never withheld
            log().warning("answers_not_read", error=error.cause)
            return ()
        return () if found is None else ((advice, found.when),)

    return answers


def not_noted(_shown: Shown) -> None:
    """For services without a store: nobody learns which cards were shown."""


def noting(store: Store) -> Note:
    """Notes cards in the store without keeping the answer waiting.

    A card that could not be noted is a line of the log, since advice must not fail for want of statistics.
    """

    def note(shown: Shown) -> None:
        issued = issued_cards(shown, datetime.now(UTC))
        if issued:
            store.cards.note(issued).add_done_callback(_report_loss)

    return note


def issued_cards(shown: Shown, now: datetime) -> tuple[IssuedCard, ...]:
    """The cards that have a uuid: without one no feedback can name a card."""
    rules, advice = shown.assessment.rules, shown.assessment.advice
    edition, reader = f"{rules.id}|{rules.edition}", reader_of(shown.request)
    return tuple(
        IssuedCard(
            card_id(shown.service, str(card.uuid), shown.request.client),
            now,
            edition,
            card.indicator,
            advice.fired,
            reader,
            shown.advice,
        )
        for card in shown.cards
        if card.uuid is not None
    )


def card_id(service: str, card: str, client: Client | None) -> CardId:
    """The card of a service for a client; what one client was sent no other client can report on."""
    return CardId(service, card) if client is None else CardId(service, card, client.issuer, client.tenant or "")


def reader_of(request: HookRequest) -> str:
    """A digest of the user of a call at its client, the same for each call; empty where the hook names none."""
    context, client = request.context, request.client
    if isinstance(context, OrderDispatch):
        return ""
    who = [client.issuer, client.tenant or ""] if client else ["", ""]
    return hashlib.sha256(json.dumps([*who, context.user_id]).encode()).hexdigest()


def _report_loss(noted: Future[None]) -> None:
    error = noted.exception()
    if isinstance(error, StoreUnavailable):
        log().warning("card_not_noted", error=error.cause)

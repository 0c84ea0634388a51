"""Explanations of advices behind links: makes page and link with a card, and finds the page for whoever has the link.

The link is the whole permission: short-lived, for one advice on one patient. The pages are made elsewhere.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from adapter.advice.assessment import Assessment
from adapter.server.explanation_page import explanation_page
from adapter.server.explanation_shelf import ExplanationShelf, MemoryShelf
from adapter.server.log import log
from adapter.server.settings import Settings, SettingsError
from adapter.server.ticket import KeyFileError, is_genuine, new_key, read_key, read_ticket, sign_ticket
from cds_hooks import Link

PATH: Final = "/explain"
"""Where explanations are, below the public URL."""

LABEL: Final = "Why and why not: rules, facts, sources"
"""What the link says."""

Refusal = Literal["malformed", "expired", "unknown", "forged"]
"""Why a ticket opens nothing: it is none, its time is over, its page is not there (any more), it was not made here."""


@dataclass(frozen=True, slots=True, repr=False)
class Explanations:
    """Explanations under `public_url`, each for `seconds`; `clock` gives seconds since 1970."""

    public_url: str
    seconds: int
    key: bytes
    shelf: ExplanationShelf
    clock: Callable[[], float] = time.time

    async def link(self, assessment: Assessment) -> Link:
        """The link to a page that explains this assessment from now on."""
        until = int(self.clock()) + self.seconds
        page = explanation_page(assessment, datetime.fromtimestamp(until, UTC))
        ticket = sign_ticket(self.key, await self.shelf.put(page, until), until, page)
        return Link(LABEL, f"{self.public_url.rstrip('/')}{PATH}/{ticket}", "absolute")

    async def page(self, text: str) -> bytes | None:
        """The page of a ticket; None, and the reason in the log alone, for whatever is no ticket to a page."""
        found = await self._find(text)
        if isinstance(found, bytes):
            return found
        log().warning("explanation_refused", error=found)
        return None

    async def _find(self, text: str) -> bytes | Refusal:
        ticket = read_ticket(text)
        if ticket is None:
            return "malformed"
        if ticket.until <= self.clock():
            return "expired"
        page = await self.shelf.get(ticket.page)
        if page is None:
            return "unknown"
        return page if is_genuine(self.key, ticket, page) else "forged"


def explanations_of(settings: Settings, shelf: ExplanationShelf | None = None) -> Explanations | None:
    """The explanations that the settings ask for; none without a public URL. Raises SettingsError.

    Without a shelf the pages are kept in this process, and gone when it ends.
    """
    if not settings.public_url:
        return None
    try:
        key = new_key() if settings.explanation_key is None else read_key(settings.explanation_key)
    except KeyFileError as error:
        raise SettingsError(f"explanation_key: {error}") from None
    kept = MemoryShelf(time.time) if shelf is None else shelf
    return Explanations(settings.public_url, settings.explanation_seconds, key, kept)


def warn_of_short_links(settings: Settings) -> None:
    """Say at start that links to explanations will not outlive this process."""
    if settings.public_url and settings.explanation_key is None:
        log().warning("explanation_key_made", setting="explanation_key")

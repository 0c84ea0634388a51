"""One query to an EHR's FHIR server, with its further pages, within one deadline; the answer as a class of prefetch.

Not for deciding whether it may be asked (reader.py).
"""

import asyncio
from dataclasses import dataclass
from typing import Final, assert_never

import httpx
from msgspec import Raw

from adapter.server.ehr.exchange import Bearer, Exchange
from adapter.server.ehr.pages import Page, classify_pages, is_of_type
from adapter.server.ehr.query import Query
from adapter.server.ehr.reasons import NotRead, Reason
from cds_hooks import ExplicitNothing, Partial, Provided
from cds_hooks.prefetch import count_matches


@dataclass(frozen=True, slots=True)
class PageLimits:
    """How much is read for one query: pages, entries and bytes of all its pages together."""

    pages: int = 10
    entries: int = 2_000
    bytes: int = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answered:
    """What the server gave; `why` says why it is not the whole, where that was our doing or the server's fault."""

    value: Provided | ExplicitNothing | Partial
    why: Reason | None = None

    @property
    def matches(self) -> int:
        """How many matches it holds."""
        match self.value:
            case Provided(raw):
                return count_matches(raw)
            case ExplicitNothing():
                return 0
            case Partial(received=received):
                return received
            case _:
                assert_never(self.value)


class Search:
    """The reading of one query, up to `deadline` (in the time of the event loop)."""

    def __init__(self, exchange: Exchange, bearer: Bearer, limits: PageLimits, deadline: float) -> None:
        self._exchange: Final = exchange
        self._bearer: Final = bearer
        self._limits: Final = limits
        self._deadline: Final = deadline

    @property
    def base(self) -> str:
        """The base of the FHIR server that is asked."""
        return str(self._exchange.base)

    async def ask(self, query: Query) -> Answered:
        """The answer, in part where the rest could not be had; raises NotRead where nothing could."""
        url = self._exchange.base.url(query.text)
        if url is None:
            raise NotRead("query")
        if query.access == "search":
            return await self._all_pages(query, url)
        raw = await self._get(url, self._limits.bytes)
        if not is_of_type(raw, query.type):
            raise NotRead("not-fhir")
        return Answered(Provided(Raw(raw)))

    async def _all_pages(self, query: Query, first: httpx.URL) -> Answered:
        pages: list[Page] = []
        why: Reason | None = None
        try:
            await self._follow(first, pages, only_first=query.counted)
        except NotRead as failure:
            if not pages:
                raise
            why = failure.reason
        value = classify_pages(pages, counted=query.counted)
        if isinstance(value, Provided | ExplicitNothing | Partial):
            return Answered(value, why)
        raise NotRead("outcome")

    async def _follow(self, url: httpx.URL, pages: list[Page], *, only_first: bool) -> None:
        """Add page after page; raises NotRead where one cannot be had, and when a limit ends it before the last."""
        most_bytes, most_entries = self._limits.bytes, self._limits.entries
        asked: set[httpx.URL] = set()
        while True:
            asked.add(url)
            raw = await self._get(url, most_bytes)
            page = Page.read(raw)
            most_bytes, most_entries = most_bytes - len(raw), most_entries - len(page.entries)
            if most_entries < 0:
                raise NotRead("too-large")
            pages.append(page)
            if only_first or not page.has_next:
                return
            url = self._next(page, len(pages))
            if url in asked:
                raise NotRead("next-repeats")

    def _next(self, page: Page, read: int) -> httpx.URL:
        if read >= self._limits.pages:
            raise NotRead("more-pages")
        url = self._exchange.base.url(page.next) if page.next else None
        if url is None:
            raise NotRead("next-elsewhere")
        return url

    async def _get(self, url: httpx.URL, most_bytes: int) -> bytes:
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._exchange.get(url, self._bearer, most_bytes)
        except TimeoutError:
            raise NotRead("deadline") from None

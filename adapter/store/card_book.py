"""The book of cards as its users see it: note what leaves, keep what is reported, ask what became of it.

Not for SQL (cards.py); it shares the store's one writer and its readers.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection

from adapter.store.card import Answer, CardFate, CardReport, IssuedCard
from adapter.store.cards import (
    Stretch,
    count_unknown,
    forget_cards,
    keep_reports,
    latest_answer,
    note_cards,
    read_fates,
    read_reports,
)
from adapter.store.jobs import one_by_one
from adapter.store.writer import NoWriter, Writer

T = TypeVar("T")

PAGE: Final = 500
_ROW: Final = 1024
"""About how many bytes a row takes."""


class Read(Protocol):
    """Runs a query on a connection that reads; raises StoreUnavailable."""

    def __call__(self, query: Callable[[Connection], T], /) -> T:
        """What the query gives."""
        ...


class CardBook:
    """Every method may be called from any thread; those that read raise StoreUnavailable."""

    def __init__(self, writer: Writer | NoWriter, read: Read) -> None:
        self._writer: Final = writer
        self._read: Final = read

    def note(self, issued: Sequence[IssuedCard]) -> Future[None]:
        """Queue cards that leave; nobody has to wait. The future has StoreUnavailable where they were not kept."""
        return self._writer.submit(one_by_one, partial(note_cards, issued), _ROW * len(issued))

    async def keep(self, reports: Sequence[CardReport]) -> None:
        """Keep reports, all or none, each once; they are on disk when this returns. Raises StoreUnavailable."""
        await self._writer.run(one_by_one, partial(keep_reports, reports), _ROW * len(reports))

    async def forget(self, before: datetime) -> int:
        """Remove a part of what left and was reported before a time; how many rows it was, 0 where nothing is left.
        Raises StoreUnavailable."""
        return await self._writer.run(one_by_one, partial(forget_cards, before, PAGE), _ROW * PAGE)

    def fates(self, since: datetime | None = None) -> Iterator[CardFate]:
        """The cards that left since a time, each once, with the report that holds for it."""
        after = 0
        while found := self._read(partial(read_fates, Stretch(after, PAGE, since))):
            yield from (fate for _, fate in found)
            after = found[-1][0]

    def reports(self, since: datetime | None = None) -> Iterator[CardReport]:
        """All that was reported since a time, in order of arrival."""
        after = 0
        while found := self._read(partial(read_reports, Stretch(after, PAGE, since))):
            yield from (report for _, report in found)
            after = found[-1][0]

    def unknown(self, since: datetime | None = None) -> int:
        """How many cards were reported on since a time that are not in the book."""
        return self._read(partial(count_unknown, since))

    def answer(self, reader: str, advice: str) -> Answer | None:
        """What this reader did last with this advice; None where nothing is known, and where either is empty."""
        return self._read(partial(latest_answer, reader, advice))

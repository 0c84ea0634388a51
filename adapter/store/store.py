"""The store as its users see it: append messages durably, read them, ask whether it is well, close it.

Not for making one (create.py): opening never creates a file.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Final, Self, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from adapter.store.errors import StoreError, StoreUnavailable
from adapter.store.journal import Page, count_by_state, read_page, read_raw, store_arrival
from adapter.store.location import store_path
from adapter.store.message import Arrival, MessageState, Receipt, StoredMessage
from adapter.store.sqlite import StoreInfo, examine, process_lock, reading_engine, require_file, writing_engine
from adapter.store.writer import Writer, WriterState, cause_of

T = TypeVar("T")

LONGEST_BUSY: Final = 5.0
"""Seconds after which senders give up on an acknowledgement; the busy time-out stays below."""
PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """Whether the store can be read and written, for health checks and metrics.

    `messages` and `quarantined` are None where the store cannot be read: unknown, not zero.
    """

    reachable: bool
    writer: WriterState
    messages: int | None
    quarantined: int | None
    sqlite_version: str
    synchronous: int

    @property
    def healthy(self) -> bool:
        """Whether messages can be taken."""
        return self.reachable and self.writer == "ok"


class Store:
    """An open store. Every method may be called from any thread; made by `open_store`."""

    def __init__(self, writer: Writer, readers: Engine, info: StoreInfo, held: ExitStack) -> None:
        self._writer: Final = writer
        self._readers: Final = readers
        self._held: Final = held
        self.info: Final = info

    def submit(self, arrival: Arrival) -> Future[Receipt]:
        """Queue a message; the future has its receipt after the commit, or StoreUnavailable."""
        return self._writer.submit(partial(store_arrival, arrival, arrival.sha256), len(arrival.raw))

    def append(self, arrival: Arrival) -> Receipt:
        """Store a message and return after the commit, disk sync included.

        The same message again (sender, control id and bytes) gives the first one's number and stores nothing. Raises
        StoreUnavailable where it was not stored.
        """
        return self.submit(arrival).result()

    async def append_async(self, arrival: Arrival) -> Receipt:
        """`append` for asyncio; no thread waits."""
        return await asyncio.wrap_future(self.submit(arrival))

    def messages(
        self, *, after: int = 0, state: MessageState | None = None, patient_key: str | None = None
    ) -> Iterator[StoredMessage]:
        """The messages in order of arrival, without their bytes: those after a number, of a state, of a patient.

        Messages that arrive during the iteration are included. Raises StoreUnavailable.
        """
        while found := self._read(partial(read_page, Page(after, PAGE, state, patient_key))):
            yield from found
            after = found[-1].id

    def message(self, number: int) -> StoredMessage:
        """One message by its number; KeyError where there is none."""
        found = self._read(partial(read_page, Page(number - 1, 1, None, None)))
        if not found or found[0].id != number:
            raise KeyError(number)
        return found[0]

    def raw(self, number: int) -> bytes:
        """The bytes of a message as received; KeyError where there is none.

        Raises StoreError where they are no longer those that were stored, StoreUnavailable where they cannot be read.
        """
        found = self._read(partial(read_raw, number))
        if found is None:
            raise KeyError(number)
        raw, sha256 = found
        if hashlib.sha256(raw).digest() != sha256:
            raise StoreError(f"message {number} is damaged in the store: its checksum does not match")
        return raw

    def check(self) -> StoreHealth:
        """The state of the store now; never raises for a store that fails."""
        info = self.info
        try:
            counts = self._read(count_by_state)
        except StoreUnavailable:
            return StoreHealth(False, self._writer.state, None, None, info.sqlite_version, info.synchronous)
        total, held = sum(counts.values()), counts.get("quarantined", 0)
        return StoreHealth(True, self._writer.state, total, held, info.sqlite_version, info.synchronous)

    def close(self) -> None:
        """Finish what waits, then let go of the file; afterwards nothing can be stored."""
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, query: Callable[[Connection], T]) -> T:
        try:
            with self._readers.connect() as connection:
                return query(connection)
        except SQLAlchemyError as error:
            cause = cause_of(error)
        raise StoreUnavailable(cause)  # outside the handler: the chained error would carry SQL and parameters


def open_store(url: str, *, busy_timeout: float = 4.0) -> Store:
    """Open a store that `ldt store init` has made, for this process alone.

    `busy_timeout` is how long, in seconds, a write waits for a lock of another program; below 5, else `ValueError`.
    Raises StoreError where the URL is wrong, the file is missing, empty, damaged, no store or of another schema
    version, where another process has it open, or where SQLite does not sync at each commit.
    """
    if not 0 <= busy_timeout < LONGEST_BUSY:
        raise ValueError(f"busy_timeout must be from 0 to less than {LONGEST_BUSY:g} seconds")
    path = store_path(url)
    require_file(path, url)
    with ExitStack() as held:
        held.enter_context(process_lock(path))
        readers, writing = reading_engine(path, busy_timeout), writing_engine(path, busy_timeout)
        held.callback(writing.dispose)
        info = examine(readers, writing, path, url)
        writer = Writer(writing)
        held.callback(writer.close)
        held.callback(readers.dispose)  # first: the writer's connection is the last, and alone checkpoints
        return Store(writer, readers, info, held.pop_all())

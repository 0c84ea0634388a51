"""The one thread that writes: jobs that wait together share a transaction, and are answered after its commit.

Not for what the jobs write (journal.py). Source: docs of SQLite on WAL, `synchronous` and `BEGIN IMMEDIATE`.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable
from concurrent.futures import Future
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, Literal

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from adapter.store.errors import StoreError, StoreUnavailable
from adapter.store.jobs import AwaitedJob, I, Job, T, ThreadJob, Together, Told, ToldJob, settle

GROUP: Final = 64
"""The most jobs in one transaction."""
GROUP_BYTES: Final = 8 * 1024 * 1024
"""A transaction takes no further job once it holds this many bytes."""

_LOST_SYNC: Final = frozenset({"SQLITE_IOERR_FSYNC", "SQLITE_IOERR_DIR_FSYNC"})

_AnyJob = Job[Any, Any]  # only its own future ever sees its result
_READING: Final = "the store is open for reading"

WriterState = Literal["ok", "failing", "stopped"]
"""`failing`: the last transaction did not happen, the next may. `stopped`: closed, or ended by a fault for good."""


class Writer:
    """Runs jobs one after another on one connection, several to a commit.

    A job's future has its result only after the commit; where the commit fails every job of the transaction, and
    every job that waited behind it, gets StoreUnavailable and had no effect. After a failed disk sync, or a fault of
    our own, the thread ends and all later jobs are refused: what the disk holds is then uncertain.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._waiting: deque[_AnyJob] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._gathered: dict[asyncio.AbstractEventLoop, list[_AnyJob]] = {}
        self._cause = "the store is closed"
        self.state: WriterState = "ok"
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, together: Together[I, T], item: I, size: int) -> Future[T]:
        """Queue a job; `size` is about how many bytes it writes."""
        job = ThreadJob(together, item, size)
        self._queue([job])
        return job.future

    def run(self, together: Together[I, T], item: I, size: int) -> Awaitable[T]:
        """Queue a job as `submit` does, to be awaited; no thread waits. Those of one turn of the loop go together."""
        loop = asyncio.get_running_loop()
        job = AwaitedJob(together, item, size, loop)
        self._gather(job, loop)
        return job.future

    def tell(self, together: Together[I, T], item: I, size: int, told: Told[T]) -> None:
        """Queue a job as `run` does; `told` is called in this loop after the commit."""
        loop = asyncio.get_running_loop()
        self._gather(ToldJob(together, item, size, loop, told), loop)

    def _gather(self, job: _AnyJob, loop: asyncio.AbstractEventLoop) -> None:
        gathered = self._gathered.setdefault(loop, [])
        gathered.append(job)
        if len(gathered) == 1:
            loop.call_soon(self._hand_over, loop)

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        self._queue(self._gathered.pop(loop))

    def _queue(self, jobs: list[_AnyJob]) -> None:
        with self._changed:
            refused = self._closing
            if not refused:
                self._waiting.extend(jobs)
                self._changed.notify()
        if refused:
            settle(jobs, self._cause)

    def close(self) -> None:
        """Finish what waits, then end the thread and close the connection."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            while batch := self._take():
                self._write(batch)
        finally:
            self._end(self._cause)

    def _take(self) -> list[_AnyJob]:
        """The next jobs that somebody still waits for; none when the writer is to end."""
        with self._changed:
            batch: list[_AnyJob] = []
            while not batch:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return []
                self._fill(batch)
            return batch

    def _fill(self, batch: list[_AnyJob]) -> None:
        size = 0
        while self._waiting and len(batch) < GROUP and size < GROUP_BYTES:
            job = self._waiting.popleft()
            if job.begin():
                batch.append(job)
                size += job.size

    def _write(self, batch: list[_AnyJob]) -> None:
        try:
            self._commit(batch)
        except (SQLAlchemyError, StoreError) as error:
            self._fail(batch, cause_of(error))
        except Exception as error:  # noqa: BLE001  the edge of the thread: nobody may wait for ever, its text may hold content
            self._end(type(error).__name__, batch)
        else:
            self.state = "ok"
            settle(batch)

    def _commit(self, batch: list[_AnyJob]) -> None:
        if self._connection is None:
            self._connection = self._engine.connect()
        # SQLite may have rolled back by itself (SQLITE_FULL); the driver then sends no ROLLBACK, which would fail.
        with self._connection.begin():
            for together, jobs in groupby(batch, attrgetter("together")):
                alike = list(jobs)
                results = together([job.item for job in alike], self._connection)
                for job, result in zip(alike, results, strict=True):
                    job.done(result)

    def _fail(self, batch: list[_AnyJob], cause: str) -> None:
        """Refuse the batch and all that waited behind it, so that nobody waits through two time-outs."""
        if cause in _LOST_SYNC:
            self._end(cause, batch)
            return
        self.state = "failing"
        self._disconnect()
        settle([*batch, *self._drained()], cause)

    def _end(self, cause: str, batch: list[_AnyJob] | None = None) -> None:
        with self._changed:
            self._closing, self._cause = True, cause
        self.state = "stopped"
        settle([*(batch or ()), *self._drained()], cause)
        self._disconnect()

    def _drained(self) -> list[_AnyJob]:
        with self._changed:
            waiting, self._waiting = list(self._waiting), deque()
        return [job for job in waiting if job.begin()]

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.close()
        except SQLAlchemyError:
            connection.invalidate()


class NoWriter:
    """Stands where the writer would be in a store that is open for reading: it refuses every job."""

    state: WriterState = "stopped"

    def submit(self, together: Together[I, T], item: I, size: int) -> Future[T]:
        """A future that has already failed."""
        job = ThreadJob(together, item, size)
        settle([job], _READING)
        return job.future

    async def run(self, _together: Together[I, T], _item: I, _size: int) -> T:
        """Raises StoreUnavailable."""
        raise StoreUnavailable(_READING)

    def tell(self, _together: Together[I, T], _item: I, _size: int, told: Told[T]) -> None:
        """Says so in the next turn of the loop."""
        asyncio.get_running_loop().call_soon(told, StoreUnavailable(_READING))


def cause_of(error: SQLAlchemyError | StoreError) -> str:
    """SQLite's name for the error, else its class: never its text, which may hold content."""
    original = error.orig if isinstance(error, DBAPIError) else None
    name = getattr(original, "sqlite_errorname", None)
    return name if isinstance(name, str) else type(error).__name__

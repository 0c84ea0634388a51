"""The one thread that writes: jobs that wait together share a transaction, and are answered after its commit.

Not for what the jobs write (journal.py). Source: docs of SQLite on WAL, `synchronous` and `BEGIN IMMEDIATE`.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, Generic, Literal, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from adapter.store.errors import StoreError, StoreUnavailable

T = TypeVar("T")

GROUP: Final = 64
"""The most jobs in one transaction."""
GROUP_BYTES: Final = 8 * 1024 * 1024
"""A transaction takes no further job once it holds this many bytes."""

_LOST_SYNC: Final = frozenset({"SQLITE_IOERR_FSYNC", "SQLITE_IOERR_DIR_FSYNC"})

WriterState = Literal["ok", "failing", "stopped"]
"""`failing`: the last transaction did not happen, the next may. `stopped`: closed, or ended by a fault for good."""


class _Job(Generic[T]):
    """A piece of work in a transaction, and the future that gets its result once that is committed."""

    __slots__ = ("_result", "_work", "future", "size")

    def __init__(self, work: Callable[[Connection], T], size: int) -> None:
        self._work = work
        self._result: T | None = None
        self.size = size
        self.future: Future[T] = Future()

    def run(self, connection: Connection) -> None:
        self._result = self._work(connection)

    def finish(self) -> None:
        result: T = self._result  # type: ignore[assignment]  # run() has set it; T itself may include None
        self.future.set_result(result)

    def refuse(self, cause: str) -> None:
        self.future.set_exception(StoreUnavailable(cause))


class Writer:
    """Runs jobs one after another on one connection, several to a commit.

    A job's future has its result only after the commit; where the commit fails every job of the transaction, and
    every job that waited behind it, gets StoreUnavailable and had no effect. After a failed disk sync, or a fault of
    our own, the thread ends and all later jobs are refused: what the disk holds is then uncertain.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._waiting: deque[_Job[object]] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._cause = "the store is closed"
        self.state: WriterState = "ok"
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], T], size: int) -> Future[T]:
        """Queue a job; `size` is about how many bytes it writes."""
        job = _Job(work, size)
        with self._changed:
            refused = self._closing
            if not refused:
                self._waiting.append(job)  # type: ignore[arg-type]  # only its own future ever sees its result
                self._changed.notify()
        if refused:
            job.refuse(self._cause)
        return job.future

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

    def _take(self) -> list[_Job[object]]:
        """The next jobs that somebody still waits for; none when the writer is to end."""
        with self._changed:
            batch: list[_Job[object]] = []
            while not batch:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return []
                self._fill(batch)
            return batch

    def _fill(self, batch: list[_Job[object]]) -> None:
        size = 0
        while self._waiting and len(batch) < GROUP and size < GROUP_BYTES:
            job = self._waiting.popleft()
            if job.future.set_running_or_notify_cancel():
                batch.append(job)
                size += job.size

    def _write(self, batch: list[_Job[object]]) -> None:
        try:
            self._commit(batch)
        except (SQLAlchemyError, StoreError) as error:
            self._fail(batch, cause_of(error))
        except Exception as error:  # noqa: BLE001  the edge of the thread: nobody may wait for ever, its text may hold content
            self._end(type(error).__name__, batch)
        else:
            self.state = "ok"
            for job in batch:
                job.finish()

    def _commit(self, batch: list[_Job[object]]) -> None:
        if self._connection is None:
            self._connection = self._engine.connect()
        # SQLite may have rolled back by itself (SQLITE_FULL); the driver then sends no ROLLBACK, which would fail.
        with self._connection.begin():
            for job in batch:
                job.run(self._connection)

    def _fail(self, batch: list[_Job[object]], cause: str) -> None:
        """Refuse the batch and all that waited behind it, so that nobody waits through two time-outs."""
        if cause in _LOST_SYNC:
            self._end(cause, batch)
            return
        self.state = "failing"
        self._disconnect()
        for job in [*batch, *self._drained()]:
            job.refuse(cause)

    def _end(self, cause: str, batch: list[_Job[object]] | None = None) -> None:
        with self._changed:
            self._closing, self._cause = True, cause
        self.state = "stopped"
        for job in [*(batch or ()), *self._drained()]:
            job.refuse(cause)
        self._disconnect()

    def _drained(self) -> list[_Job[object]]:
        with self._changed:
            waiting, self._waiting = list(self._waiting), deque()
        return [job for job in waiting if job.future.set_running_or_notify_cancel()]

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

    def submit(self, work: Callable[[Connection], T], size: int) -> Future[T]:
        """A future that has already failed."""
        job = _Job(work, size)
        job.refuse("the store is open for reading")
        return job.future


def cause_of(error: SQLAlchemyError | StoreError) -> str:
    """SQLite's name for the error, else its class: never its text, which may hold content."""
    original = error.orig if isinstance(error, DBAPIError) else None
    name = getattr(original, "sqlite_errorname", None)
    return name if isinstance(name, str) else type(error).__name__

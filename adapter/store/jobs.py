"""Jobs of the writer: a piece of work in a transaction, and whoever waits for what it gives.

Not for when they run (writer.py). Threads wait with a future each; an event loop is woken once for all its jobs.
"""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Final, Generic, Protocol, TypeVar

from sqlalchemy import Connection

from adapter.store.errors import StoreUnavailable

T = TypeVar("T")
Work = Callable[[Connection], T]


class Job(Protocol):
    """What the writer knows of a piece of work; `size` is about how many bytes it writes."""

    size: int

    def begin(self) -> bool:
        """Whether somebody still waits for it; it can no longer be cancelled then."""
        ...

    def run(self, connection: Connection) -> None:
        """Do it, within the transaction."""
        ...

    def settle(self, cause: str | None, turns: "Turns") -> None:
        """Say that it is committed, or for what cause it had no effect."""
        ...


Turns = dict[asyncio.AbstractEventLoop, list[Callable[[], None]]]
"""What each event loop is to do at its next turn."""


class ThreadJob(Generic[T]):
    """A job that a thread may wait for."""

    __slots__ = ("_result", "_work", "future", "size")

    def __init__(self, work: Work[T], size: int) -> None:
        self._work: Final = work
        self._result: T | None = None
        self.size = size
        self.future: Final[Future[T]] = Future()

    def begin(self) -> bool:
        """Whether the future was not cancelled."""
        return self.future.set_running_or_notify_cancel()

    def run(self, connection: Connection) -> None:
        """Do it and keep what it gives until the commit."""
        self._result = self._work(connection)

    def settle(self, cause: str | None, _turns: Turns) -> None:
        """Give the future its result, or StoreUnavailable."""
        if cause is not None:
            self.future.set_exception(StoreUnavailable(cause))
            return
        result: T = self._result  # type: ignore[assignment]  # run() has set it; T itself may include None
        self.future.set_result(result)


class LoopJob(Generic[T]):
    """A job that is awaited in the event loop that made it."""

    __slots__ = ("_cause", "_loop", "_result", "_work", "future", "size")

    def __init__(self, work: Work[T], size: int) -> None:
        self._work: Final = work
        self._loop: Final = asyncio.get_running_loop()
        self._result: T | None = None
        self._cause: str | None = None
        self.size = size
        self.future: Final[asyncio.Future[T]] = self._loop.create_future()

    def begin(self) -> bool:
        """Whether it is still awaited."""
        return not self.future.cancelled()

    def run(self, connection: Connection) -> None:
        """Do it and keep what it gives until the commit."""
        self._result = self._work(connection)

    def settle(self, cause: str | None, turns: Turns) -> None:
        """Let its loop settle the future at its next turn."""
        self._cause = cause
        turns.setdefault(self._loop, []).append(self._tell)

    def _tell(self) -> None:
        if self.future.done():  # cancelled meanwhile
            return
        if self._cause is not None:
            self.future.set_exception(StoreUnavailable(self._cause))
            return
        result: T = self._result  # type: ignore[assignment]  # as above
        self.future.set_result(result)


def settle(jobs: Iterable[Job], cause: str | None = None) -> None:
    """Tell all who wait that their jobs are committed, or for what cause they had no effect."""
    turns: Turns = {}
    for job in jobs:
        job.settle(cause, turns)
    for loop, told in turns.items():
        _wake(loop, told)


def _wake(loop: asyncio.AbstractEventLoop, told: list[Callable[[], None]]) -> None:
    try:
        loop.call_soon_threadsafe(_run_all, told)
    except RuntimeError:
        if not loop.is_closed():  # a closed loop has nobody left who waits
            raise


def _run_all(told: list[Callable[[], None]]) -> None:
    for tell in told:
        tell()

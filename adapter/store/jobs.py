"""Jobs of the writer: an item that something is to be done with in a transaction, and whoever waits for the result.

Not for when they run (writer.py). Threads wait with a future each; an event loop is woken once for all its jobs.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Connection

from adapter.store.errors import StoreUnavailable

I = TypeVar("I")  # noqa: E741  the item
T = TypeVar("T")

Together = Callable[[Sequence[I], Connection], Sequence[T]]
"""What is done with items that come one after another, in their order: a result for each."""

Turns = dict[asyncio.AbstractEventLoop, list[Callable[[], None]]]
"""What each event loop is to do at its next turn."""


def one_by_one(works: Sequence[Callable[[Connection], T]], connection: Connection) -> list[T]:
    """For items that are the work themselves."""
    return [work(connection) for work in works]


class Job(ABC, Generic[I, T]):
    """An item, what is done with it and its like, and about how many bytes that writes."""

    __slots__ = ("_result", "item", "size", "together")

    def __init__(self, together: Together[I, T], item: I, size: int) -> None:
        self.together: Final = together
        self.item: Final = item
        self.size: Final = size
        self._result: T | None = None

    def done(self, result: T) -> None:
        """Keep the result until the commit."""
        self._result = result

    @abstractmethod
    def begin(self) -> bool:
        """Whether somebody still waits for it."""

    @abstractmethod
    def settle(self, cause: str | None, turns: Turns) -> None:
        """Say that it is committed, or for what cause it had no effect."""

    def _tell(self, future: "Future[T] | asyncio.Future[T]", cause: str | None) -> None:
        if cause is not None:
            future.set_exception(StoreUnavailable(cause))
            return
        result: T = self._result  # type: ignore[assignment]  # done() has set it; T itself may include None
        future.set_result(result)


class ThreadJob(Job[I, T]):
    """A job that a thread may wait for."""

    __slots__ = ("future",)

    def __init__(self, together: Together[I, T], item: I, size: int) -> None:
        super().__init__(together, item, size)
        self.future: Final[Future[T]] = Future()

    def begin(self) -> bool:
        """Whether the future was not cancelled; it cannot be any more."""
        return self.future.set_running_or_notify_cancel()

    def settle(self, cause: str | None, _turns: Turns) -> None:
        """Settle the future at once."""
        self._tell(self.future, cause)


class LoopJob(Job[I, T]):
    """A job that is awaited in an event loop."""

    __slots__ = ("_loop", "future")

    def __init__(self, together: Together[I, T], item: I, size: int, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(together, item, size)
        self._loop: Final = loop
        self.future: Final[asyncio.Future[T]] = loop.create_future()

    def begin(self) -> bool:
        """Whether it is still awaited."""
        return not self.future.cancelled()

    def settle(self, cause: str | None, turns: Turns) -> None:
        """Let its loop settle the future at its next turn."""

        def tell() -> None:
            if not self.future.done():  # else it was cancelled meanwhile
                self._tell(self.future, cause)

        turns.setdefault(self._loop, []).append(tell)


def settle(jobs: Iterable[Job[Any, Any]], cause: str | None = None) -> None:
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

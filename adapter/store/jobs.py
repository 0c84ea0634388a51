"""Jobs of the writer: an item that something is to be done with in a transaction, and whoever waits for the result.

Not for when they run (writer.py). Threads wait with a future each; an event loop is woken once for all its jobs, which
either settle futures or tell callbacks.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Connection

from adapter.store.errors import StoreUnavailable

I = TypeVar("I")  # noqa: E741  the item
T = TypeVar("T")

Together = Callable[[Sequence[I], Connection], Sequence[T]]
"""What is done with items that come one after another, in their order: a result for each."""

Told = Callable[[T | StoreUnavailable], None]
"""What is told the result of a job after its commit, or that it had no effect; it raises nothing."""

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

    @property
    def result(self) -> T:
        """What `done` kept."""
        return self._result  # type: ignore[return-value]  # T itself may include None

    def _tell(self, future: "Future[T] | asyncio.Future[T]", cause: str | None) -> None:
        if cause is not None:
            future.set_exception(StoreUnavailable(cause))
        else:
            future.set_result(self.result)


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


class AwaitedJob(Job[I, T]):
    """A job that is awaited in an event loop."""

    __slots__ = ("_cause", "_loop", "future")

    def __init__(self, together: Together[I, T], item: I, size: int, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(together, item, size)
        self._loop: Final = loop
        self._cause: str | None = None
        self.future: Final[asyncio.Future[T]] = loop.create_future()

    def begin(self) -> bool:
        """Whether it is still awaited."""
        return not self.future.cancelled()

    def settle(self, cause: str | None, turns: Turns) -> None:
        """Let its loop settle the future at its next turn."""
        self._cause = cause
        turns.setdefault(self._loop, []).append(self._settle)

    def _settle(self) -> None:
        if not self.future.done():  # else it was cancelled meanwhile
            self._tell(self.future, self._cause)


class ToldJob(Job[I, T]):
    """A job whose result, or why it had none, a callback is told in an event loop: no future, no task."""

    __slots__ = ("_cause", "_loop", "_told")

    def __init__(
        self, together: Together[I, T], item: I, size: int, loop: asyncio.AbstractEventLoop, told: Told[T]
    ) -> None:
        super().__init__(together, item, size)
        self._loop: Final = loop
        self._told: Final = told
        self._cause: str | None = None

    def begin(self) -> bool:
        """Always: nobody can give it up."""
        return True

    def settle(self, cause: str | None, turns: Turns) -> None:
        """Let its loop call the callback at its next turn."""
        self._cause = cause
        turns.setdefault(self._loop, []).append(self._call)

    def _call(self) -> None:
        self._told(self.result if self._cause is None else StoreUnavailable(self._cause))


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
    waiting = deque(told)
    try:
        while waiting:
            waiting.popleft()()
    finally:
        if waiting:  # one raised what it should not: the others are told all the same
            asyncio.get_running_loop().call_soon(_run_all, list(waiting))

"""Worker processes for casework: tables and rules are loaded once in each, and the receiver goes on meanwhile.

A task that takes too long, or kills its process, fails alone.
"""

import asyncio
import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import cache, partial
from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread
from types import FrameType
from typing import Final, TypeVar

from adapter.advice.hl7v2 import Link
from adapter.ldt import site_rule_set
from adapter.mapping.hl7v2_patient import PatientKey
from adapter.mapping.site import Receiver, load_site
from adapter.server.casework import TOGETHER, Casework, Outcome, Task
from adapter.server.header import MessageLimits
from adapter.server.log import configure
from adapter.server.recall import LONGEST_RECALL, Recalled, recall
from adapter.server.seen import Seen
from adapter.store import read_store

Given = TypeVar("Given")
T = TypeVar("T")

LONGEST: Final = 60.0
"""Seconds after which one message, or one patient, is given up."""


BEHIND: Final = 10
"""How much nicer workers are than the server: under load senders get their acknowledgements first, and a tenth of a
processor is left for this all the same."""


class TaskTooLong(RuntimeError):
    """A task was given up after LONGEST seconds."""


class TaskCrashed(RuntimeError):
    """A task ended its process, twice."""


@dataclass(frozen=True, slots=True)
class WorkSettings:
    """What a worker process needs to know: the store that it reads, the site folder, the receivers that mean us, the
    canonical base, whether output is checked, how advice is written as HL7 v2, and the limits of messages."""

    store: str
    site: Path | None
    receivers: tuple[tuple[str, str], ...]
    base: str
    check_output: bool
    link: Link | None = None
    limits: MessageLimits = field(default_factory=MessageLimits)


class Workers:
    """Does casework in processes of their own; close it at the end."""

    def __init__(self, settings: WorkSettings, processes: int = 1, *, nicer: int = BEHIND) -> None:
        self._settings: Final = settings
        self._nicer: Final = nicer
        self.at_once: Final = processes
        self._pool = self._made(processes)

    def start(self) -> None:
        """Load tables and rules before there is anything to do, in the first process."""
        self._pool.submit(_load, self._settings)

    def _made(self, processes: int) -> ProcessPoolExecutor:
        # A forked child would inherit the store's connections and the listener's sockets.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(
            processes, mp_context=context, initializer=_live_with_the_server, initargs=(self._nicer,)
        )

    async def judge(self, numbers: Sequence[int]) -> list[Seen]:
        """What received messages turn out to be. Raises what a task raised, TaskTooLong, or TaskCrashed."""
        return await self._done(_judge, tuple(numbers))

    async def evaluate(self, task: Task) -> Outcome:
        """The outcome of a task. Raises what it raised, TaskTooLong, or TaskCrashed."""
        return await self._done(_evaluate, task)

    async def recall(self, keys: tuple[PatientKey, ...]) -> Recalled:
        """What is stored under numbers of one patient. Raises what the task raised, TaskTooLong, or TaskCrashed."""
        return await self._done(_recall, keys)

    async def _done(self, do: Callable[["WorkSettings", Given], T], given: Given) -> T:
        pool, loop = self._pool, asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(pool, do, self._settings, given)
        except BrokenProcessPool:
            if self._pool is pool:  # else another task has replaced it already
                pool.shutdown(wait=False)
                self._pool = self._made(self.at_once)
        # It may have been another task that ended the process: this one is tried once more, in a process of its own.
        alone = self._made(1)
        try:
            return await loop.run_in_executor(alone, do, self._settings, given)
        except BrokenProcessPool:
            raise TaskCrashed from None
        finally:
            alone.shutdown(wait=False)

    def close(self) -> None:
        """End the processes; a task under way is done again after the next start."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _live_with_the_server(nicer: int) -> None:
    """End this process with the server, also where that is killed; an interrupted one ends its workers itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(nicer)
    server = multiprocessing.parent_process()
    if server is not None:
        Thread(target=_end_with, args=(server.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


@cache
def _casework(settings: WorkSettings) -> Casework:
    """The work of this process: the store open for reading, tables and rules loaded once."""
    signal.signal(signal.SIGALRM, _too_long)
    configure()
    receivers = tuple(Receiver(application, facility) for application, facility in settings.receivers)
    site, rules = load_site(settings.site, settings.base).receiving(receivers), site_rule_set(settings.site)
    store = read_store(settings.store)
    gc.collect()
    gc.freeze()  # tables and rules stay for ever: the collector need not walk them again and again
    gc.set_threshold(10_000)  # reading a message makes thousands of values, and hardly one outlives it
    return Casework(store, site, rules, settings.base, settings.check_output, settings.link, settings.limits)


def _judge(settings: WorkSettings, numbers: tuple[int, ...]) -> list[Seen]:
    work = _casework(settings)
    found: list[Seen] = []
    for first in range(0, len(numbers), TOGETHER):
        some = numbers[first : first + TOGETHER]
        known = {taken.id: taken for taken in work.store.taken(some)}
        found += [_in_time(partial(work.judge, known=known.get(number)), number) for number in some]
    return found


def _evaluate(settings: WorkSettings, task: Task) -> Outcome:
    return _in_time(_casework(settings).evaluate, task)


def _recall(settings: WorkSettings, keys: tuple[PatientKey, ...]) -> Recalled:
    return _in_time(partial(recall, _casework(settings)), keys, LONGEST_RECALL)


def _load(settings: WorkSettings) -> None:
    _casework(settings)


def _in_time(do: Callable[[Given], T], given: Given, longest: float = LONGEST) -> T:
    signal.setitimer(signal.ITIMER_REAL, longest)
    try:
        return do(given)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _too_long(_number: int, _frame: FrameType | None) -> None:
    raise TaskTooLong

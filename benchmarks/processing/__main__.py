"""`make bench-processing`: how fast stored messages are processed, without a receiver; processor time says most.

Each case fills a store of its own with a feed, and runs the processing with real worker processes until nothing waits.
"""

import asyncio
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from adapter.server.intake import Intake
from adapter.server.processing import Processor
from adapter.server.workers import Workers, WorkSettings
from adapter.store import Store, init_store, open_store
from benchmarks.feed import feed
from benchmarks.messages import oru

NOW = datetime(2026, 1, 12, 12, tzinfo=UTC)
MESSAGES = int(os.environ.get("BENCH_MESSAGES", "6000"))
WORKERS = int(os.environ.get("BENCH_WORKERS", "1"))
FEW = 17


@dataclass(frozen=True, slots=True)
class Spent:
    """Messages processed a second, and milliseconds of processor time for each: in the main process and in workers."""

    a_second: float
    main: float
    workers: float


def cases() -> dict[str, Iterator[bytes]]:
    """The feeds, each under what it is."""
    return {
        f"hospital, {MESSAGES // 4:,} patients": feed(MESSAGES, MESSAGES // 4),
        f"20 OBX of platelets, {MESSAGES // 4:,} patients": (
            oru(str(n), f"P{n % (MESSAGES // 4)}") for n in range(MESSAGES)
        ),
        f"20 OBX of platelets, {FEW} patients": (oru(str(n), f"P{n % FEW}") for n in range(MESSAGES)),
    }


def measured(messages: Iterator[bytes]) -> Spent:
    """Fill a store, then process it; the start of the workers does not count."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'ldt.db'}"
        init_store(url)
        with open_store(url) as store:
            return asyncio.run(_processed(store, url, messages))


async def _processed(store: Store, url: str, messages: Iterator[bytes]) -> Spent:
    intake, count = Intake(store, now=lambda: NOW), 0
    for raw in messages:
        count += 1
        if (answer := await intake.receive(raw)).code != "AA":
            raise RuntimeError(f"not accepted: {answer!r}")
    workers = Workers(WorkSettings(url, None, (), "https://ldt-adapter.example.org/fhir", True), WORKERS, nicer=0)
    try:
        await workers.judge([])  # loads tables and rules
        processor = Processor(store, workers, lambda: NOW)
        began, main, children = time.perf_counter(), time.process_time(), _of_children()
        while await processor.step():
            pass
        seconds, main, children = time.perf_counter() - began, time.process_time() - main, _of_children() - children
    finally:
        workers.close()
        for child in multiprocessing.active_children():
            child.join()
    left = [message for message in store.messages() if message.state not in ("mapped", "evaluated")]
    if left:
        raise RuntimeError(f"{len(left)} messages were not processed")
    return Spent(count / seconds, main / count * 1000, children / count * 1000)


def _of_children() -> float:
    """Seconds of processor time that running child processes have taken (Linux)."""
    ticks, total = os.sysconf("SC_CLK_TCK"), 0.0
    for pid in Path("/proc/self/task").glob("*/children"):
        for child in pid.read_text(encoding="ascii").split():
            fields = Path(f"/proc/{child}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / ticks
    return total


def main() -> None:
    """Measure and print."""
    table = Table(title=f"{MESSAGES:,} messages processed by {WORKERS} worker(s)")
    for column in ("feed", "messages/s", "CPU ms main", "CPU ms workers", "peak MB"):
        table.add_column(column, justify="left" if column == "feed" else "right")
    wanted = sys.argv[1:]
    for name, messages in cases().items():
        if wanted and not any(one in name for one in wanted):
            continue
        spent = measured(messages)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        table.add_row(name, f"{spent.a_second:,.0f}", f"{spent.main:.2f}", f"{spent.workers:.2f}", f"{peak:,.0f}")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()

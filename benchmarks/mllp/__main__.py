"""`make bench-mllp`: round trips a second with one ORU^R01 of 20 OBX, at 1 and at 16 connections. Read the ratios.

Servers take turns in each round, so that a noisy machine is noisy for all; the median of the rounds counts. Where
other programs run, the processor time that the server takes for a message says more than the rate.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from adapter.store import Store, read_store
from benchmarks.ports import free_port, wait_for
from benchmarks.settling import processor_time, settle

CONNECTIONS = (1, 16)
PATIENTS = 3000
"""As many as have results in a hospital in some days: each gets a handful of the messages of a run."""
FEW = 17
"""The worst case for what works behind the acknowledgement: each gets hundreds."""
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "4"))
PYTHON = sys.executable


@dataclass(frozen=True, slots=True)
class Contender:
    """A server: its command before the port and after it, and whether each message needs a connection of its own."""

    name: str
    module: str
    reconnect: bool = False
    options: tuple[str, ...] = ()

    def command(self, port: int, folder: Path) -> list[str]:
        """The command line of its process."""
        if self.module != "ldt":
            return [PYTHON, "-m", f"benchmarks.mllp.{self.module}", str(port), str(folder / "bare.db"), *self.options]
        store = f"sqlite:///{folder}/ldt.db"
        ldt = [PYTHON, "-c", "from adapter.cli.main import main; main()"]
        subprocess.run([*ldt, "store", "init", "--store", store], check=True, capture_output=True)
        return [*ldt, "serve", "--store", store, "--http-port", "0", "--mllp-port", str(port)]


CONTENDERS = (
    Contender("bare asyncio: stores the bytes", "bare"),
    Contender("bare, with the rows of our store", "bare", options=("--rows",)),
    Contender("ldt serve", "ldt"),
    Contender("python-hl7: parses, stores nothing", "python_hl7"),
    Contender("hl7apy: parses, stores nothing", "hl7apy_server", reconnect=True),
)


@dataclass(frozen=True, slots=True)
class Rate:
    """Round trips a second, and milliseconds of the server's processor time for each."""

    a_second: float
    milliseconds: float


@contextmanager
def running(contender: Contender) -> Iterator[tuple[int, int, Path]]:
    """The port and the process id of the server, which runs meanwhile on a store in a folder of its own."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = contender.command(port, Path(folder))
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                wait_for(port)
                settle(process.pid)
                yield port, process.pid, Path(folder)
            finally:
                process.kill()


def measured(contender: Contender, port: int, pid: int, connections: int, patients: int = PATIENTS) -> Rate:
    """What a client in a process of its own gets of the server."""
    run = f"{connections}-{time.time_ns() % 10**9}-"
    command = [PYTHON, "-m", "benchmarks.mllp.client", str(port), str(connections), str(SECONDS), run, str(patients)]
    command += ["--reconnect"] if contender.reconnect else []
    before = processor_time(pid)
    rate, answered = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return Rate(float(rate), (processor_time(pid) - before) / int(answered))


@dataclass(frozen=True, slots=True)
class Behind:
    """What was processed behind the acknowledgements: of all messages the share while they came, and how many a second
    afterwards."""

    messages: int
    meanwhile: float
    a_second: float


def behind(folder: Path, before: int = 0) -> Behind:
    """Wait until all that was received is processed, beside those messages that were before: facts of patients whom the
    advice does not concern."""
    with read_store(f"sqlite:///{folder}/ldt.db") as store:
        began, first = time.perf_counter(), _counted(store)
        while _counted(store).get("received"):
            time.sleep(0.05)
        seconds = time.perf_counter() - began
    waiting, total = first.get("received", 0), sum(first.values()) - before
    return Behind(total, 1 - waiting / total, waiting / seconds)


def _counted(store: Store) -> Mapping[str, int]:
    backlog = store.check().backlog
    if backlog is None:
        raise RuntimeError("the store cannot be read")
    return backlog.messages


def main() -> None:
    """Measure and print."""
    found: dict[tuple[str, int], list[Rate]] = {}
    processed: dict[int, list[Behind]] = {PATIENTS: [], FEW: []}
    for _ in range(ROUNDS):
        for contender in CONTENDERS:
            with running(contender) as (port, pid, folder):
                for connections in CONNECTIONS:
                    rate = measured(contender, port, pid, connections)
                    found.setdefault((contender.name, connections), []).append(rate)
                if contender.module == "ldt":
                    many = behind(folder)
                    measured(contender, port, pid, CONNECTIONS[-1], FEW)
                    processed[PATIENTS].append(many)
                    processed[FEW].append(behind(folder, many.messages))
    console = Console(width=120)
    console.print(_table({key: _median(rates) for key, rates in found.items()}))
    for patients, behinds in processed.items():
        share, rate = (median(getattr(one, name) for one in behinds) for name in ("meanwhile", "a_second"))
        console.print(
            f"ldt serve, {patients:,} patients: {share:.0%} of the messages were processed while they came, "
            f"the rest at {rate:,.0f} a second"
        )


def _median(rates: list[Rate]) -> Rate:
    return Rate(median(rate.a_second for rate in rates), median(rate.milliseconds for rate in rates))


def _table(rates: dict[tuple[str, int], Rate]) -> Table:
    table = Table(title=f"round trips a second, ORU^R01 with 20 OBX; median of {ROUNDS} rounds of {SECONDS:g} s")
    table.add_column("receiver")
    for connections in CONNECTIONS:
        for column in (f"{connections} conn.", "to bare", "CPU ms"):
            table.add_column(column, justify="right")
    for contender in CONTENDERS:
        cells = [contender.name]
        for connections in CONNECTIONS:
            rate, bare = rates[contender.name, connections], rates[CONTENDERS[0].name, connections]
            cells += [f"{rate.a_second:,.0f}", f"{rate.a_second / bare.a_second:.2f}", f"{rate.milliseconds:.2f}"]
        table.add_row(*cells)
    return table


if __name__ == "__main__":
    main()

"""A client that sends as fast as it is answered.

`python -m benchmarks.mllp.client PORT CONNECTIONS SECONDS RUN PATIENTS [--reconnect]` prints its round trips a second,
and how many it made with those of the warm-up. Control ids are one sequence, as those of an integration engine with
several connections; every message is about one of so many patients, taken by chance, whom all runs share.
"""

import asyncio
import itertools
import random
import re
import sys
import time
from collections.abc import Iterator

from benchmarks.messages import oru

START, END = b"\x0b", b"\x1c\r"
WARM_UP = 1.0


async def send(
    port: int, name: str, numbers: Iterator[int], until: float, patients: int, reconnect: bool
) -> list[float]:
    """The moments of the answers on one connection."""
    before, between, after = re.split(b"CONTROL|PATIENT", oru("CONTROL", "PATIENT"))
    chance = random.Random()
    answered: list[float] = []
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        control_id = f"{name}{next(numbers)}".encode()
        patient = str(chance.randrange(patients)).encode()
        writer.write(START + before + control_id + between + patient + after + END)
        answer = await reader.readuntil(END)
        if b"MSA|AA|" + control_id + b"\r" not in answer:
            raise RuntimeError(f"not accepted: {answer!r}")
        answered.append(time.perf_counter())
        if reconnect:
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    return answered


async def measure(
    port: int, connections: int, seconds: float, run: str, patients: int, reconnect: bool
) -> tuple[float, int]:
    """Round trips a second on all connections together, after a warm-up, and their number with it."""
    began = time.perf_counter() + WARM_UP
    until = began + seconds
    numbers = itertools.count(1_000_000)
    senders = [send(port, run, numbers, until, patients, reconnect) for _ in range(connections)]
    answered = [moment for moments in await asyncio.gather(*senders) for moment in moments]
    return sum(began <= moment < until for moment in answered) / seconds, len(answered)


if __name__ == "__main__":
    port, connections, seconds, run, patients, *options = sys.argv[1:]
    how = int(port), int(connections), float(seconds), run, int(patients), "--reconnect" in options
    print(*asyncio.run(measure(*how)))

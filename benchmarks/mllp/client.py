"""A client that sends as fast as it is answered.

`python -m benchmarks.mllp.client PORT CONNECTIONS SECONDS RUN [--reconnect]` prints its round trips a second, and how
many it made with those of the warm-up. Every message has a control id of its own, every connection a patient.
"""

import asyncio
import sys
import time

from benchmarks.messages import oru

START, END = b"\x0b", b"\x1c\r"
WARM_UP = 1.0


async def send(port: int, name: str, until: float, reconnect: bool) -> list[float]:
    """The moments of the answers on one connection."""
    before, after = oru("CONTROL", name).split(b"CONTROL")
    answered: list[float] = []
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    number = 0
    while time.perf_counter() < until:
        number += 1
        control_id = f"{name}-{number}".encode()
        writer.write(START + before + control_id + after + END)
        answer = await reader.readuntil(END)
        if b"MSA|AA|" + control_id + b"\r" not in answer:
            raise RuntimeError(f"not accepted: {answer!r}")
        answered.append(time.perf_counter())
        if reconnect:
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    return answered


async def measure(port: int, connections: int, seconds: float, run: str, reconnect: bool) -> tuple[float, int]:
    """Round trips a second on all connections together, after a warm-up, and their number with it."""
    began = time.perf_counter() + WARM_UP
    until = began + seconds
    senders = [send(port, f"{run}{number}", until, reconnect) for number in range(connections)]
    answered = [moment for moments in await asyncio.gather(*senders) for moment in moments]
    return sum(began <= moment < until for moment in answered) / seconds, len(answered)


if __name__ == "__main__":
    port, connections, seconds, run, *options = sys.argv[1:]
    print(*asyncio.run(measure(int(port), int(connections), float(seconds), run, "--reconnect" in options)))

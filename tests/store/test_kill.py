"""The process is killed while it stores: whatever it acknowledged is there, once, and unchanged."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from adapter.store import open_store

# Prints a line for each message after its receipt: our number, and the content.
PROGRAM = """
import itertools, os, sys, threading
from adapter.store import open_store
from tests.store.arrivals import arrival
store = open_store(sys.argv[1])
def send(thread):
    for number in itertools.count():
        name = f"{sys.argv[2]}-{thread}-{number}"
        receipt = store.append(arrival(name, name.encode() * 50))
        os.write(1, f"{receipt.message} {name}\\n".encode())
for thread in range(4):
    threading.Thread(target=send, args=(thread,)).start()
"""


def run_and_kill(url: str, life: int, lines: int) -> dict[int, str]:
    """What a process acknowledged before it was killed, after so many lines."""
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", PROGRAM, url, str(life)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        said += process.stdout.readlines()
    acknowledged = (line.decode().split() for line in said if line.endswith(b"\n"))
    return {int(number): name for number, name in acknowledged}


@pytest.mark.hazard("HZ-M01")
def test_what_was_acknowledged_survives_sigkill(url: str) -> None:
    chance = random.Random(20260110)
    acknowledged: dict[int, str] = {}
    for life in range(3):
        acknowledged |= run_and_kill(url, life, chance.randrange(1, 120))
    with open_store(url) as store:
        stored = {message.id: message.control_id for message in store.messages()}
        assert {number: stored.get(number) for number in acknowledged} == acknowledged
        assert len(set(stored.values())) == len(stored)
        for number, name in acknowledged.items():
            assert store.raw(number) == name.encode() * 50

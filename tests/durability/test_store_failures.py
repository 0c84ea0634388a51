"""The real server while its store cannot be written: it says so, accepts nothing that it did not keep, and recovers alone.

Not for what the store does inside (tests/store/test_writer.py).
"""

import resource
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.durability.counting import faults
from tests.durability.sending import Sender, Sent, message
from tests.durability.serving import Serving
from tests.server.listening import Client, framed


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    with Serving(tmp_path) as server:
        server.init()
        server.start()
        server.wait()
        yield server


def planned(count: int) -> list[Sent]:
    """Messages about ten patients in turn, so that each tenth is of the same one."""
    return [message(f"A{number}", f"P{number % 10}", number) for number in range(count)]


def answers(client: Client, messages: list[Sent]) -> list[str]:
    """The codes, one message after another."""
    found = []
    for one in messages:
        client.send(framed(one.raw))
        code, control_id = client.msa()
        assert control_id == one.control_id
        found.append(code)
    return found


@contextmanager
def files_no_larger_than(size: int, pid: int) -> Iterator[None]:
    """Writes of the process beyond that size of a file fail, as on a full disk."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@pytest.mark.hazard("HZ-M10")
def test_a_disk_that_takes_no_more(serving: Serving) -> None:
    messages = planned(120)
    with Client(serving.port) as client:
        with files_no_larger_than(400_000, serving.pid):
            codes = answers(client, messages)
        accepted = codes.index("AR")
        assert accepted > 0
        assert set(codes[:accepted]) == {"AA"}
        assert set(codes[accepted:]) == {"AR"}, "accepted after the disk was full"
        assert answers(client, messages) == ["AA"] * 120
    serving.finish()
    serving.stop()
    sent = {one.control_id: one for one in messages}
    assert faults(serving.url, sent, list(sent)) == []


@pytest.mark.hazard("HZ-M11")
def test_a_store_that_another_program_has_locked(serving: Serving) -> None:
    messages = planned(50)
    senders = [Sender(serving.port, messages[first::10]) for first in range(10)]
    with Client(serving.port) as client, locked(serving.path):
        began = time.monotonic()
        assert answers(client, messages[:1]) == ["AR"]
        assert time.monotonic() - began < 10
        for sender in senders:
            sender.start()
        time.sleep(5)
        assert [sender.accepted for sender in senders] == [[]] * 10
    assert all(sender.join(60) for sender in senders)
    assert sum(sender.told_to_retry for sender in senders) >= 10
    assert [fault for sender in senders for fault in sender.faults] == []
    serving.finish()
    serving.stop()
    sent = {one.control_id: one for one in messages}
    assert faults(serving.url, sent, list(sent)) == []

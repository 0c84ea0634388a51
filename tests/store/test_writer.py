"""The writing thread: shared commits, and every way in which a commit does not happen."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from adapter.store import Receipt, Store, StoreUnavailable, open_store
from adapter.store.jobs import one_by_one
from tests.store.arrivals import arrival


@contextmanager
def listening(name: str, heard: Callable[..., None]) -> Iterator[None]:
    event.listen(Engine, name, heard)
    try:
        yield
    finally:
        event.remove(Engine, name, heard)


@contextmanager
def locked(tmp_path: Path) -> Iterator[None]:
    """Another program writes to the store and does not finish."""
    other = sqlite3.connect(tmp_path / "store" / "messages.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def test_waiting_messages_share_a_commit(url: str, tmp_path: Path) -> None:
    commits: list[Connection] = []
    with open_store(url) as store, listening("commit", commits.append):
        with locked(tmp_path):
            waiting = [store.submit(arrival(f"A{number}")) for number in range(128)]
        assert [future.result().message for future in waiting] == list(range(1, 129))
    assert 2 <= len(commits) <= 4  # 64 at most share one, and the first may have gone alone


def test_a_big_message_does_not_wait_for_more(url: str, tmp_path: Path) -> None:
    commits: list[Connection] = []
    with open_store(url) as store, listening("commit", commits.append):
        with locked(tmp_path):
            waiting = [store.submit(arrival(f"A{number}", bytes(5_000_000))) for number in range(4)]
        assert [future.result().message for future in waiting] == [1, 2, 3, 4]
    assert len(commits) >= 2


def test_many_threads(url: str) -> None:
    commits: list[Connection] = []
    numbers: list[int] = []

    def send(thread: int) -> None:
        numbers.extend(store.append(arrival(f"{thread}-{number}")).message for number in range(20))

    with open_store(url) as store, listening("commit", commits.append):
        threads = [threading.Thread(target=send, args=(thread,)) for thread in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(numbers) == list(range(1, 321))
        assert {message.control_id for message in store.messages()} == {
            f"{t}-{n}" for t in range(16) for n in range(20)
        }
    assert len(commits) < 320


@pytest.mark.hazard("HZ-M11")
def test_a_locked_store_refuses_in_time_and_recovers(store: Store, tmp_path: Path) -> None:
    attempts: list[Connection] = []
    with locked(tmp_path), listening("begin", attempts.append):
        begin = time.monotonic()
        waiting = [store.submit(arrival(f"A{number}")) for number in range(140)]
        causes = {str(future.exception(timeout=5)) for future in waiting}
        assert time.monotonic() - begin < 5
        assert len(attempts) <= 2  # who waits behind a locked store does not wait for it once more
        assert causes == {"the store is not available: SQLITE_BUSY"}
        health = store.check()
        assert (health.reachable, health.writer, health.messages, health.healthy) == (True, "failing", 0, False)
    assert [store.append(arrival(f"A{number}")).message for number in range(140)] == list(range(1, 141))
    assert store.check().healthy


@pytest.mark.hazard("HZ-M10")
def test_a_full_disk_acknowledges_nothing_and_recovers(url: str) -> None:
    def full(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count=40")

    outcomes: list[int | str] = []
    with listening("connect", full):
        store = open_store(url)
        for number in range(30):
            try:
                outcomes.append(store.append(arrival(f"A{number}", bytes([number]) * 10_000)).message)
            except StoreUnavailable as error:
                outcomes.append(error.cause)
        assert store.check().writer == "failing"
    stored = [outcome for outcome in outcomes if isinstance(outcome, int)]
    assert 1 <= len(stored) < 30
    assert outcomes == [*stored, *["SQLITE_FULL"] * (30 - len(stored))]
    assert [message.id for message in store.messages()] == stored
    assert store.append(arrival("A29", bytes([29]) * 10_000)) == Receipt(len(stored) + 1)
    assert store.check().healthy
    store.close()


@pytest.mark.hazard("HZ-M10")
def test_a_transaction_that_fails_leaves_none_of_its_messages(url: str, tmp_path: Path) -> None:
    def full(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count=40")

    with listening("connect", full), open_store(url, busy_timeout=2) as store:
        with locked(tmp_path):
            waiting = [store.submit(arrival(f"A{number}", bytes([number]) * 10_000)) for number in range(40)]
        stored = [future.result().message for future in waiting if future.exception() is None]
        assert len(stored) < 40
        assert [message.id for message in store.messages()] == stored


@pytest.mark.hazard("HZ-M01")
def test_after_a_failed_sync_nothing_more_is_acknowledged(store: Store) -> None:
    fault = sqlite3.OperationalError("disk I/O error")
    fault.sqlite_errorname = "SQLITE_IOERR_FSYNC"

    def fail(_connection: Connection) -> None:
        raise OperationalError("COMMIT", {}, fault)

    with pytest.raises(StoreUnavailable, match="SQLITE_IOERR_FSYNC"):
        store._writer.submit(one_by_one, fail, 0).result(timeout=5)
    with pytest.raises(StoreUnavailable, match="SQLITE_IOERR_FSYNC"):
        store.append(arrival())
    assert store.check().writer == "stopped"


def test_our_own_fault_leaves_nobody_waiting(store: Store, tmp_path: Path) -> None:
    def fail(_connection: Connection) -> None:
        raise LookupError("DOE^JANE")

    with locked(tmp_path):
        store.submit(arrival("A0"))
        failing = store._writer.submit(one_by_one, fail, 0)
        behind = store.submit(arrival("A1"))
    for future in (failing, behind):
        error = future.exception(timeout=5)
        assert isinstance(error, StoreUnavailable)
        assert "DOE" not in str(error)
    with pytest.raises(StoreUnavailable):
        store.append(arrival("A2"))
    assert not store.check().healthy


def test_who_no_longer_waits_is_left_out(store: Store, tmp_path: Path) -> None:
    with locked(tmp_path):
        first = store.submit(arrival("A1"))
        given_up = store.submit(arrival("A2"))
        assert given_up.cancel()
        last = store.submit(arrival("A3"))
    assert (first.result().message, last.result().message) == (1, 2)
    assert [message.control_id for message in store.messages()] == ["A1", "A3"]


def test_a_task_that_is_cancelled_does_not_harm_the_writer(store: Store) -> None:
    async def give_up() -> None:
        task = asyncio.ensure_future(store.append_async(arrival("A1")))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(give_up())
    assert store.append(arrival("A2")).message in {1, 2}


def test_reading_a_store_that_is_gone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_connection: Connection) -> None:
        raise OperationalError("SELECT 'DOE^JANE'", {}, sqlite3.OperationalError("disk I/O error"))

    store.append(arrival())
    monkeypatch.setattr("adapter.store.store.read_backlog", broken)
    health = store.check()
    assert (health.reachable, health.messages, health.quarantined, health.healthy) == (False, None, None, False)


def test_one_callback_that_fails_keeps_no_other_from_being_told(store: Store) -> None:
    told: list[Receipt | StoreUnavailable] = []
    faults: list[object] = []

    def fail(_receipt: Receipt | StoreUnavailable) -> None:
        raise LookupError

    async def three() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, fault: faults.append(fault["exception"]))
        store.append_soon(arrival("A1"), told.append)
        store.append_soon(arrival("A2"), fail)
        store.append_soon(arrival("A3"), told.append)
        async with asyncio.timeout(5):
            while len(told) < 2:
                await asyncio.sleep(0.001)

    asyncio.run(three())
    assert [receipt.message for receipt in told if isinstance(receipt, Receipt)] == [1, 3]
    assert [type(fault) for fault in faults] == [LookupError]

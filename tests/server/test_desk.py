"""The desk of a running server: orders by a socket that only the owner of the store can reach."""

import asyncio
import contextlib
import os
import socket
import stat
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapter.server.desk import (
    Desk,
    Discard,
    NoDesk,
    Order,
    OrderFailed,
    Replay,
    Retry,
    carry_out,
    desk_path,
    send_order,
)
from adapter.server.log import ALLOWED
from adapter.store import Effect, Evaluated, Settled, Store, init_store, open_store
from tests.store.arrivals import arrival

NOW = datetime(2026, 1, 12, 12, tzinfo=UTC)
KEY = "HOSP/MR/P1"


@pytest.fixture
def url() -> Iterator[str]:
    """In a folder with a short name: a socket's path is."""
    with tempfile.TemporaryDirectory() as folder:
        address = f"sqlite:///{folder}/ldt.db"
        init_store(address)
        yield address


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


def evaluated(store: Store) -> None:
    store.append(arrival("A1", patients=(KEY,)))
    store.record(Effect(((1, KEY),), NOW, {KEY: Evaluated("f", "r", "info", b"{}")}, ("fhir",)))
    store.settle_all([Settled(1, "evaluated")])


def with_desk(store: Store, url: str, work: Callable[[Path], Awaitable[None]]) -> int:
    """Do something while the desk is open; how often it was told that an order was carried out."""
    told = 0

    def tell() -> None:
        nonlocal told
        told += 1

    async def run() -> None:
        desk = Desk(store, desk_path(url), tell)
        await desk.open()
        try:
            await work(desk_path(url))
        finally:
            await desk.close()

    asyncio.run(run())
    return told


def ordered(store: Store, url: str, *orders: Order) -> list[tuple[int, ...]]:
    done: list[tuple[int, ...]] = []

    async def work(path: Path) -> None:
        for order in orders:
            done.append(await asyncio.to_thread(send_order, path, order))

    assert with_desk(store, url, work) == len(orders)
    return done


def test_orders_are_carried_out_and_say_what_changed(store: Store, url: str) -> None:
    evaluated(store)
    store.settle_delivery(1, "dead", NOW, "status 422")
    with capture_logs() as logs:
        done = ordered(
            store, url, Replay((1, 99)), Replay((1,)), Discard(1, "wrong | patient"), Discard(1, "again"), Retry((1, 7))
        )
    assert [(log["event"], log["action"], log.get("message", log.get("delivery"))) for log in logs] == [
        ("order_carried_out", "replay", [1]),
        ("order_carried_out", "replay", []),
        ("order_carried_out", "discard", [1]),
        ("order_carried_out", "discard", []),
        ("order_carried_out", "retry", [1]),
    ]
    assert all(log.keys() - {"log_level"} <= ALLOWED for log in logs)
    assert "patient" not in str(logs)
    assert done == [(1,), (), (1,), (), (1,)]
    assert (store.message(1).state, store.message(1).reason) == ("discarded", "wrong | patient")
    assert store.deliveries()[0].state == "waiting"


def test_without_a_server_the_same_is_done_directly(store: Store) -> None:
    evaluated(store)
    assert carry_out(Replay((1, 99)), store) == (1,)
    assert carry_out(Discard(1, "wrong"), store) == (1,)
    assert carry_out(Retry((1,)), store) == ()


def test_only_the_owner_reaches_it_and_it_goes_with_the_server(store: Store, url: str) -> None:
    modes: list[int] = []

    async def work(path: Path) -> None:
        modes.append(stat.S_IMODE(path.stat().st_mode))

    with_desk(store, url, work)
    assert modes == [0o600]
    assert not desk_path(url).exists()


def test_one_that_a_killed_server_left_is_replaced(store: Store, url: str) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(os.fspath(desk_path(url)))
    left.close()
    evaluated(store)
    assert ordered(store, url, Replay((1,))) == [(1,)]


@pytest.mark.parametrize("line", [b"\n", b"no order\n", b'{"type":"drop","messages":[1]}\n', b'{"type":"replay"}\n'])
def test_what_is_no_order_is_refused(store: Store, url: str, line: bytes) -> None:
    evaluated(store)
    answers: list[bytes] = []

    async def work(path: Path) -> None:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(line)
        answers.append(await reader.readline())
        writer.close()

    assert with_desk(store, url, work) == 0
    assert b"no order" in answers[0]
    assert store.message(1).state == "evaluated"


def test_a_line_without_end_closes_that_connection_only(store: Store, url: str) -> None:
    evaluated(store)
    done: list[tuple[int, ...]] = []

    async def work(path: Path) -> None:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"x" * 3_000_000)
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()
        done.append(await asyncio.to_thread(send_order, path, Replay((1,))))

    with_desk(store, url, work)
    assert done == [(1,)]


def test_a_store_that_cannot_write_is_told(store: Store, url: str) -> None:
    evaluated(store)
    refused: list[str] = []

    async def work(path: Path) -> None:
        await asyncio.to_thread(store.close)
        with pytest.raises(OrderFailed) as failed:
            await asyncio.to_thread(send_order, path, Replay((1,)))
        refused.append(str(failed.value))

    assert with_desk(store, url, work) == 0
    assert refused == ["the store is not available: the store is closed"]


def test_without_a_desk_nobody_takes_orders(url: str) -> None:
    with pytest.raises(NoDesk):
        send_order(desk_path(url), Replay((1,)))


def test_a_path_that_is_too_long_leaves_the_server_without_a_desk(store: Store, tmp_path: Path) -> None:
    path = tmp_path / ("x" * 120)

    async def run() -> None:
        desk = Desk(store, path, lambda: None)
        await desk.open()
        await desk.close()

    asyncio.run(run())
    assert not path.exists()

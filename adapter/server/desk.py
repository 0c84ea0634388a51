"""The desk of a running server: orders about stored messages, taken on a socket beside the store's file.

Only who may write the store's file may write to the socket, so that it needs no password and no port. Not for reading
the store: that needs no server (`read_store`).
"""

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, assert_never

import msgspec

from adapter.hl7v2 import ENVELOPE_NAMES
from adapter.server.faults import report
from adapter.server.log import log
from adapter.store import Store, StoreUnavailable, store_path

ORDER_BYTES: Final = 1024 * 1024
PATIENCE: Final = 30.0
"""Seconds that either side waits for the other."""
LONGEST_PATH: Final = 100
"""Bytes of a socket's path; most systems take 104 or 108."""


Number = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
"""A number that the store can hold."""


class Replay(msgspec.Struct, frozen=True, tag="replay"):
    """Process these messages anew."""

    messages: tuple[Number, ...]


class Discard(msgspec.Struct, frozen=True, tag="discard"):
    """Use this message no longer, for a reason."""

    message: Number
    reason: str


class Retry(msgspec.Struct, frozen=True, tag="retry"):
    """Try these dead deliveries again."""

    deliveries: tuple[Number, ...]


Order = Replay | Discard | Retry


class _Reply(msgspec.Struct, frozen=True):
    """The numbers for which something was done, or why nothing was."""

    done: tuple[int, ...] = ()
    error: str = ""


class OrderFailed(Exception):
    """The server is there, but did not carry the order out; the text says why."""


class NoDesk(Exception):
    """No server takes orders there."""


def carry_out(order: Order, store: Store) -> tuple[int, ...]:
    """Do what is ordered; the numbers of those that changed. Raises StoreUnavailable.

    The headers of a batch are not processed anew: there is nothing in them.
    """
    match order:
        case Replay(messages):
            return store.replay([number for number in messages if not _is_envelope(number, store)])
        case Discard(message, reason):
            return (message,) if store.discard(message, reason) else ()
        case Retry(deliveries):
            return tuple(number for number in deliveries if store.revive(number, datetime.now(UTC)))
        case _:
            assert_never(order)


def _is_envelope(number: int, store: Store) -> bool:
    """Whether it is the row of the headers of a batch. It keeps its state and reason: judged alone, without the
    messages that it counts, it would be another."""
    try:
        return store.message(number).type in ENVELOPE_NAMES
    except KeyError:
        return False


def _named(order: Order, done: tuple[int, ...]) -> dict[str, str | list[int]]:
    """What was ordered, and the numbers for which it was done, for the log; a reason is free text and stays out."""
    match order:
        case Replay():
            return {"action": "replay", "message": list(done)}
        case Discard():
            return {"action": "discard", "message": list(done)}
        case Retry():
            return {"action": "retry", "delivery": list(done)}
        case _:
            assert_never(order)


def desk_path(url: str) -> Path:
    """The socket of the server that has this store open."""
    path = store_path(url)
    return path.with_name(f"{path.name}.desk")


class Desk:
    """The server's side; `carried_out` is called after an order. Close it at the end."""

    def __init__(self, store: Store, path: Path, carried_out: Callable[[], None]) -> None:
        self._store: Final = store
        self._path: Final = path
        self._carried_out: Final = carried_out
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Take orders. Where the system has no such socket here, the log says so and commands need a stopped server."""
        try:
            self._server = await asyncio.start_unix_server(self._serve, sock=_bound(self._path), limit=ORDER_BYTES)
        except OSError as error:
            report("desk_closed", error)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One order; the edge where a fault closes this connection only."""
        try:
            async with asyncio.timeout(PATIENCE):
                writer.write(msgspec.json.encode(await self._reply(await reader.readline())) + b"\n")
                await writer.drain()
        except (OSError, ValueError):  # gone, too slow, or a line without end
            log().warning("order_lost")
        finally:
            writer.close()

    async def _reply(self, line: bytes) -> _Reply:
        try:
            order = msgspec.json.decode(line, type=Order)
            done = await asyncio.to_thread(carry_out, order, self._store)
        except msgspec.DecodeError:
            return _Reply(error="this is no order that this version knows")
        except StoreUnavailable as error:
            return _Reply(error=str(error))
        self._carried_out()
        log().info("order_carried_out", count=len(done), **_named(order, done))
        return _Reply(done)

    async def close(self) -> None:
        """Take no more orders."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            with suppress(OSError):
                self._path.unlink()


def _bound(path: Path) -> socket.socket:
    """A socket for the owner alone. One that a killed server left behind is replaced: the store's lock says that it is
    gone."""
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise OSError("the path is too long for a socket")
    with suppress(FileNotFoundError):
        path.unlink()
    made = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        made.bind(os.fspath(path))
    except OSError:
        made.close()
        raise
    finally:
        os.umask(mask)
    return made


def send_order(path: Path, order: Order) -> tuple[int, ...]:
    """Let the server of a store carry out an order; the numbers of those that changed.

    Raises NoDesk where none takes orders, OrderFailed where it could not be carried out or nobody knows whether it was.
    """
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE)
        try:
            client.connect(os.fspath(path))
        except OSError:
            raise NoDesk from None
        try:
            client.sendall(msgspec.json.encode(order) + b"\n")
            with client.makefile("rb") as answer:
                reply = msgspec.json.decode(answer.readline(), type=_Reply)
        except (OSError, msgspec.DecodeError):
            raise OrderFailed("the server did not answer; look at the messages before trying again") from None
    if reply.error:
        raise OrderFailed(reply.error)
    return reply.done

"""The listening socket of HTTP: what asyncio makes of its connections, and what is said of a port that is taken."""

import asyncio
import socket

import pytest

from adapter.server.run import ServerFailed, http_listener
from adapter.server.settings import Settings


def test_the_end_of_an_answer_does_not_wait_for_an_acknowledgement_of_its_beginning() -> None:
    """With Nagle's algorithm every answer of several writes took 40 ms longer: the client's delayed acknowledgement."""

    async def sends_at_once() -> bool:
        said: asyncio.Queue[bool] = asyncio.Queue()

        async def connected(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            own: socket.socket = writer.get_extra_info("socket")
            await said.put(bool(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
            writer.close()

        listener = http_listener(Settings(http_port=0))
        async with await asyncio.start_server(connected, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            found = await said.get()
            writer.close()
        return found

    assert asyncio.run(sends_at_once())


def test_a_taken_port_is_named() -> None:
    with http_listener(Settings(http_port=0)) as taken:
        port: int = taken.getsockname()[1]
        with pytest.raises(ServerFailed, match=f"nothing can listen on 127.0.0.1:{port}: "):
            http_listener(Settings(http_port=port))

"""What our reader, python-hl7 and hl7apy take of the same MLLP stream.

Not for answering, nor for what is in the frames.
"""

import asyncio
import socket
from asyncio import IncompleteReadError
from types import SimpleNamespace
from typing import Final

from hl7.mllp import HL7StreamReader, InvalidBlockError
from hl7apy.mllp import MLLPRequestHandler

from adapter.hl7v2 import FrameReader

PATIENCE: Final = 5.0


def python_hl7_frames(stream: bytes) -> list[bytes]:
    """The contents that the stream reader of python-hl7 gives before it fails."""

    async def read() -> list[bytes]:
        reader = HL7StreamReader(loop=asyncio.get_running_loop())
        reader.feed_data(stream)
        reader.feed_eof()
        found: list[bytes] = []
        try:
            while True:
                found.append(await reader.readblock())
        except (IncompleteReadError, InvalidBlockError, ValueError):
            return found

    return asyncio.run(read())


def hl7apy_frames(stream: bytes) -> list[bytes]:
    """The contents that a connection of hl7apy's server hands to its handlers."""
    found: list[bytes] = []

    class Handler:
        """Takes (message) of a type that it knows, (error, message) of all others: the message is the last."""

        def __init__(self, *given: object) -> None:
            self._message = str(given[-1])

        def reply(self) -> str:
            found.append(self._message.encode())
            return ""

    ours, its = socket.socketpair()
    with ours, its:
        ours.sendall(stream)
        ours.shutdown(socket.SHUT_WR)
        server = SimpleNamespace(handlers={"ERR": (Handler,)}, timeout=PATIENCE)
        try:
            MLLPRequestHandler(its, ("", 0), server)
        except (UnicodeDecodeError, OSError):
            return found  # its server closes the connection then
    return found


def our_frames(pieces: list[bytes]) -> tuple[list[bytes], FrameReader]:
    """The contents that our reader takes of a stream in these pieces, and the reader with its counters."""
    reader = FrameReader()
    found = [frame.content for piece in pieces for frame in reader.feed(piece)]
    return found, reader

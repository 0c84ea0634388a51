"""The asyncio server of python-hl7, answering AA after parsing; it stores nothing.

`python -m benchmarks.mllp.python_hl7 PORT`.
"""

import asyncio
import sys
from importlib import import_module


async def serve(port: int) -> None:
    """Listen until killed."""
    mllp = import_module("hl7.mllp")

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                message = await reader.readmessage()  # type: ignore[attr-defined]  # its own subclass
                writer.writemessage(message.create_ack())  # type: ignore[attr-defined]
                await writer.drain()
        except asyncio.IncompleteReadError:
            writer.close()

    server = await mllp.start_hl7_server(connected, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))

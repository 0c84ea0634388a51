"""The yardstick: an asyncio MLLP receiver that stores the bytes with group commit and answers AA, nothing else.

It judges, maps and checks nothing and knows no duplicate: `python -m benchmarks.mllp.bare PORT FILE`.
"""

import asyncio
import queue
import sqlite3
import sys
import threading
from pathlib import Path

START, END = b"\x0b", b"\x1c\r"
_Waiting = tuple[bytes, "asyncio.Future[None]"]


class Journal:
    """One thread writes; what waits together shares a commit with a disk sync."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: queue.SimpleQueue[_Waiting] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._run, daemon=True).start()

    async def store(self, raw: bytes) -> None:
        """Return after the commit."""
        done = self._loop.create_future()
        self._waiting.put((raw, done))
        await done

    def _run(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, raw BLOB NOT NULL)")
        while True:
            batch = [self._waiting.get()]
            while len(batch) < 64 and not self._waiting.empty():
                batch.append(self._waiting.get())
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO messages (raw) VALUES (?)", [(raw,) for raw, _ in batch])
            connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(_tell, [done for _, done in batch])


def _tell(waiting: list["asyncio.Future[None]"]) -> None:
    for done in waiting:
        done.set_result(None)


async def serve(port: int, path: Path) -> None:
    """Listen until killed."""
    journal = Journal(path)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                block = await reader.readuntil(END)
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()
                return
            raw = block[1 : -len(END)]
            await journal.store(raw)
            fields = raw.split(b"|", 10)
            answer = b"MSH|^~\\&|NELM|HOSP|LAB|HOSP|20260112||ACK|1|P|2.5.1\rMSA|AA|" + fields[9] + b"\r"
            writer.write(START + answer + END)
            await writer.drain()

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))

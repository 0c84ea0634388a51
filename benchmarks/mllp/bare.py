"""The yardstick: an asyncio MLLP receiver that stores the bytes with group commit and answers AA, nothing else.

It judges, maps and checks nothing and knows no duplicate: `python -m benchmarks.mllp.bare PORT FILE`. With `--rows` it
stores the rows that a journal needs which knows duplicates and states: as much of the cost is not to be had back.
"""

import asyncio
import hashlib
import queue
import sqlite3
import sys
import threading
from itertools import chain
from pathlib import Path

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from adapter.store.tables import messages

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
        self.make(connection)
        while True:
            batch = [self._waiting.get()]
            while len(batch) < 64 and not self._waiting.empty():
                batch.append(self._waiting.get())
            connection.execute("BEGIN IMMEDIATE")
            self.write([raw for raw, _ in batch], connection)
            connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(_tell, [done for _, done in batch])

    def make(self, connection: sqlite3.Connection) -> None:
        """Make the table."""
        connection.execute("CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, raw BLOB NOT NULL)")

    def write(self, batch: list[bytes], connection: sqlite3.Connection) -> None:
        """Store messages, in a transaction."""
        connection.executemany("INSERT INTO messages (raw) VALUES (?)", [(raw,) for raw in batch])


class RowsJournal(Journal):
    """Stores the bytes in the table of our store: with sender, control id, hash and state, and its two indexes."""

    def make(self, connection: sqlite3.Connection) -> None:
        """Make the table as our store has it."""
        for made in (CreateTable(messages), *map(CreateIndex, messages.indexes)):
            connection.execute(str(made.compile(dialect=sqlite.dialect())))

    def write(self, batch: list[bytes], connection: sqlite3.Connection) -> None:
        """Store messages after it was asked whether their control ids were used before."""
        ids = [raw.split(b"|", 10)[9].decode("ascii") for raw in batch]
        asked = ",".join(["EXISTS (SELECT 1 FROM messages WHERE sender = ? AND control_id = ?)"] * len(ids))
        connection.execute(f"SELECT {asked}", list(chain.from_iterable(("LAB|HOSP", one) for one in ids))).fetchall()
        connection.executemany(
            _INSERT, [(one, hashlib.sha256(raw).digest(), raw) for one, raw in zip(ids, batch, strict=True)]
        )


_INSERT = (
    "INSERT INTO messages (received_at, sender, control_id, type, profile, sha256, state, reason, findings, raw) "
    "VALUES ('2026-01-12 09:30:00.000000', 'LAB|HOSP', ?, 'ORU^R01', '', ?, 'received', '', '[]', ?)"
)


def _tell(waiting: list["asyncio.Future[None]"]) -> None:
    for done in waiting:
        done.set_result(None)


async def serve(port: int, journal: Journal) -> None:
    """Listen until killed."""

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


async def main(port: int, path: Path, rows: bool) -> None:
    """Serve with one journal or the other."""
    await serve(port, RowsJournal(path) if rows else Journal(path))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), "--rows" in sys.argv))

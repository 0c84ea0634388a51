"""The real `ldt serve` as a process that a test starts, kills and starts again on the same store and port.

Not for what is sent to it (sending.py).
"""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from adapter.store import read_store

LDT = (sys.executable, "-c", "from adapter.cli.main import main; main()")
PATIENCE = 60.0
"""Seconds until a server must listen, also on a busy machine."""


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Serving:
    """A server of one store; `more` are further options. Nothing runs until `start`; the log of all its lives is in `log`."""

    def __init__(self, folder: Path, *before: str, more: Sequence[str] = ()) -> None:
        self.path = folder / "ldt.db"
        self.url = f"sqlite:///{self.path}"
        self.log = folder / "log.txt"
        self.port = free_port()
        ports = ("--mllp-port", str(self.port), "--http-port", "0")
        self._command = [*before, *LDT, "serve", "--store", self.url, *ports, *more]
        self._process: subprocess.Popen[bytes] | None = None

    def init(self) -> None:
        """Make the store."""
        subprocess.run([*LDT, "store", "init", "--store", self.url], check=True, capture_output=True)

    @property
    def pid(self) -> int:
        """The process that runs now."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start without waiting."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stderr=log)

    def wait(self) -> None:
        """Wait until it listens."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self._process is not None
            assert self._process.poll() is None, self.log.read_text()
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise TimeoutError("ldt serve does not listen")

    def finish(self) -> None:
        """Wait until all that was received is processed, also what was accepted just before a kill."""
        deadline = time.monotonic() + 4 * PATIENCE
        with read_store(self.url) as store:
            while (waiting := next(store.messages(state="received"), None)) is not None:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"message {waiting.id} still waits")
                time.sleep(0.05)

    def children(self) -> list[int]:
        """The processes that the server has started (Linux)."""
        tasks = Path(f"/proc/{self.pid}/task").iterdir()
        return [int(child) for task in tasks for child in (task / "children").read_text(encoding="ascii").split()]

    def kill(self) -> None:
        """SIGKILL: it has no chance to finish anything."""
        self._end(signal.SIGKILL)

    def start_again(self) -> None:
        """Kill, and start without waiting."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """SIGTERM: it ends in order."""
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(PATIENCE)
            self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

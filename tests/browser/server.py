"""`ldt serve` as a process that trusts one client, which runs in a browser, and nobody else.

Not for what is asked of it.
"""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from tests.browser.ehr import ISSUER, JKU

LDT = [sys.executable, "-c", "from adapter.cli.main import main; main()"]
PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its base URL and its log."""

    url: str
    log_file: Path

    @property
    def services(self) -> str:
        """Where clients find its services."""
        return f"{self.url}/cds-services"

    def log(self, event: str) -> list[dict[str, object]]:
        """The lines of the log with this event."""
        lines = [json.loads(line) for line in self.log_file.read_text(encoding="utf-8").splitlines()]
        return [line for line in lines if line["event"] == event]


def configuration(port: int, store: str, keys: Path, origin: str) -> str:
    """A TOML file for a server on this port that an EHR of this origin may call, judging as of the examples' day."""
    url = f"http://127.0.0.1:{port}"
    return f"""store = "{store}"
http_port = {port}
as_of = 2026-01-12
cors_origins = ["{origin}"]
public_url = "{url}"

[clients]
public_urls = ["{url}"]

[[clients.issuers]]
issuer = "{ISSUER}"
jku = "{JKU}"
key_file = "{keys}"
"""


@contextmanager
def ldt_serve(folder: Path, key_set: bytes, origin: str) -> Iterator[Server]:
    """A server with a store of its own in the folder, while it runs."""
    keys, config, store, port = folder / "keys.json", folder / "ldt.toml", f"sqlite:///{folder}/ldt.db", free_port()
    keys.write_bytes(key_set)
    config.write_text(configuration(port, store, keys, origin), encoding="utf-8")
    subprocess.run([*LDT, "store", "init", "--store", store], check=True, timeout=PATIENCE, capture_output=True)
    server = Server(f"http://127.0.0.1:{port}", folder / "log.txt")
    command = [*LDT, "serve", "--config", str(config)]
    with server.log_file.open("wb") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            _wait(process, port)
            yield server
        finally:
            process.terminate()


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise RuntimeError("ldt serve did not start")

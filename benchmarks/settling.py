"""Waiting until a server that has just begun to listen has loaded what its processes work with.

Not for whether it listens (ports.py). Linux alone tells; elsewhere nothing is waited for.
"""

import os
import time
from pathlib import Path

PROC = Path("/proc")
QUIET = 0.5
"""Seconds in which a settled server uses next to no processor time."""
PATIENCE = 60.0
MILLISECONDS = 1000 / os.sysconf("SC_CLK_TCK")


def processor_time(process: int) -> float:
    """Milliseconds that all threads of a process have taken; 0 where the system has no /proc."""
    file = PROC / str(process) / "stat"
    return _taken(file) if file.exists() else 0.0


def settle(process: int) -> None:
    """Return once a process and its children are quiet. Raises TimeoutError."""
    deadline = time.monotonic() + PATIENCE
    before = _family_time(process)
    while time.monotonic() < deadline:
        time.sleep(QUIET)
        now = _family_time(process)
        if now - before <= 2 * MILLISECONDS:
            return
        before = now
    raise TimeoutError("the server does not come to rest")


def _family_time(process: int) -> float:
    files = [file / "stat" for file in PROC.glob("[0-9]*")]
    found = [processor_time(process)]
    for file in files:
        try:
            found += [_taken(file)] if int(_fields(file)[1]) == process else []
        except OSError:
            continue  # it has ended meanwhile
    return sum(found)


def _taken(file: Path) -> float:
    user, system = _fields(file)[11:13]
    return (int(user) + int(system)) * MILLISECONDS


def _fields(file: Path) -> list[str]:
    """The fields of a process behind its name, which may hold spaces."""
    return file.read_text(encoding="utf-8").rpartition(")")[2].split()

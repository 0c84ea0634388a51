"""A store that is open for reading alone: beside a running server, and never changed."""

import contextlib
import os
import sqlite3
from pathlib import Path

import pytest

from adapter.store import StoreError, StoreInUse, StoreUnavailable, open_store, read_store
from tests.store.arrivals import arrival


def test_it_reads_what_a_server_stores_meanwhile(url: str) -> None:
    with open_store(url) as server, read_store(url) as reader:
        assert list(reader.messages()) == []
        server.append(arrival("A1"))
        assert [message.control_id for message in reader.messages()] == ["A1"]
        assert reader.raw(1) == server.raw(1)
        backlog = reader.check().backlog
        assert backlog is not None
        assert dict(backlog.messages) == {"received": 1}
        assert reader.check().writer == "stopped"


def test_it_does_not_keep_a_server_from_starting(url: str) -> None:
    with read_store(url) as reader, open_store(url) as server:
        server.append(arrival("A1"))
        assert reader.message(1).control_id == "A1"


def test_it_writes_nothing(url: str) -> None:
    with open_store(url) as server:
        server.append(arrival("A1"))
    with read_store(url) as reader:
        for write in (lambda: reader.append(arrival("A2")), lambda: reader.discard(1, "x"), lambda: reader.replay([1])):
            with pytest.raises(StoreUnavailable, match="open for reading"):
                write()
    with open_store(url) as server:
        assert [message.state for message in server.messages()] == ["received"]


@pytest.mark.hazard("HZ-M13")
def test_a_second_writer_is_told_that_the_store_is_in_use(url: str) -> None:
    with open_store(url), pytest.raises(StoreInUse, match="another process"):
        open_store(url)


def test_a_missing_store_is_refused_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is missing"):
        read_store(f"sqlite:///{tmp_path}/none.db")
    assert os.listdir(tmp_path) == []


def test_a_file_that_is_no_store_is_refused(url: str, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    other.write_bytes(b"no database at all, " * 300)
    with pytest.raises(StoreError, match="no store that can be used"):
        read_store(f"sqlite:///{other}")


def test_a_backup_of_a_running_store_is_a_whole_store(url: str, tmp_path: Path) -> None:
    """As docs/operations.md says."""
    backup = tmp_path / "backup.db"
    with open_store(url) as server:
        for number in range(20):
            server.append(arrival(f"A{number}"))
        with contextlib.closing(sqlite3.connect(tmp_path / "store" / "messages.db")) as connection:
            connection.execute("VACUUM INTO ?", (str(backup),))
        server.append(arrival("B1"))
    with open_store(f"sqlite:///{backup}") as restored:
        assert [message.control_id for message in restored.messages()] == [f"A{number}" for number in range(20)]
        assert restored.append(arrival("B1")).message == 21

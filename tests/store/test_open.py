"""Opening a store: what is refused, what is set, and that nothing is made on the way."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from adapter.store import Store, StoreError, StoreUnavailable, init_store, open_store
from adapter.store.sqlite import set_durable
from tests.store.arrivals import arrival


class Unsafe(sqlite3.Connection):
    """A connection on which `synchronous` does not hold."""

    def execute(self, sql: str, *parameters: object) -> sqlite3.Cursor:
        return super().execute(sql.replace("synchronous=FULL", "synchronous=NORMAL"))


def database(tmp_path: Path) -> Path:
    return tmp_path / "store" / "messages.db"


@pytest.mark.hazard("HZ-M12")
def test_a_missing_store_is_refused_and_not_made(url: str, tmp_path: Path) -> None:
    database(tmp_path).unlink()
    with pytest.raises(StoreError, match="is missing") as refusal:
        open_store(url)
    assert f"ldt store init --store {url}" in str(refusal.value)
    assert "the setting `store`" in str(refusal.value)
    assert list((tmp_path / "store").iterdir()) == []


@pytest.mark.hazard("HZ-M12")
def test_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is missing"):
        open_store(f"sqlite:///{tmp_path}/volume/messages.db")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.hazard("HZ-M12")
def test_a_store_that_is_lost_while_open_is_not_made_anew(url: str, tmp_path: Path) -> None:
    with open_store(url) as store:
        store._readers.dispose()
        for file in (tmp_path / "store").glob("messages.db*"):
            file.unlink()
        with pytest.raises(StoreUnavailable):
            store.append(arrival())
        assert not store.check().healthy
    assert list((tmp_path / "store").iterdir()) == []


@pytest.mark.hazard("HZ-M12")
def test_an_empty_file_is_refused_and_stays_empty(url: str, tmp_path: Path) -> None:
    database(tmp_path).write_bytes(b"")
    with pytest.raises(StoreError, match="empty file"):
        open_store(url)
    assert database(tmp_path).read_bytes() == b""


def test_a_file_that_is_no_database(url: str, tmp_path: Path) -> None:
    database(tmp_path).write_bytes(b"no database at all, " * 300)
    with pytest.raises(StoreError, match="no store that can be used"):
        open_store(url)


def test_a_database_of_something_else(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE notes (text)")
    connection.close()
    with pytest.raises(StoreError, match="no store that can be used"):
        open_store(f"sqlite:///{tmp_path}/other.db")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE schema_version SET version = 99", "99"),
        ("DELETE FROM schema_version", "none"),
        ("INSERT INTO schema_version VALUES (6)", "5, 6"),
    ],
)
def test_another_schema_version(url: str, tmp_path: Path, change: str, found: str) -> None:
    with sqlite3.connect(database(tmp_path)) as connection:
        connection.execute(change)
    connection.close()
    with pytest.raises(StoreError, match=f"has schema version {found}; this program needs version 5"):
        open_store(url)


@pytest.mark.hazard("HZ-M18")
def test_a_damaged_page_is_refused(url: str, tmp_path: Path) -> None:
    with open_store(url) as store:
        for number in range(200):
            store.append(arrival(f"A{number}"))
    content = bytearray(database(tmp_path).read_bytes())
    page = 4096
    content[-page : -page + 64] = bytes(255 - byte for byte in content[-page : -page + 64])
    database(tmp_path).write_bytes(content)
    with pytest.raises(StoreError, match=r"damaged|no store that can be used"):
        open_store(url)


def test_a_store_that_was_refused_is_not_held(url: str, tmp_path: Path) -> None:
    good = database(tmp_path).read_bytes()
    database(tmp_path).write_bytes(b"no database at all, " * 300)
    with pytest.raises(StoreError):
        open_store(url)
    database(tmp_path).write_bytes(good)
    open_store(url).close()


def test_a_second_process_is_refused_while_the_first_has_it(url: str) -> None:
    program = (
        "import sys; from adapter.store import *\n"
        "try: open_store(sys.argv[1]).close()\n"
        "except StoreError as error: sys.exit(str(error))"
    )
    command = [sys.executable, "-c", program, url]
    with open_store(url) as store:
        refused = subprocess.run(command, capture_output=True, text=True, check=False)
        store.append(arrival())
    assert refused.returncode == 1
    assert "SQLite means one server process" in refused.stderr
    assert subprocess.run(command, check=False).returncode == 0


def test_what_is_told_at_start(store: Store) -> None:
    assert (store.info.sqlite_version, store.info.synchronous) == (sqlite3.sqlite_version, 2)
    affected = sqlite3.sqlite_version_info < (3, 51, 3)
    assert ("sqlite-wal-reset" in store.info.warnings) is affected


def test_each_commit_is_synced(url: str) -> None:
    seen: list[tuple[object, ...]] = []

    def look(connection: object) -> None:
        execute = connection.connection.dbapi_connection.execute  # type: ignore[attr-defined]
        names = ("journal_mode", "synchronous", "foreign_keys")
        seen.append(tuple(execute(f"PRAGMA {name}").fetchone()[0] for name in names))

    event.listen(Engine, "commit", look)
    try:
        with open_store(url) as store:
            store.append(arrival())
    finally:
        event.remove(Engine, "commit", look)
    assert seen == [("wal", 2, 1)]


@pytest.mark.hazard("HZ-M01")
def test_a_library_that_does_not_sync_is_refused(url: str, tmp_path: Path) -> None:
    connection = sqlite3.connect(database(tmp_path), factory=Unsafe)
    with pytest.raises(StoreError, match="does not sync"):
        set_durable(connection)
    connection.close()


def test_a_file_system_without_a_write_ahead_log_is_refused() -> None:
    connection = sqlite3.connect(":memory:")
    with pytest.raises(StoreError, match="write-ahead log"):
        set_durable(connection)
    connection.close()


@pytest.mark.parametrize("seconds", [-1, 5, 60])
def test_the_busy_timeout_stays_below_what_senders_wait(url: str, seconds: float) -> None:
    with pytest.raises(ValueError, match="busy_timeout"):
        open_store(url, busy_timeout=seconds)


def test_only_one_connection_checkpoints(url: str, tmp_path: Path) -> None:
    with open_store(url) as store:
        store.append(arrival())
        with store._readers.connect() as reader:
            assert reader.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar() == 0
            assert reader.exec_driver_sql("PRAGMA query_only").scalar() == 1


def test_two_stores_do_not_know_each_other(url: str, tmp_path: Path) -> None:
    second = f"sqlite:///{tmp_path}/store/second.db"
    init_store(second)
    with open_store(url) as one, open_store(second) as other:
        one.append(arrival())
        assert list(other.messages()) == []

"""Making a store: for its owner alone, whole or not at all, never over something."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.store import StoreError, init_store, open_store


@pytest.fixture
def no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.hazard("HZ-X18")
@pytest.mark.usefixtures("no_umask")
def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new/messages.db"
    init_store(url)
    with open_store(url) as store:
        files = {path.name: mode(path) for path in (tmp_path / "new").iterdir()}
        assert "readable-by-others" not in store.info.warnings
    assert mode(tmp_path / "new") == 0o700
    assert files == dict.fromkeys(["messages.db", "messages.db-wal", "messages.db-shm", "messages.db.lock"], 0o600)


@pytest.mark.hazard("HZ-X18")
@pytest.mark.parametrize("name", ["store", "store/messages.db"])
def test_wider_permissions_are_told_at_start(url: str, tmp_path: Path, name: str) -> None:
    (tmp_path / name).chmod(0o755)
    with open_store(url) as store:
        assert "readable-by-others" in store.info.warnings


def test_a_folder_that_is_there_keeps_its_permissions(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    init_store(f"sqlite:///{tmp_path}/messages.db")
    assert mode(tmp_path) == 0o750


def test_nothing_is_left_beside_the_store(url: str, tmp_path: Path) -> None:
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["messages.db"]


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    init_store("sqlite:///here.db")
    assert (tmp_path / "here.db").is_file()
    open_store("sqlite:///here.db").close()


def test_a_store_is_never_made_over_something(url: str, tmp_path: Path) -> None:
    before = (tmp_path / "store" / "messages.db").read_bytes()
    with pytest.raises(StoreError, match="already something"):
        init_store(url)
    assert (tmp_path / "store" / "messages.db").read_bytes() == before


def test_a_sound_store_may_be_accepted(url: str) -> None:
    init_store(url, exist_ok=True)


@pytest.mark.parametrize("content", [b"", b"no database" * 500])
def test_only_a_sound_store_is_accepted(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "messages.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="the setting `store`"):
        init_store(f"sqlite:///{path}", exist_ok=True)
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be made"):
        init_store(f"sqlite:///{tmp_path}/file/messages.db")


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("postgresql://user:secret@db/ldt", "PostgreSQL, which comes with a later version"),
        ("postgresql+asyncpg://user:secret@db/ldt", "PostgreSQL, which comes with a later version"),
        ("mysql://user:secret@db/ldt", "not supported"),
        ("sqlite+aiosqlite:///x.db", "not supported"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///file:x.db", "names no file"),
        ("sqlite:///x.db?mode=ro", "parts that a SQLite store does not take"),
        ("sqlite://host/x.db", "parts that a SQLite store does not take"),
        ("messages.db secret", "no URL"),
        ("sqlite://user:secret@h:port/x", "no URL"),
    ],
)
def test_other_urls_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    for attempt in (init_store, open_store):
        with pytest.raises(StoreError, match=text) as refusal:
            attempt(url)
        assert "the setting `store`" in str(refusal.value)
        assert "secret" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []

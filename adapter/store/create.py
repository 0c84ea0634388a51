"""Making a new store, once, by explicit command.

Not for opening one (store.py): nothing else in the project makes the file of a store.
"""

import os
import secrets
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.exc import SQLAlchemyError

from adapter.store.errors import StoreError
from adapter.store.location import SETTING, store_path
from adapter.store.sqlite import examine, reading_engine, require_file, writing_engine
from adapter.store.tables import SCHEMA_VERSION, metadata, schema_version

_TIMEOUT = 4.0


def init_store(url: str, *, exist_ok: bool = False) -> None:
    """Make the store of a URL: a file for its owner alone, its folder too where it is new.

    Raises StoreError where something is there already; with `exist_ok` a sound store of this version is accepted.
    The file appears whole or not at all.
    """
    path = store_path(url)
    if path.exists():
        _accept(path, url, exist_ok)
        return
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(path)
    except OSError as error:
        raise StoreError(f"{SETTING}: the store {url} cannot be made: {error.strerror}") from None


def _accept(path: Path, url: str, exist_ok: bool) -> None:
    if not exist_ok:
        raise StoreError(f"{SETTING}: there is already something at {url}; a store is never made over it")
    require_file(path, url)
    readers, writing = reading_engine(path, _TIMEOUT), writing_engine(path, _TIMEOUT)
    try:
        examine(readers, writing, path, url)
    finally:
        readers.dispose()
        writing.dispose()


def _make(path: Path) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        _fill(draft)
        os.link(draft, path)  # fails where another process was faster
    finally:
        draft.unlink()
    _sync_folder(path.absolute().parent)


def _fill(draft: Path) -> None:
    """Schema and version; closing the last connection moves the write-ahead log into the file."""
    engine = writing_engine(draft, _TIMEOUT)
    try:
        with engine.begin() as connection:
            metadata.create_all(connection)
            connection.execute(insert(schema_version).values(version=SCHEMA_VERSION))
    except SQLAlchemyError as error:
        raise StoreError(f"{SETTING}: the store cannot be made: {type(error).__name__}") from None
    finally:
        engine.dispose()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

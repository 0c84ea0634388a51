"""The address of a store: which file a URL such as `sqlite:///data/store.db` names.

Not for whether the file is there or is a store (sqlite.py).
"""

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from adapter.store.errors import StoreError

SETTING = "the setting `store`"


def store_path(url: str) -> Path:
    """The file of a SQLite URL, relative with three slashes and absolute with four; StoreError for any other URL."""
    parsed = _parsed(url)
    if parsed.get_backend_name() == "postgresql":
        raise StoreError(f"{SETTING} names PostgreSQL, which comes with a later version; use sqlite:///PATH")
    if parsed.drivername != "sqlite":
        raise StoreError(f"{SETTING} names a kind of store that is not supported; use sqlite:///PATH")
    if not parsed.database or parsed.database == ":memory:" or parsed.database.startswith("file:"):
        raise StoreError(f"{SETTING} names no file; use sqlite:///PATH")
    if parsed.query or parsed.host or parsed.username:
        raise StoreError(f"{SETTING} has parts that a SQLite store does not take; use sqlite:///PATH")
    return Path(parsed.database)


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        pass
    raise StoreError(f"{SETTING} is no URL; use sqlite:///PATH")  # outside the handler: the URL may hold a password

"""A new store for each test, and the same opened."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.store import Store, init_store, open_store


@pytest.fixture
def url(tmp_path: Path) -> str:
    address = f"sqlite:///{tmp_path}/store/messages.db"
    init_store(address)
    return address


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url, busy_timeout=0.2) as opened:
        yield opened

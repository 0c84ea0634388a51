"""A store with an intake, and a listener in a thread of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from adapter.server.intake import Intake
from adapter.server.mllp_limits import MllpLimits
from adapter.store import Store, init_store, open_store
from tests.server.listening import Listening


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path}/store/messages.db"
    init_store(url)
    with open_store(url, busy_timeout=0.1) as opened:
        yield opened


@pytest.fixture
def intake(store: Store) -> Intake:
    return Intake(store)


@pytest.fixture
def listen(intake: Intake) -> Iterator[Callable[[MllpLimits], Listening]]:
    """Starts a listener with these limits; it ends with the test."""
    with ExitStack() as running:
        yield lambda limits: running.enter_context(Listening(intake, limits=limits))


@pytest.fixture
def listener(listen: Callable[[MllpLimits], Listening]) -> Listening:
    return listen(MllpLimits())

"""A server for the calls of a test."""

import pytest
from starlette.testclient import TestClient

from adapter.store import Store
from tests.server.hooks.calling import client_of


@pytest.fixture
def client(store: Store) -> TestClient:
    return client_of(store)

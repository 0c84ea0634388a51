"""A Chromium, a small EHR in it, and a running `ldt serve` that trusts this EHR, each for all tests of a module."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import launched
from tests.browser.ehr import Ehr, opened
from tests.browser.server import Server, ldt_serve
from tests.node_packages import node_packages


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for longer than a module: playwright keeps an event loop running, and other tests run their own."""
    with launched() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def ehr(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Ehr:
    return Ehr(node_packages(tmp_path_factory, pytestconfig) / "node_modules")


@pytest.fixture(scope="module")
def origin(ehr: Ehr) -> Iterator[str]:
    """The origin of the EHR."""
    with opened(ehr) as base:
        yield base


@pytest.fixture(scope="module")
def server(ehr: Ehr, origin: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`ldt serve`, called by nobody but the EHR."""
    with ldt_serve(tmp_path_factory.mktemp("ldt"), ehr.key_set, origin) as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page, in a browser profile of its own, that fails the test where its scripts do."""
    with browser.new_context(viewport={"width": 1000, "height": 900}) as context:
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.set_default_timeout(15_000)
        yield page
        assert faults == []

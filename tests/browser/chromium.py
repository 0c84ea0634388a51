"""The Chromium that this machine has, driven by playwright; browsers are never downloaded.

Not for what is done in it.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.conftest import TOOLS
from tests.tools import lacking

# Root, as in containers, has no sandbox; nothing may be asked of hosts that no test names.
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]


@contextmanager
def launched() -> Iterator[Browser]:
    """A headless browser; where there is none, the test is skipped with the reason, or fails under REQUIRE_ALL=1."""
    command = next(filter(None, map(shutil.which, TOOLS["browser"])), None)
    if command is None:
        lacking(f"needs one of these commands: {', '.join(TOOLS['browser'])}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=command, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()

"""Decides whether the machine has the tool that a marked test needs: without it the test is skipped with the reason,
or fails where REQUIRE_ALL=1 says that everything must run. It installs nothing and holds no fixtures of a package.
"""

import shutil

import pytest

from tests.tools import lacking

TOOLS = {
    "browser": ("chromium", "chromium-browser", "google-chrome"),
    "node": ("node",),
    "strace": ("strace",),
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, commands in TOOLS.items():
        wanted = item.get_closest_marker(marker) is not None
        if wanted and not any(shutil.which(command) for command in commands):
            lacking(f"needs one of these commands: {', '.join(commands)}")

"""Decides whether the machine has the tool that a marked test needs: without it the test is skipped with the reason,
or fails where REQUIRE_ALL=1 says that everything must run. It installs nothing and holds no fixtures of a package.
"""

import os
import shutil

import pytest

TOOLS = {
    "browser": ("chromium", "chromium-browser", "google-chrome"),
    "node": ("node",),
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, commands in TOOLS.items():
        wanted = item.get_closest_marker(marker) is not None
        if not wanted or any(shutil.which(command) for command in commands):
            continue
        reason = f"needs one of these commands: {', '.join(commands)}"
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)

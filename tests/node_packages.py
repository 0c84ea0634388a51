"""The npm packages of tests/node, installed into the cache of pytest, never beside the tests.

Without npm or a package index the test is skipped with the reason, or fails where REQUIRE_ALL=1 says so.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.repository import ROOT

NODE = ROOT / "tests/node"


def node_packages(factory: pytest.TempPathFactory, config: pytest.Config) -> Path:
    """The folder in which the locked packages are installed: a cache, filled once for each lock."""
    lock = (NODE / "package-lock.json").read_bytes()
    cache: pytest.Cache | None = getattr(config, "cache", None)  # the plugin may be switched off
    folder = cache.mkdir("node-packages") if cache is not None else factory.mktemp("node-packages")
    installed = folder / "node_modules/installed-lock.json"
    if installed.exists() and installed.read_bytes() == lock:
        return folder
    npm = shutil.which("npm")
    if npm is None:
        _missing("needs the command npm")
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(NODE / name, folder / name)
    command = [str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    if run.returncode != 0:
        _missing("the npm packages cannot be installed (no package index?)")
    installed.write_bytes(lock)
    return folder


def _missing(reason: str) -> None:
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)

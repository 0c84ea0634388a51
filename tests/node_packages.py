"""The npm packages of tests/node, installed into a cache, never beside the tests.

Without npm or a package index the test is skipped with the reason, or fails where REQUIRE_ALL=1 says so.
"""

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.repository import ROOT
from tests.tools import lacking

NODE = ROOT / "tests/node"
FILES = ("package.json", "package-lock.json")


class NoPackages(RuntimeError):
    """The packages cannot be had here; the text says why."""


def node_packages(factory: pytest.TempPathFactory, config: pytest.Config) -> Path:
    """The folder in which the locked packages are installed: the cache of pytest."""
    cache: pytest.Cache | None = getattr(config, "cache", None)  # the plugin may be switched off
    folder = cache.mkdir("node-packages") if cache is not None else factory.mktemp("node-packages")
    try:
        install_packages(folder)
    except NoPackages as reason:
        lacking(str(reason))
    return folder


def install_packages(folder: Path) -> None:
    """Install the locked packages into a folder, once for each lock, however many ask for it. Raises NoPackages."""
    lock = (NODE / "package-lock.json").read_bytes()
    installed = folder / "node_modules/installed-lock.json"
    with (folder / "installing").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not installed.exists() or installed.read_bytes() != lock:
            _install(folder)
            installed.write_bytes(lock)


def _install(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NoPackages("needs the command npm")
    for name in FILES:
        shutil.copyfile(NODE / name, folder / name)
    command = [str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    if run.returncode != 0:
        raise NoPackages("the npm packages cannot be installed (no package index?)")

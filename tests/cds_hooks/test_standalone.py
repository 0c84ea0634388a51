import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import cds_hooks
import cds_hooks.trust

PACKAGE = Path(cds_hooks.__file__).parent

BLOCKED = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names}:
            raise ImportError(name)

sys.meta_path.insert(0, Block())
import {package}
for name in {package}.__all__:
    getattr({package}, name)
print("imported")
"""


def run_without(*names: str, package: str = "cds_hooks") -> subprocess.CompletedProcess[str]:
    code = BLOCKED.replace("{names}", repr(set(names))).replace("{package}", package)
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_package_works_without_adapter() -> None:
    assert run_without("adapter", "httpx", "joserfc", "uvicorn", "yaml", "sqlalchemy").stdout == "imported\n"


def test_client_trust_works_without_adapter() -> None:
    blocked = ("adapter", "uvicorn", "yaml", "sqlalchemy")
    assert run_without(*blocked, package="cds_hooks.trust").stdout == "imported\n"
    assert "ImportError: joserfc" in run_without("joserfc", package="cds_hooks.trust").stderr


def test_the_block_of_that_test_works() -> None:
    assert "ImportError: msgspec" in run_without("msgspec").stderr


def test_no_module_names_adapter_as_an_import() -> None:
    importing = re.compile(r"^\s*(?:from|import)\s+adapter\b", re.MULTILINE)
    assert not [path.name for path in PACKAGE.rglob("*.py") if importing.search(path.read_text("utf-8"))]


def test_every_module_says_what_it_is_for_and_what_it_is_not_for() -> None:
    for path in PACKAGE.rglob("*.py"):
        opening = path.read_text("utf-8").partition('"""')[2].partition('"""')[0]
        assert "Not " in opening, path.name


@pytest.mark.parametrize("package", [cds_hooks, cds_hooks.trust])
def test_the_public_names_are_single_and_exist(package: ModuleType) -> None:
    assert len(set(package.__all__)) == len(package.__all__)
    assert all(hasattr(package, name) for name in package.__all__)

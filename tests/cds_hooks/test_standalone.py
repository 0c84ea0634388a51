import re
import subprocess
import sys
from pathlib import Path

import cds_hooks

PACKAGE = Path(cds_hooks.__file__).parent

BLOCKED = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names}:
            raise ImportError(name)

sys.meta_path.insert(0, Block())
import cds_hooks
for name in cds_hooks.__all__:
    getattr(cds_hooks, name)
print("imported")
"""


def run_without(*names: str) -> subprocess.CompletedProcess[str]:
    code = BLOCKED.replace("{names}", repr(set(names)))
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_package_works_without_adapter() -> None:
    assert run_without("adapter", "httpx", "uvicorn", "yaml", "sqlalchemy").stdout == "imported\n"


def test_the_block_of_that_test_works() -> None:
    assert "ImportError: msgspec" in run_without("msgspec").stderr


def test_no_module_names_adapter_as_an_import() -> None:
    importing = re.compile(r"^\s*(?:from|import)\s+adapter\b", re.MULTILINE)
    assert not [path.name for path in PACKAGE.glob("*.py") if importing.search(path.read_text("utf-8"))]


def test_every_module_says_what_it_is_for_and_what_it_is_not_for() -> None:
    for path in PACKAGE.glob("*.py"):
        opening = path.read_text("utf-8").partition('"""')[2].partition('"""')[0]
        assert "Not " in opening, path.name


def test_the_public_names_are_sorted_and_exist() -> None:
    assert len(set(cds_hooks.__all__)) == len(cds_hooks.__all__)
    assert all(hasattr(cds_hooks, name) for name in cds_hooks.__all__)

"""docs/operations.md names every line of the log, and no other; all are named in one manner.

The names are taken from the source text: a new one fails here until it is on the page.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.repository import ROOT

PAGE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")
LEVELS = ("info", "warning", "error")


def logged() -> Iterator[str]:
    """The first argument of every call that writes a line of the log."""
    for path in (ROOT / "adapter").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _writes(node.func) and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    yield str(first.value)


def _writes(function: ast.expr) -> bool:
    match function:
        case ast.Name(id="report" | "warn"):
            return True
        case ast.Attribute(value=ast.Call(func=ast.Name(id="log")), attr=level):
            return level in LEVELS
        case _:
            return False


LINES = frozenset(logged())


def test_lines_are_found_in_the_source() -> None:
    assert {"message_refused", "service_called", "server_started", "mapping_failed"} <= LINES


@pytest.mark.parametrize("name", sorted(LINES))
def test_a_line_is_named_in_snake_case(name: str) -> None:
    assert NAME.fullmatch(name)


def test_the_page_names_every_line_and_no_other() -> None:
    rows = PAGE.split("\n## Lines of the log\n")[1].split("\n## ")[0].splitlines()
    first = (row.split("|")[1] for row in rows if row.startswith("| `"))
    named = [name for cell in first for name in re.findall(r"`([^`]+)`", cell)]
    assert sorted(named) == sorted(LINES)

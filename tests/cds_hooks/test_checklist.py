"""The checklist of docs/cds-hooks.md is whole and true, and so are its tables of reasons and profiles."""

import re
from typing import get_args

import pytest

from cds_hooks import EPIC_LIKE, PROFILES
from cds_hooks.trust import RefusalReason
from tests.repository import ROOT

PAGE = (ROOT / "docs/cds-hooks.md").read_text(encoding="utf-8")
LAST = {"G": 8, "D": 8, "P": 12, "C": 5, "F": 4, "R": 13, "B": 3, "J": 9}
LINES = [f"{group}{number}" for group, last in LAST.items() for number in range(1, last + 1)]
ROWS = {
    row[0]: row[1:] for row in re.findall(r"^\| ([A-Z]\d+) \| ([SDMr][ 3]*) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
}
NAMES = re.compile(r"^(?:async )?def test_((?:[A-Z]\d+_)+)", re.MULTILINE)
NAMED = {
    line
    for path in [*(ROOT / "tests/cds_hooks").glob("test_*.py"), *(ROOT / "tests/server").rglob("test_*.py")]
    for names in NAMES.findall(path.read_text(encoding="utf-8"))
    for line in names.rstrip("_").split("_")
}


def test_every_line_is_in_the_table_in_its_order() -> None:
    assert list(ROWS) == LINES


@pytest.mark.parametrize("line", LINES)
def test_a_line_that_is_tested_has_a_test_named_after_it(line: str) -> None:
    _, _, state = ROWS[line]
    if state.startswith("tested as"):
        assert state.split()[2].rstrip(";") in NAMED
    elif state.startswith("tested"):
        assert line in NAMED


def test_lines_that_bind_and_have_no_test_say_whose_they_are() -> None:
    untested = {line: state for line, (level, _, state) in ROWS.items() if level[0] in "SD" and line not in NAMED}
    assert set(untested) == {"G2", "F4"}
    assert all(state.startswith("operator: ") for state in untested.values())


def test_no_test_is_named_after_a_line_that_does_not_exist() -> None:
    assert set(LINES) >= NAMED


def test_every_reason_of_a_refusal_is_explained() -> None:
    section = PAGE.split("| reason |")[1].split("\n\n")[0]
    assert re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE) == list(get_args(RefusalReason))


def test_every_profile_is_described_with_what_it_creates() -> None:
    section = PAGE.split("| profile |")[1].split("\n\n")[0]
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", section, re.MULTILINE))
    assert list(rows) == list(PROFILES)
    assert EPIC_LIKE.creatable is not None
    assert all(name in rows["epic-like"] for name in EPIC_LIKE.creatable)

"""Decision records: short, numbered, and each with context, options, decision and consequences."""

import re
from pathlib import Path

import pytest

from tests.repository import ROOT

RECORDS = sorted((ROOT / "docs/decisions").glob("*.md"))


def test_records_are_numbered_without_a_gap() -> None:
    assert [int(path.name[:4]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))
    assert len(RECORDS) >= 6


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_is_short_and_has_its_four_parts(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 30
    assert text.startswith(f"# {int(path.name[:4])}. ")
    assert re.findall(r"^## (\w+)$", text, re.MULTILINE) == ["Context", "Options", "Decision", "Consequences"]
    assert len(re.findall(r"^\d\. ", text, re.MULTILINE)) >= 2, "a decision has at least two options"


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_files_that_a_record_names_exist(path: Path) -> None:
    named = re.findall(r"`((?:adapter|mappings|docs|tests|fixtures)/[\w./-]+)`", path.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists() and not name.endswith("/data")] == []

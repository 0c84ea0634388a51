"""Mapping tables for tests that need a code or an analyte which no rule reads: the shipped ones with a few lines changed.

Not for broken tables: test_loader.py spoils its own.
"""

import shutil
from pathlib import Path

from adapter.mapping.tables import Tables, load_tables
from tests.repository import ROOT


def small_tables(folder: Path, *changes: tuple[str, str, str]) -> Tables:
    """The shipped tables with these changes (file, old text, new text), loaded from `folder`."""
    target = folder / "mappings"
    shutil.copytree(ROOT / "mappings", target)
    for file, old, new in changes:
        text = (target / file).read_text(encoding="utf-8")
        assert old in text, "the shipped table has changed: name another line"
        (target / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return load_tables(target)

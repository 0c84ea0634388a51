"""Copies of the shipped rule set that a test may change, file by file."""

import shutil
from importlib.resources import as_file, files
from pathlib import Path


def copy_of_rules(target: Path) -> Path:
    """The shipped rule files in a folder of their own."""
    with as_file(files("adapter.ldt").joinpath("rules")) as shipped:
        shutil.copytree(shipped, target / "rules")
    return target / "rules"


def change(folder: Path, file: str, old: str, new: str) -> None:
    """Replace a text that stands once in a file."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (file, text.count(old), old)
    path.write_text(text.replace(old, new), encoding="utf-8")

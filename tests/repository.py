"""What belongs to the repository: its root, its files and its pyproject.toml, for tests about the project itself.

Not for tests of a package: those name their own fixtures.
"""

import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NotRequired, TypedDict, cast

ROOT = Path(__file__).resolve().parent.parent

# Folders that tools make; used only where git cannot say what is ignored (a source distribution).
MADE_BY_TOOLS = {
    ".git",
    ".hypothesis",
    ".import_linter_cache",
    ".lock-venv",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".viewer",
    ".venv",
    "__pycache__",
    "dist",
}

Project = TypedDict(
    "Project",
    {"name": str, "version": str, "dependencies": list[str], "optional-dependencies": dict[str, list[str]]},
)
PyProject = TypedDict(
    "PyProject", {"project": Project, "dependency-groups": dict[str, list[str]], "tool": NotRequired[object]}
)


def pyproject() -> PyProject:
    """The parsed pyproject.toml, as far as tests read it."""
    return cast(PyProject, tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8")))


def files(*folders: str) -> list[Path]:
    """The files of the repository, or of some folders of it: tracked or new, never ignored ones."""
    found = _files_of_git() if (ROOT / ".git").exists() else _files_of_folder(ROOT)
    wanted = [ROOT / folder for folder in folders] or [ROOT]
    return sorted(path for path in found if path.is_file() and any(path.is_relative_to(top) for top in wanted))


def _files_of_git() -> Iterator[Path]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return (ROOT / name for name in listing.split("\0") if name)


def _files_of_folder(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir() and path.name not in MADE_BY_TOOLS:
            yield from _files_of_folder(path)
        elif path.is_file():
            yield path

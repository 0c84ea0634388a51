"""Tests of the project as a whole: its lock, the direction of its imports and what its text may not contain.

Not for what a package does; the wheel has its own file.
"""

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.repository import ROOT, files, pyproject

LOCKS = ("runtime", "test", "build")
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)(?P<rest>.*(?:\n    --hash=.*)*)", re.MULTILINE)
CPT = "http://www.ama-assn.org/go/cpt"

# Written in pieces, so that this file does not contain what it looks for.
MACHINE_PATH = re.compile(r"(?<![\w.-])/" + r"(?:work|root|tmp|home/\w+)/|\.\./" + "shared")


def lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


def pins(text: str) -> dict[str, str]:
    return {canonicalize_name(pin["name"]): pin["version"] for pin in PIN.finditer(text)}


def declared(name: str) -> list[str]:
    """What pyproject.toml asks for in the lock file of this name."""
    content = pyproject()
    match name:
        case "runtime":
            return content["project"]["dependencies"]
        case "test":
            return content["project"]["dependencies"] + content["project"]["optional-dependencies"]["test"]
        case _:
            return content["dependency-groups"][name]


@pytest.mark.parametrize("name", LOCKS)
def test_lock_has_no_address(name: str) -> None:
    assert re.findall(r"://|^\s*-i |--(?:extra-)?index-url|--find-links| @ ", lock(name), re.MULTILINE) == []


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_hash(name: str) -> None:
    text = lock(name)
    unhashed = [pin["name"] for pin in PIN.finditer(text) if "--hash=sha256:" not in pin["rest"]]
    assert pins(text)
    assert unhashed == []


@pytest.mark.parametrize("name", LOCKS)
def test_lock_meets_what_pyproject_asks_for(name: str) -> None:
    locked = pins(lock(name))
    for requirement in map(Requirement, declared(name)):
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not locked: run make lock"
        assert requirement.specifier.contains(version), f"{requirement} but {version} is locked: run make lock"


def test_locks_agree_on_versions() -> None:
    runtime, test, build = (pins(lock(name)) for name in LOCKS)
    assert runtime.items() <= test.items()
    assert {name: version for name, version in build.items() if test.get(name, version) != version} == {}


def test_imports_point_one_way() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_no_file_names_a_path_of_a_machine() -> None:
    found = []
    for path in files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a message in another character set, or an image
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in MACHINE_PATH.finditer(text)]
    assert found == []


@pytest.mark.parametrize("text", ["cd /wor" + "k/x", '"/roo' + 't/.cache"', ">/tm" + "p/out", "see ../shar" + "ed"])
def test_a_path_of_a_machine_is_recognised(text: str) -> None:
    assert MACHINE_PATH.search(text)


@pytest.mark.parametrize("text", ["https://example.org/roo" + "t/x", "homework/", "a/tmp", "shared/"])
def test_other_paths_are_let_through(text: str) -> None:
    assert not MACHINE_PATH.search(text)


def test_no_cpt_descriptor_is_included() -> None:
    """NOTICE says so: CPT descriptors may not be passed on."""
    described = [
        f"{path.relative_to(ROOT)}: {row['code']}"
        for path in files("mappings")
        if path.suffix == ".csv"
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())
        if CPT in row.values() and row.get("display")
    ]
    assert described == []

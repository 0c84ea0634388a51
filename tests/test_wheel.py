"""Tests of the wheel: it carries all data files and works from any folder, without the repository.

Not for what the commands answer; one run of `ldt selfcheck` stands for them.
"""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.repository import ROOT, files

# One worker builds the wheel, once.
pytestmark = pytest.mark.xdist_group("wheel")

PACKAGES = ("adapter", "cds_hooks", "mappings")

# Prints where the package given is imported from, then the names of its resources.
LIST_RESOURCES = """
import sys
from importlib import import_module
from importlib.resources import files

def names(folder):
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from names(entry)
        else:
            yield entry.name

print(*import_module(sys.argv[1]).__path__, *names(files(sys.argv[1])), sep="\\n")
"""


def run(*command: str | Path, cwd: Path) -> str:
    """What the command prints; it must exit with 0, and sees no module path of this environment."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder, cwd=ROOT)
    (built,) = folder.glob("ldt_adapter-*-py3-none-any.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a new environment that holds the wheel; its dependencies are those of this one."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    options = ("--quiet", "--no-deps", "--no-index", "--no-compile", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "--python", python, "install", *options, wheel, cwd=home)
    (packages,) = home.glob("lib/python*/site-packages")
    # A folder added by a .pth file does not run the .pth files in it: the editable project stays out.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return home / "bin"


def test_every_file_of_the_packages_is_in_the_wheel(wheel: Path) -> None:
    expected = {path.relative_to(ROOT).as_posix() for path in files(*PACKAGES)}
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.split("/")[0] in PACKAGES}
    assert packed == expected


@pytest.mark.parametrize(("package", "suffix"), [("mappings", ".csv"), ("mappings", ".yaml"), ("adapter.ldt", ".yaml")])
def test_data_is_found_as_package_resources(installed: Path, tmp_path: Path, package: str, suffix: str) -> None:
    (top, *names) = run(installed / "python", "-c", LIST_RESOURCES, package, cwd=tmp_path).splitlines()
    assert Path(top).is_relative_to(installed.parent)
    assert [name for name in names if name.endswith(suffix)]


def test_ldt_works_away_from_the_repository(installed: Path, tmp_path: Path) -> None:
    run(installed / "ldt", "selfcheck", cwd=tmp_path)

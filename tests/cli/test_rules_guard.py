"""`ldt rules guard`: what it reports, and how it ends."""

import re
import shutil
from pathlib import Path

import pytest

from tests.cli.running import FIXTURES, ldt
from tests.repository import ROOT

OVER_50 = "R-019: liver_burden_percent >= 50 made > 50"
LISTED = f"""survivors:
  - date: "2026-11-21"
    reason: "no patient has 50 %"
    alterations: ["{OVER_50}"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The worked cases without any whose burden is exactly 50 %."""
    shutil.copytree(FIXTURES / "cases", tmp_path / "cases")
    shutil.copytree(FIXTURES / "boundaries", tmp_path / "boundaries")
    matrix = tmp_path / "boundaries/boundaries.csv"
    rows = matrix.read_text(encoding="utf-8").splitlines(keepends=True)
    matrix.write_text("".join(row for row in rows if ",50.0," not in row), encoding="utf-8")
    (tmp_path / "cases/cases.json").unlink()
    return tmp_path


def test_the_page_names_the_options_and_an_alteration_that_exists() -> None:
    page = (ROOT / "docs/guard.md").read_text(encoding="utf-8")
    offered = ldt("rules", "guard", "--help").out
    assert (
        set(re.findall(r"--[a-z]+", page))
        == {"--rule", "--cases", "--survivors"}
        <= set(re.findall(r"--[a-z]+", offered))
    )
    assert OVER_50 in page


def test_a_rule_that_its_cases_guard_ends_well() -> None:
    ran = ldt("rules", "guard", "--cases", FIXTURES, "--rule", "R-019")
    assert ran.status == 0
    assert ran.out == (
        "7 alterations: 7 noticed by a case, 0 refused when the rules load, 0 survive with a reason, 0 without, "
        "0 listed that do not survive\n"
    )


def test_a_survivor_is_named_with_file_and_line_and_ends_with_status_1(folder: Path) -> None:
    ran = ldt("rules", "guard", "--cases", folder, "--rule", "R-019")
    assert ran.status == 1
    first, *_, last = ran.out.splitlines()
    assert first.startswith("no case notices  01-eligibility.yaml:")
    assert first.endswith(f"  {OVER_50}")
    assert "7 alterations: 6 noticed by a case" in last
    assert "1 without" in last


def test_a_survivor_with_a_reason_ends_well_and_shows_the_reason(folder: Path) -> None:
    (folder / "guard").mkdir()
    (folder / "guard/survivors.yaml").write_text(LISTED, encoding="utf-8")
    ran = ldt("rules", "guard", "--cases", folder, "--rule", "R-019")
    assert ran.status == 0
    assert ran.out.startswith("1 known to survive since 2026-11-21: no patient has 50 %\n")


def test_a_listed_survivor_that_a_case_notices_ends_with_status_1(tmp_path: Path) -> None:
    path = tmp_path / "survivors.yaml"
    path.write_text(LISTED, encoding="utf-8")
    ran = ldt("rules", "guard", "--cases", FIXTURES, "--survivors", path, "--rule", "R-019")
    assert ran.status == 1
    assert ran.out.startswith(f"listed in vain   survivors.yaml:4  {OVER_50}\n")


def test_survivors_of_other_rules_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "survivors.yaml"
    path.write_text(LISTED, encoding="utf-8")
    ran = ldt("rules", "guard", "--cases", FIXTURES, "--survivors", path, "--rule", "R-028", "--rule", "avid")
    assert ran.status == 0


def test_a_folder_without_cases_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = ldt("rules", "guard")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == "ldt: fixtures/cases/reference.json: No such file or directory\n"


def test_a_list_of_survivors_that_is_not_there_is_named(tmp_path: Path) -> None:
    ran = ldt("rules", "guard", "--cases", FIXTURES, "--survivors", tmp_path / "none.yaml", "--rule", "R-019")
    assert ran.status == 1
    assert "none.yaml: No such file or directory" in ran.err


def test_an_unknown_rule_is_refused() -> None:
    ran = ldt("rules", "guard", "--cases", FIXTURES, "--rule", "R-999", "--rule", "R-019")
    assert ran.status == 2
    assert "nothing to alter is called R-999" in ran.err


def test_cases_that_fail_as_it_is_are_named(folder: Path) -> None:
    matrix = folder / "boundaries/boundaries.csv"
    row = "x,{},liver_burden_percent,49.9,R-019,fires\n"
    matrix.write_text(matrix.read_text(encoding="utf-8") + row, encoding="utf-8")
    ran = ldt("rules", "guard", "--cases", folder, "--rule", "R-019")
    assert ran.status == 1
    assert "These cases fail with the rules as they stand" in ran.err
    assert "R-019 does not fire, expected: fires" in ran.err

"""Tests of the markers `browser`, `node` and `strace`: what a machine cannot run is said, and is a failure in CI.

The tests that carry those markers are elsewhere.
"""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

MARKED = """
import pytest

@pytest.mark.{marker}
def test_with_the_tool():
    pass
"""


@pytest.fixture
def machine(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A test folder with this project's conftest, on a machine whose PATH is its folder `bin`."""
    pytester.makeconftest(Path(__file__).with_name("conftest.py").read_text(encoding="utf-8"))
    pytester.makeini("[pytest]\nmarkers =\n    browser\n    node\n    strace\n")
    monkeypatch.setenv("PATH", str(pytester.mkdir("bin")))
    monkeypatch.delenv("REQUIRE_ALL", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # ten times quicker
    return pytester


def install(machine: pytest.Pytester, command: str) -> None:
    tool = machine.path / "bin" / command
    tool.write_text("#!/bin/sh\n", encoding="utf-8")
    tool.chmod(0o755)


@pytest.mark.parametrize("marker", ["browser", "node", "strace"])
def test_without_the_tool_the_test_is_skipped_and_says_why(machine: pytest.Pytester, marker: str) -> None:
    machine.makepyfile(MARKED.format(marker=marker))
    result = machine.runpytest_inprocess("-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines("*needs one of these commands:*")


@pytest.mark.parametrize("marker", ["browser", "node", "strace"])
def test_where_everything_must_run_a_missing_tool_is_no_pass(
    machine: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, marker: str
) -> None:
    monkeypatch.setenv("REQUIRE_ALL", "1")
    machine.makepyfile(MARKED.format(marker=marker))
    machine.runpytest_inprocess().assert_outcomes(errors=1)


@pytest.mark.parametrize(("marker", "command"), [("browser", "chromium"), ("node", "node"), ("strace", "strace")])
def test_with_the_tool_the_test_runs(
    machine: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, marker: str, command: str
) -> None:
    monkeypatch.setenv("REQUIRE_ALL", "1")
    install(machine, command)
    machine.makepyfile(MARKED.format(marker=marker))
    machine.runpytest_inprocess().assert_outcomes(passed=1)

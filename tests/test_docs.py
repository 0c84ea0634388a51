"""The documentation says what the software does: README commands, settings, routes, the example card."""

import re
import shlex
from collections.abc import Iterator

import pytest
from annotated_types import Ge, Gt, Le
from pydantic import BaseModel
from typer.main import get_command
from typer.testing import CliRunner

from adapter.advice.card import detail
from adapter.advice.summary import summary
from adapter.case.casefile import read_cases
from adapter.case.fact import State
from adapter.case.merge import Clock
from adapter.cli.evaluate import as_of
from adapter.cli.inputs import assessments, read_inputs
from adapter.cli.main import app
from adapter.ldt import rule_set
from adapter.server.settings import JSON_EXAMPLES, Settings, load_settings
from tests.repository import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")


def _commands(page: str = README, start: str = ".venv/bin/ldt ") -> list[list[str]]:
    lines = (line for block in re.findall(r"```\n(.*?)```", page, re.DOTALL) for line in block.splitlines())
    return [shlex.split(line) for line in lines if line.startswith(start)]


@pytest.mark.parametrize("commands", [_commands(), _commands(OPERATIONS, "ldt ")], ids=["README", "operations"])
def test_every_ldt_command_of_a_page_exists_with_its_options(commands: list[list[str]]) -> None:
    assert len(commands) >= 6
    root = get_command(app)
    for words in commands:
        current, names = root, words[1:]
        while hasattr(current, "commands") and names and names[0] in current.commands:
            current, names = current.commands[names[0]], names[1:]
        options = {option for parameter in current.params for option in parameter.opts}
        assert {name for name in names if name.startswith("--")} <= options, words


def test_every_evaluate_command_of_the_readme_runs() -> None:
    runs = [words[1:] for words in _commands() if words[1] in ("evaluate", "validate")]
    assert len(runs) >= 4
    for arguments in runs:
        paths = [str(ROOT / word) if "/" in word else word for word in arguments]
        result = CliRunner().invoke(app, paths)
        assert result.exit_code == 0, (arguments, result.output[-500:])


def test_the_files_that_the_readme_names_exist() -> None:
    named = re.findall(r"(?:fixtures|docs|mappings|adapter|cds_hooks)/[\w./-]*", README)
    assert len(named) > 10
    missing = [name for name in set(named) if not (ROOT / name.rstrip(".")).exists()]
    assert missing == []


def test_the_card_of_the_readme_is_the_card_of_its_patient() -> None:
    block = README.split("<!-- card: ")[1]
    path, quoted = block.split(" -->", 1)
    inputs = read_inputs([ROOT / path])
    (assessment,) = assessments(inputs, Clock(as_of("2026-01-12")), rule_set())
    shown = [line.removeprefix("> ").removeprefix(">") for line in quoted.split("<!--")[0].strip().splitlines()]
    assert shown[0].startswith(f"**{summary(assessment)}** ({assessment.advice.indicator.value})")
    body = "\n".join(shown[1:]).strip()
    assert len(body) > 500
    assert body in detail(assessment, linked=True)


def test_the_case_file_of_the_page_can_be_evaluated() -> None:
    page = (ROOT / "docs/json.md").read_text(encoding="utf-8").split("## A case file")[1]
    (entry,) = read_cases(page.split("```json\n")[1].split("```")[0], Clock(as_of("2026-01-12")))
    assert entry.case.subject == "A"
    assert entry.case.facts["diagnosis"].state is State.PRESENT


def test_every_setting_is_documented_and_every_documented_setting_exists() -> None:
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert documented == set(Settings.model_fields)
    for name in Settings.model_fields:
        assert f"`LDT_{name.upper()}`" in page


def test_numbers_that_are_the_default_of_a_setting_are_those_of_the_page() -> None:
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `\w+` \| `([\d.]+)` \|", page, re.MULTILINE)
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    assert len(rows) >= 8
    assert {name: float(text) for name, text in rows if text.count(".") < 2} == {
        name: float(value)
        for name, value in defaults.items()
        if isinstance(value, (int, float)) and value is not True
        if value is not False
    }


def bounds(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """Least and most of every number among the settings, also of those within a table."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from bounds(field.annotation, f"{prefix}{name}.")
            continue
        least = [f"{one.ge}" for one in field.metadata if isinstance(one, Ge)]
        least += [f"above {one.gt}" for one in field.metadata if isinstance(one, Gt)]
        most = [f"{one.le}" for one in field.metadata if isinstance(one, Le)]
        if least or most:
            yield f"{prefix}{name}", (*least, "none")[0], (*most, "none")[0]


def test_least_and_most_of_every_number_are_those_of_the_page() -> None:
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8").split("## Least and most")[1]
    rows = re.findall(r"^\| `([\w.]+)` \| ([\w. ]+) \| (\w+) \|$", page, re.MULTILINE)
    assert rows == sorted(bounds(Settings))


def test_every_list_and_table_has_an_example_that_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8").split("## Lists and tables")[1]
    examples = dict(re.findall(r"^\| `(\w+)` \| `LDT_\w+='(.*)'` \|$", page, re.MULTILINE))
    assert examples == JSON_EXAMPLES
    for name, text in examples.items():
        monkeypatch.setenv(f"LDT_{name.upper()}", text)
    settings = load_settings(None, {})
    assert all(getattr(settings, name) != Settings.model_fields[name].default for name in examples)


def test_every_gauge_of_the_page_is_measured() -> None:
    named = set(re.findall(r"`(ldt_\w+)", OPERATIONS))
    health = (ROOT / "adapter/server/health.py").read_text(encoding="utf-8")
    assert named == set(re.findall(r'"(ldt_\w+)"', health))


def test_every_relative_link_of_the_documentation_leads_to_a_file() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "cds_hooks/README.md"]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []

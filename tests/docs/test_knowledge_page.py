"""docs/knowledge.md names what is published, as it is published."""

import re
import shlex

from typer.main import get_command

from adapter.cli.main import app
from adapter.ldt import rule_set
from adapter.terminology.systems import DEFAULT_BASE as BASE
from tests.publish.published import of_kind, resources
from tests.repository import ROOT

PAGE = (ROOT / "docs/knowledge.md").read_text(encoding="utf-8")


def test_every_address_of_the_page_is_published_and_every_kind_of_resource_is_on_it() -> None:
    urls = {resource["url"] for resource in resources()}
    rows = re.findall(r"^\| (`\{base\}/.*?) \|", PAGE, re.MULTILINE)
    named: set[str] = set()
    for row in rows:
        kind = re.findall(r"\{base\}/(\w+)/", row)[0]
        for identifier in re.findall(r"`(?:\{base\}/\w+/)?([\w.-]+)`", row):
            url = f"{BASE}/{kind}/{identifier.removesuffix('...')}"
            found = {one for one in urls if one.startswith(url)} if identifier.endswith("...") else {url} & urls
            assert found, identifier
            named |= found
    assert named == urls


def test_its_commands_have_the_options_that_it_gives() -> None:
    commands = [shlex.split(line) for line in PAGE.splitlines() if line.startswith(".venv/bin/ldt ")]
    assert len(commands) == 2
    known = get_command(app).commands["rules"].commands["publish"]  # type: ignore[attr-defined]
    options = {option for parameter in known.params for option in parameter.opts}
    for words in commands:
        assert words[1:3] == ["rules", "publish"]
        assert {word for word in words if word.startswith("--")} <= options
    assert {"--base", "--force"} <= options


def test_it_explains_every_equivalence_that_the_maps_use() -> None:
    used = {
        target["equivalence"]
        for found in of_kind("ConceptMap")
        for group in found["group"]
        for element in group["element"]
        for target in element["target"]
    }
    section = PAGE.split("| equivalence |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == used


def test_it_names_the_version_of_the_rule_set() -> None:
    assert f"`...|{rule_set().version}`" in PAGE

"""docs/mllp.md says what there is: commands with their options, settings, keys of profiles, counters."""

import re
import shlex
import tomllib
from typing import get_args

import pytest
from typer.main import get_command

from adapter.cli.main import app
from adapter.mapping.sender import SenderFault
from adapter.mapping.site.form import AcknowledgeForm, SentByForm
from adapter.server.judge import Refusal
from adapter.server.mllp_events import MllpEvent
from adapter.server.settings import Settings
from adapter.store import MessageState
from tests.repository import ROOT

PAGE = (ROOT / "docs/mllp.md").read_text(encoding="utf-8")
COMMANDS = [shlex.split(line)[1:] for line in PAGE.splitlines() if line.startswith(".venv/bin/ldt ")]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_exists_with_its_options(words: list[str]) -> None:
    current = get_command(app)
    while hasattr(current, "commands") and words:
        current, words = current.commands[words[0]], words[1:]
    known = {option for parameter in current.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_there_are_commands_on_the_page() -> None:
    assert [words[0] for words in COMMANDS] == ["store", "mllp", "send", "send"]


def test_every_setting_of_the_page_exists() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert set(tomllib.loads(example)) <= set(Settings.model_fields)


def test_every_key_and_every_counter_of_the_page_exists() -> None:
    keys = set(AcknowledgeForm.model_fields) | set(SentByForm.model_fields)
    logged = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "adapter/server").glob("*.py"))
    for name in re.findall(r"\(`(\w+)`\)", PAGE):
        assert name in keys or f'log().warning("{name}"' in logged, name
    outcomes, events = re.findall(r"_total`: ([a-z ,\n-]+) \.\.\.\)", PAGE)
    known = {
        *get_args(MessageState),
        *get_args(SenderFault),
        *get_args(get_args(Refusal)[0]),
        *get_args(Refusal),
        "duplicate",
        "sent-again",
    }
    assert set(re.split(r",\s+", outcomes)) <= known
    assert set(re.split(r",\s+", events)) <= set(get_args(MllpEvent))

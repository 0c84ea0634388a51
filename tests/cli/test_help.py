"""What `--help` shows: every command and option with its words, and flags as flags."""

import pytest
from typer import Context
from typer.core import TyperGroup, TyperOption

from adapter.cli.main import commands

WHOLE = commands()
GROUPS = [one for one in WHOLE.commands.values() if isinstance(one, TyperGroup)]
BELOW = {f"{group.name} {name}": one for group in GROUPS for name, one in group.commands.items()}
BY_WORDS = {"": WHOLE, **WHOLE.commands, **BELOW}


@pytest.mark.parametrize("words", BY_WORDS)
def test_every_command_and_every_option_has_its_words(words: str) -> None:
    command = BY_WORDS[words]
    assert command.help
    for option in command.get_params(Context(command)):
        if isinstance(option, TyperOption):
            assert option.help, option.opts


@pytest.mark.parametrize("words", BY_WORDS)
def test_flags_are_shown_as_flags_and_other_options_say_what_they_take(
    words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    commands().main([*words.split(), "--help"], standalone_mode=False)
    shown = capsys.readouterr().out
    assert "--help" in shown
    assert "<bool>" not in shown
    options = [line for line in shown.splitlines() if "--" in line]
    assert not [line for line in options if any(f"<{kind}>" in line for kind in ("str", "int", "path", "float"))]

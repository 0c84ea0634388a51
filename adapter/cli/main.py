"""The command line: its subcommands, and the last handler for what nobody expected.

Every way out prints one line that says what happened; a traceback is never shown.
"""

import os
import sys

import typer
from typer.core import TyperGroup, TyperOption
from typer.main import get_group

from adapter import __version__
from adapter.cli.demo import demo
from adapter.cli.evaluate import evaluate
from adapter.cli.feedback.app import app as feedback
from adapter.cli.messages.app import app as messages
from adapter.cli.mllp import mllp
from adapter.cli.rules.app import app as rules
from adapter.cli.selfcheck import selfcheck
from adapter.cli.send import send
from adapter.cli.serve import serve
from adapter.cli.store import app as store
from adapter.cli.validate import validate

app = typer.Typer(
    name="ldt",
    help="FHIR and HL7 v2 in, advice on liver-directed therapy of neuroendocrine liver metastases out.",
    epilog="Exit status of every command: 0 done; 1 not possible, or a fault was found, also when a file is missing; "
    "2 a wrong option or argument; 70 a fault of the adapter itself.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
app.command()(evaluate)
app.command()(validate)
app.command()(serve)
app.command()(mllp)
app.command()(send)
app.add_typer(rules, name="rules")
app.add_typer(store, name="store")
app.add_typer(messages, name="messages")
app.add_typer(feedback, name="feedback")
app.command()(selfcheck)
app.command()(demo)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ldt-adapter {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """LDT Adapter."""


def commands() -> TyperGroup:
    """The command line, ready to run. Its help shows flags as flags: Typer alone would write `--json <bool>`."""
    whole = get_group(app)
    groups = (whole, *(one for one in whole.commands.values() if isinstance(one, TyperGroup)))
    for command in (whole, *(one for group in groups for one in group.commands.values())):
        for parameter in command.get_params(typer.Context(command)):
            if isinstance(parameter, TyperOption) and parameter.is_flag:
                parameter.metavar = ""
    return whole


def main() -> None:
    """Run the command; the edge where an unexpected fault becomes one line and status 70."""
    try:
        commands()()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:  # noqa: BLE001
        place = _place(error)
        typer.echo(f"ldt: internal error ({type(error).__name__} at {place}). Please report it.", err=True)
        sys.exit(70)


def _place(error: BaseException) -> str:
    """Module and line of the fault: its text may hold patient data and is not shown."""
    trace = error.__traceback__
    place = "?"
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place

"""`ldt rules`: reading, explaining and comparing the rule set; the commands stand in their own files."""

import typer

from adapter.cli.rules.diff import diff
from adapter.cli.rules.explain import explain
from adapter.cli.rules.flip import flip
from adapter.cli.rules.guard import guard
from adapter.cli.rules.listing import list_rules
from adapter.cli.rules.missing import missing
from adapter.cli.rules.publish import publish
from adapter.cli.rules.show import show
from adapter.cli.rules.what_if import what_if

app = typer.Typer(
    help="The rule set: read it, ask why, ask what if, compare versions.", no_args_is_help=True, add_completion=False
)
app.command("list")(list_rules)
app.command("show")(show)
app.command("explain")(explain)
app.command("what-if")(what_if)
app.command("flip")(flip)
app.command("missing")(missing)
app.command("diff")(diff)
app.command("guard")(guard)
app.command("publish")(publish)

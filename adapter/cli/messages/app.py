"""`ldt messages`: the stored messages and the deliveries of advice; the commands stand in their own files."""

import typer

from adapter.cli.messages.advice import advice
from adapter.cli.messages.deliveries import dead, list_deliveries, retry
from adapter.cli.messages.discard import discard
from adapter.cli.messages.listing import list_messages
from adapter.cli.messages.replay import replay
from adapter.cli.messages.show import show

app = typer.Typer(
    help="Received messages: list, show, process anew, discard; advice and its deliveries.",
    no_args_is_help=True,
    add_completion=False,
)
app.command("list")(list_messages)
app.command("show")(show)
app.command("advice")(advice)
app.command("replay")(replay)
app.command("discard")(discard)
app.command("deliveries")(list_deliveries)
app.command("dead")(dead)
app.command("retry")(retry)

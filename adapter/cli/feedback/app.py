"""`ldt feedback`: what users did with cards; the commands stand in their own files."""

import typer

from adapter.cli.feedback.comments import comments
from adapter.cli.feedback.report import report

app = typer.Typer(
    help="What users did with cards: acceptance per rule and reason; their comments.",
    no_args_is_help=True,
    add_completion=False,
)
app.command("report")(report)
app.command("comments")(comments)

"""`ldt store`: making the store in which received messages are kept.

Not for what is in it.
"""

from typing import Annotated

import typer

app = typer.Typer(
    help="Make the store of received messages, of cards and of the feedback on them.", no_args_is_help=True
)


@app.callback()
def store() -> None:
    """The store of received messages."""


@app.command()
def init(
    url: Annotated[str, typer.Option("--store", metavar="URL", help="Where to make it: sqlite:///PATH.")],
    exist_ok: Annotated[bool, typer.Option("--exist-ok", help="Accept a sound store that is there already.")] = False,
) -> None:
    """Make a new, empty store; exit status 1 where there is something already or it cannot be made."""
    from adapter.store import StoreError, init_store  # SQLAlchemy takes a second to import

    try:
        init_store(url, exist_ok=exist_ok)
    except StoreError as error:
        typer.echo(f"ldt: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"the store {url} is ready")

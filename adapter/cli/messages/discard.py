"""`ldt messages discard`: a stored message that is not to be used, with the reason. It is kept."""

from typing import Annotated

import typer

from adapter.cli.messages.opening import DEFAULT_STORE, StoreUrl, existing, fail, order, reading


def discard(
    number: Annotated[int, typer.Argument(metavar="N", help="The number of the message.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; kept with the message. No patient data, please.")],
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """Use a message no longer: its patients are evaluated again without it. `replay` brings it back."""
    from adapter.server.desk import Discard

    if not reason.strip():
        raise typer.BadParameter("say why", param_hint="--reason")
    with reading(store) as opened:
        existing(opened, [number])
    if not order(store, Discard(number, reason.strip())):
        fail(f"message {number} is discarded already")
    typer.echo(f"message {number} is discarded; its patients will be evaluated again")

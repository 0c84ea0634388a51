"""`ldt messages replay`: let stored messages be judged and processed anew, after what was wrong is mended."""

from collections.abc import Sequence
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import track

from adapter.cli.messages.opening import (
    DEFAULT_STORE,
    ONE_STATE,
    StoreUrl,
    carried_out,
    existing,
    fail,
    reading,
    state_of,
)
from adapter.hl7v2 import ENVELOPE_NAMES

TOGETHER: Final = 500
"""How many messages one order names."""


def replay(
    numbers: Annotated[
        list[int] | None,
        typer.Argument(metavar="N...", help="Numbers of messages, as `ldt messages list` shows them; or --state."),
    ] = None,
    state: Annotated[str | None, typer.Option(metavar="STATE", help=f"All messages of this state, {ONE_STATE}")] = None,
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """Process messages anew: at once where a server runs, else at its next start."""
    if bool(numbers) == bool(state):
        raise typer.BadParameter("name messages by their numbers, or by --state")
    wanted = state_of(state)
    with reading(store) as opened:
        chosen = existing(opened, numbers) if numbers else list(opened.messages(state=wanted))
    if not chosen:
        fail(f"there is no message that is {wanted}")
    processed = [message.id for message in chosen if message.type not in ENVELOPE_NAMES]
    done = _replayed(store, processed) if processed else 0
    typer.echo(f"{done} message(s) will be processed anew")
    if done < len(processed):
        typer.echo(f"{len(processed) - done} wait(s) to be processed already")
    if len(processed) < len(chosen):
        typer.echo(f"{len(chosen) - len(processed)} with the headers of a batch stay(s) as it is: nothing is in it")


def _replayed(store: str, numbers: Sequence[int]) -> int:
    from adapter.server.desk import Replay

    orders = [Replay(tuple(numbers[start : start + TOGETHER])) for start in range(0, len(numbers), TOGETHER)]
    shown = track(
        carried_out(store, orders), "ordering", len(orders), console=Console(stderr=True), disable=len(orders) == 1
    )
    return sum(len(done) for done in shown)

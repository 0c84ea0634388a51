"""`ldt messages deliveries`, `dead` and `retry`: advice on its way to its destinations, and what was given up."""

from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from adapter.cli.messages.opening import DEFAULT_STORE, StoreUrl, fail, order, reading

if TYPE_CHECKING:
    from adapter.store import Delivery, DeliveryState

STATES: "Final[tuple[DeliveryState, ...]]" = ("waiting", "delivered", "dead", "superseded")


def list_deliveries(
    state: Annotated[str | None, typer.Option(help="Only deliveries of this state, such as waiting.")] = None,
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """List deliveries of advice. A server may be running."""
    with reading(store) as opened:
        _print(opened.deliveries(_state_of(state)))


def dead(store: StoreUrl = DEFAULT_STORE) -> None:
    """List deliveries that were given up, with the last error. A server may be running."""
    with reading(store) as opened:
        _print(opened.deliveries("dead"))


def retry(
    numbers: Annotated[list[int] | None, typer.Argument(metavar="N...", help="Numbers of dead deliveries.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All that are dead.")] = False,
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """Try dead deliveries again: at once where a server runs, else at its next start."""
    from adapter.server.desk import Retry

    if bool(numbers) == every:
        raise typer.BadParameter("name deliveries by their numbers, or say --all")
    with reading(store) as opened:
        known = [delivery.id for delivery in opened.deliveries("dead")]
    chosen = tuple(numbers or known)
    unknown = [str(number) for number in chosen if number not in known]
    if unknown:
        fail(f"not dead, or not there: {', '.join(unknown)}")
    done = order(store, Retry(chosen)) if chosen else ()
    typer.echo(f"deliveries to be tried again: {len(done)}")


def _state_of(text: str | None) -> "DeliveryState | None":
    for state in STATES:
        if text == state:
            return state
    if text is None:
        return None
    raise typer.BadParameter(f"{text} is none of {', '.join(STATES)}", param_hint="--state")


def _print(found: "list[Delivery]") -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("No.", "Evaluation", "To", "State", "Attempts", "Due (UTC)", "Error"):
        table.add_column(column, overflow="fold")
    for one in found:
        due = f"{one.due_at:%Y-%m-%d %H:%M:%S}" if one.state == "waiting" else ""
        cells = (str(one.id), str(one.evaluation), one.destination, one.state, str(one.attempts), due, one.error)
        table.add_row(*map(escape, cells))
    console = Console()
    console.print(table)
    console.print(f"deliveries: {len(found)}", highlight=False)

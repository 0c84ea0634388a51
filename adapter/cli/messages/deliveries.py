"""`ldt messages deliveries`, `dead` and `retry`: advice on its way to its destinations, and what was given up."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from adapter.cli.messages.opening import DEFAULT_STORE, StoreUrl, fail, order, reading
from adapter.cli.messages.printing import AsJson, Json, print_json, print_table

if TYPE_CHECKING:
    from adapter.store import Delivery, DeliveryState

STATES: "Final[tuple[DeliveryState, ...]]" = ("waiting", "delivered", "dead", "superseded")


def list_deliveries(
    state: Annotated[
        str | None, typer.Option(metavar="STATE", help=f"Only deliveries of this state, one of {', '.join(STATES)}.")
    ] = None,
    as_json: AsJson = False,
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """List deliveries of advice. A server may be running."""
    with reading(store) as opened:
        _print(opened.deliveries(_state_of(state)), as_json=as_json)


def dead(as_json: AsJson = False, store: StoreUrl = DEFAULT_STORE) -> None:
    """List deliveries that were given up, with the last error. A server may be running."""
    with reading(store) as opened:
        _print(opened.deliveries("dead"), as_json=as_json)


def retry(
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="N...", help="Numbers of dead deliveries; or --all.")
    ] = None,
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


def delivery_as_json(one: "Delivery") -> dict[str, Json]:
    """A delivery as JSON. `due_at` is when it is tried next, or what became of it was settled."""
    return {
        "number": one.id,
        "evaluation": one.evaluation,
        "destination": one.destination,
        "state": one.state,
        "attempts": one.attempts,
        "due_at": one.due_at.isoformat(),
        "error": one.error,
    }


def _print(found: "list[Delivery]", *, as_json: bool) -> None:
    if as_json:
        print_json([delivery_as_json(one) for one in found])
        return
    columns = ("No.", "Evaluation", "To", "State", "Attempts", "Due (UTC)", "Error")
    print_table(columns, map(_cells, found), f"deliveries: {len(found)}")


def _cells(one: "Delivery") -> tuple[str, ...]:
    due = f"{one.due_at:%Y-%m-%d %H:%M:%S}" if one.state == "waiting" else ""
    return str(one.id), str(one.evaluation), one.destination, one.state, str(one.attempts), due, one.error

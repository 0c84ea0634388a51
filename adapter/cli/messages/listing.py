"""`ldt messages list`: the stored messages as a table, or their control ids alone."""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from adapter.cli.console import printable
from adapter.cli.messages.opening import DEFAULT_STORE, StoreUrl, reading, state_of

if TYPE_CHECKING:
    from adapter.store import Store, StoredMessage


def list_messages(
    state: Annotated[str | None, typer.Option(help="Only messages of this state, such as quarantined.")] = None,
    patient: Annotated[
        str | None, typer.Option(metavar="KEY", help="Only messages about this patient: AUTHORITY/TYPE/NUMBER.")
    ] = None,
    after: Annotated[int, typer.Option(metavar="N", help="Only messages after this number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, help="At most so many rows.")] = 200,
    patients: Annotated[bool, typer.Option("--patients", help="Show the patients' numbers too.")] = False,
    ids: Annotated[
        bool, typer.Option("--ids", help="Print one control id for each message, all of them, and nothing else.")
    ] = False,
    effects: Annotated[
        bool, typer.Option("--effects", help="With --ids: one for each application of a message to a patient.")
    ] = False,
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """List received messages, in order of arrival. A server may be running."""
    if effects and (not ids or state or patient or after):
        raise typer.BadParameter("--effects goes with --ids, and with no other choice of messages")
    with reading(store) as opened:
        found = opened.messages(after=after, state=state_of(state), patient_key=patient)
        if ids:
            _print_ids(opened, found, effects=effects)
        else:
            _print_table(found, limit, patients=patients)


def _print_ids(store: "Store", found: "Iterator[StoredMessage]", *, effects: bool) -> None:
    for control_id in (one for one, _ in store.applied()) if effects else (message.control_id for message in found):
        typer.echo(printable(control_id))


def _print_table(found: "Iterator[StoredMessage]", limit: int, *, patients: bool) -> None:
    rows = list(islice(found, limit))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("No.", "Received", "Sender", "Type", "Control id", "State", "Reason"):
        table.add_column(column, overflow="fold")
    if patients:
        table.add_column("Patients", overflow="fold")
    for message in rows:
        cells = _cells(message) + (["; ".join(message.patient_keys)] if patients else [])
        table.add_row(*(escape(printable(cell)) for cell in cells))
    console = Console()
    console.print(table)
    more = next(found, None) is not None
    rest = f"; more with --after {rows[-1].id}" if more else ""
    console.print(f"{len(rows)} message(s){rest}", highlight=False)


def _cells(message: "StoredMessage") -> list[str]:
    return [
        str(message.id),
        f"{message.received_at:%Y-%m-%d %H:%M:%S}",
        message.sender.replace("|", " "),
        message.type,
        message.control_id,
        message.state,
        message.reason,
    ]

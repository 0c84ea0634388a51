"""`ldt messages list`: the stored messages as a table or as JSON, or their control ids alone."""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from adapter.advice.wording import printable
from adapter.cli.messages.opening import DEFAULT_STORE, ONE_STATE, StoreUrl, patient_key, reading, state_of
from adapter.cli.messages.printing import AsJson, Json, print_json, print_table

if TYPE_CHECKING:
    from adapter.store import Store, StoredMessage


def list_messages(
    state: Annotated[
        str | None, typer.Option(metavar="STATE", help=f"Only messages of this state, {ONE_STATE}")
    ] = None,
    patient: Annotated[
        str | None, typer.Option(metavar="KEY", help="Only messages about this patient: AUTHORITY/TYPE/NUMBER.")
    ] = None,
    after: Annotated[int, typer.Option(metavar="N", help="Only messages after this number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="At most so many rows.")] = 200,
    patients: Annotated[bool, typer.Option("--patients", help="Show the patients' numbers too.")] = False,
    ids: Annotated[
        bool, typer.Option("--ids", help="Print one control id for each message, all of them, and nothing else.")
    ] = False,
    effects: Annotated[
        bool, typer.Option("--effects", help="With --ids: one for each application of a message to a patient.")
    ] = False,
    as_json: AsJson = False,
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """List received messages, in order of arrival, each with the number of its findings; `show` names them.

    A server may be running.
    """
    if effects and (not ids or state or patient or after):
        raise typer.BadParameter("--effects goes with --ids, and with no other choice of messages")
    if ids and as_json:
        raise typer.BadParameter("--ids and --json are two forms of the same: choose one")
    with reading(store) as opened:
        found = opened.messages(after=after, state=state_of(state), patient_key=patient_key(patient))
        if ids:
            _print_ids(opened, found, effects=effects)
            return
        rows = list(islice(found, limit))
        more = f"more with --after {rows[-1].id}" if next(found, None) is not None else ""
        if not as_json:
            _print_table(rows, more, patients=patients)
            return
        print_json([row_as_json(message, patients=patients) for message in rows])
        if more:
            typer.echo(f"ldt messages: {more}", err=True)


def _print_ids(store: "Store", found: "Iterator[StoredMessage]", *, effects: bool) -> None:
    for control_id in (one for one, _ in store.applied()) if effects else (message.control_id for message in found):
        typer.echo(printable(control_id))


def _print_table(rows: "list[StoredMessage]", more: str, *, patients: bool) -> None:
    columns = ["No.", "Received", "Sender", "Type", "Control id", "State", "Findings", "Reason"]
    cells = [_cells(message) + (["; ".join(message.patient_keys)] if patients else []) for message in rows]
    summary = f"{len(rows)} message(s)" + (f"; {more}" if more else "")
    print_table([*columns, "Patients"] if patients else columns, cells, summary)


def row_as_json(message: "StoredMessage", *, patients: bool) -> dict[str, Json]:
    """A message as JSON: what the journal says of it, the patients' numbers only where they are asked for."""
    row: dict[str, Json] = {
        "number": message.id,
        "received_at": message.received_at.isoformat(),
        "sender": message.sender,
        "type": message.type,
        "control_id": message.control_id,
        "profile": message.profile,
        "state": message.state,
        "reason": message.reason,
        "findings": [{"code": noted.code, "place": noted.place} for noted in message.findings],
    }
    return {**row, "patients": list(message.patient_keys)} if patients else row


def _cells(message: "StoredMessage") -> list[str]:
    return [
        str(message.id),
        f"{message.received_at:%Y-%m-%d %H:%M:%S}",
        message.sender.replace("|", " "),
        message.type,
        message.control_id,
        message.state,
        str(len(message.findings) or ""),
        _reason(message),
    ]


def _reason(message: "StoredMessage") -> str:
    """The reason, and that a message came again although somebody had discarded it."""
    again = any(noted.code == "sent-again" for noted in message.findings)
    return f"{message.reason} (sent again)" if again else message.reason

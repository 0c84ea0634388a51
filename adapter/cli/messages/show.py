"""`ldt messages show`: one message: state, findings, what became of its content, and the advice it led to."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from adapter.cli.console import printable
from adapter.cli.messages.opening import DEFAULT_STORE, StoreUrl, existing, reading
from adapter.hl7v2 import UnusableMessage, parse_message
from adapter.mapping.hl7v2 import map_hl7v2
from adapter.mapping.ledger import Level, Outcome

if TYPE_CHECKING:
    from adapter.store import Evaluation, Store, StoredMessage

Lines = Iterator[tuple[str, str]]


def show(
    number: Annotated[int, typer.Argument(metavar="N", help="The number of the message.")],
    patients: Annotated[bool, typer.Option("--patients", help="Show the patients' numbers too.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="Print its bytes as received, and nothing else.")] = False,
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """Show one received message. Its content, which is about a patient, only with --raw. A server may be running."""
    with reading(store) as opened:
        (message,) = existing(opened, [number])
        if raw:
            sys.stdout.buffer.write(opened.raw(number))
            return
        console = Console()
        for title, text in _lines(opened, message, patients=patients):
            console.print(Text(title, style="bold"))
            console.print(Padding(Text(_printable(text)), (0, 0, 0, 2), expand=False))


def _printable(text: str) -> str:
    return "\n".join(printable(line) for line in text.split("\n"))


def _lines(store: "Store", message: "StoredMessage", *, patients: bool) -> Lines:
    reason = f": {message.reason}" if message.reason else ""
    yield f"Message {message.id}", f"{message.type} from {message.sender.replace('|', ' ')}, id {message.control_id}"
    yield "Received", f"{message.received_at:%Y-%m-%d %H:%M:%S} UTC; SHA-256 {message.sha256.hex()}"
    yield "State", f"{message.state}{reason}"
    if patients:
        yield "Patients", "\n".join(message.patient_keys) or "none"
    yield "Findings", "\n".join(f"{noted.code} {noted.place}".strip() for noted in message.findings) or "none"
    yield "Content", _content(store.raw(message.id))
    yield "Advice", "\n".join(_advice(store, message.id)) or "it led to no new advice"


def _content(raw: bytes) -> str:
    """The counts of the ledger: what became of segments and coded elements."""
    try:
        ledger = map_hl7v2([parse_message(raw)], "message").whole_ledger
    except UnusableMessage as error:
        return f"cannot be read: {error.code}"
    lines = []
    for level in Level:
        counts = ledger.counts(level)
        listed = ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome if counts[outcome])
        lines.append(f"{level.value}: {listed or 'none'}")
    return "\n".join(lines)


def _advice(store: "Store", number: int) -> Iterator[str]:
    for evaluation in store.evaluations_because_of(number):
        yield _evaluation(store, evaluation)
        for one in store.deliveries_of(evaluation.id):
            error = f" ({one.error})" if one.error else ""
            yield f"  delivery {one.id} to {one.destination}: {one.state}, {one.attempts} attempt(s){error}"


def _evaluation(store: "Store", evaluation: "Evaluation") -> str:
    made = evaluation.evaluated
    holds = store.evaluation(evaluation.patient_key)
    standing = "holds now" if holds is not None and holds.id == evaluation.id else "replaced since"
    what = "revoked" if made.revoked else made.indicator
    return f"evaluation {evaluation.id} of {evaluation.evaluated_at:%Y-%m-%d %H:%M} UTC: {what}; {standing}"

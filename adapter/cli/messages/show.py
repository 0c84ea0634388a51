"""`ldt messages show`: one message: state, findings, what became of its content, and the advice it led to."""

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Final

import typer

from adapter.cli.messages.deliveries import delivery_as_json
from adapter.cli.messages.listing import row_as_json
from adapter.cli.messages.opening import DEFAULT_STORE, StoreUrl, existing, reading
from adapter.cli.messages.printing import AsJson, Json, Sections, print_json, print_sections
from adapter.hl7v2 import UnusableMessage, parse_message
from adapter.mapping.hl7v2 import map_hl7v2
from adapter.mapping.ledger import Ledger, Level, Outcome

if TYPE_CHECKING:
    from adapter.store import Evaluation, Store, StoredMessage

SINCE: Final = 10
"""How many evaluations of the patient are told of, the newest first."""


def show(
    number: Annotated[int, typer.Argument(metavar="N", help="The number of the message.")],
    patients: Annotated[bool, typer.Option("--patients", help="Show the patients' numbers too.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="Print its bytes as received, and nothing else.")] = False,
    as_json: AsJson = False,
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """Show one received message. Its content, which is about a patient, only with --raw. A server may be running."""
    if raw and as_json:
        raise typer.BadParameter("--raw and --json are two forms of the same: choose one")
    with reading(store) as opened:
        (message,) = existing(opened, [number])
        if raw:
            sys.stdout.buffer.write(opened.raw(number))
        elif as_json:
            print_json(_as_json(opened, message, patients=patients))
        else:
            print_sections(_sections(opened, message, patients=patients))


def _as_json(store: "Store", message: "StoredMessage", *, patients: bool) -> Json:
    ledger = _ledger(store.raw(message.id))
    counted = {} if isinstance(ledger, str) else {level.value: _counts(ledger, level) for level in Level}
    return {
        **row_as_json(message, patients=patients),
        "sha256": message.sha256.hex(),
        "content": counted,
        "unreadable": ledger if isinstance(ledger, str) else "",
        "advice": [_evaluation_as_json(store, one) for one in store.evaluations_because_of(message.id)],
        "evaluated_since": [_evaluation_as_json(store, one) for one in _since(store, message)],
    }


def _sections(store: "Store", message: "StoredMessage", *, patients: bool) -> Sections:
    reason = f": {message.reason}" if message.reason else ""
    yield f"Message {message.id}", f"{message.type} from {message.sender.replace('|', ' ')}, id {message.control_id}"
    yield "Received", f"{message.received_at:%Y-%m-%d %H:%M:%S} UTC; SHA-256 {message.sha256.hex()}"
    yield "State", f"{message.state}{reason}"
    if patients:
        yield "Patients", "\n".join(message.patient_keys) or "none"
    yield "Findings", "\n".join(f"{noted.code} {noted.place}".strip() for noted in message.findings) or "none"
    yield "Content", _content(store.raw(message.id))
    yield "Advice", "\n".join(_advice(store, message))


def _ledger(raw: bytes) -> Ledger | str:
    """What became of the content, or the code of why it cannot be read."""
    try:
        return map_hl7v2([parse_message(raw)], "message").whole_ledger
    except UnusableMessage as error:
        return error.code


def _counts(ledger: Ledger, level: Level) -> Mapping[str, int]:
    counts = ledger.counts(level)
    return {outcome.value: counts[outcome] for outcome in Outcome if counts[outcome]}


def _content(raw: bytes) -> str:
    """The counts of the ledger: what became of segments and coded elements."""
    ledger = _ledger(raw)
    if isinstance(ledger, str):
        return f"cannot be read: {ledger}"
    lines = []
    for level in Level:
        listed = ", ".join(f"{count} {outcome}" for outcome, count in _counts(ledger, level).items())
        lines.append(f"{level.value}: {listed or 'none'}")
    return "\n".join(lines)


def _advice(store: "Store", message: "StoredMessage") -> Iterator[str]:
    """The evaluations of which it was the last message, then those of its patient that came later or together."""
    own, since = store.evaluations_because_of(message.id), _since(store, message)
    for evaluation in own:
        yield from _evaluation(store, evaluation)
    if own and since:
        yield "its patient was evaluated since, for other messages:"
    elif message.state == "evaluated" and since:
        yield "its facts led to advice together with those of other messages; its patient was evaluated since:"
    elif since:
        yield "it led to no new advice; its patient was evaluated since, for other messages:"
    elif not own:
        yield "it led to no new advice"
    for evaluation in since:
        yield from _evaluation(store, evaluation)


def _since(store: "Store", message: "StoredMessage") -> "list[Evaluation]":
    """The newest evaluations of its patients after it arrived, other than those it was itself the last message of."""
    own = {one.id for one in store.evaluations_because_of(message.id)}
    keys = dict.fromkeys(joined for key in message.patient_keys for joined in store.joined(key))
    newest = [one for one in store.evaluations_of(tuple(keys), SINCE) if one.id not in own]
    return [one for one in newest if one.message > message.id or one.evaluated_at >= message.received_at]


def _evaluation(store: "Store", evaluation: "Evaluation") -> Iterator[str]:
    made = evaluation.evaluated
    standing = "holds now" if _holds(store, evaluation) else "replaced since"
    what = "revoked" if made.revoked else made.indicator
    when = f"{evaluation.evaluated_at:%Y-%m-%d %H:%M} UTC"
    yield f"evaluation {evaluation.id} of {when} for message {evaluation.message}: {what}; {standing}"
    for one in store.deliveries_of(evaluation.id):
        error = f" ({one.error})" if one.error else ""
        yield f"  delivery {one.id} to {one.destination}: {one.state}, {one.attempts} attempt(s){error}"


def _evaluation_as_json(store: "Store", evaluation: "Evaluation") -> Json:
    return {
        "number": evaluation.id,
        "message": evaluation.message,
        "evaluated_at": evaluation.evaluated_at.isoformat(),
        "indicator": evaluation.evaluated.indicator,
        "revoked": evaluation.evaluated.revoked,
        "holds": _holds(store, evaluation),
        "deliveries": [delivery_as_json(one) for one in store.deliveries_of(evaluation.id)],
    }


def _holds(store: "Store", evaluation: "Evaluation") -> bool:
    holds = store.evaluation(evaluation.patient_key)
    return holds is not None and holds.id == evaluation.id

"""`ldt messages advice`: what is advised for a patient now, on which messages it rests, and where it was delivered.

Not for evaluating anything: it shows what a server has stored.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from adapter.cli.messages.opening import DEFAULT_STORE, StoreUrl, fail, patient_key, reading
from adapter.cli.messages.plan import NO_PLAN, read_plan
from adapter.cli.messages.printing import Sections, print_sections

if TYPE_CHECKING:
    from adapter.store import Delivery, Evaluation, Store


def advice(
    patient: Annotated[str, typer.Argument(metavar="AUTHORITY/TYPE/NUMBER", help="The patient's number.")],
    full: Annotated[
        bool, typer.Option("--full", help="Show the whole advice too: every therapy, step, missing fact and note.")
    ] = False,
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """Show the advice that holds for a patient as the card shows it first, its messages and its deliveries.

    With --full the whole of it. A server may be running.
    """
    key = patient_key(patient) or ""
    with reading(store) as opened:
        numbers = opened.joined(key)
        used = opened.in_use(numbers)
        holds = _holding(opened, numbers)
        if holds is None and not used:
            fail("there is no message in use, and no advice, about this patient")
        print_sections(_sections(opened, key, numbers, holds, [one.id for one in used], full=full))


def _holding(store: "Store", numbers: tuple[str, ...]) -> "Evaluation | None":
    """The evaluation that holds under one of the numbers: after a merge it is that of the surviving one, since the
    advice of the others is revoked."""
    found = [evaluation for number in numbers if (evaluation := store.evaluation(number)) is not None]
    standing = [evaluation for evaluation in found if not evaluation.evaluated.revoked]
    return max(standing or found, key=lambda evaluation: evaluation.id, default=None)


def _sections(
    store: "Store", key: str, numbers: tuple[str, ...], holds: "Evaluation | None", used: list[int], *, full: bool
) -> Sections:
    yield "Patient", _patient(key, numbers, holds)
    if holds is None:
        yield (
            "Advice",
            "none was ever stored for this patient: nothing concerns the service, or it waits to be evaluated",
        )
    else:
        yield from _advice(holds, full=full)
        yield (
            "Delivered",
            "\n".join(map(_delivery, store.deliveries_of(holds.id))) or "to nobody: no destination was set",
        )
    yield "Messages behind it", "\n".join(_messages(store, used)) or "none counts any more"
    held = sorted({one.id for key in numbers for one in store.messages(patient_key=key, state="quarantined")})
    if held:
        yield "NOT in it", "\n".join(_messages(store, held))


def _patient(key: str, numbers: tuple[str, ...], holds: "Evaluation | None") -> str:
    others = [number for number in numbers if number != key]
    joined = f"\nof one patient with {', '.join(others)}" if others else ""
    under = f"\nadvised under {holds.patient_key}" if holds is not None and holds.patient_key != key else ""
    return f"{key}{joined}{under}"


def _advice(holds: "Evaluation", *, full: bool) -> Sections:
    made = holds.evaluated
    yield "Evaluation", f"{holds.id} of {holds.evaluated_at:%Y-%m-%d %H:%M} UTC by {made.rule_set}"
    plan = read_plan(made.care_plan)
    if plan is None:
        yield "Advice", NO_PLAN
        return
    standing = "revoked: nothing is advised any more" if made.revoked else f"{plan.status}, {made.indicator}"
    yield "Advice", f"{standing}\n{plan.description}".rstrip()
    for title, lines in plan.first_screen.items():
        yield title, "\n".join(lines)
    if full or not plan.first_screen:
        yield "Activities", "\n".join(plan.activities) or "none"
        yield "Notes", "\n".join(plan.notes) or "none"
    else:
        yield "The rest", f"{len(plan.activities)} activities and {len(plan.notes)} notes of the plan: with --full"


def _delivery(one: "Delivery") -> str:
    when = f"{one.due_at:%Y-%m-%d %H:%M} UTC"
    match one.state:
        case "delivered":
            return f"to {one.destination}: delivered {when}"
        case "waiting":
            return f"to {one.destination}: waiting, to be tried {when}{_error(one)}"
        case "dead":
            return f"to {one.destination}: NOT delivered, given up {when}{_error(one)}"
        case _:
            return f"to {one.destination}: not delivered, superseded"


def _error(one: "Delivery") -> str:
    return f" ({one.error})" if one.error else ""


def _messages(store: "Store", numbers: list[int]) -> Iterator[str]:
    for number in numbers:
        one = store.message(number)
        what = f"{one.type} from {one.sender.replace('|', ' ')}, id {one.control_id}"
        reason = f" ({one.reason})" if one.state == "quarantined" else ""
        yield f"{number}  {one.received_at:%Y-%m-%d %H:%M:%S}  {what}: {one.state}{reason}"

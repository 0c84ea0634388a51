"""`ldt feedback report`: how often cards were accepted, overridden or left alone, by rule and by reason."""

from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from adapter.advice.wording import printable
from adapter.cli.feedback.period import Since, since_of, since_words
from adapter.cli.messages.opening import DEFAULT_STORE, StoreUrl, reading
from adapter.cli.messages.printing import plain_console
from adapter.fhir.write import write_json

if TYPE_CHECKING:
    from adapter.toolchain.acceptance import Acceptance, Tally, Why

WORDS = {"words": "a comment without a code", "extension": "a vendor's own form", "none": "no reason given"}
"""What stands for a reason that has no code."""


def report(
    store: StoreUrl = DEFAULT_STORE,
    since: Since = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Count what became of the cards that were shown, by rule and by override reason. A server may be running.

    A card counts under every rule that fired for it; of several reports on a card the newest counts. No feedback says
    nothing: a card may have been ignored, not seen, or shown by a client that reports nothing.
    """
    from adapter.toolchain.acceptance import acceptance

    begin = since_of(since)
    with reading(store, "feedback") as opened:
        found, unknown = acceptance(opened.cards.fates(begin)), opened.cards.unknown(begin)
    if json:
        typer.echo(write_json(_plain(found, unknown, since), indent=2).decode())
    elif found.cards.shown or unknown:
        _print(found, unknown, since_words(begin))
    else:
        typer.echo(f"no card was shown and no feedback came{since_words(begin)}")


def _plain(found: "Acceptance", unknown: int, since: str | None) -> dict[str, object]:
    rules = [{"rule_set": one.rule_set, "rule": one.rule, **_counts(one.tally)} for one in found.rules]
    return {"since": since, "cards": _counts(found.cards), "unknown_cards": unknown, "rules": rules}


def _counts(tally: "Tally") -> dict[str, object]:
    reasons = [{"kind": why.kind, "code": why.code, "system": why.system, "cards": n} for why, n in tally.reasons]
    return {
        "shown": tally.shown,
        "accepted": tally.accepted,
        "overridden": tally.overridden,
        "no_feedback": tally.unanswered,
        "reasons": reasons,
    }


def _print(found: "Acceptance", unknown: int, period: str) -> None:
    console, cards = plain_console(), found.cards
    console.print(
        f"cards shown{period}: {cards.shown}; accepted {cards.accepted}, overridden {cards.overridden}, "
        f"no feedback {cards.unanswered}",
        highlight=False,
    )
    if unknown:
        console.print(f"feedback on cards that this store does not know: {unknown}", highlight=False)
    for rule_set, rules in groupby(found.rules, key=lambda one: one.rule_set):
        console.print(f"\nrule set {printable(rule_set)}", highlight=False, markup=False)
        table = _table("Rule", "Shown", "Accepted", "Overridden", "No feedback", "Accepted of answered", "Reasons")
        for one in rules:
            table.add_row(escape(printable(one.rule)), *_cells(one.tally))
        console.print(table)
    if cards.reasons:
        console.print()
        table = _table("Override reason", "Cards", "Code system")
        for why, count in cards.reasons:
            table.add_row(escape(_words(why)), str(count), escape(printable(why.system)))
        console.print(table)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _cells(tally: "Tally") -> tuple[str, ...]:
    counts = (tally.shown, tally.accepted, tally.overridden, tally.unanswered)
    reasons = ", ".join(f"{_words(why)} {count}" for why, count in tally.reasons)
    return (*map(str, counts), _share(tally), escape(reasons))


def _share(tally: "Tally") -> str:
    """Of the cards that somebody answered, how many were accepted; nothing where nobody answered."""
    answered = tally.accepted + tally.overridden
    return f"{tally.accepted / answered:.0%}" if answered else ""


def _words(why: "Why") -> str:
    return printable(why.code) if why.kind == "code" else WORDS[why.kind]

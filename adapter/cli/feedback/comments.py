"""`ldt feedback comments`: what users wrote about cards, in their own words."""

from typing import TYPE_CHECKING

import typer

from adapter.advice.wording import printable
from adapter.cli.feedback.period import Since, since_of, since_words
from adapter.cli.messages.opening import DEFAULT_STORE, StoreUrl, reading

if TYPE_CHECKING:
    from adapter.store import CardReport, Reason


def comments(store: StoreUrl = DEFAULT_STORE, since: Since = None) -> None:
    """Print what users wrote when they answered cards, in order of arrival. It may speak of patients.

    The day, the outcome, the code where one was chosen, and the uuid of the card stand before it.
    """
    begin = since_of(since)
    count = 0
    with reading(store, "feedback") as opened:
        for report in opened.cards.reports(begin):
            for reason in report.reasons:
                if reason.comment or reason.extension:
                    typer.echo(_line(report, reason))
                    count += 1
    typer.echo(f"{count} comment(s){since_words(begin)}")


def _line(report: "CardReport", reason: "Reason") -> str:
    head = f"{report.outcome_at:%Y-%m-%d} {report.outcome} {reason.code or '-'} {report.id.card}"
    said = (" ".join(text.split()) for text in (reason.comment, reason.extension) if text)
    return printable(f"{head}: {'; '.join(said)}")

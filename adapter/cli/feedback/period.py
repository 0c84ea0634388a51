"""From when on feedback is counted: the option `--since` of `ldt feedback`."""

from datetime import UTC, date, datetime, time
from typing import Annotated

import typer

Since = Annotated[
    str | None, typer.Option("--since", metavar="DATE", help="Only from this date (2026-01-12, 0:00 UTC) on.")
]


def since_of(text: str | None) -> datetime | None:
    """The beginning of the day that the option names."""
    if text is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise typer.BadParameter(f"{text} is no date of the form 2026-01-12", param_hint="--since") from None


def since_words(since: datetime | None) -> str:
    """The period in words, after what is counted."""
    return "" if since is None else f" since {since:%Y-%m-%d}"

"""What `ldt evaluate` prints for people: the parts of each answer, in colours where the terminal has them."""

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from adapter.advice.assessment import Assessment
from adapter.advice.indicator import indicator
from adapter.advice.options import Option
from adapter.advice.parts import COLUMNS, Part, Tone, parts
from adapter.advice.reasoning import reasons_given
from adapter.advice.summary import summary
from adapter.advice.wording import printable
from adapter.case.finding import Finding
from adapter.case.truth import Truth
from adapter.cli.trees import tree_of
from adapter.ldt import Strength

COLOURS = {
    Strength.PREFERRED: "green",
    Strength.REASONABLE: "cyan",
    Strength.NOT_RECOMMENDED: "yellow",
    Strength.CONTRAINDICATED: "red",
}
INDICATORS = {"info": "green", "warning": "yellow", "critical": "bold red"}
STYLES: dict[Tone, str] = {
    "plain": "",
    "danger": "bold red",
    "loud": "bold yellow",
    "warning": "yellow",
    "missing": "magenta",
    "quiet": "dim",
}


def show(console: Console, assessment: Assessment) -> None:
    """The advice on one patient or case."""
    console.print(_head(assessment))
    for part in parts(assessment):
        _show_part(console, part)


def _head(assessment: Assessment) -> Panel:
    code = indicator(assessment)
    colour = INDICATORS[code]
    title = f"{escape(printable(assessment.case.subject))}  [{colour}]{code}[/]"
    return Panel(Text(summary(assessment)), title=title, title_align="left", border_style=colour)


def _show_part(console: Console, part: Part) -> None:
    style, bullet = STYLES[part.tone], "  - " if part.title else ""
    if part.title:
        console.print(Text(part.title, style="bold"))
    if part.options:
        console.print(_table(part.options))
        return
    for line in part.lines:
        console.print(Text(f"{bullet}{printable(line)}", style=style))


def _table(rated: Iterable[Option]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in COLUMNS:
        table.add_column(column, overflow="fold")
    for option in rated:
        planned = "planned" if option.therapy.planned is Truth.TRUE else ""
        strength = f"[{COLOURS[option.therapy.strength]}]{option.strength}[/]"
        table.add_row(planned, escape(option.short), strength, escape("; ".join(option.because)))
    return table


def show_findings(console: Console, title: str, findings: Iterable[Finding]) -> None:
    """What was odd about the input, for the analyst."""
    shown = list(findings)
    if not shown:
        return
    console.print(Text(title, style="bold"))
    for finding in shown:
        colour = {"error": "red", "warning": "yellow", "info": "dim"}[finding.severity]
        text = f"  {finding.severity} {finding.code} at {printable(finding.place)}: {finding.hint}"
        console.print(Text(text, style=colour))


def show_explanation(console: Console, assessment: Assessment) -> None:
    """Why: for each therapy the rules with their conditions, answers, facts and sources."""
    for reason in reasons_given(assessment):
        console.print(tree_of(reason))

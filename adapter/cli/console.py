"""What `ldt evaluate` prints for people: a table of options per patient, in colours where the terminal has them."""

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from adapter.advice.assessment import Assessment
from adapter.advice.basis import silenced_lines, site_lines
from adapter.advice.card import summary
from adapter.advice.parts import SILENCED, basis
from adapter.advice.sections import (
    SCOPE_UNKNOWN,
    also_on_record,
    cited,
    closed_lines,
    danger_lines,
    data_problems,
    deciding_facts,
    disagreements,
    fact_line,
    flag_lines,
    indicator,
    label,
    missing_lines,
    options,
    outranked,
    remark_line,
    scope_rules,
    set_aside_lines,
    short_name,
    unread_line,
)
from adapter.case.finding import Finding
from adapter.case.truth import Truth
from adapter.cli.trees import add_rule
from adapter.ldt import Scope, Strength

COLOURS = {
    Strength.PREFERRED: "green",
    Strength.REASONABLE: "cyan",
    Strength.NOT_RECOMMENDED: "yellow",
    Strength.CONTRAINDICATED: "red",
}
INDICATORS = {"info": "green", "warning": "yellow", "critical": "bold red"}


def printable(text: str) -> str:
    """Text from a sender without characters that could drive the terminal."""
    return "".join(character for character in text if character.isprintable())


def show(console: Console, assessment: Assessment) -> None:
    """The advice on one patient or case."""
    colour = INDICATORS[indicator(assessment)]
    title = f"{escape(printable(assessment.case.subject))}  [{colour}]{indicator(assessment)}[/]"
    console.print(Panel(Text(summary(assessment)), title=title, title_align="left", border_style=colour))
    _lines(console, "No advice is given on this record", closed_lines(assessment), "magenta")
    if not assessment.closed:
        _show_advice(console, assessment)
    console.print(Text(basis(assessment), style="dim"))


def _show_advice(console: Console, assessment: Assessment) -> None:
    """The sections of the card, in its order and its words."""
    advice = assessment.advice
    if advice.scope is Scope.NOT_APPLICABLE:
        reasons = [f"{rule.id} {rule.row.title}: {rule.row.statement}" for rule in scope_rules(assessment)]
        _lines(console, "The guideline does not apply to this patient", reasons, "")
    if advice.scope is Scope.UNKNOWN:
        console.print(Text(SCOPE_UNKNOWN, style="bold"))
    _lines(console, "Danger", danger_lines(assessment), "bold red")
    _lines(console, SILENCED, silenced_lines(advice, assessment.rules), "bold yellow")
    if advice.therapies:
        console.print(_table(assessment))
    _lines(console, "Cautions", [remark_line(assessment, r) for r in advice.cautions], "yellow")
    _lines(console, "Outranked", outranked(assessment), "")
    _lines(console, "Missing", [*missing_lines(assessment), *filter(None, [unread_line(assessment)])], "magenta")
    _lines(console, "Data that could not be had", assessment.gaps, "magenta")
    _lines(console, "Data problems", data_problems(assessment), "magenta")
    _lines(console, "To do", [remark_line(assessment, r) for r in advice.actions], "")
    _lines(console, "Facts that decided", [fact_line(fact) for fact in deciding_facts(assessment)], "dim")
    _lines(console, "Also on record, read by no rule", also_on_record(assessment), "")
    _lines(console, "On record but not used", set_aside_lines(assessment), "dim")
    _lines(console, "The documents disagree", disagreements(assessment), "")
    _lines(console, "Not in the documents, waits for a clinician", flag_lines(assessment), "")
    _lines(console, "Sources", cited(assessment), "dim")
    _lines(console, "Changed by the site", site_lines(assessment.rules), "")


def _table(assessment: Assessment) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("", "Therapy", "Strength", "Because"):
        table.add_column(column, overflow="fold")
    for option in options(assessment):
        colour = COLOURS[option.therapy.strength]
        planned = "planned" if option.therapy.planned is Truth.TRUE else ""
        because = "; ".join(option.because)
        table.add_row(
            planned,
            escape(short_name(assessment, option.therapy.code)),
            f"[{colour}]{option.strength}[/]",
            escape(because),
        )
    return table


def _lines(console: Console, title: str, lines: Iterable[str], style: str) -> None:
    shown = list(lines)
    if shown:
        console.print(Text(title, style="bold"))
        for line in shown:
            console.print(Text(f"  - {printable(line)}", style=style))


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
    for option in options(assessment):
        tree = Tree(f"[bold]{escape(option.name)}[/] {escape(option.strength)}")
        for rating in (*option.therapy.because, *option.therapy.set_aside):
            aside = " (set aside by policy)" if rating in option.therapy.set_aside else ""
            add_rule(tree, assessment, rating.rule, f"{rating.rated.value}{aside}")
        console.print(tree)
    for missing in assessment.advice.missing:
        tree = Tree(f"[bold]Missing: {escape(label(missing.name))}[/]")
        for rule in missing.rules:
            add_rule(tree, assessment, rule, "undecided")
        console.print(tree)

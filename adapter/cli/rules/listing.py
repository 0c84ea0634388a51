"""`ldt rules list`: all rules in one table, or those of a section, a therapy, or a fact."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from adapter.advice.basis import signature
from adapter.cli.rules.patients import therapy_of
from adapter.cli.site import SiteFolder, checked_rules_of
from adapter.ldt import Rule, RuleSet


def list_rules(
    section: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Only rules of this section, such as 3.2.")
    ] = None,
    therapy: Annotated[str | None, typer.Option(metavar="CODE", help="Only rules that rate or ask about it.")] = None,
    fact: Annotated[str | None, typer.Option(metavar="NAME", help="Only rules that read this fact.")] = None,
    site: SiteFolder = None,
) -> None:
    """List the rules: id, section, category, title, and whether a clinician has signed them."""
    rules = checked_rules_of(site)
    if therapy is not None:
        therapy_of(rules, therapy)
    if fact is not None and fact not in rules.facts:
        raise typer.BadParameter(f"no fact {fact}; docs/facts.md lists them", param_hint="--fact")
    found = [rule for rule in rules.rules.values() if _wanted(rule, section, therapy, fact)]
    if not found:
        typer.echo("ldt rules list: no rule fits", err=True)
        raise typer.Exit(1)
    _print(found, rules)


def _wanted(rule: Rule, section: str | None, therapy: str | None, fact: str | None) -> bool:
    return (
        (section is None or rule.section.split(" ")[0] == section)
        and (therapy is None or therapy in rule.about)
        and (fact is None or fact in rule.facts)
    )


def _print(found: list[Rule], rules: RuleSet) -> None:
    console = Console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("Rule", "Section", "Category", "Title", "Signed"):
        table.add_column(column, overflow="fold")
    for rule in found:
        row = rule.row
        signed = signature(rules, rule.id)
        table.add_row(rule.id, rule.section.split(" ")[0], row.category, escape(row.title), escape(signed))
    console.print(table)
    console.print(f"{len(found)} of {len(rules.rules)} rules of {rules.id} {rules.edition}", highlight=False)

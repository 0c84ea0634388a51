"""The option `--site`: the folder of a site, and the rule set as the site has it."""

from pathlib import Path
from typing import Annotated

import typer

from adapter.ldt import RuleSet, RuleSetError, site_rule_set

SiteFolder = Annotated[
    Path | None,
    typer.Option("--site", metavar="DIR", help="Site folder: its rules.yaml changes numbers, ages, wording, switches."),
]


def rules_of(site: Path | None) -> RuleSet:
    """The rule set of the site. Exits with status 1, naming file and line of every change that cannot be made."""
    try:
        return site_rule_set(site)
    except RuleSetError as error:
        typer.echo(f"ldt: the site folder cannot be used\n{error}", err=True)
        raise typer.Exit(1) from None

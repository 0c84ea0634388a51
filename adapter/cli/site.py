"""The option `--site`: the folder of a site, the rule set as the site has it, and its senders and codes."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from adapter.case.tables import TableError
from adapter.ldt import RuleSet, RuleSetError, site_rule_set
from adapter.mapping.site import Site, load_site

SiteFolder = Annotated[
    Path | None,
    typer.Option("--site", metavar="DIR", help="Site folder: changes of rules, senders, own codes (docs/site.md)."),
]


def rules_of(site: Path | None) -> RuleSet:
    """The rule set of the site. Exits with status 1, naming file and line of every change that cannot be made."""
    try:
        return site_rule_set(site)
    except RuleSetError as error:
        _refuse(str(error))


def site_of(folder: Path | None) -> Site:
    """The senders and codes of the site. Exits with status 1, naming file and line of what is wrong."""
    try:
        return load_site(folder)
    except TableError as error:
        _refuse(str(error))


def checked_rules_of(site: Path | None) -> RuleSet:
    """The rule set of a site whose folder is sound as a whole. Exits with status 1, naming all that is wrong."""
    if site is None or not site.is_dir():
        return rules_of(site)
    faults: list[str] = []
    try:
        load_site(site)
    except TableError as error:
        faults.append(str(error))
    try:
        rules = site_rule_set(site)
    except RuleSetError as error:
        _refuse("\n".join([str(error), *faults]))
    if faults:
        _refuse("\n".join(faults))
    return rules


def _refuse(faults: str) -> NoReturn:
    typer.echo(f"ldt: the site folder cannot be used\n{faults}", err=True)
    raise typer.Exit(1) from None

"""`ldt rules diff`: what another version of the rule set, or a site's, changes for all worked cases."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.text import Text

from adapter.cli.rules.what_if import print_difference
from adapter.ldt import RuleSet, RuleSetError, evaluate, load_rule_set, rule_set, site_rule_set
from adapter.ldt.difference import Difference, difference
from adapter.ldt.overlay import OVERLAY
from adapter.toolchain.casebook import CasebookError, read_casebook
from adapter.toolchain.expectation import WorkedCase

SHIPPED = "shipped"
POLICY = "00-policy.yaml"

Version = Annotated[str, typer.Argument(help="A folder of rule files, a site folder, or the word `shipped`.")]


def diff(
    old: Version,
    new: Version,
    cases: Annotated[
        Path, typer.Option("--cases", metavar="FOLDER", help="The folder with cases/ and boundaries/.")
    ] = Path("fixtures"),
) -> None:
    """Compare two versions of the rule set: rules that differ, and every worked case whose advice does."""
    console, errors = Console(), Console(stderr=True)
    before, after = _version(old), _version(new)
    try:
        book = read_casebook(cases)
    except CasebookError as error:
        typer.echo(f"ldt: {error}", err=True)
        raise typer.Exit(1) from None
    console.print(f"{before.id} {before.edition} -> {after.id} {after.edition}", highlight=False)
    _print_rules(console, before, after)
    differing = 0
    for case in track(book.cases, "comparing", console=errors, transient=True):
        found = _difference(case, before, after)
        if found.anything:
            differing += 1
            console.print(Text(f"{case.name} ({case.place})", style="underline"))
            print_difference(console, found, after)
    console.print(f"{differing} of {len(book.cases)} cases differ", highlight=False)


def _version(text: str) -> RuleSet:
    """The rule set that an argument names. Exits with status 1 when it is missing or cannot be loaded."""
    folder = Path(text)
    try:
        if text == SHIPPED:
            return rule_set()
        if (folder / POLICY).exists():
            return load_rule_set(folder)
        if (folder / OVERLAY).exists():
            return site_rule_set(folder)
    except RuleSetError as error:
        typer.echo(f"ldt: {text} cannot be used\n{error}", err=True)
        raise typer.Exit(1) from None
    if not folder.exists():
        typer.echo(f"ldt: {text}: No such file or directory", err=True)
        raise typer.Exit(1)
    raise typer.BadParameter(f"{text} is neither a folder of rule files, nor a site folder, nor `{SHIPPED}`")


def _difference(case: WorkedCase, before: RuleSet, after: RuleSet) -> Difference:
    return difference(evaluate(case.case, before), evaluate(case.case, after))


def _print_rules(console: Console, before: RuleSet, after: RuleSet) -> None:
    """The rules and policies that only one version has, or that read differently, predicates and texts included."""
    for sign, items in (("+", after.digests.keys() - before.digests), ("-", before.digests.keys() - after.digests)):
        for item in sorted(items):
            console.print(f"{sign} {item}", highlight=False)
    common = sorted(before.digests.keys() & after.digests.keys())
    for item in (item for item in common if before.digests[item] != after.digests[item]):
        console.print(f"changed {item}", highlight=False)
    for item in sorted(after.switched - before.switched):
        console.print(f"switched {item}", highlight=False)

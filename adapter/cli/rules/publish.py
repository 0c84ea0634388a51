"""`ldt rules publish`: the knowledge as FHIR files in a folder, one per resource, and the Bundle of all.

What the resources say is decided in adapter.publish; nothing is written before every resource has passed the check.
"""

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from adapter.fhir.check import check_resource
from adapter.fhir.write import write_json
from adapter.ldt import rule_set
from adapter.mapping.tables import tables
from adapter.publish import Knowledge, knowledge
from adapter.server.settings import SettingsError, load_settings

BUNDLE = "ldt-knowledge.json"
"""The file of the Bundle."""


def publish(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write; made if it is not there.")],
    base: Annotated[
        str | None, typer.Option("--base", metavar="URL", help="Canonical base of all URLs; else the setting base.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that holds other files too.")] = False,
) -> None:
    """Publish rules, therapies, facts, questionnaire and code mappings as FHIR R4 resources, each checked first."""
    known = _knowledge(base)
    content = _files(known)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        other = sorted(path.name for path in folder.iterdir() if path.name not in content)
        if other and not force:
            shown = ", ".join(other[:3]) + (f" and {len(other) - 3} more" if len(other) > 3 else "")
            _refuse(f"{folder} holds other files: {shown}. Choose an empty folder, or say --force to leave them there.")
        for name, written in content.items():
            (folder / name).write_bytes(written)
    except OSError as error:
        _refuse(f"{folder} cannot be written: {error.strerror}")
    _show(known, folder, len(content))


def _knowledge(base: str | None) -> Knowledge:
    try:
        wanted = load_settings(None, {"base": base}).base.rstrip("/")
    except SettingsError as error:
        _refuse(str(error))
    if not wanted.startswith(("http://", "https://")) or any(mark in wanted for mark in " |?#"):
        _refuse(f"{wanted} is no canonical base of the form https://example.org/fhir")
    return knowledge(rule_set(), tables(wanted), wanted)


def _files(known: Knowledge) -> Mapping[str, bytes]:
    """The content of every file by name, in order of name; each resource has passed the check of what leaves."""
    named = {f"{resource['resourceType']}-{resource['id']}.json": resource for resource in known.resources}
    named[BUNDLE] = known.bundle()
    for resource in named.values():
        check_resource(resource)
    return {name: write_json(named[name], indent=2) + b"\n" for name in sorted(named)}


def _show(known: Knowledge, folder: Path, files: int) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("resource", "number", "of which"):
        table.add_column(column, overflow="fold")
    ordered = sorted((str(resource["resourceType"]), str(resource["id"])) for resource in known.resources)
    for kind, found in groupby(ordered, key=lambda one: one[0]):
        names = [name for _, name in found]
        table.add_row(kind, str(len(names)), ", ".join(names[:3]) + (" ..." if len(names) > 3 else ""))
    console = Console()
    console.print(table)
    console.print(f"{files} files in {folder}: version {known.places.version}, {known.places.base}", soft_wrap=True)


def _refuse(why: str) -> NoReturn:
    typer.echo(f"ldt: {why}", err=True)
    raise typer.Exit(1)

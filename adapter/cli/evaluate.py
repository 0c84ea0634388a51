"""`ldt evaluate`: files in, advice out, for people or as JSON."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from adapter.advice.assessment import Assessment
from adapter.advice.card import cards
from adapter.advice.careplan import ClosedRecord, care_plan
from adapter.advice.report import finding_report, report
from adapter.case.merge import LATEST_YEAR, Clock
from adapter.cli.console import show, show_explanation, show_findings
from adapter.cli.inputs import Inputs, UnreadableFile, assessments, count, read_inputs
from adapter.cli.site import SiteFolder, rules_of, site_of
from adapter.fhir.check import check_resource
from adapter.fhir.write import write_json

MANY = 50
"""From how many patients on a progress bar is shown."""


def as_of(text: str | None) -> datetime:
    """The as-of time of a command: noon UTC of the date given, else now."""
    if text is None:
        return datetime.now(UTC)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text} is no date of the form 2026-01-12", param_hint="--as-of") from None
    if day.year > LATEST_YEAR:
        raise typer.BadParameter(f"{text} is after the year {LATEST_YEAR}, the last that counts", param_hint="--as-of")
    return datetime.combine(day, time(12), UTC)


def evaluate(
    files: Annotated[
        list[Path], typer.Argument(help="FHIR JSON or NDJSON, HL7 v2 messages, or case files; the kind is detected.")
    ],
    as_of_date: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Judge as of this date (2026-01-12), not today.")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print JSON (docs/json.md), one object per patient, in place of text.")
    ] = False,
    card: Annotated[
        bool, typer.Option("--cards", help="Print CDS Hooks cards as JSON, one list per patient, in place of text.")
    ] = False,
    careplan: Annotated[
        bool, typer.Option("--careplan", help="Print FHIR CarePlans as a JSON list, in place of text.")
    ] = False,
    site: SiteFolder = None,
    explain: Annotated[bool, typer.Option("--explain", help="Add why and why not: rules, facts, sources.")] = False,
) -> None:
    """Evaluate patients from FHIR, HL7 v2 or case files and print the advice, with reasons and what is missing.

    Exit status: 0 when every file was read and every patient answered; 1 when a file cannot be read, no patient was
    found, or a CarePlan is refused because the record is closed; 2 for a wrong option.
    """
    if json + card + careplan > 1:
        raise typer.BadParameter("choose one of --json, --cards and --careplan")
    clock = Clock(as_of(as_of_date))
    errors = Console(stderr=True)
    try:
        inputs = read_inputs(files, site_of(site))
        steps = assessments(inputs, clock, rules_of(site))
        total = count(inputs)
        if total >= MANY:
            steps = iter(list(track(steps, "evaluating", total=total, console=errors)))
        found = list(steps)
        if json or card or careplan:
            _print_json(inputs, found, card=card, careplan=careplan)
        else:
            _print_table(inputs, found, explain=explain)
    except UnreadableFile as error:
        errors.print(f"ldt: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    if not found:
        typer.echo("ldt: No patient was found in the input.", err=True)
    raise typer.Exit(1 if not found or (careplan and any(one.closed for one in found)) else 0)


def _print_json(inputs: Inputs, found: list[Assessment], *, card: bool, careplan: bool) -> None:
    if card:
        _write([[one.to_json() for one in cards(assessment)] for assessment in found])
    elif careplan:
        _write(list(_plans(found)))
    else:
        _write([report(assessment) for assessment in found])
    for finding in inputs.findings:
        typer.echo(write_json(finding_report(finding)).decode(), err=True)


def _plans(found: list[Assessment]) -> Iterator[object]:
    """The CarePlans that can be made; for a closed record standard error says why there is none."""
    for number, assessment in enumerate(found, start=1):
        try:
            plan = care_plan(assessment)
        except ClosedRecord as reason:
            typer.echo(f"ldt: no CarePlan for patient {number} of {len(found)}: {reason}", err=True)
            continue
        check_resource(plan)
        yield plan


def _write(value: Sequence[object]) -> None:
    typer.echo(write_json(value, indent=2).decode())


def _print_table(inputs: Inputs, found: list[Assessment], *, explain: bool) -> None:
    console = Console()
    for assessment in found:
        show(console, assessment)
        if explain:
            show_explanation(console, assessment)
        show_findings(console, "Findings", assessment.findings)
        console.print()
    show_findings(console, "Findings that belong to no patient", inputs.findings)

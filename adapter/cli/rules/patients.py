"""What the commands of `ldt rules` are asked about: the patients of a file, and the therapy."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from adapter.advice.assessment import Assessment
from adapter.advice.summary import summary
from adapter.advice.wording import printable
from adapter.case.merge import Clock
from adapter.cli.evaluate import as_of
from adapter.cli.inputs import UnreadableFile, assessments, read_inputs
from adapter.cli.site import rules_of, site_of
from adapter.ldt import RuleSet

File = Annotated[Path, typer.Argument(help="FHIR JSON or NDJSON, HL7 v2 messages, or a case file.")]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="Judge as of this date, not today.")]
Patient = Annotated[str | None, typer.Option("--patient", metavar="ID", help="Only this patient or case of the file.")]
TherapyCode = Annotated[str, typer.Option("--therapy", metavar="CODE", help="Code of a therapy, such as tae.")]


def patients(
    file: Path, day: str | None, site: Path | None, wanted: str | None, console: Console
) -> Iterator[Assessment]:
    """The assessments of a file, each announced by the patient's id; of a closed record only why there is none.

    Exits with status 1 when there are no patients.
    """
    clock, rules = Clock(as_of(day)), rules_of(site)
    try:
        found = list(assessments(read_inputs([file], site_of(site)), clock, rules))
    except UnreadableFile as error:
        typer.echo(f"ldt: {error}", err=True)
        raise typer.Exit(1) from None
    chosen = [one for one in found if wanted is None or one.case.subject == wanted]
    if not chosen:
        ids = ", ".join(printable(one.case.subject) for one in found[:20])
        said = f"no patient {wanted} in {file.name}; it has: {ids}" if found else f"no patient in {file.name}"
        typer.echo(f"ldt: {said}", err=True)
        raise typer.Exit(1)
    for assessment in chosen:
        console.rule(printable(assessment.case.subject), align="left")
        if assessment.closed:
            console.print(Text(summary(assessment)))
        else:
            yield assessment


def therapy_of(rules: RuleSet, code: str) -> str:
    """The therapy with this code. Raises typer.BadParameter naming the codes that there are."""
    if code not in rules.therapies:
        raise typer.BadParameter(f"no therapy {code}; there are: {', '.join(rules.therapies)}", param_hint="--therapy")
    return code

"""`ldt rules flip`: the nearest single facts that would give a therapy another strength."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from adapter.advice.assessment import Assessment
from adapter.advice.names import label
from adapter.cli.rules.patients import AsOf, File, Patient, TherapyCode, patients, therapy_of
from adapter.cli.rules.words import fact_words, strength_words, verdict_words
from adapter.cli.site import SiteFolder
from adapter.ldt.whatif import Flip, flips


def flip(
    file: File,
    therapy: TherapyCode,
    patient: Patient = None,
    as_of: AsOf = None,
    site: SiteFolder = None,
    most: Annotated[int, typer.Option("--most", min=1, metavar="N", help="At most so many changes.")] = 40,
) -> None:
    """Tell which single change of one fact would give the therapy another strength; the smallest changes first."""
    console = Console()
    for assessment in patients(file, as_of, site, patient, console):
        code = therapy_of(assessment.rules, therapy)
        name = assessment.rules.therapies[code].name
        console.print(f"{escape(name)}: {verdict_words(assessment.advice.therapy(code))}")
        found = flips(assessment.case, assessment.rules, code)
        if not found:
            parts = sorted(assessment.rules.parts[code] - {code})
            counts_as = f"; it counts as {', '.join(parts)}: ask about these" if parts else ""
            console.print(f"no single fact would change it{counts_as}")
            continue
        console.print(_table(found[:most], assessment))
        if len(found) > most:
            console.print(f"and {len(found) - most} more; --most {len(found)} shows all")


def _table(found: list[Flip], assessment: Assessment) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("Fact", "is", "would be", "then"):
        table.add_column(column, overflow="fold")
    rules = assessment.rules
    for one in found:
        now = fact_words(one.fact, assessment.case.known(one.fact), rules)
        then = fact_words(one.fact, one.value, rules)
        after = strength_words(one.after) + (", provisional" if one.provisional else "")
        table.add_row(escape(label(one.fact)), escape(now), escape(then), escape(after))
    return table

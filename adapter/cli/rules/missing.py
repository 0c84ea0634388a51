"""`ldt rules missing`: the unknown facts of a patient, ranked by how many verdicts they could change."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from adapter.advice.assessment import Assessment
from adapter.advice.names import label, short_name
from adapter.advice.wording import standing_of
from adapter.cli.rules.patients import AsOf, File, Patient, patients
from adapter.cli.rules.words import strength_words
from adapter.cli.site import SiteFolder
from adapter.ldt.whatif import Worth, worth


def missing(file: File, patient: Patient = None, as_of: AsOf = None, site: SiteFolder = None) -> None:
    """Rank the unknown facts: first what decides whether the guideline applies, then what could change most verdicts.

    What a fact could change alone is told; where it could change nothing alone, the rules that wait for it are.
    """
    console = Console()
    for assessment in patients(file, as_of, site, patient, console):
        found = worth(assessment.case, assessment.rules)
        console.print(_table(found, assessment) if found else "no unknown fact could change anything")


def _table(found: list[Worth], assessment: Assessment) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("Fact", "stands", "could change", "rules that wait"):
        table.add_column(column, overflow="fold")
    for one in found:
        definition = assessment.rules.facts[one.fact.name]
        standing = standing_of(one.fact, definition, assessment.case)
        waiting = ", ".join(one.waiting)
        table.add_row(escape(label(one.fact.name)), escape(standing), escape(_changes(one, assessment)), waiting)
    return table


def _changes(one: Worth, assessment: Assessment) -> str:
    scope = ["whether the guideline applies"] if one.scope else []
    verdicts = (
        f"{short_name(assessment, therapy)} to {' or '.join(strength_words(strength) for strength in strengths)}"
        for therapy, strengths in one.strengths.items()
    )
    return "; ".join([*scope, *verdicts]) or "nothing alone"

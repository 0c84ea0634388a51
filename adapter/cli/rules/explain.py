"""`ldt rules explain`: why a therapy is, or is not, an option for a patient, down to facts and sources."""

from itertools import groupby
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from adapter.advice.assessment import Assessment
from adapter.advice.reasoning import rule_branch
from adapter.cli.rules.patients import AsOf, File, Patient, TherapyCode, patients, therapy_of
from adapter.cli.rules.words import verdict_words
from adapter.cli.site import SiteFolder
from adapter.cli.trees import add_branch
from adapter.ldt import Rating, RuleSet
from adapter.ldt.reasons import Reasons, Weight, reasons
from adapter.ldt.words import RATED

HEADINGS = {
    Weight.DECIDES: "What decides",
    Weight.SET_ASIDE: "What speaks too and is outranked (policies P3 to P9)",
    Weight.UNDECIDED: "What waits for a fact",
    Weight.SWITCHED: "What the site has switched off",
    Weight.OUT_OF_SCOPE: "What is not asked while the scope is not settled",
    Weight.SILENT: "What does not apply",
}


def explain(
    file: File,
    therapy: TherapyCode,
    patient: Patient = None,
    as_of: AsOf = None,
    site: SiteFolder = None,
    whole: Annotated[bool, typer.Option("--whole", help="Show all parts of conditions.")] = False,
) -> None:
    """Explain the verdict on a therapy: every rule that speaks of it, its condition, facts, dates, places, sources."""
    console = Console()
    for assessment in patients(file, as_of, site, patient, console):
        therapy_of(assessment.rules, therapy)
        why = reasons(assessment.case, assessment.advice, assessment.rules, therapy)
        console.print(_tree(assessment, why, whole=whole))


def _word(rating: Rating, asked: str, rules: RuleSet) -> str:
    """What a rule says, and of which part where it does not speak of the therapy itself."""
    of = f"{rules.therapies[rating.therapy].short}: " if rating.therapy != asked else ""
    return of + RATED[rating.rated]


def _tree(assessment: Assessment, why: Reasons, *, whole: bool) -> Tree:
    rules = assessment.rules
    tree = Tree(f"[bold]{escape(rules.therapies[why.therapy].name)}[/]: {verdict_words(why.verdict)}")
    if why.scope:
        scope = tree.add("[bold]Whether the guideline applies[/]")
        for rule, explanation in why.scope:
            add_branch(scope, rule_branch(assessment, rule, "decides about the scope", explanation, whole=whole))
    for weight, voices in groupby(why.voices, key=lambda voice: voice.weight):
        branch = tree.add(f"[bold]{HEADINGS[weight]}[/]")
        for voice in voices:
            word = _word(voice.rating, why.therapy, rules)
            add_branch(branch, rule_branch(assessment, voice.rating.rule, word, voice.explanation, whole=whole))
    if not why.voices:
        tree.add("no rule speaks of it")
    return tree

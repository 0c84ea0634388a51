"""`ldt rules what-if`: how the advice would differ if facts were otherwise."""

import json
from decimal import Decimal
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from adapter.advice.assessment import Assessment
from adapter.case.case import Case
from adapter.case.casefile import Json, value_of, wanted
from adapter.case.catalogue import FactDefinition, Kind
from adapter.case.value import Value
from adapter.cli.rules.patients import AsOf, File, Patient, patients
from adapter.cli.rules.words import fact_words, verdict_words
from adapter.cli.site import SiteFolder
from adapter.ldt import RuleSet, evaluate
from adapter.ldt.difference import Difference, difference
from adapter.ldt.whatif import assume

Assumption = tuple[str, Value | None]
_YES_NO = {"yes": True, "true": True, "no": False, "false": False}


def what_if(
    file: File,
    assumed: Annotated[
        list[str],
        typer.Option("--set", metavar="FACT=VALUE", help="Assume this; VALUE `unknown` assumes that nobody knows."),
    ],
    patient: Patient = None,
    as_of: AsOf = None,
    site: SiteFolder = None,
) -> None:
    """Tell what would be different: verdicts, cautions, steps, missing facts. Lists are written a,b or none."""
    console = Console()
    for assessment in patients(file, as_of, site, patient, console):
        case = assessment.case
        for name, value in (_assumption(text, assessment.rules) for text in assumed):
            before = fact_words(name, case.known(name), assessment.rules)
            console.print(Text(f"assumed: {name} {fact_words(name, value, assessment.rules)} (was {before})"))
            case = assume(case, name, value)
        for finding in case.findings:
            console.print(Text(f"together these cannot be right: {finding.hint} ({finding.place})", style="yellow"))
        _print(console, assessment, case)


def _print(console: Console, assessment: Assessment, case: Case) -> None:
    found = difference(assessment.advice, evaluate(case, assessment.rules))
    print_difference(console, found, assessment.rules)
    if not found.anything:
        console.print("nothing would be different")


def print_difference(console: Console, found: Difference, rules: RuleSet) -> None:
    """A difference line by line."""
    for name, pair in (("scope", found.scope), ("indicator", found.indicator)):
        if pair is not None:
            console.print(Text(f"{name}: {pair[0].value} -> {pair[1].value}"))
    for verdict in found.verdicts:
        name = rules.therapies[verdict.therapy].short
        console.print(Text(f"{name}: {verdict_words(verdict.before)} -> {verdict_words(verdict.after)}", style="bold"))
    for change in found.codes:
        for sign, codes in (("+", change.added), ("-", change.removed)):
            if codes:
                console.print(Text(f"{sign} {change.kind}: {', '.join(codes)}"))


def _assumption(text: str, rules: RuleSet) -> Assumption:
    name, equals, written = text.partition("=")
    if not equals or name not in rules.facts or rules.facts[name].role != "input":
        raise typer.BadParameter(f"{text}: FACT=VALUE, FACT an input of rules (docs/facts.md)", param_hint="--set")
    if written == "unknown":
        return name, None
    value = value_of(rules.facts[name], _content(rules.facts[name], written))
    if value is None:
        raise typer.BadParameter(f"{name} is not {wanted(rules.facts[name])}", param_hint="--set")
    return name, value


def _content(fact: FactDefinition, written: str) -> Json:
    """What a case file would say for the words of the command line."""
    match fact.kind:
        case Kind.FLAG:
            return _YES_NO.get(written.lower())
        case Kind.LIST:
            return [] if written == "none" else list(written.split(","))
        case Kind.QUANTITY:
            return _number(written)
        case Kind.CODED | Kind.DAY:
            return written


def _number(written: str) -> Json:
    try:
        number = json.loads(written, parse_int=Decimal, parse_float=Decimal, parse_constant=str)
    except json.JSONDecodeError:
        return None
    return number if isinstance(number, Decimal) else None

"""`ldt selfcheck`: whether this installation can do its work, without any input of the user."""

from datetime import UTC, datetime

import typer

from adapter import __version__
from adapter.advice.assessment import assess
from adapter.advice.card import cards
from adapter.advice.careplan import care_plan
from adapter.case.catalogue import catalogue
from adapter.case.merge import Clock
from adapter.fhir.check import check_resource
from adapter.ldt import rule_set
from adapter.mapping.hl7v2 import map_hl7v2_bytes
from adapter.mapping.tables import tables
from cds_hooks import check_response

_MESSAGE = b"\r".join(
    (
        b"MSH|^~\\&|SELFCHECK|HERE|NELM|HERE|20260112120000+0000||ORU^R01^ORU_R01|1|P|2.5.1",
        b"PID|1||1^^^HERE^MR||SELFCHECK||19600101",
        b"DG1|1||C7A.012^^I10C|||F",
        b"DG1|2||C7B.02^^I10C|||F",
        b"OBR|1||1|58410-2^^LN|||20260112080000+0000||||||||||||||||||F",
        b"OBX|1|NM|14631-6^^LN||34.2|umol/L|||||F",
        b"",
    )
)


def selfcheck() -> None:
    """Check the installation: load every table and rule, evaluate a built-in message, check its card and CarePlan."""
    facts, known, rules = catalogue(), tables(), rule_set()
    typer.echo(f"ldt-adapter {__version__}")
    typer.echo(f"catalogue {facts.version}: {len(facts.facts)} facts, {len(facts.inputs)} of them inputs of rules")
    typer.echo(f"mappings: {len(known.codes.by_code)} codes, {len(known.rows)} rows")
    typer.echo(f"rule set {rules.id} {rules.version}: {len(rules.rules)} rules, {len(rules.therapies)} therapies")
    mapped = map_hl7v2_bytes(_MESSAGE, "selfcheck").patients[0]
    assessment = assess(mapped, Clock(datetime(2026, 1, 12, 12, tzinfo=UTC)), rules)
    check_resource(care_plan(assessment))
    faults = check_response({"cards": [card.to_json() for card in cards(assessment)]})
    if faults or not mapped.ledger.balanced:
        typer.echo("the built-in message gave a faulty answer", err=True)
        raise typer.Exit(1)
    typer.echo("the built-in message gives a valid card and a valid CarePlan")

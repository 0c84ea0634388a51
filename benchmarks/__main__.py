"""`make bench`: each step of the main job, and the same reading by fhir.resources, orjson-like decoding and hl7apy."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from statistics import median

import msgspec
from rich.console import Console
from rich.table import Table

from adapter.advice.assessment import assess
from adapter.advice.card import cards
from adapter.advice.careplan import care_plan
from adapter.case.case import Case
from adapter.case.casefile import read_cases
from adapter.case.merge import Clock
from adapter.fhir.check import check_resource
from adapter.fhir.document import read_document
from adapter.hl7v2 import parse_message
from adapter.ldt import Explanation, RuleSet, evaluate, rule_set
from adapter.ldt.explain import explainer
from adapter.mapping.fhir import map_fhir
from adapter.mapping.hl7v2 import map_hl7v2
from benchmarks.messages import oru

PATIENT = Path("fixtures/patients/01-progressive-on-ssa")
CASES = Path("fixtures/cases/cases.json")
OBSERVATIONS = 200
CLOCK = Clock(datetime(2026, 1, 12, 12, tzinfo=UTC))


def bundle(observations: int) -> bytes:
    """The example patient with its Observations repeated under new ids."""
    whole = json.loads((PATIENT / "bundle.json").read_bytes())
    own = [entry for entry in whole["entry"] if entry["resource"]["resourceType"] == "Observation"]
    for number in range(len(own), observations):
        entry = json.loads(json.dumps(own[number % len(own)]))
        entry["resource"]["id"] += f"-{number}"
        entry["fullUrl"] = f"urn:uuid:{number}"
        whole["entry"].append(entry)
    return json.dumps(whole).encode()


def timed(step: Callable[[], object], runs: int = 15) -> float:
    """The median of some runs, in milliseconds, after one that warms up."""
    step()
    spent = []
    for _ in range(runs):
        started = time.perf_counter()
        step()
        spent.append((time.perf_counter() - started) * 1000)
    return median(spent)


def explained(case: Case, rules: RuleSet) -> list[Explanation]:
    """The advice with the explanation of every rule that fired or waits for a fact."""
    advice = evaluate(case, rules)
    why = explainer(case, advice, rules)
    return [why.rule(rule) for rule in (*advice.fired, *advice.undecided)]


def main() -> None:
    """Measure and print."""
    raw, report, rules = bundle(OBSERVATIONS), oru(), rule_set()
    document, parsed = read_document(raw), parse_message(report)
    mapped = map_fhir(document, "bench").patients[0]
    assessment = assess(mapped, CLOCK, rules)
    plan = care_plan(assessment)
    complete = read_cases(CASES.read_text(encoding="utf-8"), CLOCK)[0].case
    strict = import_module("fhir.resources.R4B.bundle").Bundle
    hl7apy = import_module("hl7apy.parser")
    text = report.decode()
    steps: list[tuple[str, Callable[[], object], str]] = [
        (f"FHIR: decode {len(raw) // 1000} kB of JSON only", lambda: msgspec.json.decode(raw), "fhir"),
        ("FHIR: read entry by entry", lambda: read_document(raw), "fhir"),
        ("FHIR: map to statements", lambda: map_fhir(document, "bench"), "fhir"),
        ("FHIR: fhir.resources reads the Bundle", lambda: strict.model_validate_json(raw), "fhir"),
        ("HL7 v2: split fields only (20 OBX)", lambda: [s.split("|") for s in text.split("\r")], "hl7"),
        ("HL7 v2: read a message", lambda: parse_message(report), "hl7"),
        ("HL7 v2: map to statements", lambda: map_hl7v2([parsed], "bench"), "hl7"),
        ("HL7 v2: hl7apy reads the message", lambda: hl7apy.parse_message(text), "hl7"),
        ("case from statements", lambda: mapped.case(CLOCK), "advice"),
        ("evaluate the rule set", lambda: evaluate(assessment.case, rules), "advice"),
        ("evaluate a complete case (GC-01)", lambda: evaluate(complete, rules), "advice"),
        ("evaluate it and explain every rule that spoke", lambda: explained(complete, rules), "advice"),
        ("card", lambda: cards(assessment), "advice"),
        ("CarePlan", lambda: care_plan(assessment), "advice"),
        ("CarePlan: check with fhir.resources", lambda: check_resource(plan), "advice"),
    ]
    first: dict[str, float] = {}
    table = Table(title="median of 15 runs; the ratio is to the first row of its group")
    for column in ("step", "ms", "ratio"):
        table.add_column(column, justify="left" if column == "step" else "right")
    for name, step, group in steps:
        spent = timed(step)
        first.setdefault(group, spent)
        table.add_row(name, f"{spent:.3f}", f"{spent / first[group]:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()

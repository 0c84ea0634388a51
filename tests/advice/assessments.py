"""Assessments for the tests of cards and CarePlans: worked cases, fixture patients on both wires, made-up advice.

What is expected of them stands in the tests; the patients are synthetic.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from adapter.advice.assessment import Assessment, assess, assess_case
from adapter.case.casefile import read_cases
from adapter.case.catalogue import catalogue
from adapter.case.fact import State
from adapter.case.merge import Clock
from adapter.case.truth import Truth
from adapter.fhir.document import read_document
from adapter.ldt import (
    Advice,
    Danger,
    Disagreement,
    Indicator,
    MissingFact,
    Rated,
    Rating,
    Remark,
    Scope,
    Strength,
    TherapyAdvice,
    rule_set,
)
from adapter.mapping.fhir import map_fhir
from adapter.mapping.hl7v2 import map_hl7v2_bytes
from tests.ldt.patients import CLOCK, FIXTURES, patient

RATED = {
    Strength.PREFERRED: Rated.PREFERRED,
    Strength.REASONABLE: Rated.REASONABLE,
    Strength.NOT_RECOMMENDED: Rated.NOT_RECOMMENDED,
    Strength.CONTRAINDICATED: Rated.CONTRAINDICATED,
}
PATIENTS = tuple(sorted((FIXTURES / "patients").iterdir()))


@cache
def gold() -> dict[str, Assessment]:
    """The assessments of the 24 worked cases."""
    entries = read_cases((FIXTURES / "cases/cases.json").read_text(encoding="utf-8"), CLOCK)
    return {entry.case.subject: assess_case(entry.case, rule_set()) for entry in entries}


@cache
def fixture(name: str, wire: str) -> Assessment:
    """The assessment of a fixture patient (`01-...`) by `fhir` or `hl7v2`."""
    folder = FIXTURES / "patients" / name
    day = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["as_of"]
    clock = Clock(datetime.fromisoformat(day).astimezone(UTC))
    if wire == "hl7v2":
        return of_hl7((folder / "messages.hl7").read_bytes(), clock=clock)
    return of_fhir((folder / "bundle.json").read_bytes(), clock=clock)


def everyone() -> dict[str, Assessment]:
    """Worked cases, fixture patients on both wires, one of a call, and patients whose scope is unknown or not given."""
    found = dict(gold())
    for folder in PATIENTS:
        for wire in ("fhir", "hl7v2"):
            found[f"{folder.name} {wire}"] = fixture(folder.name, wire)
    found["scope unknown"] = of_facts(diagnosis=None, planned_therapies=["tare_lobar"], bilirubin_mg_dl=9)
    found["crisis, scope unknown"] = of_facts(differentiation=None, carcinoid_crisis_active=True)
    found["of a call"] = replace(
        fixture("07-not-avid-g2", "fhir"),
        gaps=("observations: incomplete (1 of 40)",),
        sources=("sent with the call: patient, conditions", "read by the adapter on the EHR's FHIR server: procedures"),
        call=("Orders judged: TAE", "A liver-directed therapy is being signed"),
    )
    found["nothing known"] = of_facts(**dict.fromkeys(fact.name for fact in catalogue().inputs))
    return found


def of_facts(**facts: object) -> Assessment:
    """The assessment of the reference profile with these facts instead."""
    return assess_case(patient(facts), rule_set())


def of_hl7(raw: bytes, *, clock: Clock = CLOCK) -> Assessment:
    """The assessment of the one patient of some messages."""
    [mapped] = map_hl7v2_bytes(raw, "messages.hl7").patients
    return assess(mapped, clock, rule_set())


def of_fhir(raw: bytes, *, clock: Clock = CLOCK) -> Assessment:
    """The assessment of the one patient of a FHIR document."""
    [mapped] = map_fhir(read_document(raw), "bundle.json").patients
    return assess(mapped, clock, rule_set())


def extreme(
    strength: Strength, *, scope: Scope = Scope.APPLIES, dangers: tuple[Danger, ...] = (), few: int | None = None
) -> Assessment:
    """Made-up advice that is as long as can be: every therapy in one list, every fact missing, every code set."""
    rules, codes = rule_set(), tuple(rule_set().therapies)[:few]
    names = tuple(fact.name for fact in catalogue().inputs)
    ids = tuple(rules.rules)
    therapies = tuple(_rated(code, strength, ids) for code in codes)
    waiting = {rule.id: tuple(sorted(rule.therapies)) for rule in rules.rules.values()}
    missing = tuple(
        MissingFact(name, State.ABSENT, "not-recorded", ids[:40], waiting[ids[number]])
        for number, name in enumerate(names)
    )
    remarks = tuple(Remark(code, ids[:5], names[:5]) for code in sorted(rules.codes))
    marks = tuple(Remark(f"provisional_{code}", ids[:5], names) for code in codes)
    advice = Advice(
        rules.id,
        rules.version,
        scope,
        Indicator.CRITICAL if dangers else Indicator.WARNING,
        therapies=therapies,
        cautions=(*remarks, *marks),
        actions=remarks,
        notes=remarks,
        conflicts=tuple(Disagreement(conflict, ids) for conflict in rules.conflicts),
        missing=missing,
        dangers=dangers,
        fired=ids,
        undecided=ids,
        offered=frozenset(codes) if strength.offered else frozenset(),
    )
    return replace(of_facts(), advice=advice)


def _rated(code: str, strength: Strength, ids: Iterable[str]) -> TherapyAdvice:
    because = tuple(Rating(rule, RATED[strength], code) for rule in ids)
    facts = tuple(sorted(fact.name for fact in catalogue().inputs))
    return TherapyAdvice(code, strength, because, (), facts, True, Truth.TRUE)


def messages(*segments: str, control_id: str = "1", application: str = "LAB", facility: str = "HOSP") -> bytes:
    """One ORU message about a patient with neuroendocrine liver metastases, well differentiated, avid, on an analogue."""
    lines = (
        f"MSH|^~\\&|{application}|{facility}|NELM|HOSP|20260112||ORU^R01^ORU_R01|{control_id}|P|2.5.1",
        *(() if any(segment.startswith("PID") for segment in segments) else ("PID|1||77^^^HOSP^MR||DOE^J||19600101",)),
        *(segment for segment in segments if segment.startswith("PID")),
        "DG1|1||C7A.012^^I10C|||F",
        "DG1|2||C7B.02^^I10C|||F",
        "OBR|1||1|58410-2^^LN|||20260110080000+0000||||||||||||||||||F",
        "OBX|1|NM|14631-6^^LN||34.2|umol/L|||||F",
        "OBX|2|CWE|differentiation^^99LDT||well^^99LDT||||||F",
        "OBX|3|CWE|ssa_status^^99LDT||progressed^^99LDT||||||F",
        "OBX|4|CWE|sstr_status^^99LDT||avid^^99LDT||||||F",
        *(segment for segment in segments if not segment.startswith("PID")),
        "",
    )
    return "\r".join(lines).encode()


def write(folder: Path, name: str, content: bytes | str) -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path

"""Mapping a FHIR document: its records by patient, their items interpreted, every resource in the ledger."""

from collections import defaultdict

from adapter.case.fact import Standing, Statement
from adapter.case.finding import Finding
from adapter.fhir.document import Document, Record
from adapter.fhir.resources import Patient
from adapter.mapping.containers import container_entry
from adapter.mapping.fhir_items import FhirReader
from adapter.mapping.interpret import Interpreted, interpret
from adapter.mapping.item import Item
from adapter.mapping.ledger import Entry, Ledger, Level, Outcome
from adapter.mapping.patient import Mapped, Mapping
from adapter.mapping.tables import Tables, tables


def map_fhir(document: Document, name: str, *, table: Tables | None = None, server: str = "") -> Mapping:
    """The patients of a document. `name` is what traces call it; `server` the base of its relative references.

    A resource that names no resolvable patient is excluded with a finding; it is never given to the only patient there.
    """
    known = table or tables()
    reader = FhirReader(document, name, known, server)
    by_owner: dict[str, list[Record]] = defaultdict(list)
    unowned: list[Record] = []
    for record in document.records:
        owner = reader.owner(record) if record.resource is not None else None
        if owner is None or not _is_patient(owner):
            unowned.append(record)
        else:
            by_owner[owner].append(record)
    patients = tuple(_mapped(owner, records, reader, known) for owner, records in by_owner.items())
    entries, findings = _unowned(unowned, known)
    return Mapping(patients, tuple(findings), Ledger(tuple(entries), len(entries), 0))


def _is_patient(key: str) -> bool:
    kind = key.rsplit("/", 2)[-2] if "/" in key else "Patient"
    return kind == "Patient"


def _mapped(owner: str, records: list[Record], reader: FhirReader, known: Tables) -> Mapped:
    reader.findings.clear()
    items: list[tuple[Record, Item]] = [(record, item) for record in records for item in reader.items(record)]
    interpreted = interpret([item for _, item in items], known)
    by_place: dict[str, list[Interpreted]] = defaultdict(list)
    for (record, _), result in zip(items, interpreted, strict=True):
        by_place[record.place].append(result)
    births = [birth for record in records if (birth := reader.birth(record)) is not None]
    statements = [*births, *(s for result in interpreted for s in result.statements)]
    entries = [_container(record, by_place[record.place], known) for record in records]
    entries += [result.entry for result in interpreted]
    ledger = Ledger(tuple(entries), len(records), len(items))
    findings = (*reader.findings, *_record_findings(records, statements))
    return Mapped(owner, "fhir", tuple(statements), findings, ledger)


def _record_findings(records: list[Record], statements: list[Statement]) -> list[Finding]:
    """Two resources under one id, and statements that had to be excluded for what they say."""
    findings: list[Finding] = []
    seen: set[str] = set()
    for record in records:
        if record.key in seen:
            findings.append(
                Finding("resource-id-twice", "warning", record.place, "the id stands twice: the later counts")
            )
        seen.add(record.key)
    findings += excluded_findings(statements)
    return findings


def excluded_findings(statements: list[Statement]) -> list[Finding]:
    """One finding for each statement that its own content excludes (not its status, which is no fault)."""
    return [
        Finding(s.reason, "warning", s.origin.place, HINTS[s.reason])
        for s in statements
        if s.standing is Standing.EXCLUDED and s.reason in HINTS
    ]


HINTS = {
    "unit-unknown": "the unit is not in the table of this analyte: add it to units.csv if it is right",
    "unit-missing": "no unit was sent; a value without its unit is never used",
    "unit-ambiguous": "the unit has no safe meaning for this analyte",
    "unit-conflicting": "the code and the text of the unit name two different units",
    "unit-contradicts-code": "the code is defined by mass and the unit counts moles, or the reverse",
    "not-a-number": "the value is no plain decimal number",
    "not-a-quantity": "the value is no quantity",
    "not-a-coded-answer": "the value is no coded answer",
    "multiple-values": "more than one value in one result",
    "implausible": "the value is outside of the physiological bounds",
    "fraction-above-one": "a value above 1 came with the unit of a fraction",
    "answer-unmapped": "the coded answer is not in the table of this row",
    "conflicting-codes": "the codes of one element mean different things",
    "none-beside-members": "the answer none came together with members",
    "no-limit-sent": "neither a flag nor a reference range says whether the value is high",
    "bad-date": "the time is no valid date",
    "modifier": "an unknown modifier may turn the meaning round",
    "comparator-unknown": "the comparator is none of <, <=, >, >=",
    "not-a-date": "the value is no date",
}


def _container(record: Record, results: list[Interpreted], known: Tables) -> Entry:
    if isinstance(record.resource, Patient):
        return Entry(Level.CONTAINER, record.type, record.place, Outcome.USED)
    if record.type in known.sources.unread_text.fhir:
        return Entry(Level.CONTAINER, record.type, record.place, Outcome.UNREAD, "narrative")
    ignored = known.sources.ignored.fhir.get(record.type, "")
    return container_entry(record.type, record.place, results, ignored)


def _unowned(records: list[Record], known: Tables) -> tuple[list[Entry], list[Finding]]:
    entries: list[Entry] = []
    findings: list[Finding] = []
    for record in records:
        ignored = known.sources.ignored.fhir.get(record.type, "")
        if record.fault is not None:
            findings.append(record.fault)
            entries.append(Entry(Level.CONTAINER, record.type, record.place, Outcome.SKIPPED, record.fault.code))
        elif record.type == "OperationOutcome":
            entries.append(
                Entry(Level.CONTAINER, record.type, record.place, Outcome.IGNORED, "a message of the server")
            )
        elif ignored and record.type not in known.sources.unread_text.fhir:
            entries.append(Entry(Level.CONTAINER, record.type, record.place, Outcome.IGNORED, ignored))
        else:
            findings.append(
                Finding(
                    "no-subject",
                    "warning",
                    record.place,
                    "the resource names no patient that can be resolved: excluded",
                )
            )
            entries.append(Entry(Level.CONTAINER, record.type, record.place, Outcome.SKIPPED, "no-subject"))
    return entries, findings

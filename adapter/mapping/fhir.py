"""Mapping a FHIR document: its records by patient, their items interpreted, every resource in the ledger."""

from collections import defaultdict
from collections.abc import Sequence

from adapter.case.fact import Standing, Statement
from adapter.case.finding import Finding
from adapter.fhir.dates import read_date
from adapter.fhir.document import Document, Record
from adapter.fhir.resources import Patient
from adapter.mapping.closed import Closing, closed_by_patient
from adapter.mapping.containers import container_entry
from adapter.mapping.fhir_items import FhirReader
from adapter.mapping.fhir_owners import Owners
from adapter.mapping.fhir_patient import birth
from adapter.mapping.interpret import Interpreted, interpret
from adapter.mapping.item import Item
from adapter.mapping.ledger import Entry, Ledger, Level, Outcome
from adapter.mapping.patient import Mapped, Mapping
from adapter.mapping.tables import Tables, tables
from adapter.mapping.unread import named_results
from adapter.mapping.unread_diagnoses import unread_diagnoses


def map_fhir(document: Document, name: str, *, table: Tables | None = None, server: str = "") -> Mapping:
    """The patients of a document. `name` is what traces call it; `server` the base of its relative references.

    A resource that names no resolvable patient is excluded with a finding; it is never given to the only patient there.
    """
    known = table or tables()
    by_owner: dict[str, list[Record]] = defaultdict(list)
    unowned: list[Record] = []
    superseded = superseded_places(document.records)
    owners = Owners(document, server)
    reader = FhirReader(document, name, known, server, superseded=superseded)
    for record in document.records:
        if record.place in superseded:
            continue
        owner = owners.owner(record) if record.resource is not None else None
        if owner is None:
            unowned.append(record)
        else:
            by_owner[owner].append(record)
    closing = _undated_closings(document.records, superseded, owners, name)
    patients = tuple(_mapped(owner, records, reader, known, closing[owner]) for owner, records in by_owner.items())
    entries, findings, coded = _unowned(unowned, reader, known)
    for record in document.records:
        if record.place in superseded:
            entries.append(Entry(Level.CONTAINER, record.type, record.place, Outcome.SKIPPED, "superseded"))
            items = reader.items(record)
            coded += len(items)
            entries += [
                Entry(Level.CODED, item.kind, item.place.element, Outcome.SKIPPED, "superseded") for item in items
            ]
            hint = "the id stands twice: only the latest version counts"
            findings.append(Finding("resource-id-twice", "warning", record.place, hint))
    own = len(unowned) + len(superseded)
    return Mapping(patients, tuple(findings), Ledger(tuple(entries), own, coded))


def superseded_places(records: Sequence[Record]) -> frozenset[str]:
    """Where the earlier versions of resources stand that came more than once: the latest by meta.lastUpdated counts."""
    latest: dict[str, Record] = {}
    superseded: set[str] = set()
    for record in records:
        if record.resource is None or not record.resource.id:
            continue
        earlier = latest.get(record.key)
        if earlier is None:
            latest[record.key] = record
        elif _updated(record) >= _updated(earlier):
            superseded.add(earlier.place)
            latest[record.key] = record
        else:
            superseded.add(record.place)
    return frozenset(superseded)


def _undated_closings(
    records: Sequence[Record], superseded: frozenset[str], owners: Owners, name: str
) -> dict[str, list[Closing]]:
    """What superseded Patients without a time say against advice: the version that counts may be the older one."""
    found: dict[str, list[Closing]] = defaultdict(list)
    for record in records:
        if record.place in superseded and record.type == "Patient" and _updated(record) == float("-inf"):
            found[owners.owner(record) or ""].extend(closed_by_patient(record, name))
    return found


def _updated(record: Record) -> float:
    """When the version was stored; a version without time counts as older than one that has it."""
    meta = record.resource.meta if record.resource is not None else None
    time = read_date(meta.lastUpdated) if meta is not None else None
    return time.moment.earliest.timestamp() if time else float("-inf")


def _mapped(owner: str, records: list[Record], reader: FhirReader, known: Tables, closing: list[Closing]) -> Mapped:
    reader.findings.clear()
    items: list[tuple[Record, Item]] = [(record, item) for record in records for item in reader.items(record)]
    interpreted = interpret([item for _, item in items], known)
    by_place: dict[str, list[Interpreted]] = defaultdict(list)
    for (record, _), result in zip(items, interpreted, strict=True):
        by_place[record.place].append(result)
    births = [born for record in records if (born := birth(record, reader.name)) is not None]
    statements = [*births, *(s for result in interpreted for s in result.statements)]
    entries = [_container(record, by_place[record.place], known) for record in records]
    entries += [result.entry for result in interpreted]
    ledger = Ledger(tuple(entries), len(records), len(items))
    closed = (*(one for record in records for one in closed_by_patient(record, reader.name)), *closing)
    findings = (*reader.findings, *(one.finding for one in closed), *excluded_findings(statements))
    pages = f"{reader.name}: the Bundle goes on with further pages; only this part was evaluated"
    gaps = (pages,) if reader.document.partial else ()
    named, unread = named_results(interpreted, known), unread_diagnoses(interpreted, known)
    return Mapped(
        owner,
        "fhir",
        tuple(statements),
        findings,
        ledger,
        gaps=gaps,
        named=named,
        diagnoses=unread,
        closed=closed,
    )


def excluded_findings(statements: Sequence[Statement]) -> list[Finding]:
    """One finding for each statement that its own content excludes (not its status, which is no fault)."""
    return [
        Finding(s.reason, "warning", s.origin.place, HINTS[s.reason])
        for s in statements
        if s.standing is Standing.EXCLUDED and s.reason in HINTS
    ] + [Finding(s.remark, "warning", s.origin.place, HINTS[s.remark]) for s in statements if s.remark]


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
    "answer-display-differs": "the display or text of a coded answer is that of another answer; the code is used",
    "answer-unmapped": "the coded answer is not in the table of this row",
    "conflicting-codes": "the codes of one element mean different things",
    "none-beside-members": "the answer none came together with members",
    "no-limit-sent": "neither a flag nor a reference range says whether the value is high",
    "bad-date": "the time is no valid date",
    "modifier": "an unknown modifier may turn the meaning round",
    "comparator-unknown": "the comparator is none of <, <=, >, >=",
    "flag-contradicts-value": "the flag says otherwise than the value and the range sent with it; the value is used",
    "data-type-missing": "a number came without its data type (OBX-2)",
    "data-type-unknown": "the data type of OBX-2 is not one that holds a value",
    "not-a-date": "the value is no date",
    "code-contradicts-name": "a name sent with the code is that of another analyte, a sibling or another specimen",
    "two-values": "two choices of value[x] stand in one element",
    "value-and-absent-reason": "a value came together with the reason for its absence",
}


def _container(record: Record, results: list[Interpreted], known: Tables) -> Entry:
    if isinstance(record.resource, Patient):
        return Entry(Level.CONTAINER, record.type, record.place, Outcome.USED)
    if record.type in known.sources.unread_text.fhir:
        return Entry(Level.CONTAINER, record.type, record.place, Outcome.UNREAD, "narrative")
    ignored = known.sources.ignored.fhir.get(record.type, "")
    return container_entry(record.type, record.place, results, ignored)


def _unowned(records: list[Record], reader: FhirReader, known: Tables) -> tuple[list[Entry], list[Finding], int]:
    """The ledger of what belongs to no patient, with the number of coded elements in it."""
    entries: list[Entry] = []
    findings: list[Finding] = []
    coded = 0
    for record in records:
        outcome, reason, finding = _why_unowned(record, known)
        entries.append(Entry(Level.CONTAINER, record.type, record.place, outcome, reason))
        if finding is not None:
            findings.append(finding)
        items = reader.items(record) if record.resource is not None else []
        coded += len(items)
        entries += [Entry(Level.CODED, item.kind, item.place.element, Outcome.SKIPPED, reason) for item in items]
    return entries, findings, coded


def _why_unowned(record: Record, known: Tables) -> tuple[Outcome, str, Finding | None]:
    if record.fault is not None:
        return Outcome.SKIPPED, record.fault.code, record.fault
    if record.type == "OperationOutcome":
        return Outcome.IGNORED, "a message of the server", None
    ignored = known.sources.ignored.fhir.get(record.type, "")
    if ignored and record.type not in known.sources.unread_text.fhir:
        return Outcome.IGNORED, ignored, None
    hint = "the resource names no patient that can be resolved: excluded"
    return Outcome.SKIPPED, "no-subject", Finding("no-subject", "warning", record.place, hint)

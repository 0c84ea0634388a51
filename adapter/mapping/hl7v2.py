"""Mapping HL7 v2 messages: patients by their identifiers, items interpreted together, every segment in the ledger."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import assert_never

from adapter.case.fact import Standing, Statement
from adapter.case.finding import Finding, Severity
from adapter.case.origin import Origin
from adapter.case.value import Day
from adapter.hl7v2 import (
    Chunk,
    Message,
    PatientGroup,
    Segment,
    UnusableMessage,
    groups,
    parse_message,
    split_messages,
)
from adapter.mapping.closed import closed_by_pid
from adapter.mapping.containers import container_entry
from adapter.mapping.fhir import excluded_findings
from adapter.mapping.hl7v2_items import Found, Hl7Reader
from adapter.mapping.hl7v2_patient import Demographics, PatientKey, demographics, key_of, same_person
from adapter.mapping.hl7v2_values import moment
from adapter.mapping.interpret import interpret
from adapter.mapping.item import Item
from adapter.mapping.ledger import Entry, Ledger, Level, Outcome
from adapter.mapping.patient import Mapped, Mapping
from adapter.mapping.schema import Hl7Source
from adapter.mapping.tables import Tables, tables
from adapter.mapping.unread import named_results


@dataclass(slots=True)
class _Patient:
    """What messages have brought about one patient so far."""

    key: PatientKey
    person: Demographics
    found: list[Found] = field(default_factory=list)
    births: list[Statement] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class _Stream:
    """All messages of one input while they are mapped."""

    name: str
    tables: Tables
    zone: tzinfo | None
    patients: dict[str, _Patient] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    count: int = 0
    segments: int = 0
    coded: int = 0

    def take(self, message: Message) -> None:
        """Add one message."""
        self.count += 1
        self.segments += len(message.segments)
        self.coded += coded_segments(message, self.tables)
        document = message.header.control_id or f"{self.name}[{self.count}]"
        if not message.header.control_id:
            self.note("control-id-missing", "warning", f"{document} MSH-10", "the message has no control id")
        for found in message.findings:
            self.note(found.code, "info", f"{document} {found.place}", found.hint)
        fault = message.charset_fault()
        if fault is not None:
            hint = f"byte {fault} does not belong to the character set: nothing of the message is used"
            self._reject(message, "charset", f"{document} byte {fault}", hint)
            return
        reader = Hl7Reader(message, document, self.tables, self.zone)
        for group in groups(message):
            self._take_group(group, reader, document)

    def _take_group(self, group: PatientGroup, reader: Hl7Reader, document: str) -> None:
        for segment in group.preamble:
            self.entries.append(_plain_entry(segment, self.tables))
            self.entries += [
                Entry(Level.CODED, source.kind, segment.address, Outcome.SKIPPED, "no-patient")
                for source in sources_of(segment.name, reader.message, self.tables)
            ]
        members = list(reader.segments(group))
        if any(found.segment.name == "MRG" for found in members):
            hint = "a merge of patient numbers is not applied in this version: results of both numbers stay apart"
            reader.findings.append(Finding("merge-not-applied", "error", f"{document} MRG[1]", hint))
        if group.patient is None:
            hint = "results without PID belong to nobody: excluded"
            self._exclude(members, reader, "no-patient", f"{document}", hint)
            return
        key = key_of(group.patient, reader.message.header.sending_facility)
        place = f"{document} {group.patient.address}-3"
        if key is None:
            self.entries.append(_segment_entry(group.patient, Outcome.SKIPPED, "no-identifier"))
            self._exclude(members, reader, "no-identifier", place, "PID-3 has no usable patient identifier: excluded")
            return
        if key.unassigned:
            self.note("no-authority", "warning", place, "the identifier names no assigning authority")
        self._add(key, group.patient, members, reader, document)

    def _add(self, key: PatientKey, pid: Segment, members: list[Found], reader: Hl7Reader, document: str) -> None:
        person = demographics(pid)
        patient = self.patients.setdefault(key.text, _Patient(key, person))
        if not same_person(patient.person, person):
            hint = "two of birth date, sex and family name differ from the earlier messages: excluded"
            self.entries.append(_segment_entry(pid, Outcome.SKIPPED, "identity-conflict"))
            self._exclude(members, reader, "identity-conflict", f"{document} {pid.address}", hint)
            return
        patient.person = patient.person.completed(person)
        patient.entries.append(_segment_entry(pid, Outcome.USED, ""))
        patient.births += _birth(pid, document, reader)
        patient.found += members
        patient.findings += [*closed_by_pid(pid, document), *reader.findings]
        reader.findings.clear()

    def _exclude(self, members: list[Found], reader: Hl7Reader, code: str, place: str, hint: str) -> None:
        self.findings += reader.findings
        reader.findings.clear()
        if code != "no-patient" or any(found.items for found in members):
            self.note(code, "error", place, hint)
        for found in members:
            self.entries.append(_segment_entry(found.segment, Outcome.SKIPPED, code))
            self.entries += [
                Entry(Level.CODED, item.kind, item.place.element, Outcome.SKIPPED, code) for item in found.items
            ]

    def _reject(self, message: Message, code: str, place: str, hint: str) -> None:
        self.note(code, "error", place, hint)
        self.entries += [_segment_entry(segment, Outcome.SKIPPED, code) for segment in message.segments]
        self.entries += [
            Entry(Level.CODED, source.kind, segment.address, Outcome.SKIPPED, code)
            for segment in message.segments
            for source in sources_of(segment.name, message, self.tables)
        ]

    def note(self, code: str, severity: Severity, place: str, hint: str) -> None:
        """Add a finding."""
        self.findings.append(Finding(code, severity, place, hint))


def map_hl7v2(
    messages: Iterable[Message], name: str, *, table: Tables | None = None, zone: tzinfo | None = None
) -> Mapping:
    """The patients of a series of messages, in order of arrival. `zone` is that of times which carry none."""
    stream = _Stream(name, table or tables(), zone)
    for message in messages:
        stream.take(message)
    return stream_mapping(stream)


def map_hl7v2_files(
    files: Iterable[tuple[str, bytes]], *, table: Tables | None = None, zone: tzinfo | None = None
) -> Mapping:
    """The patients of files (name, bytes) with one or many messages each, told apart over all files.

    What is no message is named and costs nothing else.
    """
    stream = _Stream("", table or tables(), zone)
    for name, raw in files:
        stream.name, stream.count = name, 0
        _take_file(stream, raw)
    return stream_mapping(stream)


def map_hl7v2_bytes(raw: bytes, name: str, *, table: Tables | None = None, zone: tzinfo | None = None) -> Mapping:
    """The patients of one file."""
    return map_hl7v2_files([(name, raw)], table=table, zone=zone)


def _take_file(stream: _Stream, raw: bytes) -> None:
    for number, chunk in enumerate(split_messages(raw), start=1):
        _take_chunk(stream, chunk, number)
    if raw.strip() and not raw.rstrip(b" \t").endswith((b"\r", b"\n", b"\x1c")):
        hint = "the last segment has no segment end: the file may have been cut there"
        stream.note("last-segment-unterminated", "warning", f"{stream.name} byte {len(raw)}", hint)


def _take_chunk(stream: _Stream, chunk: Chunk, number: int) -> None:
    place = f"{stream.name} byte {chunk.span[0]}"
    match chunk.kind:
        case "batch":
            stream.segments += 1
            segment = chunk.raw[:3].decode("ascii")
            ignored = stream.tables.sources.ignored.hl7v2[segment]
            stream.entries.append(Entry(Level.CONTAINER, segment, place, Outcome.IGNORED, ignored))
        case "truncated":
            hint = "the MLLP frame has no end: nothing of the message is used"
            stream.note("message-truncated", "error", place, hint)
        case "noise":
            stream.note("noise", "error", place, "these bytes are no HL7 message")
        case "message":
            try:
                stream.take(parse_message(chunk.raw))
            except UnusableMessage as error:
                stream.note(error.code, "error", f"{place}, message {number}", "the message cannot be read")
        case _:
            assert_never(chunk.kind)


def stream_mapping(stream: _Stream) -> Mapping:
    """The finished mapping of a stream."""
    patients = tuple(_mapped(patient, stream.tables) for patient in stream.patients.values())
    # The reader's own counts, less what the patients' ledgers hold: if an entry is lost, the whole does not balance.
    containers = stream.segments - sum(patient.ledger.containers for patient in patients)
    coded = stream.coded - sum(patient.ledger.coded for patient in patients)
    return Mapping(patients, tuple(stream.findings), Ledger(tuple(stream.entries), containers, coded))


def sources_of(segment: str, message: Message, known: Tables) -> list[Hl7Source]:
    """The sources that read a segment of a message."""
    code = message.header.code
    sources = known.sources.hl7v2
    return [s for s in sources if s.segment == segment and (not s.messages or code in s.messages)]


def coded_segments(message: Message, known: Tables) -> int:
    """How many coded elements a message holds, counted without reading them."""
    return sum(len(sources_of(segment.name, message, known)) for segment in message.segments)


def _mapped(patient: _Patient, known: Tables) -> Mapped:
    items: list[Item] = [item for found in patient.found for item in found.items]
    interpreted = interpret(items, known)
    results = iter(interpreted)
    entries = list(patient.entries)
    for found in patient.found:
        own = [next(results) for _ in found.items]
        entries.append(_container(found.segment, own, known))
        entries += [result.entry for result in own]
    statements = [*patient.births, *(s for result in interpreted for s in result.statements)]
    containers = len(patient.found) + len(patient.entries)
    findings = (*patient.findings, *excluded_findings(statements))
    ledger = Ledger(tuple(entries), containers, len(items))
    key = patient.key
    named = named_results(interpreted, known)
    return Mapped(key.text, "hl7v2", tuple(statements), findings, ledger, key.authority, key.value, named=named)


def _container(segment: Segment, own: Sequence[object], known: Tables) -> Entry:
    if segment.name in known.sources.unread_text.hl7v2:
        return _segment_entry(segment, Outcome.UNREAD, "narrative")
    ignored = known.sources.ignored.hl7v2.get(segment.name, "")
    if segment.name == "OBR" and not own:
        ignored = "read with its results"
    if segment.name.startswith("Z") and not own:
        return _segment_entry(segment, Outcome.SKIPPED, "site-segment")
    return container_entry(segment.name, segment.address, own, ignored)  # type: ignore[arg-type]


def _plain_entry(segment: Segment, known: Tables) -> Entry:
    reason = known.sources.ignored.hl7v2.get(segment.name)
    outcome = Outcome.SKIPPED if reason is None else Outcome.IGNORED
    return _segment_entry(segment, outcome, reason or "not-read")


def _segment_entry(segment: Segment, outcome: Outcome, reason: str) -> Entry:
    return Entry(Level.CONTAINER, segment.name, segment.address, outcome, reason)


def _birth(pid: Segment, document: str, reader: Hl7Reader) -> Iterator[Statement]:
    text = pid.field(7).first.component(1)
    if not text:
        return
    origin = Origin("hl7v2", document, f"{pid.address}-7", "birth-date", "", "", *pid.field(7).span)
    when = moment(text, reader.zone)
    if when is None:
        yield Statement("birth_date", Standing.EXCLUDED, None, origin, reason="bad-date")
    else:
        yield Statement("birth_date", Standing.FINAL, Day(when), origin)

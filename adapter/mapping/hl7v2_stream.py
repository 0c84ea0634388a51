"""The patients that a series of HL7 v2 messages is about: told apart by their numbers, merged where a message says so.

What one segment says is read in hl7v2_items.py; files and batches are taken apart in hl7v2.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from adapter.case.fact import Standing, Statement
from adapter.case.finding import Finding, Severity
from adapter.case.origin import Origin
from adapter.case.value import Day
from adapter.hl7v2 import Message, PatientGroup, Segment, groups
from adapter.mapping.aliases import Aliases
from adapter.mapping.closed import closed_by_pid
from adapter.mapping.fhir import excluded_findings
from adapter.mapping.hl7v2_above import over_patient
from adapter.mapping.hl7v2_events import Part, event_of, numbers_of, settled
from adapter.mapping.hl7v2_items import Found, Hl7Reader
from adapter.mapping.hl7v2_ledger import container, plain_entry, segment_entry, skipped_elements, whole_message
from adapter.mapping.hl7v2_numbers import Announced, IdentityChange, identity_changes
from adapter.mapping.hl7v2_patient import Demographics, PatientKey, demographics, key_of, same_person
from adapter.mapping.hl7v2_values import moment
from adapter.mapping.interpret import interpret
from adapter.mapping.item import Item
from adapter.mapping.ledger import Entry, Ledger, Outcome
from adapter.mapping.patient import Mapped, Mapping
from adapter.mapping.sender import Sender
from adapter.mapping.tables import Tables
from adapter.mapping.unread import named_results


@dataclass(slots=True)
class _Patient:
    """What messages have brought about one patient so far."""

    key: PatientKey
    person: Demographics
    parts: list[Part] = field(default_factory=list)
    births: list[Statement] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def absorb(self, other: "_Patient") -> None:
        """Take over all that came under a number that was merged into this one."""
        self.person = self.person.completed(other.person)
        self.parts += other.parts
        self.births += other.births
        self.findings += other.findings
        self.entries += other.entries


class Stream:
    """All messages of one input while they are mapped."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.findings: list[Finding] = []
        self.entries: list[Entry] = []
        self.segments = 0
        self._patients: dict[str, _Patient] = {}
        self._aliases = Aliases()
        self._changes: list[IdentityChange] = []
        self._count = 0
        self._coded = 0

    def take(self, message: Message, name: str, sender: Sender) -> None:
        """Add one message of a sender; `name` is what it is called where it has no control id."""
        self._count += 1
        self.segments += len(message.segments)
        reader = Hl7Reader(message, message.header.control_id or name, self.tables, sender)
        self._coded += reader.count()
        if not message.header.control_id:
            self.note("control-id-missing", "warning", f"{reader.document} MSH-10", "the message has no control id")
        refused = next((found for found in message.findings if found.code == "segment-end-refused"), None)
        if refused is not None:
            self._reject(reader, "segment-end-refused", refused.place, refused.hint)
            return
        for found in message.findings:
            self.note(found.code, "info", f"{reader.document} {found.place}", found.hint)
        fault = message.charset_fault()
        if fault is not None:
            hint = f"byte {fault} does not belong to the character set: nothing of the message is used"
            self._reject(reader, "charset", f"byte {fault}", hint)
            return
        for found in message.escape_findings():
            self.note(found.code, "info", f"{reader.document} {found.place}", found.hint)
        self._take_groups(reader)

    def _reject(self, reader: Hl7Reader, code: str, place: str, hint: str) -> None:
        self.note(code, "error", f"{reader.document} {place}", hint)
        self.entries += whole_message(reader, code)

    def note(self, code: str, severity: Severity, place: str, hint: str) -> None:
        """Add a finding."""
        self.findings.append(Finding(code, severity, place, hint))

    def _take_groups(self, reader: Hl7Reader) -> None:
        event, header = event_of(reader.message), reader.message.header
        taken = [group for group in groups(reader.message) if self._take_group(group, reader, event)]
        when = moment(header.time, reader.zone)
        told = Announced(event, reader.document, header.sending_facility, reader.profile, when)
        changes, faults = identity_changes(taken, told, self.tables.events.numbers)
        self.findings += faults
        for change in changes:
            self._change(change)

    def _take_group(self, group: PatientGroup, reader: Hl7Reader, event: str) -> bool:
        """Whether the group is about a patient to whom it could be given."""
        for segment in group.preamble:
            self.entries.append(plain_entry(segment, self.tables))
            self.entries += skipped_elements(segment, reader, "no-patient")
        above = over_patient(reader.message, group)
        members = tuple(reader.segments(group, above))
        pid = group.patient
        if pid is None:
            self._exclude(
                members, reader, "no-patient", reader.document, "results without PID belong to nobody: excluded"
            )
            return False
        key = key_of(pid, reader.message.header.sending_facility, reader.profile)
        place = f"{reader.document} {pid.address}-3"
        if key is None:
            self.entries.append(segment_entry(pid, Outcome.SKIPPED, "no-identifier"))
            self._exclude(members, reader, "no-identifier", place, "PID-3 has no usable patient identifier: excluded")
            return False
        if key.unassigned:
            self.note("no-authority", "warning", place, "the identifier names no assigning authority")
        numbers = numbers_of(event, above, pid, self.tables.events)
        sent = moment(reader.message.header.time, reader.zone)
        return self._add(key, pid, Part(self._count, event, reader.sender, sent, members, numbers), reader)

    def _add(self, key: PatientKey, pid: Segment, part: Part, reader: Hl7Reader) -> bool:
        person, place = demographics(pid), f"{reader.document} {pid.address}"
        now = self._aliases.resolve(key.text)
        patient = self._patients.setdefault(now, _Patient(key, person))
        if not same_person(patient.person, person):
            hint = "two of birth date, sex and family name differ from the earlier messages: excluded"
            self.entries.append(segment_entry(pid, Outcome.SKIPPED, "identity-conflict"))
            self._exclude(part.found, reader, "identity-conflict", place, hint)
            return False
        if now != key.text:
            hint = "the number was merged into another one: taken for the patient of that number"
            patient.findings.append(Finding("merged-number", "info", f"{place}-3", hint))
        patient.person = patient.person.completed(person)
        patient.entries.append(segment_entry(pid, Outcome.USED, ""))
        patient.births += _birth(pid, reader)
        patient.parts.append(part)
        patient.findings += [*closed_by_pid(pid, reader.document), *reader.findings]
        reader.findings.clear()
        return True

    def _change(self, change: IdentityChange) -> None:
        """Apply a change of numbers: a merge joins two patients, a link is only noted."""
        place = f"{change.document} {change.place}"
        if change.kind in ("link", "unlink"):
            self._changes.append(change)
            hint = "the message links two patients, or takes a link back: their records stay apart"
            self.note("patients-linked", "info", place, hint)
            return
        joining = self._aliases.asked(change.retired.text, change.survivor.text)
        if joining == "cycle":
            self.note("merge-cycle", "error", place, "the merge would lead back to itself: not applied")
        elif joining == "joined":
            self._join(change, place)
        else:
            self._changes.append(change)

    def _join(self, change: IdentityChange, place: str) -> None:
        retired, survivor = (self._aliases.resolve(key.text) for key in (change.retired, change.survivor))
        old, new = self._patients.get(retired), self._patients.get(survivor)
        if old is not None and new is not None and not same_person(old.person, new.person):
            hint = "two of birth date, sex and family name of the patients to merge differ: not applied"
            self.note("identity-conflict", "error", place, hint)
            return
        self._aliases.join(change.retired.text, change.survivor.text)
        self._changes.append(change)
        if new is None:
            new = self._patients[survivor] = _Patient(change.survivor, Demographics("", "", ""))
        if old is not None:
            new.absorb(self._patients.pop(retired))
        new.findings.append(
            Finding("patients-merged", "info", place, "what came under this number belongs to the other")
        )

    def _exclude(self, members: Sequence[Found], reader: Hl7Reader, code: str, place: str, hint: str) -> None:
        self.findings += reader.findings
        reader.findings.clear()
        if code != "no-patient" or any(found.items for found in members):
            self.note(code, "error", place, hint)
        for found in members:
            self.entries.append(segment_entry(found.segment, Outcome.SKIPPED, code))
            self.entries += skipped_elements(found.segment, reader, code)

    def mapping(self) -> Mapping:
        """What all messages come to."""
        patients = tuple(_mapped(patient, self.tables) for patient in self._patients.values())
        # The reader's own counts, less what patients' ledgers hold: if an entry is lost, the whole does not balance.
        containers = self.segments - sum(patient.ledger.containers for patient in patients)
        coded = self._coded - sum(patient.ledger.coded for patient in patients)
        ledger = Ledger(tuple(self.entries), containers, coded)
        return Mapping(patients, tuple(self.findings), ledger, tuple(self._changes))


def _mapped(patient: _Patient, known: Tables) -> Mapped:
    found = [one for part in settled(patient.parts, known.events) for one in part.found]
    items: list[Item] = [item for one in found for item in one.items]
    interpreted = interpret(items, known)
    entries = list(patient.entries)
    at = 0
    for one in found:
        own = interpreted[at : at + len(one.items)]
        at += len(one.items)
        entries.append(container(one.segment, own, known))
        entries += [result.entry for result in own]
    statements = [*patient.births, *(s for result in interpreted for s in result.statements)]
    containers = len(found) + len(patient.entries)
    findings = (*patient.findings, *excluded_findings(statements))
    ledger = Ledger(tuple(entries), containers, len(items))
    key = patient.key
    named = named_results(interpreted, known)
    return Mapped(key.text, "hl7v2", tuple(statements), findings, ledger, key.authority, key.value, named=named)


def _birth(pid: Segment, reader: Hl7Reader) -> Iterator[Statement]:
    text = pid.text(7, 1)
    if not text:
        return
    origin = Origin("hl7v2", reader.document, f"{pid.address}-7", "birth-date", "", "", *pid.field_span(7))
    when = moment(text, reader.zone)
    if when is None:
        yield Statement("birth_date", Standing.EXCLUDED, None, origin, reason="bad-date")
    else:
        yield Statement("birth_date", Standing.FINAL, Day(when), origin)

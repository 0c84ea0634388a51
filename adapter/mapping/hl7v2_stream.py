"""The patients that a series of HL7 v2 messages is about: told apart by their numbers, merged where a message says so.

What one message says by itself is read in hl7v2_reading.py; files and batches are taken apart in hl7v2.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from adapter.case.fact import Statement
from adapter.case.finding import Finding, Severity
from adapter.hl7v2 import Segment
from adapter.mapping.aliases import Aliases
from adapter.mapping.beside import Beside
from adapter.mapping.fhir import excluded_findings
from adapter.mapping.hl7v2_account import Account, Found, account
from adapter.mapping.hl7v2_deaths import death
from adapter.mapping.hl7v2_events import Part, settled
from adapter.mapping.hl7v2_ledger import segment_entry, skipped_elements
from adapter.mapping.hl7v2_numbers import Announced, IdentityChange, identity_changes
from adapter.mapping.hl7v2_patient import Demographics, PatientKey, same_person
from adapter.mapping.hl7v2_reading import About, Reading
from adapter.mapping.hl7v2_unlinks import Unlinks
from adapter.mapping.hl7v2_withdrawals import events_without_object, held_against, takes_back
from adapter.mapping.ledger import Entry, Ledger, Outcome
from adapter.mapping.patient import Mapped, Mapping
from adapter.mapping.tables import Tables


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
        self._unlinks = Unlinks()
        self._conflicts: list[tuple[int, str]] = []
        self._count = 0
        self._coded = 0

    def take(self, reading: Reading) -> None:
        """Add one message as read by the same tables; `ValueError` for one that was read by others."""
        if reading.tables is not self.tables:
            raise ValueError("the message was read by other tables")
        self._count += 1
        self.segments += reading.segments
        self._coded += reading.coded
        self.findings += reading.findings
        self.entries += reading.entries
        if reading.announced is not None:
            self._take_announced(reading, reading.announced)

    def note(self, code: str, severity: Severity, place: str, hint: str) -> None:
        """Add a finding."""
        self.findings.append(Finding(code, severity, place, hint))

    def _take_announced(self, reading: Reading, announced: Announced) -> None:
        taken = [about.group for about in reading.about if self._take_about(about, reading, announced)]
        changes, faults = identity_changes(taken, announced, self.tables.events.numbers)
        self.findings += faults
        for change in changes:
            self._change(change)

    def _take_about(self, about: About, reading: Reading, announced: Announced) -> bool:
        """Whether it is about a patient to whom it could be given."""
        self.entries += about.preamble
        pid = about.group.patient
        if pid is None:
            hint = "results without PID belong to nobody: excluded"
            self._exclude(about, reading, "no-patient", reading.document, hint)
            return False
        place = f"{reading.document} {pid.address}-3"
        if about.key is None or about.person is None:
            self.entries.append(segment_entry(pid, Outcome.SKIPPED, "no-identifier"))
            self._exclude(about, reading, "no-identifier", place, "PID-3 has no usable patient identifier: excluded")
            return False
        if about.key.unassigned:
            self.note("no-authority", "warning", place, "the identifier names no assigning authority")
        return self._add(about, about.key, about.person, pid, reading, announced)

    def _add(
        self, about: About, key: PatientKey, person: Demographics, pid: Segment, reading: Reading, announced: Announced
    ) -> bool:
        place = f"{reading.document} {pid.address}"
        now = self._aliases.resolve(key.text)
        patient = self._patients.setdefault(now, _Patient(key, person))
        if not same_person(patient.person, person):
            self._conflicts.append((self._count, "identity-conflict"))
            hint = "birth date, sex and family name are not those of the earlier messages: excluded"
            self.entries.append(segment_entry(pid, Outcome.SKIPPED, "identity-conflict"))
            self._exclude(about, reading, "identity-conflict", place, hint)
            return False
        if now != key.text:
            hint = "the number was merged into another one: taken for the patient of that number"
            patient.findings.append(Finding("merged-number", "info", f"{place}-3", hint))
        patient.person = patient.person.completed(person)
        patient.entries.append(segment_entry(pid, Outcome.USED, ""))
        patient.births += about.births
        patient.parts.append(
            Part(
                self._count,
                announced.document,
                announced.event,
                reading.sender,
                announced.when,
                about.found,
                about.numbers,
                about.death,
            )
        )
        patient.findings += about.findings
        return True

    def _change(self, change: IdentityChange) -> None:
        """Apply a change of numbers: a merge joins two patients, a link is only noted."""
        place = f"{change.document} {change.place}"
        if change.kind in ("link", "unlink"):
            self._record(change)
            hint = "the message links two patients, or takes a link back: their records stay apart"
            self.note("patients-linked", "info", place, hint)
            return
        joining = self._aliases.asked(change.retired.text, change.survivor.text)
        if joining == "cycle":
            self._conflicts.append((self._count, "merge-cycle"))
            self.note("merge-cycle", "error", place, "the merge would lead back to itself: not applied")
        elif joining == "joined":
            self._join(change, place)
        else:
            self._record(change)

    def _record(self, change: IdentityChange) -> None:
        self._changes.append(change)
        self._unlinks.take(self._count, change)

    def _join(self, change: IdentityChange, place: str) -> None:
        retired, survivor = (self._aliases.resolve(key.text) for key in (change.retired, change.survivor))
        old, new = self._patients.get(retired), self._patients.get(survivor)
        if old is not None and new is not None and not same_person(old.person, new.person):
            self._conflicts.append((self._count, "identity-conflict"))
            hint = "birth date, sex and family name of the patients to merge are not the same: not applied"
            self.note("identity-conflict", "error", place, hint)
            return
        self._aliases.join(change.retired.text, change.survivor.text)
        self._record(change)
        if new is None:
            new = self._patients[survivor] = _Patient(change.survivor, Demographics("", "", ""))
        if old is not None:
            new.absorb(self._patients.pop(retired))
        new.findings.append(
            Finding("patients-merged", "info", place, "what came under this number belongs to the other")
        )

    def _exclude(self, about: About, reading: Reading, code: str, place: str, hint: str) -> None:
        self.findings += about.findings
        if code != "no-patient" or any(found.items for found in about.found):
            self.note(code, "error", place, hint)
        for found in about.found:
            self.entries.append(segment_entry(found.segment, Outcome.SKIPPED, code))
            self.entries += skipped_elements(found.segment, reading.elements, code)

    def mapping(self) -> Mapping:
        """What all messages come to."""
        read = [_mapped(patient, self.tables) for patient in self._patients.values()]
        patients = tuple(patient for patient, _ in read)
        undone = self._unlinks.of_merged()
        unmatched = tuple(sorted({number for _, numbers in read for number in numbers}))
        # The reader's own counts, less what patients' ledgers hold: if an entry is lost, the whole does not balance.
        containers = self.segments - sum(patient.ledger.containers for patient in patients)
        coded = self._coded - sum(patient.ledger.coded for patient in patients)
        ledger = Ledger(tuple(self.entries), containers, coded)
        conflicts = tuple(dict.fromkeys([*self._conflicts, *((count, finding.code) for count, finding in undone)]))
        findings = (*self.findings, *(finding for _, finding in undone))
        return Mapping(patients, findings, ledger, tuple(self._changes), conflicts, unmatched)


def _mapped(patient: _Patient, known: Tables) -> tuple[Mapped, list[int]]:
    """The patient, and the numbers of the messages that take back what is not there."""
    parts = settled(patient.parts, known.events)
    found = [one for part in parts for one in part.found]
    accounts = list(_accounts(found, known))
    entries = [*patient.entries, *(entry for account in accounts for entry in account.entries)]
    stated, unmatched = _stated(parts, accounts, known)
    unmatched += events_without_object(parts, known)
    statements = (*patient.births, *stated)
    died, closed = death((part.code, part.death) for part in parts)
    findings = (*died, *patient.findings, *(finding for _, finding in unmatched), *excluded_findings(statements))
    containers = len(found) + len(patient.entries)
    ledger = Ledger(tuple(entries), containers, sum(len(one.items) for one in found))
    named = tuple(result for account in accounts for result in account.named)
    key = patient.key
    mapped = Mapped(
        key.text,
        "hl7v2",
        statements,
        findings,
        ledger,
        key.authority,
        key.value,
        named=named,
        diagnoses=tuple(one for account in accounts for one in account.diagnoses),
        person=patient.person,
        closed=closed,
    )
    return mapped, [number for number, _ in unmatched]


def _stated(
    parts: Sequence[Part], accounts: Sequence[Account], known: Tables
) -> tuple[Sequence[Statement], list[tuple[int, Finding]]]:
    """What the segments say, with a finding for each withdrawal that finds nothing; mostly there is none."""
    stated = [statement for account in accounts for statement in account.statements]
    if not takes_back(stated):
        return stated, []
    numbers = (part.number for part in parts for _ in part.found)
    arrived = [
        statement._replace(arrival=number)
        for number, account in zip(numbers, accounts, strict=True)
        for statement in account.statements
    ]
    return held_against(arrived, known)


def _accounts(found: Sequence[Found], known: Tables) -> Iterator[Account]:
    """What became of each segment; what stands beside it is looked for only where that matters."""
    alone = all(one.account is not None for one in found)
    beside = Beside([] if alone else [item for one in found for item in one.items], known)
    for one in found:
        yield account(one, beside, known)

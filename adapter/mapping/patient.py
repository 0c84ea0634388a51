"""What one input says about one patient: statements, findings and the ledger, ready to become a case.

Whether two inputs are about the same patient is decided by the wires.
"""

from dataclasses import dataclass, field, replace

from adapter.case.case import Case, build_case
from adapter.case.catalogue import Catalogue, catalogue
from adapter.case.fact import Statement
from adapter.case.finding import Finding
from adapter.case.merge import Clock
from adapter.case.origin import Wire
from adapter.mapping.closed import Closing
from adapter.mapping.hl7v2_numbers import IdentityChange
from adapter.mapping.hl7v2_patient import Demographics
from adapter.mapping.ledger import Ledger
from adapter.mapping.unread import NamedResult, newer_unmapped
from adapter.mapping.unread_diagnoses import UnreadDiagnosis


@dataclass(frozen=True, slots=True)
class Mapped:
    """One patient as mapped from one or more inputs.

    `subject` is the patient's key on the wire (`Patient/p1`, `HOSP/MR/123`); `authority` and `number` are those of an
    HL7 v2 identifier; `gaps` says in words which part of the data did not come; `named` are results whose name is all
    that can be read of them, `diagnoses` those that nobody could read; `person` is how HL7 v2 messages describe the
    patient; `closed` is what closes the record.
    """

    subject: str = field(repr=False)
    wire: Wire
    statements: tuple[Statement, ...] = ()
    findings: tuple[Finding, ...] = ()
    ledger: Ledger = field(default_factory=Ledger)
    authority: str = field(default="", repr=False)
    number: str = field(default="", repr=False)
    gaps: tuple[str, ...] = ()
    named: tuple[NamedResult, ...] = field(default=(), repr=False)
    diagnoses: tuple[UnreadDiagnosis, ...] = field(default=(), repr=False)
    person: Demographics | None = field(default=None, repr=False)
    closed: tuple[Closing, ...] = ()

    def case(self, clock: Clock, table: Catalogue | None = None) -> Case:
        """The case on the clock's day, with a finding for each newer result that could not be read; `table` is a
        catalogue with other ages than the one that ships."""
        case = build_case(self.subject, self.statements, clock, table)
        return replace(case, findings=(*case.findings, *newer_unmapped(self.named, case, table or catalogue())))

    def joined(self, more: "Mapped") -> "Mapped":
        """This patient with what another input says about the same patient."""
        return replace(
            self,
            statements=self.statements + more.statements,
            findings=self.findings + more.findings,
            ledger=self.ledger + more.ledger,
            gaps=self.gaps + more.gaps,
            named=self.named + more.named,
            diagnoses=self.diagnoses + more.diagnoses,
            closed=self.closed + more.closed,
        )


@dataclass(frozen=True, slots=True)
class Mapping:
    """A whole input: its patients, what could be given to none of them, and what it says about patients' numbers.

    `conflicts` are the messages, counted from 1 on, that contradict the earlier ones about whose number is whose, each
    with the code of the finding; `unmatched` are those that take back what is not there (`withdrawal-unmatched`), which
    only all messages of a patient together can tell.
    """

    patients: tuple[Mapped, ...]
    findings: tuple[Finding, ...] = ()
    ledger: Ledger = field(default_factory=Ledger)
    changes: tuple[IdentityChange, ...] = ()
    conflicts: tuple[tuple[int, str], ...] = ()
    unmatched: tuple[int, ...] = ()

    @property
    def whole_ledger(self) -> Ledger:
        """The ledger of everything, patients included."""
        ledgers = (self.ledger, *(patient.ledger for patient in self.patients))
        return Ledger(
            tuple(entry for ledger in ledgers for entry in ledger.entries),
            sum(ledger.containers for ledger in ledgers),
            sum(ledger.coded for ledger in ledgers),
        )

"""What one input says about one patient: statements, findings and the ledger, ready to become a case.

Several inputs about the same patient are joined here; whether they are the same patient is decided by the wires.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from adapter.case.case import Case, build_case
from adapter.case.fact import Statement
from adapter.case.finding import Finding
from adapter.case.merge import Clock
from adapter.case.origin import Wire
from adapter.mapping.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Mapped:
    """One patient as mapped from one or more inputs.

    `subject` is the patient's key on the wire (`Patient/p1`, `HOSP/MR/123`).
    """

    subject: str = field(repr=False)
    wire: Wire
    statements: tuple[Statement, ...] = ()
    findings: tuple[Finding, ...] = ()
    ledger: Ledger = field(default_factory=Ledger)

    def case(self, clock: Clock) -> Case:
        """The case on the clock's day."""
        return build_case(self.subject, self.statements, clock)

    def joined(self, other: "Mapped") -> "Mapped":
        """The same patient with what a later input adds."""
        return Mapped(
            self.subject,
            self.wire,
            self.statements + other.statements,
            self.findings + other.findings,
            self.ledger + other.ledger,
        )


@dataclass(frozen=True, slots=True)
class Mapping:
    """A whole input: its patients, and what could be given to none of them."""

    patients: tuple[Mapped, ...]
    findings: tuple[Finding, ...] = ()
    ledger: Ledger = field(default_factory=Ledger)

    @property
    def whole_ledger(self) -> Ledger:
        """The ledger of everything, patients included."""
        total = self.ledger
        for patient in self.patients:
            total = total + patient.ledger
        return total


def join(patients: Iterable[Mapped]) -> tuple[Mapped, ...]:
    """Patients with the same key as one, in the order in which they first came."""
    found: dict[str, Mapped] = {}
    for patient in patients:
        earlier = found.get(patient.subject)
        found[patient.subject] = patient if earlier is None else earlier.joined(patient)
    return tuple(found.values())

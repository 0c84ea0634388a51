"""When a record is closed: its patient has died, it is out of use, or another record has replaced it (HZ-P15).

The wires find it out; what is refused because of it is decided where answers are made.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from adapter.case.finding import Finding
from adapter.case.moment import Moment
from adapter.case.origin import Origin
from adapter.fhir.document import Record
from adapter.fhir.resources import Patient
from adapter.mapping import fhir_values

CLOSING = frozenset({"patient-deceased", "patient-inactive", "patient-replaced"})
"""The findings that close a record: nobody is advised on it."""


@dataclass(frozen=True, slots=True)
class Closing:
    """What closes a record: the finding, where it is said, since when it is so (a death: on which day), and of when the
    message or the version of the resource is that says it; None where that is not known."""

    finding: Finding
    origin: Origin
    when: Moment | None = field(default=None, repr=False)
    said: Moment | None = field(default=None, repr=False)


def closed_by_patient(record: Record, document: str) -> Iterator[Closing]:
    """What a FHIR Patient says against advice on it; nothing of any other record. `document` names the input."""
    patient = record.resource
    if not isinstance(patient, Patient):
        return
    said = fhir_values.moment(patient.meta.lastUpdated)[0] if patient.meta is not None else None

    def closing(finding: Finding, element: str, when: Moment | None = None) -> Closing:
        return Closing(finding, Origin("fhir", document, f"{record.shown}#{element}"), when, said)

    if any(link.type == "replaced-by" for link in patient.link):
        hint = "another record has replaced this one"
        yield closing(Finding("patient-replaced", "error", record.place, hint), "link")
    if patient.deceasedDateTime:
        died, _ = fhir_values.moment(patient.deceasedDateTime)
        yield closing(deceased(record.place), "deceasedDateTime", died)
    elif patient.deceasedBoolean:
        yield closing(deceased(record.place), "deceasedBoolean")
    if patient.active is False:
        yield closing(Finding("patient-inactive", "error", record.place, "the record is not in use"), "active")


def deceased(place: str) -> Finding:
    """The finding that the patient has died, at the place that says so."""
    return Finding("patient-deceased", "error", place, "the record says that the patient has died")

"""When a record is closed: its patient has died, it is out of use, or another record has replaced it (HZ-P15).

The wires find it out; what is refused because of it is decided where answers are made.
"""

from collections.abc import Iterator

from adapter.case.finding import Finding
from adapter.fhir.document import Record
from adapter.fhir.resources import Patient
from adapter.hl7v2 import Segment

CLOSING = frozenset({"patient-deceased", "patient-inactive", "patient-replaced"})
"""The findings that close a record: nobody is advised on it."""


def closed_by_patient(record: Record) -> Iterator[Finding]:
    """What a FHIR Patient says against advice on it; nothing of any other record."""
    patient = record.resource
    if not isinstance(patient, Patient):
        return
    if any(link.type == "replaced-by" for link in patient.link):
        yield Finding("patient-replaced", "error", record.place, "another record has replaced this one")
    if patient.deceasedBoolean or patient.deceasedDateTime:
        yield _deceased(record.place)
    if patient.active is False:
        yield Finding("patient-inactive", "error", record.place, "the record is not in use")


def closed_by_pid(pid: Segment, document: str) -> Iterator[Finding]:
    """What a PID says against advice: a death indicator (PID-30 Y) or a date of death (PID-29), once in any message."""
    date, indicator = pid.field(29), pid.field(30)
    if indicator.first.component(1).upper() == "Y":
        yield _deceased(f"{document} {indicator.address}")
    elif date.first.component(1):
        yield _deceased(f"{document} {date.address}")


def _deceased(place: str) -> Finding:
    return Finding("patient-deceased", "error", place, "the record says that the patient has died")

"""When a record is closed: its patient has died, it is out of use, or another record has replaced it (HZ-P15).

The wires find it out (HL7 v2: hl7v2_deaths.py); what is refused because of it is decided where answers are made.
"""

from collections.abc import Iterator

from adapter.case.finding import Finding
from adapter.fhir.document import Record
from adapter.fhir.resources import Patient

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
        yield deceased(record.place)
    if patient.active is False:
        yield Finding("patient-inactive", "error", record.place, "the record is not in use")


def deceased(place: str) -> Finding:
    """The finding that the patient has died, at the place that says so."""
    return Finding("patient-deceased", "error", place, "the record says that the patient has died")

"""What a FHIR Patient resource says about its patient: the date of birth.

Whose a resource is, is decided in fhir_owners.py.
"""

from adapter.case.fact import Standing, Statement
from adapter.case.origin import Origin
from adapter.case.value import Day
from adapter.fhir.document import Record
from adapter.fhir.resources import Patient
from adapter.mapping.fhir_values import moment
from adapter.mapping.fhir_veto import veto


def birth(record: Record, document: str) -> Statement | None:
    """The statement of the date of birth that a Patient makes; None of any other record. `document` names the input."""
    if not isinstance(record.resource, Patient) or not record.resource.birthDate:
        return None
    when, bad = moment(record.resource.birthDate)
    origin = Origin("fhir", document, f"{record.key}#birthDate", "birth-date")
    if veto(record.resource):
        return Statement("birth_date", Standing.EXCLUDED, None, origin, reason=veto(record.resource))
    if bad or when is None:
        return Statement("birth_date", Standing.EXCLUDED, None, origin, reason="bad-date")
    return Statement("birth_date", Standing.FINAL, Day(when), origin)

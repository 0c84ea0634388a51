"""Hand-made senders for the tests of mapping: FHIR resources and HL7 v2 messages about one invented patient.

Not a generator that reads the mapping tables: what a sender writes is written here, as the standards have it.
"""

import json
from collections.abc import Mapping as Members
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from adapter.case.case import Case
from adapter.case.fact import Fact
from adapter.case.merge import Clock
from adapter.case.value import to_plain
from adapter.fhir.document import read_document
from adapter.mapping.fhir import map_fhir
from adapter.mapping.hl7v2 import map_hl7v2_bytes
from adapter.mapping.patient import Mapped, Mapping
from adapter.mapping.sender import Sender
from adapter.mapping.tables import Tables

Json = None | bool | str | int | float | Sequence["Json"] | Members[str, "Json"]
Resource = dict[str, Json]

CLOCK = Clock(datetime(2026, 1, 12, 12, tzinfo=UTC))
"""The as-of time of the hazard log."""

WHEN = "2026-01-10T08:00:00Z"
WHEN_HL7 = "20260110080000+0000"
SUBJECT: Resource = {"reference": "Patient/P1"}

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CPT = "http://www.ama-assn.org/go/cpt"
UCUM = "http://unitsofmeasure.org"
OWN = "https://ldt-adapter.example.org/fhir/CodeSystem/ldt-fact"
QUESTIONNAIRE = "https://ldt-adapter.example.org/fhir/Questionnaire/ldt-facts"

PID = "PID|1||P1^^^HOSP^MR||DOE^JANE||19610405|F"


def concept(system: Json, code: Json, **more: Json) -> Resource:
    """A CodeableConcept with one coding."""
    return {"coding": [{"system": system, "code": code}], **more}


def quantity(value: Json, unit: Json, **more: Json) -> Resource:
    """A Quantity in a UCUM unit."""
    return {"value": value, "system": UCUM, "code": unit, **more}


def observation(code: str, *, id: Json = "o1", system: Json = LOINC, **more: Json) -> Resource:
    """A final Observation of P1, two days before the as-of time."""
    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": concept(system, code),
        "subject": SUBJECT,
        "effectiveDateTime": WHEN,
        **more,
    }


def laboratory(code: str, value: Json, unit: Json, **more: Json) -> Resource:
    """A final Observation with a quantity."""
    return observation(code, valueQuantity=quantity(value, unit), **more)


def condition(code: str, *, id: Json = "c1", system: Json = ICD10CM, **more: Json) -> Resource:
    """A confirmed, active Condition of P1."""
    return {
        "resourceType": "Condition",
        "id": id,
        "subject": SUBJECT,
        "code": concept(system, code),
        "verificationStatus": concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"),
        "clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
        "recordedDate": WHEN,
        **more,
    }


def procedure(code: str, *, id: Json = "p1", system: Json = SNOMED, **more: Json) -> Resource:
    """A completed Procedure on P1."""
    return {
        "resourceType": "Procedure",
        "id": id,
        "status": "completed",
        "subject": SUBJECT,
        "code": concept(system, code),
        "performedDateTime": WHEN,
        **more,
    }


def medication(kind: str, code: str, *, id: Json = "m1", system: Json = RXNORM, **more: Json) -> Resource:
    """A drug given to P1 (MedicationAdministration), taken (MedicationStatement) or asked for (MedicationRequest)."""
    own: dict[str, Resource] = {
        "MedicationAdministration": {"status": "completed", "effectiveDateTime": WHEN},
        "MedicationStatement": {"status": "active", "effectiveDateTime": WHEN},
        "MedicationRequest": {"status": "draft", "intent": "order", "authoredOn": WHEN},
    }
    drug = concept(system, code)
    return {"resourceType": kind, "id": id, "subject": SUBJECT, "medicationCodeableConcept": drug, **own[kind], **more}


def order(code: str, *, id: Json = "s1", system: Json = SNOMED, **more: Json) -> Resource:
    """A draft ServiceRequest for P1."""
    return {
        "resourceType": "ServiceRequest",
        "id": id,
        "status": "draft",
        "intent": "order",
        "subject": SUBJECT,
        "code": concept(system, code),
        "authoredOn": WHEN,
        **more,
    }


def questionnaire(*answers: tuple[str, Members[str, Json]], **more: Json) -> Resource:
    """A completed response to the project's Questionnaire; each answer is a linkId with one value[x]."""
    items: list[Json] = [{"linkId": name, "answer": [value]} for name, value in answers]
    return {
        "resourceType": "QuestionnaireResponse",
        "id": "q1",
        "questionnaire": QUESTIONNAIRE,
        "status": "completed",
        "subject": SUBJECT,
        "authored": WHEN,
        "item": items,
        **more,
    }


PATIENT: Resource = {"resourceType": "Patient", "id": "P1", "birthDate": "1961-04-05", "gender": "female"}


def bundle(*resources: Members[str, Json]) -> bytes:
    """A searchset Bundle of these resources."""
    entries = [{"resource": resource} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": entries}).encode()


def by_fhir(*resources: Members[str, Json], table: Tables | None = None, server: str = "") -> Mapping:
    """What P1 and these resources come to."""
    return map_fhir(read_document(bundle(PATIENT, *resources)), "bundle", table=table, server=server)


def header(control: str = "A1", message: str = "ORU^R01^ORU_R01", sent: str = "20260110093000+0000") -> str:
    """An MSH of the laboratory of the hazard log."""
    return rf"MSH|^~\&|LAB|HOSP|NELM|HOSP|{sent}||{message}|{control}|P|2.5.1"


def obr(filler: str = "R1^LAB", when: str = WHEN_HL7, status: str = "F", released: str = "20260110090000+0000") -> str:
    """An OBR with OBR-3, OBR-7, OBR-22 and OBR-25."""
    return f"OBR|1||{filler}|58410-2^CBC^LN|||{when}|||||||||||||||{released}|||{status}"


def obx(
    code: str,
    value: str,
    unit: str = "",
    *,
    kind: str = "NM",
    status: str = "F",
    when: str = WHEN_HL7,
    sub: str = "",
    number: int = 1,
    range: str = "",
    flag: str = "",
    site: str = "",
) -> str:
    """An OBX with OBX-2 to OBX-8, OBX-11, OBX-14 and OBX-20."""
    tail = f"||||||{site}" if site else ""
    return f"OBX|{number}|{kind}|{code}|{sub}|{value}|{unit}|{range}|{flag}|||{status}|||{when}{tail}"


def platelets(value: str, unit: str = "10*3/uL", **more: str) -> str:
    """An OBX with a platelet count."""
    fields = {key: text for key, text in more.items() if key != "number"}
    return obx("777-3^Platelets^LN", value, unit, **fields)  # type: ignore[arg-type]


def message(*segments: str, head: str | None = None, pid: str = PID) -> str:
    """One message: MSH, PID and these segments."""
    return "".join(f"{segment}\r" for segment in (head or header(), pid, *segments))


def report(*results: str, control: str = "A1", order: str | None = None, pid: str = PID) -> str:
    """One ORU with one OBR over these results."""
    return message(order or obr(), *results, head=header(control), pid=pid)


def by_hl7(*messages: str, table: Tables | None = None, zone: tzinfo | None = None) -> Mapping:
    """What these messages come to, in order of arrival."""
    return map_hl7v2_bytes("".join(messages).encode(), "messages", table=table, sender_of=lambda _: Sender(zone=zone))


def only(mapping: Mapping) -> Mapped:
    """The one patient of an input; every test that uses it also holds the ledger to account."""
    assert mapping.whole_ledger.balanced
    [patient] = mapping.patients
    return patient


def case(mapping: Mapping) -> Case:
    """The case of the one patient."""
    return only(mapping).case(CLOCK)


def fact(mapping: Mapping, name: str) -> Fact:
    """One fact of the one patient."""
    return case(mapping).facts[name]


def known(mapping: Mapping, name: str) -> object:
    """The value of a fact as plain JSON, None unless PRESENT."""
    value = fact(mapping, name).known
    return None if value is None else to_plain(value)


def standing(mapping: Mapping, name: str) -> tuple[str, str]:
    """State and reason of a fact."""
    found = fact(mapping, name)
    return found.state.value, found.reason


def finding_codes(mapping: Mapping) -> list[str]:
    """The codes of all findings, of the input and of its patients."""
    findings = [*mapping.findings, *(found for patient in mapping.patients for found in patient.findings)]
    return [finding.code for finding in findings]

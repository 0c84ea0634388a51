"""The FHIR R4 resources that the mapping reads, reduced to the members it needs.

Each is one msgspec struct; a member of the wrong JSON type makes that one resource unreadable, with the member's path.
"""

from typing import Final

from msgspec import Raw, field

from adapter.fhir.elements import (
    CodeableConcept,
    Element,
    Extension,
    Identifier,
    Meta,
    Period,
    Reference,
    ReferenceRange,
    Valued,
)


class Resource(Element):
    """What every resource has."""

    resourceType: str = ""
    id: str = ""
    meta: Meta | None = None
    implicitRules: str = ""
    contained: list[Raw] = []
    modifierExtension: list[Raw] = []


class PatientLink(Element):
    """FHIR Patient.link, as far as it says that another record took over."""

    type: str = ""


class Patient(Resource):
    """FHIR Patient. `name` stays raw: one that cannot be read costs nothing but the name."""

    identifier: list[Identifier] = []
    name: Raw = Raw()
    birthDate: str = ""
    gender: str = ""
    active: bool | None = None
    deceasedBoolean: bool | None = None
    deceasedDateTime: str = ""
    link: list[PatientLink] = []


class Component(Valued):
    """FHIR Observation.component."""

    code: CodeableConcept | None = None
    dataAbsentReason: CodeableConcept | None = None
    interpretation: list[CodeableConcept] = []
    referenceRange: list[ReferenceRange] = []
    modifierExtension: list[Raw] = []


class Observation(Valued):
    """FHIR Observation. (msgspec structs have one base: the members of Resource stand here again.)"""

    resourceType: str = ""
    id: str = ""
    meta: Meta | None = None
    implicitRules: str = ""
    contained: list[Raw] = []
    modifierExtension: list[Raw] = []
    status: str = ""
    code: CodeableConcept | None = None
    subject: Reference | None = None
    effectiveDateTime: str = ""
    effectivePeriod: Period | None = None
    effectiveInstant: str = ""
    issued: str = ""
    dataAbsentReason: CodeableConcept | None = None
    interpretation: list[CodeableConcept] = []
    bodySite: CodeableConcept | None = None
    specimen: Reference | None = None
    method: CodeableConcept | None = None
    performer: list[Reference] = []
    referenceRange: list[ReferenceRange] = []
    component: list[Component] = []
    hasMember: list[Reference] = []
    focus: list[Reference] = []


class Condition(Resource):
    """FHIR Condition."""

    clinicalStatus: CodeableConcept | None = None
    verificationStatus: CodeableConcept | None = None
    code: CodeableConcept | None = None
    bodySite: list[CodeableConcept] = []
    subject: Reference | None = None
    onsetDateTime: str = ""
    abatementDateTime: str = ""
    recordedDate: str = ""
    extension: list[Extension] = []


class Procedure(Resource):
    """FHIR Procedure."""

    status: str = ""
    code: CodeableConcept | None = None
    subject: Reference | None = None
    performedDateTime: str = ""
    performedPeriod: Period | None = None
    bodySite: list[CodeableConcept] = []
    usedCode: list[CodeableConcept] = []
    reasonCode: list[CodeableConcept] = []
    extension: list[Extension] = []


class Medication(Resource):
    """FHIR Medication."""

    status: str = ""
    code: CodeableConcept | None = None


class Specimen(Resource):
    """FHIR Specimen."""

    type: CodeableConcept | None = None
    subject: Reference | None = None


class MedicationRequest(Resource):
    """FHIR MedicationRequest."""

    status: str = ""
    intent: str = ""
    doNotPerform: bool | None = None
    medicationCodeableConcept: CodeableConcept | None = None
    medicationReference: Reference | None = None
    subject: Reference | None = None
    authoredOn: str = ""


class MedicationAdministration(Resource):
    """FHIR MedicationAdministration."""

    status: str = ""
    medicationCodeableConcept: CodeableConcept | None = None
    medicationReference: Reference | None = None
    subject: Reference | None = None
    effectiveDateTime: str = ""
    effectivePeriod: Period | None = None


class MedicationStatement(Resource):
    """FHIR MedicationStatement."""

    status: str = ""
    medicationCodeableConcept: CodeableConcept | None = None
    medicationReference: Reference | None = None
    subject: Reference | None = None
    effectiveDateTime: str = ""
    effectivePeriod: Period | None = None
    dateAsserted: str = ""


class ServiceRequest(Resource):
    """FHIR ServiceRequest."""

    status: str = ""
    intent: str = ""
    doNotPerform: bool | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    authoredOn: str = ""
    bodySite: list[CodeableConcept] = []


class DeviceRequest(Resource):
    """FHIR DeviceRequest. A device that is referred to is not read."""

    status: str = ""
    intent: str = ""
    codeCodeableConcept: CodeableConcept | None = None
    subject: Reference | None = None
    authoredOn: str = ""


class Answer(Valued):
    """FHIR QuestionnaireResponse.item.answer."""

    item: list["Item"] = []


class Item(Element):
    """FHIR QuestionnaireResponse.item."""

    linkId: str = ""
    answer: list[Answer] = []
    item: list["Item"] = []


class QuestionnaireResponse(Resource):
    """FHIR QuestionnaireResponse."""

    questionnaire: str = ""
    status: str = ""
    subject: Reference | None = None
    authored: str = ""
    item: list[Item] = []


class Generic(Resource):
    """Any other resource: only what tells whose it is (`about` is the `for` of a Task)."""

    subject: Reference | None = None
    patient: Reference | None = None
    about: Reference | None = field(default=None, name="for")


class Search(Element):
    """FHIR Bundle.entry.search."""

    mode: str = ""


class Entry(Element):
    """FHIR Bundle.entry; the resource stays raw until its type is known."""

    fullUrl: str = ""
    resource: Raw = Raw()
    search: Search | None = None


class Link(Element):
    """FHIR Bundle.link."""

    relation: str = ""
    url: str = ""


class Bundle(Element):
    """FHIR Bundle. Its `type` is not needed: real clients leave it out."""

    resourceType: str = ""
    type: str = ""
    link: list[Link] = []
    entry: list[Raw] = field(default_factory=list)


Known = (
    Patient
    | Observation
    | Condition
    | Procedure
    | Medication
    | Specimen
    | MedicationRequest
    | MedicationAdministration
    | MedicationStatement
    | ServiceRequest
    | DeviceRequest
    | QuestionnaireResponse
    | Generic
)

READ: Final[dict[str, type[Known]]] = {
    "Patient": Patient,
    "Observation": Observation,
    "Condition": Condition,
    "Procedure": Procedure,
    "Medication": Medication,
    "Specimen": Specimen,
    "MedicationRequest": MedicationRequest,
    "MedicationAdministration": MedicationAdministration,
    "MedicationStatement": MedicationStatement,
    "ServiceRequest": ServiceRequest,
    "DeviceRequest": DeviceRequest,
    "QuestionnaireResponse": QuestionnaireResponse,
}

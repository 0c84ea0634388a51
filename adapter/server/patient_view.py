"""The CDS Hooks service `ldt-patient-view`: prefetch in, one quiet card out, or silence for everybody else's patients.

Data of another patient, or conditions that could not be had, is 412; data that is only absent is named on the card.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from adapter.advice.assessment import Assessment, assess, concerns
from adapter.advice.card import cards
from adapter.case.merge import Clock
from adapter.fhir.document import Document, NotFhir, Record, read_document
from adapter.fhir.reference import key_of
from adapter.ldt import RuleSet
from adapter.mapping.fhir import map_fhir
from adapter.mapping.patient import Mapped, Mapping
from adapter.mapping.tables import Tables
from adapter.server.log import log_shadow
from adapter.server.settings import Settings
from cds_hooks import (
    Card,
    ClientError,
    ExplicitNothing,
    HookRequest,
    NeverAsked,
    NotProvided,
    Partial,
    PatientView,
    PreconditionFailed,
    PrefetchValue,
    Provided,
    Service,
)

REQUIRED = "conditions"
"""The key without which nobody can say whether the service concerns the patient at all."""

SERVICE = Service(
    id="ldt-patient-view",
    hook="patient-view",
    title="Liver-directed therapy of neuroendocrine liver metastases",
    description=(
        "Options for adults with liver metastases of a well-differentiated neuroendocrine tumour: embolisation, "
        "radioembolisation, ablation and their place beside surgery, PRRT and systemic therapy, each with reasons, "
        "sources and what is missing. Silent for all other patients."
    ),
    prefetch={
        "patient": "Patient/{{context.patientId}}",
        "conditions": "Condition?patient={{context.patientId}}",
        "observations": "Observation?patient={{context.patientId}}&_sort=-date",
        "procedures": "Procedure?patient={{context.patientId}}",
        "administrations": "MedicationAdministration?patient={{context.patientId}}",
        "statements": "MedicationStatement?patient={{context.patientId}}",
        "responses": "QuestionnaireResponse?patient={{context.patientId}}",
    },
)


@dataclass(slots=True)
class _Gathered:
    """The records of all keys, and what could not be had, in words."""

    records: list[Record] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PatientViewService:
    """Evaluates one call. Pure but for the clock of the settings."""

    settings: Settings
    tables: Tables
    rules: RuleSet

    async def __call__(self, request: HookRequest) -> Sequence[Card]:
        """The cards of a call. Raises PreconditionFailed where it cannot be evaluated."""
        assessment = self.assess(request)
        if not concerns(assessment.case):
            return ()
        log_shadow(assessment.advice)
        return cards(assessment, invocation=f"{SERVICE.id}|{request.hook_instance}", base=self.settings.base)

    def assess(self, request: HookRequest) -> Assessment:
        """The assessment of the patient that the call is about."""
        if not isinstance(request.context, PatientView):
            raise TypeError("the patient-view service was called for another hook")
        patient = f"Patient/{request.context.patient_id}"
        gathered = _gather(request)
        server = request.fhir_server or self.settings.fhir_base
        document = Document(tuple(gathered.records), gathered.names)
        mapping = map_fhir(document, "prefetch", table=self.tables, server=server)
        mapped = _only(mapping, patient, server)
        clock = Clock(self.settings.now())
        return assess(mapped, clock, self.rules, gaps=tuple(gathered.gaps))


def _gather(request: HookRequest) -> _Gathered:
    """All prefetch values as one document. The conditions must be had whole: they decide whether we speak at all."""
    gathered = _Gathered()
    for key in SERVICE.prefetch:
        value = request.prefetch.get(key, NotProvided())
        gap = _take(gathered, key, value)
        if gap and key == REQUIRED:
            raise PreconditionFailed("data-unavailable", f"the prefetch key {key} is needed whole, and is {gap}")
        if gap:
            gathered.gaps.append(f"{key}: {gap}")
    return gathered


def _take(gathered: _Gathered, key: str, value: PrefetchValue) -> str:
    """Add what a key holds; the gap that it leaves, in words, or nothing."""
    match value:
        case Provided(raw):
            return _add(gathered, key, bytes(raw))
        case Partial(raw):
            return _add(gathered, key, bytes(raw)) or "incomplete, further pages were not read"
        case ExplicitNothing():
            return ""
        case ClientError():
            return "the EHR answered with an error"
        case NeverAsked():
            return "the EHR did not fill in the query"
        case NotProvided():
            return "not provided by the EHR"


def _add(gathered: _Gathered, key: str, raw: bytes) -> str:
    try:
        document = read_document(raw)
    except NotFhir:
        return "not readable as FHIR"
    for record in document.records:
        place = f"prefetch.{key}.{record.place}"
        gathered.records.append(
            Record(place, record.type, record.key, record.resource, record.raw, record.fault, record.full_url)
        )
    gathered.names.update(document.names)
    unreadable = sum(record.fault is not None for record in document.records)
    return f"{unreadable} resource(s) could not be read" if unreadable else ""


def _only(mapping: Mapping, patient: str, server: str) -> Mapped:
    """The patient of the call. Anybody else's data means that nothing is evaluated."""
    others = 0
    found = Mapped(patient, "fhir")
    for mapped in mapping.patients:
        if key_of(mapped.subject, server=server) == patient:
            found = mapped
        else:
            others += 1
    if others:
        hint = f"{others} other patient(s) in the prefetch: nothing was evaluated"
        raise PreconditionFailed("other-patient", hint, "conflict")
    findings, ledger = found.findings + mapping.findings, found.ledger + mapping.ledger
    return replace(found, subject=patient, findings=findings, ledger=ledger)

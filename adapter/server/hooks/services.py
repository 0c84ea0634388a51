"""The six services as discovery names them, with their prefetch templates: only what some row of the mapping reads.

Not for how a call is answered (answer.py). No template has a date: Ki-67, grade and history count however old they are.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from adapter.server.ehr.query import type_of
from cds_hooks import HookName, Service

CONDITIONS: Final = "conditions"
"""The key without which nobody can say whether the services concern the patient at all."""

PATIENT: Final = "patient"
"""The key of the Patient, whose numbers lead to what is stored."""

OBSERVATIONS: Final = "observations"
"""The key of results: a test is only missing where this could be had whole."""

RESPONSES: Final = "responses"
"""The key of answers to the project's form."""

RESULTS: Final = (OBSERVATIONS, RESPONSES)
"""The keys in which the diagnosis can stand besides the conditions: histology, or an answer."""

RECORD: Final[Mapping[str, str]] = MappingProxyType(
    {
        PATIENT: "Patient/{{context.patientId}}",
        CONDITIONS: "Condition?patient={{context.patientId}}",
        OBSERVATIONS: "Observation?patient={{context.patientId}}&_sort=-date",
        "procedures": "Procedure?patient={{context.patientId}}",
        "administrations": "MedicationAdministration?patient={{context.patientId}}",
        "statements": "MedicationStatement?patient={{context.patientId}}",
        RESPONSES: "QuestionnaireResponse?patient={{context.patientId}}",
    }
)
"""The patient's record, the same for every hook."""

ORDERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "services": "ServiceRequest?patient={{context.patientId}}&status=active",
        "devices": "DeviceRequest?patient={{context.patientId}}&status=active",
        "medications": "MedicationRequest?patient={{context.patientId}}&status=active",
    }
)
"""The orders among which those being dispatched are found: the call itself only names them."""


def asked_for(key: str) -> str:
    """The type of resource that a prefetch key is asked for."""
    return type_of(RECORD.get(key) or ORDERS[key])


_TITLE = "Liver-directed therapy of neuroendocrine liver metastases"
_SILENT = "Silent for all other patients."


def _service(hook: HookName, about: str, prefetch: Mapping[str, str] = RECORD) -> Service:
    return Service(id=f"ldt-{hook}", hook=hook, title=_TITLE, description=f"{about} {_SILENT}", prefetch=prefetch)


SERVICES: Final = (
    _service(
        "patient-view",
        "Options for adults with liver metastases of a well-differentiated neuroendocrine tumour: embolisation, "
        "radioembolisation, ablation and their place beside surgery, PRRT and systemic therapy, each with reasons, "
        "sources and what is missing.",
    ),
    _service(
        "order-select",
        "Judges the selected draft orders of a patient with a neuroendocrine neoplasm as planned therapies, beside the "
        "other drafts and the record: what speaks against them, and which facts are missing.",
    ),
    _service(
        "order-sign",
        "Judges the orders about to be signed for a patient with a neuroendocrine neoplasm: critical where a planned "
        "therapy is contraindicated; laboratory values must be fresher when a liver-directed therapy is signed.",
    ),
    _service(
        "order-dispatch",
        "Judges orders sent to a performer for a patient with a neuroendocrine neoplasm, as if they were being made.",
        MappingProxyType({**RECORD, **ORDERS}),
    ),
    _service(
        "encounter-start",
        "The options of ldt-patient-view when an encounter begins: use one of the two.",
    ),
    _service(
        "problem-list-item-create",
        "Says what is missing for advice when liver metastases or a neuroendocrine neoplasm are added to the problem "
        "list. The new diagnosis counts as provisional until it is saved.",
    ),
)
"""All services, each with an id of its own: some clients call only the last service of an id."""

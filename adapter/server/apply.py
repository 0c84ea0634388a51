"""`POST /fhir/PlanDefinition/ldt-nelm/$apply`: a patient's resources in, the CarePlan out, always in full.

Source: FHIR R4, PlanDefinition operation $apply; the data come as a Bundle, or as resources in Parameters.
"""

from dataclasses import dataclass, replace

import msgspec

from adapter.advice.assessment import Assessment, assess
from adapter.advice.careplan import ClosedRecord, care_plan
from adapter.case.merge import Clock
from adapter.fhir.check import check_resource
from adapter.fhir.document import NotFhir, read_document
from adapter.fhir.reference import key_of
from adapter.ldt import RuleSet
from adapter.mapping.fhir import map_fhir
from adapter.mapping.patient import Mapped, Mapping
from adapter.mapping.tables import Tables
from adapter.server.log import log_shadow
from adapter.server.problem import Problem
from adapter.server.settings import Settings
from cds_hooks import DEFAULT_LIMITS, HookError, Limits
from cds_hooks.json_limits import scan

FHIR_JSON = frozenset({"application/fhir+json", "application/json"})
LIMIT = 64 * 1024 * 1024
"""Most bytes of a body (settled for FHIR routes)."""


class _Value(msgspec.Struct, frozen=True, gc=False):
    reference: str = ""


class _Parameter(msgspec.Struct, frozen=True, gc=False):
    name: str = ""
    valueString: str = ""
    valueReference: _Value | None = None


class _Parameters(msgspec.Struct, frozen=True, gc=False):
    resourceType: str = ""
    parameter: list[_Parameter] = []


@dataclass(frozen=True, slots=True)
class ApplyOperation:
    """Evaluates the data of one request. Pure but for the clock of the settings."""

    settings: Settings
    tables: Tables
    rules: RuleSet

    def __call__(self, body: bytes) -> dict[str, object]:
        """The CarePlan. Raises Problem: 400 for no FHIR JSON, 412 for another patient's data and closed records."""
        try:
            scan(body, Limits(body_bytes=LIMIT, nodes=4_000_000, depth=DEFAULT_LIMITS.depth))
            document = read_document(body)
        except HookError as error:
            raise Problem(error.status, error.code, error.hint, place=error.place, issue="structure") from None
        except NotFhir as error:
            raise Problem(400, error.code, "the body is no FHIR JSON", place=error.place, issue="structure") from None
        mapping = map_fhir(document, "$apply", table=self.tables, server=self.settings.fhir_base)
        mapped = self._patient(mapping, _subject(body))
        assessment = assess(mapped, Clock(self.settings.now()), self.rules)
        log_shadow(assessment.advice)
        plan = self._plan(assessment)
        if self.settings.check_output:
            check_resource(plan)
        return plan

    def _plan(self, assessment: Assessment) -> dict[str, object]:
        try:
            return care_plan(assessment, base=self.settings.base)
        except ClosedRecord as reason:
            hint = f"no plan is made on a closed record: {reason}"
            raise Problem(412, "patient-closed", hint, issue="business-rule") from None

    def _patient(self, mapping: Mapping, subject: str) -> Mapped:
        """The one patient of the data, who must be the subject where one is named."""
        wanted = key_of(subject, server=self.settings.fhir_base) if subject else None
        if subject and wanted is None:
            raise Problem(
                400, "subject", "the subject must be a reference such as Patient/p1", place="Parameters.parameter"
            )
        found = {patient.subject: patient for patient in mapping.patients}
        if len(found) > 1 or (wanted and found and wanted not in found):
            hint = "the data hold resources of another patient: nothing was evaluated"
            raise Problem(412, "other-patient", hint, issue="conflict")
        if not found and not wanted:
            raise Problem(400, "no-patient", "the data name no patient, and there is no subject", issue="required")
        own = next(iter(found.values()), Mapped(wanted or "", "fhir"))
        return replace(own, findings=own.findings + mapping.findings, ledger=own.ledger + mapping.ledger)


def _subject(body: bytes) -> str:
    """The parameter `subject`, as a string or a reference; nothing where the body is no Parameters."""
    try:
        parameters = msgspec.json.decode(body, type=_Parameters)
    except msgspec.DecodeError:
        return ""
    for parameter in parameters.parameter if parameters.resourceType == "Parameters" else []:
        if parameter.name == "subject":
            return parameter.valueReference.reference if parameter.valueReference else parameter.valueString
    return ""

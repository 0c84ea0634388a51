"""The check of every FHIR resource that leaves: by the R4B models of fhir.resources, plus the bindings they miss.

fhir.resources does not check required value sets, so the statuses that we emit are checked here by name.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Final

from pydantic import BaseModel, ValidationError

_PUBLICATION: Final = frozenset({"draft", "active", "retired", "unknown"})
_ARTIFACT: Final = frozenset({"documentation", "justification", "citation", "depends-on"})

REQUIRED_CODES: Final[dict[tuple[str, str], frozenset[str]]] = {
    ("CarePlan", "status"): frozenset(
        {"draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"}
    ),
    ("CarePlan", "intent"): frozenset({"proposal", "plan", "order", "option"}),
    ("Observation", "status"): frozenset({"final"}),
    ("ServiceRequest", "status"): frozenset({"draft"}),
    ("ServiceRequest", "intent"): frozenset({"proposal"}),
    ("text", "status"): frozenset({"generated", "extensions", "additional", "empty"}),
    ("detail", "status"): frozenset(
        {
            "not-started",
            "scheduled",
            "in-progress",
            "on-hold",
            "completed",
            "cancelled",
            "stopped",
            "unknown",
            "entered-in-error",
        }
    ),
    ("valueQuantity", "comparator"): frozenset({"<", "<=", ">=", ">"}),
    **{(kind, "status"): _PUBLICATION for kind in ("PlanDefinition", "ActivityDefinition", "Library", "Questionnaire")},
    **{(kind, "status"): _PUBLICATION for kind in ("CodeSystem", "ValueSet", "ConceptMap")},
    ("relatedArtifact", "type"): _ARTIFACT,
    ("documentation", "type"): _ARTIFACT,
    ("condition", "kind"): frozenset({"applicability", "start", "stop"}),
    ("action", "groupingBehavior"): frozenset({"visual-group", "logical-group", "sentence-group"}),
    ("action", "requiredBehavior"): frozenset({"must", "could", "must-unless-documented"}),
    ("action", "precheckBehavior"): frozenset({"yes", "no"}),
    ("ActivityDefinition", "kind"): frozenset({"ServiceRequest", "MedicationRequest"}),
    ("ActivityDefinition", "intent"): frozenset({"proposal"}),
    ("item", "type"): frozenset({"group", "display", "boolean", "decimal", "integer", "date", "choice"}),
    ("CodeSystem", "content"): frozenset({"complete"}),
    ("property", "type"): frozenset({"code", "string"}),
    ("target", "equivalence"): frozenset({"equivalent", "wider", "narrower", "relatedto", "unmatched"}),
    ("Bundle", "type"): frozenset({"transaction"}),
    ("request", "method"): frozenset({"PUT"}),
}
"""Required value sets by (resource type or element, member): those that our builders use."""


class InvalidOutput(ValueError):
    """A resource that may not leave: our own fault. The text names elements and kinds of fault, never values."""


def prepare(*kinds: str) -> None:
    """Load the models of these resource types now: the first check would else take half a second longer."""
    for kind in kinds:
        _model(kind)


def check_resource(resource: Mapping[str, object]) -> None:
    """Raise InvalidOutput unless a resource that we emit is valid R4, and its codes are among those above."""
    kind = str(resource.get("resourceType", ""))
    for name, member in REQUIRED_CODES:
        if kind == name and member not in resource:
            raise InvalidOutput(f"{kind}.{member} is missing")
    _check_codes(kind, resource, kind)
    check_r4(resource)
    contained = resource.get("contained", [])
    for inner in contained if isinstance(contained, list) else []:
        check_resource(inner)


def check_r4(resource: Mapping[str, object]) -> None:
    """Raise InvalidOutput unless any resource is valid by the R4B models of fhir.resources."""
    kind = str(resource.get("resourceType", ""))
    model = _model(kind)
    if model is None:
        raise InvalidOutput(f"{_spelling(kind)} is no resource type of R4B")
    try:
        model.model_validate(dict(resource))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['type']}" for f in error.errors(include_input=False))
        raise InvalidOutput(f"{kind} is not valid R4: {faults}") from None
    except KeyError:
        raise InvalidOutput(f"{kind} contains a resource of a type that R4B does not have") from None


def _check_codes(name: str, value: object, place: str) -> None:
    if isinstance(value, str):
        return
    if isinstance(value, Mapping):
        for member, inner in value.items():
            allowed = REQUIRED_CODES.get((name, member))
            if allowed is not None and inner not in allowed:
                raise InvalidOutput(f"{place}.{member} is none of its required codes")
            if member != "contained":
                _check_codes(member, inner, f"{place}.{member}")
    elif isinstance(value, list):
        for inner in value:
            _check_codes(name, inner, place)


def _spelling(kind: str) -> str:
    """The type as sent, if it looks like one: anything else is not repeated."""
    return kind if kind.isascii() and kind.isalpha() and len(kind) <= 40 else "resourceType"


@cache
def _model(kind: str) -> type[BaseModel] | None:
    """The R4B model of a resource type, None when there is no such type; imported late, it takes half a second."""
    models = import_module("fhir.resources.R4B")
    resource: type[BaseModel] = import_module("fhir.resources.R4B.resource").Resource
    try:
        model: type[BaseModel] = models.get_fhir_model_class(kind)
    except ValueError:
        return None
    return model if issubclass(model, resource) else None

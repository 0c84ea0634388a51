"""The check of every FHIR resource that leaves: by the R4B models of fhir.resources, plus the bindings they miss.

fhir.resources does not check required value sets, so the statuses that we emit are checked here by name.
"""

from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from importlib import import_module
from threading import Lock
from typing import Final

from pydantic import BaseModel, ValidationError

from adapter.fhir.write import write_json

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
    told = {member: _digests(kind, member, resource) for member in PARTS.get(kind, ())}
    faults = _faults(model, kind, _without_valid(resource, told))
    if faults:
        raise InvalidOutput(_faults(model, kind, resource) or faults)  # places count what was left out, too
    _remember_valid([digest for digests in told.values() for digest in digests])


def _faults(model: type[BaseModel], kind: str, resource: Mapping[str, object]) -> str:
    try:
        model.model_validate(dict(resource))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['type']}" for f in error.errors(include_input=False))
        return f"{kind} is not valid R4: {faults}"
    except KeyError:
        return f"{kind} contains a resource of a type that R4B does not have"
    return ""


PARTS: Final[Mapping[str, tuple[str, ...]]] = {"CarePlan": ("activity", "note", "supportingInfo")}
"""Lists that may be missing, whose elements are valid or not by themselves, whatever stands around them.

Most of these say the same of every patient: one that was found valid is not checked again while it stays the same JSON.
"""

MOST_VALID: Final = 4096
"""How many such elements are remembered at most, by a digest of 32 bytes."""

_VALID: Final[dict[bytes, None]] = {}
_REMEMBERING: Final = Lock()


def _digests(kind: str, member: str, resource: Mapping[str, object]) -> list[bytes]:
    """A digest of each element of a list, over its JSON and where it stands; none where the member is no list of
    objects."""
    elements = resource.get(member)
    if not isinstance(elements, list) or not all(isinstance(one, dict) for one in elements):
        return []
    place = f"{kind}.{member}:".encode()
    return [blake2b(place + write_json(one), digest_size=32).digest() for one in elements]


def _without_valid(resource: Mapping[str, object], told: Mapping[str, list[bytes]]) -> dict[str, object]:
    """The resource without the elements that were found valid before."""
    rest = dict(resource)
    for member, digests in told.items():
        elements = resource.get(member)
        if digests and isinstance(elements, list):
            left = [one for one, digest in zip(elements, digests, strict=True) if digest not in _VALID]
            rest[member] = left
            if not left:
                del rest[member]
    return rest


def _remember_valid(digests: list[bytes]) -> None:
    """Remember them before all others; those that did not come for longest make room."""
    with _REMEMBERING:
        for digest in digests:
            _VALID.pop(digest, None)
            _VALID[digest] = None
        while len(_VALID) > MOST_VALID:
            del _VALID[next(iter(_VALID))]


def _check_codes(name: str, value: object, place: str) -> None:
    if isinstance(value, Mapping):
        for member, inner in value.items():
            allowed = REQUIRED_CODES.get((name, member))
            if allowed is not None and inner not in allowed:
                raise InvalidOutput(f"{place}.{member} is none of its required codes")
            if member != "contained" and not isinstance(inner, str):
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

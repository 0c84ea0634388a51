"""The check of every FHIR resource that leaves: by the R4B models of fhir.resources, plus the bindings they miss.

fhir.resources does not check required value sets, so the statuses that we emit are checked here by name.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Final

from pydantic import BaseModel, ValidationError

REQUIRED_CODES: Final[dict[tuple[str, str], frozenset[str]]] = {
    ("CarePlan", "status"): frozenset(
        {"draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"}
    ),
    ("CarePlan", "intent"): frozenset({"proposal", "plan", "order", "option"}),
    ("Observation", "status"): frozenset({"final"}),
}


class InvalidOutput(ValueError):
    """A resource that may not leave: our own fault. The text names elements and kinds of fault, never values."""


def check_resource(resource: Mapping[str, object]) -> None:
    """Raise InvalidOutput unless the resource is valid R4 by fhir.resources and by the required codes above."""
    kind = str(resource.get("resourceType", ""))
    for (name, element), allowed in REQUIRED_CODES.items():
        if kind == name and resource.get(element) not in allowed:
            raise InvalidOutput(f"{kind}.{element} is none of its required codes")
    try:
        _model(kind).model_validate(dict(resource))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['type']}" for f in error.errors(include_input=False))
        raise InvalidOutput(f"{kind} is not valid R4: {faults}") from None
    contained = resource.get("contained", [])
    for inner in contained if isinstance(contained, list) else []:
        check_resource(inner)


@cache
def _model(kind: str) -> type[BaseModel]:
    """The R4B model of a resource type; imported late, it takes half a second."""
    module = import_module(f"fhir.resources.R4B.{kind.lower()}")
    model: type[BaseModel] = getattr(module, kind)
    return model

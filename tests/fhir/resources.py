"""FHIR JSON as the tests of the reader write it.

Not for expectations.
"""

import json
from collections.abc import Mapping, Sequence

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]


def observation(name: str, **members: Json) -> dict[str, Json]:
    made: dict[str, Json] = {"resourceType": "Observation", "id": name, "subject": {"reference": "Patient/p1"}}
    return made | members


def patient(name: str, **members: Json) -> dict[str, Json]:
    return {"resourceType": "Patient", "id": name, **members}


def bundle(*resources: Json, **members: Json) -> dict[str, Json]:
    entries: Json = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries, **members}


def parameters(*resources: Json) -> dict[str, Json]:
    parts: Json = [{"name": "data", "resource": resource} for resource in resources]
    return {"resourceType": "Parameters", "parameter": parts}


def encoded(content: Json) -> bytes:
    return json.dumps(content).encode()

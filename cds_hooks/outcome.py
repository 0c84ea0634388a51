"""The OperationOutcome that stands in the body of every answer without cards.

Not for the reasons of a refused login: a 401 is bare.
"""

from cds_hooks.errors import HookError
from cds_hooks.json_values import Json


def operation_outcome(error: HookError) -> dict[str, Json]:
    """The OperationOutcome (R4) of an error: FHIR code, own code, hint and place; nothing of the input."""
    issue: dict[str, Json] = {
        "severity": "fatal" if error.issue_type == "exception" else "error",
        "code": error.issue_type,
        "details": {"coding": [{"code": error.code}], "text": error.hint},
        "expression": [error.place],
    }
    return {"resourceType": "OperationOutcome", "issue": [issue]}

"""The OperationOutcome that stands in the body of every answer without cards.

Not for the reasons of a refused login: a 401 is bare.
"""

from cds_hooks.errors import HookError
from cds_hooks.json_values import Json


def operation_outcome(*errors: HookError) -> dict[str, Json]:
    """The OperationOutcome (R4) of errors: FHIR code, own code, hint and place of each; nothing of the input."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(error) for error in errors]}


def success_outcome(code: str, hint: str) -> dict[str, Json]:
    """The OperationOutcome (R4) of what went well, where there are no cards to answer with."""
    issue: dict[str, Json] = {
        "severity": "information",
        "code": "informational",
        "details": {"coding": [{"code": code}], "text": hint},
    }
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _issue(error: HookError) -> Json:
    return {
        "severity": "fatal" if error.issue_type == "exception" else "error",
        "code": error.issue_type,
        "details": {"coding": [{"code": error.code}], "text": error.hint},
        "expression": [error.place],
    }

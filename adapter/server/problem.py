"""Errors of the FHIR and HL7 v2 routes: a status, and an OperationOutcome that never repeats the input."""

from starlette.responses import Response

from adapter.fhir.write import write_json

NO_STORE = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


class Problem(Exception):
    """A request that cannot be answered: `code` is ours and stable, `issue` FHIR's issue type, `place` an element."""

    def __init__(self, status: int, code: str, hint: str, *, place: str = "", issue: str = "invalid") -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.hint = hint
        self.place = place
        self.issue = issue

    def response(self) -> Response:
        """The answer."""
        return outcome_response(self.status, self.code, self.hint, place=self.place, issue=self.issue)


def outcome_response(status: int, code: str, hint: str, *, place: str = "", issue: str = "invalid") -> Response:
    """An OperationOutcome with one issue."""
    entry: dict[str, object] = {
        "severity": "error",
        "code": issue,
        "details": {"coding": [{"code": code}], "text": hint},
    }
    if place:
        entry["expression"] = [place]
    body = write_json({"resourceType": "OperationOutcome", "issue": [entry]})
    return Response(body, status, headers=NO_STORE, media_type="application/fhir+json")

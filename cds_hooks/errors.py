"""What a CDS Service answers instead of cards: one exception for each HTTP status of the protocol.

Not for faults in our own cards or templates, which stop the program that made them (`fault.py`).

    HookError
     +- BadRequest             400   not JSON, a required member is missing, a limit is broken
     |   +- TooLarge           413
     |   +- UnsupportedContent 415
     +- Unauthorized           401   always bare: no body, no reason
     +- UnknownService         404
     +- MethodNotAllowed       405
     +- PreconditionFailed     412   required data cannot be had, or belongs to another patient
     +- ServiceUnavailable     503
"""

from typing import ClassVar, Literal

IssueType = Literal[
    "conflict",
    "exception",
    "incomplete",
    "invalid",
    "login",
    "not-found",
    "not-supported",
    "processing",
    "required",
    "structure",
    "too-long",
    "transient",
    "value",
]
"""The codes of FHIR R4 issue-type that an OperationOutcome of this package can carry."""

WHOLE_BODY = "$this"
"""The place of a fault that concerns the whole body (FHIRPath for the object itself)."""


class HookError(Exception):
    """A call that ends without cards.

    `code` is a stable name of the fault, `place` a FHIRPath of protocol members, `hint` one sentence for the
    interface analyst, `issue_type` the FHIR code. None of them may hold text of the request.
    """

    status: ClassVar[int] = 500

    def __init__(self, code: str, place: str, hint: str, issue_type: IssueType = "processing") -> None:
        super().__init__(f"{code} at {place}")
        self.code = code
        self.place = place
        self.hint = hint
        self.issue_type: IssueType = issue_type


class BadRequest(HookError):
    """The body or the headers break CDS Hooks 2.0 or a limit (checklist C1, C2)."""

    status = 400

    def __init__(self, code: str, place: str, hint: str, issue_type: IssueType = "invalid") -> None:
        super().__init__(code, place, hint, issue_type)


class TooLarge(BadRequest):
    """The body is longer than the limit; `limit` in bytes."""

    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__("too-large", WHOLE_BODY, f"The body may have at most {limit} bytes.", "too-long")


class UnsupportedContent(BadRequest):
    """The body is not plain UTF-8 JSON: another Content-Type, or any Content-Encoding."""

    status = 415

    def __init__(self, code: str, hint: str) -> None:
        super().__init__(code, WHOLE_BODY, hint, "not-supported")


class Unauthorized(HookError):
    """The caller did not prove who it is; the answer is a bare 401 (checklist J6)."""

    status = 401

    def __init__(self) -> None:
        super().__init__("unauthorized", WHOLE_BODY, "Authentication is needed.", "login")


class UnknownService(HookError):
    """The path names no service of the discovery document."""

    status = 404

    def __init__(self) -> None:
        hint = "No such CDS Service; the known ids are listed at /cds-services."
        super().__init__("unknown-service", WHOLE_BODY, hint, "not-found")


class MethodNotAllowed(HookError):
    """The service exists and does not take this HTTP method; `allow` lists the methods it takes."""

    status = 405

    def __init__(self, allow: str) -> None:
        super().__init__("method-not-allowed", WHOLE_BODY, f"Allowed here: {allow}.", "not-supported")
        self.allow = allow


class PreconditionFailed(HookError):
    """A handler cannot evaluate at all: required data is not to be had, or is another patient's (checklist
    P9). `place` is the FHIRPath of the member that is meant, as `prefetch.conditions`.

    Data that could be read and is simply absent is no such case: answer a card that names it.
    """

    status = 412

    def __init__(self, code: str, hint: str, issue_type: IssueType = "incomplete", *, place: str = WHOLE_BODY) -> None:
        super().__init__(code, place, hint, issue_type)


class ServiceUnavailable(HookError):
    """A handler cannot work at the moment and the client may try the same call again later."""

    status = 503

    def __init__(self, code: str = "unavailable", hint: str = "Try again later.") -> None:
        super().__init__(code, WHOLE_BODY, hint, "transient")


class HandlerFailed(HookError):
    """A bug of the service: one generic text, whatever happened."""

    status = 500

    def __init__(self) -> None:
        super().__init__("internal-error", WHOLE_BODY, "The service failed; nothing was evaluated.", "exception")

"""One CDS Hooks call as a typed value, and how it is read from the bytes of the body.

Not for HTTP (`routing.py`) and not for who the client is: authentication comes before the body.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from cds_hooks.client import Client
from cds_hooks.context import HookContext, read_context
from cds_hooks.discovery import Service
from cds_hooks.errors import BadRequest
from cds_hooks.hooks import HookName
from cds_hooks.json_limits import DEFAULT_LIMITS, Limits, scan
from cds_hooks.json_members import JsonObject, integer_of, object_of
from cds_hooks.prefetch import PrefetchValue, classify_prefetch
from cds_hooks.profile import SPEC, EhrProfile
from cds_hooks.urls import is_absolute_url, is_confidential_url

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HOOK = re.compile(r"[A-Za-z0-9.\-]{1,64}")
_TEXT = re.compile(r".{1,8192}", re.DOTALL)
_BEARER = re.compile(r"(?i:bearer)")


@dataclass(frozen=True, slots=True)
class FhirAuthorization:
    """The client's access token to its FHIR server, for this call only: never stored, logged, passed on.

    `expires_in` is in seconds; `patient` is there when the token is for one patient (checklist F2, F3).
    """

    access_token: str = field(repr=False)
    expires_in: int = field(repr=False)
    scope: str = field(repr=False)
    subject: str = field(repr=False)
    patient: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class HookRequest:
    """A call of one service (CDS Hooks 2.0, HTTP Request).

    `hook_instance` names the invocation; `prefetch` classifies every key that was sent and every key of the
    service's templates; `extension` is raw JSON; `client` is who called, where the router authenticates.
    Only hook and invocation appear in repr().
    """

    hook: HookName
    hook_instance: UUID
    context: HookContext
    fhir_server: str | None = field(repr=False)
    fhir_authorization: FhirAuthorization | None = field(repr=False)
    prefetch: Mapping[str, PrefetchValue] = field(repr=False)
    extension: msgspec.Raw | None = field(repr=False)
    client: Client | None = field(default=None, repr=False)


def read_request(
    body: bytes,
    *offered: Service,
    limits: Limits = DEFAULT_LIMITS,
    profile: EhrProfile = SPEC,
    client: Client | None = None,
) -> HookRequest:
    """Read and check a call of the services that share the id of its URL, mostly one; raises BadRequest, which
    holds no text of the body.
    """
    scan(body, limits)
    request = object_of(body)
    service = _service_of(request, offered)
    fhir_server = _fhir_server(request)
    return HookRequest(
        hook=service.hook,
        hook_instance=UUID(request.required_text("hookInstance", _UUID, "a UUID")),
        context=read_context(service.hook, request.required_object("context")),
        fhir_server=fhir_server,
        fhir_authorization=_fhir_authorization(request, fhir_server, plain_http=profile.plain_http),
        prefetch=classify_prefetch(request.object("prefetch"), service.prefetch),
        extension=_extension(request),
        client=client,
    )


def _service_of(request: JsonObject, offered: Sequence[Service]) -> Service:
    hook = request.required_text("hook", _HOOK, "the name of a hook")
    for service in offered:
        if service.hook == hook:
            return service
    hooks = " or ".join(service.hook for service in offered)
    raise BadRequest("wrong-hook", "hook", f"This service is called for the hook {hooks}.", "value")


def _fhir_server(request: JsonObject) -> str | None:
    server = request.text("fhirServer", _TEXT, "an absolute URL")
    if server is not None and not is_absolute_url(server):
        raise BadRequest("wrong-form", "fhirServer", "This must be an absolute http or https URL.", "value")
    return server


def _fhir_authorization(request: JsonObject, fhir_server: str | None, *, plain_http: bool) -> FhirAuthorization | None:
    sent = request.object("fhirAuthorization")
    if sent is None:
        return None
    if fhir_server is None:
        hint = "fhirServer is required when fhirAuthorization is present."
        raise BadRequest("missing-member", "fhirServer", hint, "required")
    if not plain_http and not is_confidential_url(fhir_server):
        hint = "With a token the FHIR server is an https address, or the token would travel readable."
        raise BadRequest("plain-http", "fhirServer", hint, "value")
    sent.required_text("token_type", _BEARER, "Bearer")
    return FhirAuthorization(
        access_token=sent.required_text("access_token", _TEXT, "a token"),
        expires_in=integer_of(sent.required("expires_in"), sent.place_of("expires_in")),
        scope=sent.required_text("scope", _TEXT, "a list of scopes"),
        subject=sent.required_text("subject", _TEXT, "a client id"),
        patient=sent.text("patient", _TEXT, "a FHIR id"),
    )


def _extension(request: JsonObject) -> msgspec.Raw | None:
    request.object("extension")
    return request.raw("extension")

"""The CDS Hooks 2.0 protocol for the side of a CDS Service: calls in, cards out, nothing medical.

Not for evaluating anything; a handler does that with what `router` hands it.
"""

from cds_hooks.card import Action, Card, Coding, Link, OverrideReason, Source, Suggestion
from cds_hooks.context import (
    EncounterStart,
    HookContext,
    OrderDispatch,
    OrderSelect,
    OrderSign,
    PatientView,
    ProblemListItemCreate,
)
from cds_hooks.cors import Cors
from cds_hooks.discovery import Registry, Service
from cds_hooks.errors import (
    BadRequest,
    HookError,
    PreconditionFailed,
    ServiceUnavailable,
    TooLarge,
    Unauthorized,
    UnsupportedContent,
)
from cds_hooks.fault import Fault, InvalidMember
from cds_hooks.hooks import HOOK_NAMES, HookName
from cds_hooks.json_limits import DEFAULT_LIMITS, Limits
from cds_hooks.json_values import Json, write_json
from cds_hooks.outcome import operation_outcome
from cds_hooks.prefetch import (
    ClientError,
    ExplicitNothing,
    NeverAsked,
    NotProvided,
    Partial,
    PrefetchValue,
    Provided,
    classify,
)
from cds_hooks.request import FhirAuthorization, HookRequest, read_request
from cds_hooks.response_check import check_response
from cds_hooks.routing import Before, CallHead, Handler, router

__all__ = [
    "DEFAULT_LIMITS",
    "HOOK_NAMES",
    "Action",
    "BadRequest",
    "Before",
    "CallHead",
    "Card",
    "ClientError",
    "Coding",
    "Cors",
    "EncounterStart",
    "ExplicitNothing",
    "Fault",
    "FhirAuthorization",
    "Handler",
    "HookContext",
    "HookError",
    "HookName",
    "HookRequest",
    "InvalidMember",
    "Json",
    "Limits",
    "Link",
    "NeverAsked",
    "NotProvided",
    "OrderDispatch",
    "OrderSelect",
    "OrderSign",
    "OverrideReason",
    "Partial",
    "PatientView",
    "PreconditionFailed",
    "PrefetchValue",
    "ProblemListItemCreate",
    "Provided",
    "Registry",
    "Service",
    "ServiceUnavailable",
    "Source",
    "Suggestion",
    "TooLarge",
    "Unauthorized",
    "UnsupportedContent",
    "check_response",
    "classify",
    "operation_outcome",
    "read_request",
    "router",
    "write_json",
]

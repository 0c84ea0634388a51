"""The CDS Hooks 2.0 protocol for the side of a CDS Service: calls in, cards out, nothing medical.

Not for evaluating anything; a handler does that with what `router` hands it.
"""

from cds_hooks.call import Before, CallHead, Handler
from cds_hooks.card import Action, Card, Coding, Link, OverrideReason, Source, Suggestion
from cds_hooks.client import Client
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
from cds_hooks.ending import CallEnd, Ended
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
from cds_hooks.feedback import Feedback, FeedbackBatch, Override, ReceivedFeedback, read_feedback
from cds_hooks.feedback_store import FeedbackStore, MemoryFeedback
from cds_hooks.hooks import HOOK_NAMES, HOOK_VERSIONS, HookName
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
from cds_hooks.profile import EPIC_LIKE, PROFILES, SANDBOX, SPEC, EhrProfile, ProfileName
from cds_hooks.request import FhirAuthorization, HookRequest, read_request
from cds_hooks.response_check import check_response
from cds_hooks.routing import router

__all__ = [
    "DEFAULT_LIMITS",
    "EPIC_LIKE",
    "HOOK_NAMES",
    "HOOK_VERSIONS",
    "PROFILES",
    "SANDBOX",
    "SPEC",
    "Action",
    "BadRequest",
    "Before",
    "CallEnd",
    "CallHead",
    "Card",
    "Client",
    "ClientError",
    "Coding",
    "Cors",
    "EhrProfile",
    "EncounterStart",
    "Ended",
    "ExplicitNothing",
    "Fault",
    "Feedback",
    "FeedbackBatch",
    "FeedbackStore",
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
    "MemoryFeedback",
    "NeverAsked",
    "NotProvided",
    "OrderDispatch",
    "OrderSelect",
    "OrderSign",
    "Override",
    "OverrideReason",
    "Partial",
    "PatientView",
    "PreconditionFailed",
    "PrefetchValue",
    "ProblemListItemCreate",
    "ProfileName",
    "Provided",
    "ReceivedFeedback",
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
    "read_feedback",
    "read_request",
    "router",
    "write_json",
]

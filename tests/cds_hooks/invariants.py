"""The invariants of HL7's logical models of CDS Hooks requests, responses and feedback, evaluated with fhirpathpy.

Not a test itself: `send` in calls.py judges every answer with it, and tests of adapter services do the same.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fhirpathpy import compile as compile_path

# What is judged is arbitrary JSON.
Tree = Mapping[str, Any]
Part = Literal[
    "request",
    "fhirAuthorization",
    "order context",
    "card",
    "suggestion",
    "action",
    "link",
    "feedback",
    "overrideReason",
]


@dataclass(frozen=True, slots=True)
class Invariant:
    """One rule of the models: FHIRPath that must give true on each part of that kind."""

    id: str
    part: Part
    expression: str
    warning: bool = False


INVARIANTS = (
    Invariant("cds-r-1", "request", "fhirAuthorization.exists() implies fhirServer.exists()"),
    Invariant("cds-r-2", "fhirAuthorization", "scope.contains('patient/') implies patient.exists()", warning=True),
    Invariant(
        "cds-resp-1",
        "card",
        "(selectionBehavior = 'at-most-one') implies suggestions.where(isRecommended).count() <= 1",
    ),
    Invariant(
        "cds-resp-2",
        "action",
        "(type = 'delete') implies (resourceId.exists() and resource.empty())",
        warning=True,
    ),
    Invariant("cds-resp-3", "link", "(type != 'smart') implies (appContext.empty())"),
    Invariant("cds-resp-4", "card", "overrideReasons.all(display.exists())"),
    Invariant("cds-resp-5", "suggestion", "actions.all(description.exists())"),
    Invariant("cds-resp-6", "card", "suggestions.exists() implies selectionBehavior.exists()"),
    Invariant(
        "cds-resp-7",
        "suggestion",
        "actionSelectionBehavior.empty() or actionSelectionBehavior = 'all' or actionSelectionBehavior = 'any' "
        "or actionSelectionBehavior = 'at-most-one'",
    ),
    Invariant("cds-fb-1", "feedback", "outcome = 'accepted' or outcome = 'overridden'"),
    Invariant("cds-fb-2", "feedback", "(outcome = 'accepted') implies acceptedSuggestions.exists()"),
    Invariant("cds-fb-3", "overrideReason", "reason.exists() or userComment.exists()"),
    # The printed expression of ord-1 does not evaluate; this is what it means.
    Invariant(
        "ord-1",
        "order context",
        r"(userId | selections | dispatchedOrders | performer).all(matches('^(.+/)?[A-Z][A-Za-z]+/[A-Za-z0-9_.~-]+$'))",
    ),
)
_COMPILED: Mapping[str, Callable[[Tree, None], list[Any]]] = {
    invariant.id: compile_path(invariant.expression) for invariant in INVARIANTS
}


def broken_in_request(body: Tree) -> list[str]:
    """What a request breaks, as `id at place`."""
    return list(_broken(_request_parts(body)))


def broken_in_response(body: Tree) -> list[str]:
    """What a response breaks, as `id at place`."""
    return list(_broken(_response_parts(body)))


def broken_in_feedback(body: Tree) -> list[str]:
    """What a feedback body breaks, as `id at place`."""
    return list(_broken(_feedback_parts(body)))


def _broken(parts: Iterator[tuple[Part, str, Tree]]) -> Iterator[str]:
    for part, place, tree in parts:
        for invariant in INVARIANTS:
            if invariant.part == part and _COMPILED[invariant.id](tree, None) != [True]:
                yield f"{invariant.id} at {place}"


def _request_parts(body: Tree) -> Iterator[tuple[Part, str, Tree]]:
    yield "request", "request", body
    if "fhirAuthorization" in body:
        yield "fhirAuthorization", "fhirAuthorization", body["fhirAuthorization"]
    yield "order context", "context", body["context"]


def _response_parts(body: Tree) -> Iterator[tuple[Part, str, Tree]]:
    for place, card in _each(body, "cards", ""):
        yield "card", place, card
        for below, suggestion in _each(card, "suggestions", f"{place}."):
            yield "suggestion", below, suggestion
            for inner, action in _each(suggestion, "actions", f"{below}."):
                yield "action", inner, action
        for below, link in _each(card, "links", f"{place}."):
            yield "link", below, link


def _feedback_parts(body: Tree) -> Iterator[tuple[Part, str, Tree]]:
    for place, item in _each(body, "feedback", ""):
        yield "feedback", place, item
        if "overrideReason" in item:
            yield "overrideReason", f"{place}.overrideReason", item["overrideReason"]


def _each(tree: Tree, name: str, before: str) -> Iterator[tuple[str, Tree]]:
    entries: Sequence[Tree] = tree.get(name, [])
    for index, entry in enumerate(entries):
        yield f"{before}{name}[{index}]", entry

"""What the specification says about each object of a response: tables, and rules across members.

Not for emptiness and odd characters, which concern every value of a response (`sendable.py`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

from cds_hooks.fault import Fault
from cds_hooks.markdown import markdown_faults
from cds_hooks.references import action_reference_faults
from cds_hooks.shape import (
    Member,
    Shape,
    absolute_url,
    an_object,
    any_object,
    array_of,
    boolean,
    elements_of,
    extension,
    object_faults,
    one_line,
    one_of,
    text,
    uuid,
)

Indicator = Literal["info", "warning", "critical"]
SelectionBehavior = Literal["any", "at-most-one"]
ActionType = Literal["create", "update", "delete"]
LinkType = Literal["absolute", "smart"]

SUMMARY_CHARACTERS: Final = 139
"""The longest summary: the specification says fewer than 140 characters."""

_RESOURCE_ID = re.compile(r"[A-Z][A-Za-z]{1,63}/[A-Za-z0-9\-._~]{1,255}")

CODING: Final[Shape] = MappingProxyType(
    {"code": Member(text, required=True), "system": Member(text, required=True), "display": Member(text)}
)
OVERRIDE_REASON: Final[Shape] = MappingProxyType({**CODING, "display": Member(text, required=True)})
SOURCE: Final[Shape] = MappingProxyType(
    {
        "label": Member(text, required=True),
        "url": Member(absolute_url),
        "icon": Member(absolute_url),
        "topic": Member(an_object(CODING)),
    }
)
_ACTION_MEMBERS: Final[Shape] = MappingProxyType(
    {
        "type": Member(one_of(get_args(ActionType)), required=True),
        "description": Member(text, required=True),
        "resource": Member(any_object),
        "resourceId": Member(text),
        "extension": Member(extension),
    }
)
_LINK_MEMBERS: Final[Shape] = MappingProxyType(
    {
        "label": Member(text, required=True),
        "url": Member(absolute_url, required=True),
        "type": Member(one_of(get_args(LinkType)), required=True),
        "appContext": Member(text),
        "autolaunchable": Member(boolean),
        "extension": Member(extension),
    }
)


def action_faults(value: object, place: str) -> Iterator[Fault]:
    """Check an action (checklist R9): create and update carry a resource, delete names one."""
    yield from object_faults(value, place, _ACTION_MEMBERS)
    if not isinstance(value, Mapping):
        return
    match value.get("type"):
        case "create" | "update":
            yield from _resource_faults(value, place)
        case "delete":
            yield from _delete_faults(value, place)
        case _:
            return


def _resource_faults(action: Mapping[object, object], place: str) -> Iterator[Fault]:
    if "resource" not in action:
        yield Fault("missing-member", f"{place}.resource", "create and update carry the resource.")
    resource = action.get("resource")
    if not isinstance(resource, Mapping):
        return
    if not isinstance(resource.get("resourceType"), str):
        yield Fault("missing-member", f"{place}.resource.resourceType", "A FHIR resource names its type.")
    if action.get("type") == "update" and "id" not in resource:
        yield Fault("missing-member", f"{place}.resource.id", "update carries the whole resource, with its id.")


def _delete_faults(action: Mapping[object, object], place: str) -> Iterator[Fault]:
    resource_id = action.get("resourceId")
    if "resourceId" not in action:
        yield Fault("missing-member", f"{place}.resourceId", "delete names its resource, as Type/id.", "warning")
    elif not isinstance(resource_id, str) or not _RESOURCE_ID.fullmatch(resource_id):
        yield Fault(
            "resource-id-form", f"{place}.resourceId", "resourceId is a relative reference, Type/id.", "warning"
        )
    if "resource" in action:
        yield Fault("deprecated-member", f"{place}.resource", "delete uses resourceId.", "warning")


def link_faults(value: object, place: str) -> Iterator[Fault]:
    """Check a link (checklist R12): appContext belongs to SMART links only."""
    yield from object_faults(value, place, _LINK_MEMBERS)
    if not isinstance(value, Mapping):
        return
    if value.get("type") != "smart" and "appContext" in value:
        yield Fault("app-context", f"{place}.appContext", "Only a link of type smart has an appContext.")
    if value.get("autolaunchable") is True:
        hint = "The card may never be seen: the launched app has to give the same guidance."
        yield Fault("autolaunchable", f"{place}.autolaunchable", hint, "warning")


_SUGGESTION_MEMBERS: Final[Shape] = MappingProxyType(
    {
        "label": Member(text, required=True),
        "uuid": Member(uuid),
        "isRecommended": Member(boolean),
        "actions": Member(array_of(action_faults)),
        "extension": Member(extension),
    }
)


def suggestion_faults(value: object, place: str) -> Iterator[Fault]:
    """Check a suggestion (checklist R8, R10, G6)."""
    known = {**_SUGGESTION_MEMBERS, "actionSelectionBehavior": Member(one_of(("all", "any", "at-most-one")))}
    yield from object_faults(value, place, known)
    if not isinstance(value, Mapping):
        return
    yield from action_reference_faults(elements_of(value.get("actions")), f"{place}.actions")
    if "actionSelectionBehavior" in value:
        hint = "Only for clients that are known to support this 3.0 member."
        yield Fault("action-selection-behavior", f"{place}.actionSelectionBehavior", hint)


_CARD_MEMBERS: Final[Shape] = MappingProxyType(
    {
        "uuid": Member(uuid),
        "summary": Member(one_line(SUMMARY_CHARACTERS), required=True),
        "detail": Member(markdown_faults),
        "indicator": Member(one_of(get_args(Indicator)), required=True),
        "source": Member(an_object(SOURCE), required=True),
        "suggestions": Member(array_of(suggestion_faults)),
        "selectionBehavior": Member(one_of(get_args(SelectionBehavior))),
        "overrideReasons": Member(array_of(an_object(OVERRIDE_REASON))),
        "links": Member(array_of(link_faults)),
        "extension": Member(extension),
    }
)


def card_faults(value: object, place: str) -> Iterator[Fault]:
    """Check a card with all that is in it (checklist R3 to R12)."""
    yield from object_faults(value, place, _CARD_MEMBERS)
    if not isinstance(value, Mapping):
        return
    if "suggestions" in value and "selectionBehavior" not in value:
        yield Fault("missing-member", f"{place}.selectionBehavior", "A card with suggestions says how many apply.")
    suggestions = [entry for entry in elements_of(value.get("suggestions")) if isinstance(entry, Mapping)]
    recommended = [suggestion for suggestion in suggestions if suggestion.get("isRecommended") is True]
    if len(recommended) > 1 and value.get("selectionBehavior") != "any":
        hint = "Several suggestions are recommended only where selectionBehavior is any."
        yield Fault("several-recommended", f"{place}.suggestions", hint)
    wants_feedback = "overrideReasons" in value or any("uuid" in suggestion for suggestion in suggestions)
    if wants_feedback and "uuid" not in value:
        hint = "Feedback names the card by its uuid; without one no suggestion or reason ever comes back."
        yield Fault("no-feedback", f"{place}.uuid", hint, "warning")


def uuid_faults(cards: Iterable[tuple[str, object]]) -> Iterator[Fault]:
    """Check that no uuid of cards (each with its place) and of their suggestions occurs twice: feedback could not
    be told apart (checklist R6).
    """
    seen: set[str] = set()
    for place, card in cards:
        for where, found in _uuids(card, place):
            if found.lower() in seen:
                yield Fault("duplicate-uuid", where, "Each card and each suggestion has a uuid of its own.")
            seen.add(found.lower())


def _uuids(card: object, place: str) -> Iterator[tuple[str, str]]:
    if not isinstance(card, Mapping):
        return
    if isinstance(card.get("uuid"), str):
        yield f"{place}.uuid", card["uuid"]
    for index, suggestion in enumerate(elements_of(card.get("suggestions"))):
        if isinstance(suggestion, Mapping) and isinstance(suggestion.get("uuid"), str):
            yield f"{place}.suggestions[{index}].uuid", suggestion["uuid"]


RESPONSE: Final[Shape] = MappingProxyType(
    {
        "cards": Member(array_of(card_faults), required=True),
        "systemActions": Member(array_of(action_faults)),
        "extension": Member(extension),
    }
)

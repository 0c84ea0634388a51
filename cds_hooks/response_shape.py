"""What the specification says about each object of a response: tables, and rules across members.

Not for emptiness and odd characters, which concern every value of a response (`sendable.py`).
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

from cds_hooks.fault import Fault
from cds_hooks.markdown import markdown_faults
from cds_hooks.shape import (
    Member,
    Shape,
    absolute_url,
    an_object,
    any_object,
    array_of,
    boolean,
    elements_of,
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
        "extension": Member(any_object),
    }
)
_LINK_MEMBERS: Final[Shape] = MappingProxyType(
    {
        "label": Member(text, required=True),
        "url": Member(absolute_url, required=True),
        "type": Member(one_of(get_args(LinkType)), required=True),
        "appContext": Member(text),
        "autolaunchable": Member(boolean),
        "extension": Member(any_object),
    }
)


def action_faults(value: object, place: str) -> Iterator[Fault]:
    """Check an action (checklist R9): create and update carry a resource, delete names one."""
    yield from object_faults(value, place, _ACTION_MEMBERS)
    if not isinstance(value, Mapping):
        return
    if value.get("type") in ("create", "update") and "resource" not in value:
        yield Fault("missing-member", f"{place}.resource", "create and update carry the resource.")
    if value.get("type") == "delete" and "resourceId" not in value:
        yield Fault("missing-member", f"{place}.resourceId", "delete names its resource, as Type/id.", "warning")
    if value.get("type") == "delete" and "resource" in value:
        yield Fault("deprecated-member", f"{place}.resource", "delete uses resourceId.", "warning")


def link_faults(value: object, place: str) -> Iterator[Fault]:
    """Check a link (checklist R12): appContext belongs to SMART links only."""
    yield from object_faults(value, place, _LINK_MEMBERS)
    if isinstance(value, Mapping) and value.get("type") != "smart" and "appContext" in value:
        yield Fault("app-context", f"{place}.appContext", "Only a link of type smart has an appContext.")


_SUGGESTION_MEMBERS: Final[Shape] = MappingProxyType(
    {
        "label": Member(text, required=True),
        "uuid": Member(uuid),
        "isRecommended": Member(boolean),
        "actions": Member(array_of(action_faults)),
        "extension": Member(any_object),
    }
)


def suggestion_faults(value: object, place: str) -> Iterator[Fault]:
    """Check a suggestion (checklist R8, G6)."""
    known = {**_SUGGESTION_MEMBERS, "actionSelectionBehavior": Member(one_of(("all", "any", "at-most-one")))}
    yield from object_faults(value, place, known)
    if isinstance(value, Mapping) and "actionSelectionBehavior" in value:
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
        "extension": Member(any_object),
    }
)


def card_faults(value: object, place: str) -> Iterator[Fault]:
    """Check a card with all that is in it (checklist R3 to R12)."""
    yield from object_faults(value, place, _CARD_MEMBERS)
    if not isinstance(value, Mapping):
        return
    if "suggestions" in value and "selectionBehavior" not in value:
        yield Fault("missing-member", f"{place}.selectionBehavior", "A card with suggestions says how many apply.")
    recommended = [
        suggestion
        for suggestion in elements_of(value.get("suggestions"))
        if isinstance(suggestion, Mapping) and suggestion.get("isRecommended") is True
    ]
    if len(recommended) > 1 and value.get("selectionBehavior") != "any":
        hint = "Several suggestions are recommended only where selectionBehavior is any."
        yield Fault("several-recommended", f"{place}.suggestions", hint)


RESPONSE: Final[Shape] = MappingProxyType(
    {
        "cards": Member(array_of(card_faults), required=True),
        "systemActions": Member(array_of(action_faults)),
        "extension": Member(any_object),
    }
)

"""The card that a CDS Service answers with, and everything in it, as values that conform once they exist.

Not for `systemActions` and `autolaunchable` links: they act without the user's decision.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from cds_hooks.fault import Fault, refuse
from cds_hooks.json_values import Json, without_empty
from cds_hooks.response_shape import (
    CODING,
    OVERRIDE_REASON,
    SOURCE,
    ActionType,
    Indicator,
    LinkType,
    SelectionBehavior,
    action_faults,
    card_faults,
    link_faults,
    suggestion_faults,
    uuid_faults,
)
from cds_hooks.sendable import value_faults
from cds_hooks.shape import elements_of, object_faults


@dataclass(frozen=True, slots=True)
class Coding:
    """A code of a code system; `display` is what people read (checklist G8)."""

    code: str
    system: str
    display: str | None = None

    def __post_init__(self) -> None:
        """Refuse a coding without code or system."""
        refuse(object_faults(self.to_json(), "Coding", CODING))

    def to_json(self) -> dict[str, Json]:
        """The coding as JSON."""
        return without_empty({"code": self.code, "system": self.system, "display": self.display})


@dataclass(frozen=True, slots=True)
class OverrideReason:
    """A reason that the user can choose for not following a card (checklist R11)."""

    code: str
    system: str
    display: str

    def __post_init__(self) -> None:
        """Refuse a reason that lacks a member."""
        refuse(object_faults(self.to_json(), "OverrideReason", OVERRIDE_REASON))

    def to_json(self) -> dict[str, Json]:
        """The reason as JSON."""
        return without_empty({"code": self.code, "system": self.system, "display": self.display})


@dataclass(frozen=True, slots=True)
class Source:
    """Where the advice of a card comes from; `topic` stays the same for one subject."""

    label: str
    url: str | None = None
    icon: str | None = None
    topic: Coding | None = None

    def __post_init__(self) -> None:
        """Refuse a source without label or with a relative URL."""
        refuse(object_faults(self.to_json(), "Source", SOURCE))

    def to_json(self) -> dict[str, Json]:
        """The source as JSON."""
        topic = self.topic.to_json() if self.topic else None
        return without_empty({"label": self.label, "url": self.url, "icon": self.icon, "topic": topic})


@dataclass(frozen=True, slots=True)
class Link:
    """A link below a card: an absolute URL, or a SMART app with its `app_context` (checklist R12)."""

    label: str
    url: str
    type: LinkType
    app_context: str | None = None

    def __post_init__(self) -> None:
        """Refuse a relative or active URL and an appContext on an absolute link."""
        refuse(link_faults(self.to_json(), "Link"))

    def to_json(self) -> dict[str, Json]:
        """The link as JSON."""
        members = {"label": self.label, "url": self.url, "type": self.type, "appContext": self.app_context}
        return without_empty(members)


@dataclass(frozen=True, slots=True, repr=False)
class Action:
    """What a client does when a suggestion is accepted (checklist R9).

    `resource` is the whole FHIR resource of create and update, numbers as int or Decimal; `resource_id`
    (Type/id) names the one to delete. repr() shows the type only.
    """

    type: ActionType
    description: str
    resource: Mapping[str, Json] | None = None
    resource_id: str | None = None

    def __post_init__(self) -> None:
        """Refuse an action that lacks its resource, or whose resource holds an empty or unsendable value."""
        refuse(action_faults(self.to_json(), "Action"))
        refuse(value_faults(self.to_json(), "Action"))
        refuse(_resource_faults(self))

    def __repr__(self) -> str:
        """The type alone: a resource holds patient data."""
        return f"Action(type={self.type!r})"

    def to_json(self) -> dict[str, Json]:
        """The action as JSON."""
        return without_empty(
            {
                "type": self.type,
                "description": self.description,
                "resource": self.resource,
                "resourceId": self.resource_id,
            }
        )


@dataclass(frozen=True, slots=True, repr=False)
class Suggestion:
    """One choice that a card offers; all its actions apply together (checklist R8)."""

    label: str
    actions: tuple[Action, ...] = ()
    uuid: UUID | None = None
    is_recommended: bool = False

    def __post_init__(self) -> None:
        """Refuse a suggestion without label."""
        refuse(suggestion_faults(_without_actions(self.to_json()), "Suggestion"))
        refuse(value_faults(self.label, "Suggestion.label"))

    def __repr__(self) -> str:
        """Uuid and number of actions."""
        return f"Suggestion(uuid={self.uuid}, actions={len(self.actions)})"

    def to_json(self) -> dict[str, Json]:
        """The suggestion as JSON; `isRecommended` only where it is true."""
        return without_empty(
            {
                "label": self.label,
                "uuid": str(self.uuid) if self.uuid else None,
                "isRecommended": self.is_recommended or None,
                "actions": [action.to_json() for action in self.actions],
            }
        )


@dataclass(frozen=True, slots=True, repr=False)
class Card:
    """One piece of advice (CDS Hooks 2.0, Card Attributes).

    `summary` is one sentence of at most 139 characters, `detail` GitHub-flavoured Markdown without HTML and
    images, `uuid` is needed for feedback, `selection_behavior` wherever there are suggestions. Building one
    that the specification does not allow raises InvalidMember. repr() shows uuid and indicator only.
    """

    summary: str
    indicator: Indicator
    source: Source
    detail: str | None = None
    uuid: UUID | None = None
    suggestions: tuple[Suggestion, ...] = ()
    selection_behavior: SelectionBehavior | None = None
    override_reasons: tuple[OverrideReason, ...] = ()
    links: tuple[Link, ...] = ()
    extension: Mapping[str, Json] | None = None

    def __post_init__(self) -> None:
        """Refuse what breaks checklist R3 to R12."""
        refuse(_own_faults(self.to_json()))

    def __repr__(self) -> str:
        """Uuid and indicator: texts of a card can hold patient data."""
        return f"Card(uuid={self.uuid}, indicator={self.indicator!r})"

    def to_json(self) -> dict[str, Json]:
        """The card as JSON; members without value are left out (checklist G3)."""
        return without_empty(
            {
                "uuid": str(self.uuid) if self.uuid else None,
                "summary": self.summary,
                "detail": self.detail,
                "indicator": self.indicator,
                "source": self.source.to_json(),
                "suggestions": [suggestion.to_json() for suggestion in self.suggestions],
                "selectionBehavior": self.selection_behavior,
                "overrideReasons": [reason.to_json() for reason in self.override_reasons],
                "links": [link.to_json() for link in self.links],
                "extension": self.extension,
            }
        )


def _without_actions(suggestion: object) -> object:
    """A suggestion as JSON without its actions, which can be long."""
    if not isinstance(suggestion, Mapping):
        return suggestion
    return {name: member for name, member in suggestion.items() if name != "actions"}


def _own_faults(card: Mapping[str, Json]) -> Iterator[Fault]:
    """The faults of a card; its actions with their resources were checked when they were built."""
    suggestions = [_without_actions(suggestion) for suggestion in elements_of(card.get("suggestions"))]
    yield from card_faults({**card, "suggestions": suggestions} if suggestions else card, "Card")
    yield from uuid_faults([("Card", card)])
    for name, member in card.items():
        if name != "suggestions":
            yield from value_faults(member, f"Card.{name}")


def _resource_faults(action: Action) -> Iterator[Fault]:
    if action.type == "delete" and (action.resource_id is None or action.resource is not None):
        yield Fault("missing-member", "Action.resourceId", "delete names its resource by resourceId alone.")

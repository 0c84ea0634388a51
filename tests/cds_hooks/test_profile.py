"""What each kind of client takes: warnings of the checker, and suggestions that are better not sent."""

from collections.abc import Callable
from uuid import UUID

import pytest

from cds_hooks import (
    EPIC_LIKE,
    PROFILES,
    SANDBOX,
    SPEC,
    Action,
    Card,
    Coding,
    EhrProfile,
    Link,
    Source,
    Suggestion,
    check_response,
)
from cds_hooks.response_shape import SelectionBehavior
from tests.cds_hooks.calls import ANOTHER_UUID, INSTANCE

ORDER = Action("create", "Order the tumour board", resource={"resourceType": "ServiceRequest", "status": "draft"})
PLAN = Action("create", "Create the plan", resource={"resourceType": "CarePlan", "status": "draft"})
CHANGE = Action("update", "Change the plan", resource={"resourceType": "CarePlan", "id": "1", "status": "draft"})
REMOVE = Action("delete", "Remove the draft", resource_id="CarePlan/1")


def card(
    *actions: Action, behavior: SelectionBehavior = "any", topic: str = "ldt", link: str = "https://example.org"
) -> Card:
    return Card(
        "Options are rated.",
        "info",
        Source("Test", topic=Coding(topic, "https://example.org/topics")),
        uuid=UUID(INSTANCE),
        suggestions=(Suggestion("Do it", actions, UUID(ANOTHER_UUID)),),
        selection_behavior=behavior,
        links=(Link("App", link, "smart"),),
    )


def told(made: Card, profile: EhrProfile) -> list[tuple[str, str]]:
    faults = check_response({"cards": [made.to_json()]}, profile)
    assert {fault.severity for fault in faults} <= {"warning"}
    return [(fault.code, fault.place.removeprefix("response.cards[0].")) for fault in faults]


def test_the_specification_takes_all_of_it() -> None:
    assert told(card(ORDER, PLAN, REMOVE, behavior="at-most-one", topic="a-b.c"), SPEC) == []


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: card(ORDER), []),
        (lambda: card(REMOVE), []),
        (lambda: card(CHANGE), []),
        (lambda: card(PLAN), [("epic-like-creatable", "suggestions[0].actions[0].resource.resourceType")]),
        (lambda: card(ORDER, REMOVE), [("epic-like-actions", "suggestions[0].actions")]),
        (lambda: card(ORDER, behavior="at-most-one"), [("epic-like-selection-behavior", "selectionBehavior")]),
        (lambda: card(ORDER, topic="a-b"), [("epic-like-topic-code", "source.topic.code")]),
        (lambda: card(ORDER, topic="x" * 101), [("epic-like-topic-code", "source.topic.code")]),
        (lambda: card(ORDER, topic="x" * 100), []),
    ],
)
def test_a_client_like_epics_takes_less(make: Callable[[], Card], expected: list[tuple[str, str]]) -> None:
    assert told(make(), EPIC_LIKE) == expected


def test_links_to_apps_lead_nowhere_in_the_sandbox() -> None:
    assert told(card(ORDER, PLAN), SANDBOX) == [("sandbox-smart-link", "links[0]")]


def test_a_suggestion_that_a_client_cannot_carry_out_is_known_beforehand() -> None:
    suggestions = {
        name: Suggestion("x", actions)
        for name, actions in (("one", (ORDER,)), ("plan", (PLAN,)), ("two", (ORDER, REMOVE)))
    }
    for profile, names in ((SPEC, {"one", "plan", "two"}), (SANDBOX, {"one", "plan", "two"}), (EPIC_LIKE, {"one"})):
        assert {name for name, suggestion in suggestions.items() if profile.takes(suggestion)} == names


@pytest.mark.parametrize(
    "odd",
    [5, {}, {"source": 5, "suggestions": 5}, {"suggestions": [5, {"actions": [5]}, {"actions": [{"type": "create"}]}]}],
)
def test_odd_cards_are_the_business_of_the_checker(odd: object) -> None:
    for profile in PROFILES.values():
        assert list(profile.card_faults(odd, "card")) == []


def test_profiles_are_found_by_name() -> None:
    assert {name: profile.name for name, profile in PROFILES.items()} == {
        "spec": "spec",
        "epic-like": "epic-like",
        "sandbox": "sandbox",
    }

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from cds_hooks import Card, InvalidMember, Json, Source, Suggestion, check_response
from tests.cds_hooks.calls import ANOTHER_UUID, INSTANCE

# Responses under test are arbitrary JSON.
Tree = dict[str, Any]


def response() -> Tree:
    return {
        "cards": [
            {
                "uuid": INSTANCE,
                "summary": "Bilirubin is missing.",
                "detail": "Send it.",
                "indicator": "warning",
                "source": {
                    "label": "Test",
                    "url": "https://example.org",
                    "topic": {"code": "ldt", "system": "https://example.org/topics"},
                },
                "suggestions": [
                    {
                        "label": "Order",
                        "uuid": ANOTHER_UUID,
                        "isRecommended": True,
                        "actions": [
                            {
                                "type": "create",
                                "description": "x",
                                "resource": {"resourceType": "ServiceRequest"},
                            },
                            {"type": "delete", "description": "x", "resourceId": "ServiceRequest/1"},
                        ],
                    }
                ],
                "selectionBehavior": "any",
                "overrideReasons": [{"code": "a", "system": "https://example.org", "display": "A"}],
                "links": [{"label": "x", "url": "https://example.org", "type": "smart", "appContext": "y"}],
            }
        ]
    }


def test_R1_a_conforming_response_has_no_fault() -> None:
    assert check_response(response()) == []
    assert check_response(json.dumps(response()).encode()) == []
    assert check_response(b'{"cards": []}') == []


def put(*path: str | int, value: object) -> Callable[[Tree], None]:
    """A change that puts a value at a path of the response's first card."""

    def change(tree: Tree) -> None:
        target: Any = tree["cards"][0]
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = value

    return change


def drop(*path: str | int) -> Callable[[Tree], None]:
    """A change that removes a member of the response's first card."""

    def change(tree: Tree) -> None:
        target: Any = tree["cards"][0]
        for step in path[:-1]:
            target = target[step]
        del target[path[-1]]

    return change


ACTION = ("suggestions", 0, "actions", 0)
SECOND = {"label": "b", "isRecommended": True}

CHANGES: list[tuple[str, Callable[[Tree], None], str, str]] = [
    ("R3", drop("summary"), "missing-member", "summary"),
    ("R3", put("summary", value="s" * 140), "text-too-long", "summary"),
    ("R3", put("summary", value=5), "wrong-type", "summary"),
    ("R3", put("summary", value="  "), "empty-value", "summary"),
    ("R4", drop("indicator"), "missing-member", "indicator"),
    ("R4", put("indicator", value="hard-stop"), "invalid-code", "indicator"),
    ("R4", put("indicator", value=["info"]), "invalid-code", "indicator"),
    ("R4", drop("source"), "missing-member", "source"),
    ("R4", drop("source", "label"), "missing-member", "source.label"),
    ("R4", put("source", value="Test"), "wrong-type", "source"),
    ("R5", put("source", "url", value="/x"), "not-absolute-url", "source.url"),
    ("R5", put("source", "icon", value="javascript:x"), "not-absolute-url", "source.icon"),
    ("R6", drop("source", "topic", "system"), "missing-member", "source.topic.system"),
    ("R6", put("uuid", value="card-1"), "invalid-uuid", "uuid"),
    ("R6", put("detail", value="<b>x</b>"), "markdown-html", "detail"),
    ("R6", put("detail", value="![x](https://example.org/x.png)"), "markdown-image", "detail"),
    ("R6", put("detail", value="[x](javascript:alert(1))"), "markdown-link", "detail"),
    ("R6", put("detail", value=1), "wrong-type", "detail"),
    ("R7", drop("selectionBehavior"), "missing-member", "selectionBehavior"),
    ("R7", put("selectionBehavior", value="all"), "invalid-code", "selectionBehavior"),
    ("R8", drop("suggestions", 0, "label"), "missing-member", "suggestions[0].label"),
    ("R8", put("suggestions", value={}), "wrong-type", "suggestions"),
    ("R8", put("suggestions", 0, "uuid", value=1), "invalid-uuid", "suggestions[0].uuid"),
    (
        "R8",
        put("suggestions", 0, "isRecommended", value="true"),
        "wrong-type",
        "suggestions[0].isRecommended",
    ),
    ("R9", drop(*ACTION, "type"), "missing-member", "suggestions[0].actions[0].type"),
    ("R9", put(*ACTION, "type", value="apply"), "invalid-code", "suggestions[0].actions[0].type"),
    ("R9", drop(*ACTION, "description"), "missing-member", "suggestions[0].actions[0].description"),
    ("R9", drop(*ACTION, "resource"), "missing-member", "suggestions[0].actions[0].resource"),
    ("R9", put(*ACTION, "resource", value="x"), "wrong-type", "suggestions[0].actions[0].resource"),
    ("R11", drop("overrideReasons", 0, "display"), "missing-member", "overrideReasons[0].display"),
    ("R11", drop("overrideReasons", 0, "system"), "missing-member", "overrideReasons[0].system"),
    ("R12", drop("links", 0, "label"), "missing-member", "links[0].label"),
    ("R12", put("links", 0, "url", value="launch"), "not-absolute-url", "links[0].url"),
    ("R12", put("links", 0, "type", value="absolute"), "app-context", "links[0].appContext"),
    ("R12", put("links", 0, "type", value="other"), "invalid-code", "links[0].type"),
    ("R12", put("links", 0, "autolaunchable", value="yes"), "wrong-type", "links[0].autolaunchable"),
    ("G3", put("detail", value=None), "empty-value", "detail"),
    ("G3", put("detail", value=""), "empty-value", "detail"),
    ("G3", put("links", value=[]), "empty-value", "links"),
    ("G3", put("extension", value={}), "empty-value", "extension"),
    ("G3", put(*ACTION, "resource", "x", value=""), "empty-value", "suggestions[0].actions[0].resource.x"),
    ("G3", put("extension", value={"a": [None]}), "empty-value", "extension.a[0]"),
    (
        "G6",
        put("suggestions", 0, "actionSelectionBehavior", value="any"),
        "action-selection-behavior",
        "suggestions[0].actionSelectionBehavior",
    ),
    ("G7", put("extension", value="x"), "wrong-type", "extension"),
    ("X01", put("summary", value="a\u202eb"), "control-character", "summary"),
    (
        "X01",
        put(*ACTION, "resource", "x", value="\x1b"),
        "control-character",
        "suggestions[0].actions[0].resource.x",
    ),
]


@pytest.mark.parametrize(
    ("change", "code", "place"), [pytest.param(*row[1:], id=f"{row[0]}-{row[2]}-{row[3]}") for row in CHANGES]
)
def test_each_line_of_the_checklist_is_checked(change: Callable[[Tree], None], code: str, place: str) -> None:
    tree = response()
    change(tree)
    faults = [(fault.code, fault.place) for fault in check_response(tree) if fault.severity == "error"]
    assert (code, f"response.cards[0].{place}") in faults


def test_R8_several_recommended_suggestions_need_any() -> None:
    tree = response()
    tree["cards"][0]["suggestions"].append(SECOND)
    assert check_response(tree) == []
    tree["cards"][0]["selectionBehavior"] = "at-most-one"
    assert [fault.code for fault in check_response(tree)] == ["several-recommended"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (put("cardd", value=1), "unknown-member"),
        (drop("suggestions", 0, "actions", 1, "resourceId"), "missing-member"),
        (put("suggestions", 0, "actions", 1, "resource", value={"resourceType": "X"}), "deprecated-member"),
    ],
)
def test_what_is_legal_but_unwise_is_a_warning(change: Callable[[Tree], None], code: str) -> None:
    tree = response()
    change(tree)
    assert [(fault.code, fault.severity) for fault in check_response(tree)] == [(code, "warning")]


def test_R9_resources_name_their_type_and_an_update_its_id() -> None:
    tree = response()
    (action, _) = tree["cards"][0]["suggestions"][0]["actions"]
    action["resource"] = {"status": "draft"}
    place = "response.cards[0].suggestions[0].actions[0].resource"
    assert [(fault.code, fault.place) for fault in check_response(tree)] == [
        ("missing-member", f"{place}.resourceType")
    ]
    action.update(type="update", resource={"resourceType": "ServiceRequest"})
    assert [(fault.code, fault.place) for fault in check_response(tree)] == [("missing-member", f"{place}.id")]
    action["resource"]["id"] = "s2"
    assert check_response(tree) == []


@pytest.mark.parametrize(
    "resource_id", ["ServiceRequest", "1", "https://x.example/ServiceRequest/1", "ServiceRequest/1/_history/1"]
)
def test_R9_resource_id_is_a_relative_reference(resource_id: str) -> None:
    tree = response()
    put("suggestions", 0, "actions", 1, "resourceId", value=resource_id)(tree)
    assert [(fault.code, fault.severity) for fault in check_response(tree)] == [("resource-id-form", "warning")]


def creating(*resources: Tree) -> Tree:
    actions = [{"type": "create", "description": "x", "resource": resource} for resource in resources]
    tree = response()
    tree["cards"][0]["suggestions"][0]["actions"] = actions
    return tree


REQUEST: Tree = {"resourceType": "ServiceRequest", "id": "a1"}


@pytest.mark.parametrize(
    "reference",
    ["urn:uuid:a1", "ServiceRequest/a1", "Patient/P1", "https://ehr.example.org/fhir/Patient/P1", "#here", "#"],
)
def test_R10_references_that_resolve_are_fine(reference: str) -> None:
    contained = [{"resourceType": "Practitioner", "id": "here"}]
    plan = {"resourceType": "CarePlan", "contained": contained, "activity": [{"reference": {"reference": reference}}]}
    assert check_response(creating(REQUEST, plan)) == []


@pytest.mark.parametrize("reference", ["urn:uuid:a2", "#there"])
def test_R10_references_that_nothing_in_the_suggestion_answers_are_told(reference: str) -> None:
    plan = {"resourceType": "CarePlan", "activity": [{"reference": {"reference": reference}}]}
    (fault,) = check_response(creating(REQUEST, plan))
    assert (fault.code, fault.severity) == ("unresolved-reference", "warning")
    assert fault.place.endswith("actions[1].resource.activity[0].reference.reference")


def test_R10_a_resource_is_changed_once() -> None:
    (fault,) = check_response(creating(REQUEST, {**REQUEST, "status": "draft"}))
    assert (fault.code, fault.place) == ("repeated-target", "response.cards[0].suggestions[0].actions[1]")
    assert check_response(creating(REQUEST, {"resourceType": "Task", "id": "a1"})) == []


def test_R6_every_uuid_is_used_once() -> None:
    tree = response()
    tree["cards"].append({**tree["cards"][0], "uuid": ANOTHER_UUID.upper(), "suggestions": [{"label": "x"}]})
    assert [(fault.code, fault.place) for fault in check_response(tree)] == [
        ("duplicate-uuid", "response.cards[1].uuid")
    ]
    twice = (Suggestion("a", uuid=UUID(INSTANCE)), Suggestion("b", uuid=UUID(INSTANCE)))
    with pytest.raises(InvalidMember, match="duplicate-uuid"):
        Card("x", "info", Source("x"), uuid=UUID(ANOTHER_UUID), suggestions=twice, selection_behavior="any")


@pytest.mark.parametrize("member", ["overrideReasons", "suggestions"])
def test_R6_what_wants_feedback_needs_the_uuid_of_the_card(member: str) -> None:
    tree = response()
    del tree["cards"][0]["uuid"]
    for other in {"overrideReasons", "suggestions"} - {member}:
        del tree["cards"][0][other]
    assert [(fault.code, fault.place) for fault in check_response(tree)] == [("no-feedback", "response.cards[0].uuid")]


def test_R12_a_link_that_launches_by_itself_is_warned_of() -> None:
    tree = response()
    tree["cards"][0]["links"][0]["autolaunchable"] = True
    assert [(fault.code, fault.severity) for fault in check_response(tree)] == [("autolaunchable", "warning")]
    tree["cards"][0]["links"][0]["autolaunchable"] = False
    assert check_response(tree) == []


@pytest.mark.parametrize("behavior", ["all", "any", "at-most-one", "some"])
def test_G6_action_selection_behavior_is_not_sent(behavior: str) -> None:
    tree = response()
    tree["cards"][0]["suggestions"][0]["actionSelectionBehavior"] = behavior
    assert "action-selection-behavior" in {fault.code for fault in check_response(tree) if fault.severity == "error"}
    assert "actionSelectionBehavior" not in Suggestion("x").to_json()


def test_G7_names_of_an_extension_are_globally_unique() -> None:
    tree = response()
    tree["cards"][0]["extension"] = {"org.example.x": 1}
    assert check_response(tree) == []
    tree["cards"][0]["extension"]["x"] = 1
    assert [(fault.code, fault.severity) for fault in check_response(tree)] == [("extension-name", "warning")]


@pytest.mark.hazard("HZ-A07")
def test_R13_system_actions_are_checked_and_warned_of() -> None:
    action: dict[str, Json] = {"type": "create", "description": "x", "resource": {"resourceType": "Task"}}
    faults = check_response({"cards": [], "systemActions": [action]})
    assert [(fault.code, fault.severity) for fault in faults] == [("system-actions", "warning")]
    faulty = check_response({"cards": [], "systemActions": [{"type": "create"}]})
    assert "missing-member" in {fault.code for fault in faulty}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not-json"),
        (b"[]", "wrong-type"),
        (b"{}", "missing-member"),
        (b'{"cards": null}', "wrong-type"),
        (b'{"cards": {}}', "wrong-type"),
        (b'{"cards": [1]}', "wrong-type"),
        (b'{"cards": [], "cards": []}', "duplicate-key"),
        (b'{"cards": [{}]}', "missing-member"),
    ],
)
def test_R1_a_response_is_an_object_with_an_array_of_cards(body: bytes, code: str) -> None:
    assert code in {fault.code for fault in check_response(body)}


@pytest.mark.parametrize("number", [1.5, Decimal("Infinity"), object()])
def test_a_value_that_json_cannot_carry_as_it_is_is_a_fault(number: Any) -> None:
    tree: Mapping[str, Json] = {"cards": [], "extension": {"org.example.a": number}}
    (fault,) = check_response(tree)
    assert fault.place == "response.extension.org.example.a"


def test_decimals_of_a_body_are_accepted() -> None:
    assert check_response(b'{"cards": [], "extension": {"org.example.a": 1.50}}') == []

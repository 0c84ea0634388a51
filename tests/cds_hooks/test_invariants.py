"""HL7's invariants judge right: each holds on a good body and is broken by the one change that breaks it."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.cds_hooks.calls import ANOTHER_UUID, CONTEXTS, INSTANCE, call_body
from tests.cds_hooks.invariants import INVARIANTS, broken_in_feedback, broken_in_request, broken_in_response

Tree = dict[str, Any]
Change = Callable[[Tree], None]

TOKEN = {"access_token": "x", "token_type": "Bearer", "expires_in": 300, "subject": "s"}


def request(**members: object) -> Tree:
    return call_body("order-select", **members)


def response() -> Tree:
    action = {"type": "create", "description": "Order it", "resource": {"resourceType": "ServiceRequest"}}
    return {
        "cards": [
            {
                "uuid": INSTANCE,
                "summary": "x",
                "indicator": "info",
                "source": {"label": "x"},
                "suggestions": [
                    {"label": "a", "uuid": ANOTHER_UUID, "isRecommended": True, "actions": [action]},
                    {"label": "b"},
                ],
                "selectionBehavior": "at-most-one",
                "overrideReasons": [{"code": "a", "system": "b", "display": "c"}],
                "links": [{"label": "a", "url": "https://example.org", "type": "smart", "appContext": "x"}],
            }
        ]
    }


def feedback() -> Tree:
    return {
        "feedback": [
            {"card": INSTANCE, "outcome": "accepted", "acceptedSuggestions": [{"id": ANOTHER_UUID}]},
            {"card": INSTANCE, "outcome": "overridden", "overrideReason": {"userComment": "seen"}},
        ]
    }


def at(tree: Tree, *path: str | int) -> Any:
    found: Any = tree
    for step in path:
        found = found[step]
    return found


def put(*path: str | int, value: object) -> Change:
    def change(tree: Tree) -> None:
        at(tree, *path[:-1])[path[-1]] = value

    return change


def drop(*path: str | int) -> Change:
    def change(tree: Tree) -> None:
        del at(tree, *path[:-1])[path[-1]]

    return change


CARD = ("cards", 0)
ACTION = (*CARD, "suggestions", 0, "actions", 0)
BREAKS: Mapping[str, tuple[Callable[[], Tree], Change, str]] = {
    "cds-r-1": (request, put("fhirAuthorization", value=TOKEN), "request"),
    "cds-resp-1": (response, put(*CARD, "suggestions", 1, "isRecommended", value=True), "cards[0]"),
    "cds-resp-2": (response, put(*ACTION, "type", value="delete"), "cards[0].suggestions[0].actions[0]"),
    "cds-resp-3": (response, put(*CARD, "links", 0, "type", value="absolute"), "cards[0].links[0]"),
    "cds-resp-4": (response, drop(*CARD, "overrideReasons", 0, "display"), "cards[0]"),
    "cds-resp-5": (response, drop(*ACTION, "description"), "cards[0].suggestions[0]"),
    "cds-resp-6": (response, drop(*CARD, "selectionBehavior"), "cards[0]"),
    "cds-resp-7": (
        response,
        put(*CARD, "suggestions", 0, "actionSelectionBehavior", value="some"),
        "cards[0].suggestions[0]",
    ),
    "cds-fb-1": (feedback, put("feedback", 0, "outcome", value="ignored"), "feedback[0]"),
    "cds-fb-2": (feedback, drop("feedback", 0, "acceptedSuggestions"), "feedback[0]"),
    "cds-fb-3": (feedback, put("feedback", 1, "overrideReason", value={"x": 1}), "feedback[1].overrideReason"),
    "ord-1": (request, put("context", "selections", value=["m1"]), "context"),
}


def judged(tree: Tree) -> list[str]:
    if "feedback" in tree:
        return broken_in_feedback(tree)
    return broken_in_response(tree) if "cards" in tree else broken_in_request(tree)


@pytest.mark.parametrize("name", BREAKS)
def test_each_invariant_holds_until_the_change_that_breaks_it(name: str) -> None:
    make, change, place = BREAKS[name]
    tree = make()
    assert judged(tree) == []
    change(tree)
    assert f"{name} at {place}" in judged(tree)


def test_cds_r_2_is_a_warning_about_scopes_of_a_patient() -> None:
    with_scope = {**TOKEN, "scope": "patient/*.read"}
    body = request(fhirServer="https://ehr.example.org", fhirAuthorization=with_scope)
    assert broken_in_request(body) == ["cds-r-2 at fhirAuthorization"]
    body["fhirAuthorization"] = {**with_scope, "patient": "P1"}
    assert broken_in_request(body) == []


def test_every_invariant_has_its_test() -> None:
    assert {invariant.id for invariant in INVARIANTS} == {*BREAKS, "cds-r-2"}


@pytest.mark.parametrize("hook", CONTEXTS)
def test_the_requests_of_these_tests_keep_the_invariants(hook: Any) -> None:
    assert broken_in_request(call_body(hook)) == []

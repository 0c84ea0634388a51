from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

import pytest

from cds_hooks import (
    Action,
    Card,
    Coding,
    InvalidMember,
    Json,
    Link,
    OverrideReason,
    Source,
    Suggestion,
    check_response,
    write_json,
)
from tests.cds_hooks.calls import ANOTHER_UUID, CANARY, INSTANCE

SOURCE = Source("Test service")
PLAN = {"resourceType": "CarePlan", "status": "draft", "intent": "proposal"}
CREATE = Action("create", "Create the draft plan", resource=PLAN)


def full_card() -> Card:
    return Card(
        summary="s" * 139,
        indicator="warning",
        source=Source(
            "Test",
            url="https://example.org/paper",
            icon="https://example.org/icon.png",
            topic=Coding("ldt", "https://example.org/topics", "Liver"),
        ),
        detail="| a | b |\n|---|---|\n| bilirubin < 2 | [paper](https://example.org/x) |",
        uuid=UUID(INSTANCE),
        suggestions=(
            Suggestion("Plan", (CREATE,), UUID(ANOTHER_UUID), is_recommended=True),
            Suggestion("Nothing"),
        ),
        selection_behavior="any",
        override_reasons=(OverrideReason("seen", "https://example.org/reasons", "Already seen"),),
        links=(
            Link("Paper", "https://example.org/paper", "absolute"),
            Link("App", "https://example.org/launch", "smart", app_context="{}"),
        ),
        extension={"org.example.trace": ["r1"]},
    )


def refused(make: Callable[[], object]) -> set[tuple[str, str]]:
    with pytest.raises(InvalidMember) as caught:
        make()
    return {(fault.code, fault.place) for fault in caught.value.faults}


def test_R1_a_full_card_conforms() -> None:
    assert check_response(write_json({"cards": [full_card().to_json()]})) == []


def test_G3_members_without_value_are_left_out() -> None:
    assert Card("Evaluated.", "info", SOURCE).to_json() == {
        "summary": "Evaluated.",
        "indicator": "info",
        "source": {"label": "Test service"},
    }
    assert Suggestion("Plan").to_json() == {"label": "Plan"}
    assert Link("Paper", "https://example.org", "absolute").to_json().keys() == {"label", "url", "type"}
    assert Action("delete", "Remove", resource_id="ServiceRequest/1").to_json() == {
        "type": "delete",
        "description": "Remove",
        "resourceId": "ServiceRequest/1",
    }


def test_R8_only_a_recommended_suggestion_says_so() -> None:
    assert Suggestion("Plan", is_recommended=True).to_json()["isRecommended"] is True


def test_R3_the_summary_has_1_to_139_characters() -> None:
    assert Card("s" * 139, "info", SOURCE).summary == "s" * 139
    assert refused(lambda: Card("s" * 140, "info", SOURCE)) == {("text-too-long", "Card.summary")}
    assert refused(lambda: Card("", "info", SOURCE)) == {("missing-member", "Card.summary")}
    assert refused(lambda: Card("  ", "info", SOURCE)) == {("empty-value", "Card.summary")}
    assert refused(lambda: Card("two\nlines", "info", SOURCE)) == {("control-character", "Card.summary")}


def test_R4_the_indicator_is_one_of_three() -> None:
    make = lambda: Card("x", "hard-stop", SOURCE)  # type: ignore[arg-type]  # noqa: E731
    assert refused(make) == {("invalid-code", "Card.indicator")}


def test_R4_the_source_has_a_label() -> None:
    assert refused(lambda: Source("")) == {("missing-member", "Source.label")}


@pytest.mark.parametrize(
    "url", ["/icon.png", "javascript:alert(1)", "example.org", "https://", "https://u@example.org"]
)
def test_R5_urls_are_absolute(url: str) -> None:
    assert refused(lambda: Source("x", url=url)) == {("not-absolute-url", "Source.url")}
    assert refused(lambda: Source("x", icon=url)) == {("not-absolute-url", "Source.icon")}
    assert refused(lambda: Link("x", url, "absolute")) == {("not-absolute-url", "Link.url")}


def test_R7_suggestions_need_a_selection_behavior() -> None:
    make = lambda: Card("x", "info", SOURCE, suggestions=(Suggestion("a"),))  # noqa: E731
    assert refused(make) == {("missing-member", "Card.selectionBehavior")}


def test_R8_several_recommended_suggestions_need_any() -> None:
    two = (Suggestion("a", is_recommended=True), Suggestion("b", is_recommended=True))
    assert Card("x", "info", SOURCE, suggestions=two, selection_behavior="any").suggestions == two
    make = lambda: Card("x", "info", SOURCE, suggestions=two, selection_behavior="at-most-one")  # noqa: E731
    assert refused(make) == {("several-recommended", "Card.suggestions")}


def test_R9_an_action_carries_what_its_type_needs() -> None:
    assert refused(lambda: Action("create", "x")) == {("missing-member", "Action.resource")}
    assert refused(lambda: Action("update", "x")) == {("missing-member", "Action.resource")}
    assert refused(lambda: Action("delete", "x")) == {("missing-member", "Action.resourceId")}
    both = lambda: Action("delete", "x", resource=PLAN, resource_id="CarePlan/1")  # noqa: E731
    assert refused(both) == {("missing-member", "Action.resourceId")}
    assert refused(lambda: Action("create", "", resource=PLAN)) == {("missing-member", "Action.description")}
    odd = lambda: Action("apply", "x", resource=PLAN)  # type: ignore[arg-type]  # noqa: E731
    assert refused(odd) == {("invalid-code", "Action.type")}
    assert refused(lambda: Action("create", "x", resource={"status": "draft"})) == {
        ("missing-member", "Action.resource.resourceType")
    }


@pytest.mark.parametrize("value", [None, "", [], {}, [{}], {"a": ""}])
def test_G3_a_resource_holds_no_empty_value(
    value: Json,
) -> None:
    faults = refused(lambda: Action("create", "x", resource={**PLAN, "note": value}))
    assert {code for code, _ in faults} == {"empty-value"}


def test_G3_an_array_of_a_resource_may_hold_null() -> None:
    names: dict[str, Json] = {
        "given": [None, "x"],
        "_given": [{"extension": [{"url": "https://example.org"}]}, None],
    }
    action = Action("create", "x", resource={"resourceType": "Patient", "name": [names]})
    assert action.to_json()["resource"] == {"resourceType": "Patient", "name": [names]}


def test_numbers_of_a_resource_keep_their_digits() -> None:
    quantity: dict[str, Json] = {"value": Decimal("1.50")}
    resource: dict[str, Json] = {"resourceType": "Observation", "valueQuantity": quantity}
    assert b'"value":1.50}' in write_json(Action("create", "x", resource=resource).to_json())


@pytest.mark.parametrize(("number", "code"), [(Decimal("NaN"), "not-a-number"), (1.5, "float")])
def test_numbers_that_lose_digits_or_are_none_are_refused(number: Decimal, code: str) -> None:
    resource: dict[str, Json] = {"resourceType": "Observation", "valueDecimal": number}
    assert refused(lambda: Action("create", "x", resource=resource)) == {(code, "Action.resource.valueDecimal")}


def test_R11_an_override_reason_has_all_three_members() -> None:
    assert refused(lambda: OverrideReason("a", "b", "")) == {("missing-member", "OverrideReason.display")}
    assert refused(lambda: OverrideReason("", "b", "c")) == {("missing-member", "OverrideReason.code")}


def test_G8_a_coding_has_code_and_system() -> None:
    assert Coding("a", "b").to_json() == {"code": "a", "system": "b"}
    assert refused(lambda: Coding("a", "")) == {("missing-member", "Coding.system")}


def test_R12_only_smart_links_have_an_app_context() -> None:
    make = lambda: Link("x", "https://example.org", "absolute", app_context="y")  # noqa: E731
    assert refused(make) == {("app-context", "Link.appContext")}


@pytest.mark.hazard("HZ-X01")
@pytest.mark.parametrize("hidden", ["\u202e", "\x00", "\u2066", "\x1b", "\ud800"])
def test_no_text_holds_hidden_characters(hidden: str) -> None:
    text = f"a{hidden}b"
    makers: list[Callable[[], object]] = [
        lambda: Card(text, "info", SOURCE),
        lambda: Card("x", "info", SOURCE, detail=text),
        lambda: Card("x", "info", Source(text)),
        lambda: Suggestion(text),
        lambda: Action("create", text, resource=PLAN),
        lambda: Action("create", "x", resource={**PLAN, "title": text}),
        lambda: Card("x", "info", SOURCE, links=(Link(text, "https://example.org", "absolute"),)),
    ]
    for make in makers:
        assert {code for code, _ in refused(make)} == {"control-character"}


def test_no_patient_text_is_in_repr_or_in_the_message_of_a_refusal() -> None:
    resource = {"resourceType": "CarePlan", "title": CANARY}
    action = Action("create", CANARY, resource=resource)
    suggestion = Suggestion(CANARY, (action,))
    card = Card(CANARY, "info", SOURCE, detail=CANARY, suggestions=(suggestion,), selection_behavior="any")
    assert CANARY not in repr((action, suggestion, card))
    with pytest.raises(InvalidMember) as caught:
        Card(CANARY * 20, "info", SOURCE, detail=f"<b>{CANARY}</b>")
    assert CANARY not in str(caught.value)
    assert "Card.summary" in str(caught.value)

"""Feedback: both spellings that clients use, one effect for each report, and faults that name their place."""

import copy
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks import (
    Client,
    Coding,
    Feedback,
    FeedbackStore,
    Limits,
    MemoryFeedback,
    Override,
    ReceivedFeedback,
    ServiceUnavailable,
    read_feedback,
)
from tests.cds_hooks.calls import ANOTHER_UUID, CANARY, INSTANCE, application, encoded, fault_code, send
from tests.cds_hooks.invariants import broken_in_feedback

PATH = "/cds-services/test/feedback"
TIME = "2026-01-12T12:00:00Z"
NOON = datetime(2026, 1, 12, 12, tzinfo=UTC)
ACCEPTED: dict[str, Any] = {
    "card": INSTANCE,
    "outcome": "accepted",
    "outcomeTimestamp": TIME,
    "acceptedSuggestions": [{"id": ANOTHER_UUID}],
}
# As the public sandbox sends it: a reason without display.
OVERRIDDEN: dict[str, Any] = {
    "card": INSTANCE,
    "outcome": "overridden",
    "outcomeTimestamp": TIME,
    "overrideReason": {"reason": {"code": "seen", "system": "https://example.org/reasons"}, "userComment": CANARY},
}
# As a vendor's tutorial shows it: another name, a list, an id of its own, an extension for the reason.
VENDOR: dict[str, Any] = {
    "card": "card:17_x",
    "outcome": "overridden",
    "outcomeTimestamp": "2026-01-12T13:00:00.250+01:00",
    "overrideReasons": [
        {"reason": {"code": "a", "system": "b", "display": "A"}},
        {"extension": {"com.vendor.reason": "1"}, "userComment": "x"},
    ],
}


def body(*items: object) -> bytes:
    return encoded({"feedback": list(items)})


def read(*items: object) -> tuple[Feedback, ...]:
    batch = read_feedback(body(*items))
    assert batch.faults == ()
    return batch.understood


def post(store: FeedbackStore | None, content: bytes, path: str = PATH) -> httpx.Response:
    return send(application(feedback=store), path=path, content=content)


def without(item: dict[str, Any], member: str) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != member}


def test_B3_what_the_specification_sends_is_read() -> None:
    assert broken_in_feedback({"feedback": [ACCEPTED, OVERRIDDEN]}) == []
    reason = Coding("seen", "https://example.org/reasons")
    assert read(ACCEPTED, OVERRIDDEN) == (
        Feedback(INSTANCE, "accepted", NOON, (ANOTHER_UUID,)),
        Feedback(INSTANCE, "overridden", NOON, (), (Override(reason, CANARY),)),
    )


def test_B3_what_a_vendor_sends_is_read() -> None:
    (item,) = read(VENDOR)
    assert (item.card, item.outcome_time) == ("card:17_x", NOON.replace(microsecond=250_000))
    first, second = item.overrides
    assert (first.reason, first.user_comment) == (Coding("a", "b", "A"), None)
    assert (second.reason, second.user_comment) == (None, "x")
    assert second.extension is not None
    assert json.loads(bytes(second.extension)) == {"com.vendor.reason": "1"}


def test_B3_a_vendor_may_send_one_override_without_a_list() -> None:
    (single,) = VENDOR["overrideReasons"][:1]
    assert read({**VENDOR, "overrideReasons": single})[0].overrides == (Override(Coding("a", "b", "A")),)
    assert read({**VENDOR, "overrideReasons": []})[0].overrides == ()


def test_B3_an_override_without_reason_is_read() -> None:
    assert read(without(OVERRIDDEN, "overrideReason"))[0].overrides == ()
    assert read({**OVERRIDDEN, "overrideReason": None})[0].overrides == ()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-12T12:00:00z", NOON),
        ("2026-01-12T12:00:00.123456789Z", NOON.replace(microsecond=123_456)),
        ("2026-01-12T06:30:00-05:30", NOON),
    ],
)
def test_B3_times_are_held_in_utc(text: str, moment: datetime) -> None:
    assert read({**ACCEPTED, "outcomeTimestamp": text})[0].outcome_time == moment


@pytest.mark.parametrize(
    ("item", "code", "place"),
    [
        (without(ACCEPTED, "card"), "missing-member", "card"),
        (without(ACCEPTED, "outcome"), "missing-member", "outcome"),
        (without(ACCEPTED, "outcomeTimestamp"), "missing-member", "outcomeTimestamp"),
        (without(ACCEPTED, "acceptedSuggestions"), "missing-member", "acceptedSuggestions"),
        ({**ACCEPTED, "acceptedSuggestions": []}, "missing-member", "acceptedSuggestions"),
        ({**ACCEPTED, "acceptedSuggestions": {}}, "wrong-type", "acceptedSuggestions"),
        ({**ACCEPTED, "acceptedSuggestions": [{}]}, "missing-member", "acceptedSuggestions[0].id"),
        ({**ACCEPTED, "acceptedSuggestions": ["x"]}, "wrong-type", "acceptedSuggestions[0]"),
        ({**ACCEPTED, "outcome": "ignored"}, "wrong-form", "outcome"),
        ({**ACCEPTED, "outcome": 1}, "wrong-type", "outcome"),
        ({**ACCEPTED, "card": ""}, "wrong-form", "card"),
        ({**ACCEPTED, "card": "a b"}, "wrong-form", "card"),
        ({**ACCEPTED, "card": "x" * 256}, "wrong-form", "card"),
        ({**ACCEPTED, "outcomeTimestamp": "2026-01-12"}, "wrong-form", "outcomeTimestamp"),
        ({**ACCEPTED, "outcomeTimestamp": "2026-01-12T12:00:00"}, "wrong-form", "outcomeTimestamp"),
        ({**ACCEPTED, "outcomeTimestamp": "2026-13-12T12:00:00Z"}, "wrong-form", "outcomeTimestamp"),
        ({**ACCEPTED, "outcomeTimestamp": "0001-01-01T00:00:00+14:00"}, "wrong-form", "outcomeTimestamp"),
        ({**OVERRIDDEN, "overrideReason": {}}, "missing-member", "overrideReason.reason"),
        ({**OVERRIDDEN, "overrideReason": {"reason": {"code": "a"}}}, "missing-member", "overrideReason.reason.system"),
        ({**OVERRIDDEN, "overrideReason": {"reason": {"code": " ", "system": "b"}}}, "wrong-form", "overrideReason.reason.code"),
        ({**OVERRIDDEN, "overrideReason": {"reason": "a"}}, "wrong-type", "overrideReason.reason"),
        ({**OVERRIDDEN, "overrideReason": {"userComment": " "}}, "wrong-form", "overrideReason.userComment"),
        ({**OVERRIDDEN, "overrideReason": "a"}, "wrong-type", "overrideReason"),
        ({**OVERRIDDEN, "overrideReasons": []}, "two-spellings", "overrideReason"),
        ({**VENDOR, "overrideReasons": [{}]}, "missing-member", "overrideReasons[0].reason"),
        ({**VENDOR, "overrideReasons": "x"}, "wrong-type", "overrideReasons"),
    ],
)  # fmt: skip
def test_B3_a_bad_item_is_named_and_costs_only_itself(item: dict[str, Any], code: str, place: str) -> None:
    batch = read_feedback(body(ACCEPTED, item, OVERRIDDEN))
    assert [(fault.code, fault.place) for fault in batch.faults] == [(code, f"feedback[1].{place}")]
    assert batch.understood == read(ACCEPTED, OVERRIDDEN)


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"{", "not-json"), (b"[]", "wrong-type"), (b"{}", "missing-member"), (b'{"feedback":null}', "missing-member"),
     (b'{"feedback":{}}', "wrong-type"), (b'{"feedback":[],"feedback":[]}', "duplicate-key"),
     (b"[" * 100, "too-deep")],
)  # fmt: skip
def test_B2_a_body_without_a_list_of_items_is_400(content: bytes, code: str) -> None:
    response = post(MemoryFeedback(), content)
    assert (response.status_code, fault_code(response)) == (400, code)


def test_B2_an_item_that_is_no_object_is_named() -> None:
    (fault,) = read_feedback(body(5)).faults
    assert (fault.code, fault.place) == ("wrong-type", "feedback[0]")


def test_B1_feedback_is_kept_and_answered() -> None:
    store = MemoryFeedback()
    response = post(store, body(ACCEPTED, OVERRIDDEN, VENDOR))
    assert response.status_code == 200
    assert (fault_code(response), response.json()["issue"][0]["severity"]) == ("feedback-kept", "information")
    assert [kept.feedback for kept in store.kept.values()] == list(read(ACCEPTED, OVERRIDDEN, VENDOR))
    assert {(kept.service_id, kept.client) for kept in store.kept.values()} == {("test", None)}


def test_B2_an_empty_list_is_kept_too() -> None:
    assert post(MemoryFeedback(), body()).status_code == 200


def test_B2_repeats_have_one_effect_also_within_a_body_and_in_another_spelling() -> None:
    store = MemoryFeedback()
    respelled = without(OVERRIDDEN, "overrideReason")
    respelled["overrideReasons"] = OVERRIDDEN["overrideReason"]
    respelled["outcomeTimestamp"] = "2026-01-12T13:00:00.000+01:00"
    for _ in range(3):
        assert post(store, body(OVERRIDDEN, ACCEPTED, respelled)).status_code == 200
    assert len(store.kept) == 2


def received(item: dict[str, Any], service: str = "test", client: Client | None = None) -> ReceivedFeedback:
    return ReceivedFeedback(service, client, read(item)[0])


CHANGES: list[Callable[[dict[str, Any]], object]] = [
    lambda item: item.update(card=ANOTHER_UUID),
    lambda item: item.update(outcomeTimestamp="2026-01-12T12:00:01Z"),
    lambda item: item.update(outcome="accepted", acceptedSuggestions=[{"id": "a"}]),
    lambda item: item.update(acceptedSuggestions=[{"id": "a"}]),
    lambda item: item.pop("overrideReason"),
    lambda item: item["overrideReason"].update(userComment="other"),
    lambda item: item["overrideReason"].pop("userComment"),
    lambda item: item["overrideReason"]["reason"].update(code="other"),
    lambda item: item["overrideReason"]["reason"].update(system="other"),
    lambda item: item["overrideReason"].update(extension={"a.b": 1}),
]


@pytest.mark.parametrize("change", CHANGES)
def test_B2_other_content_is_another_report(change: Callable[[dict[str, Any]], object]) -> None:
    changed = copy.deepcopy(OVERRIDDEN)
    change(changed)
    assert received(changed).key != received(OVERRIDDEN).key


def test_B2_the_same_content_is_the_same_report_whatever_carries_it() -> None:
    key = received(OVERRIDDEN).key
    assert received({**OVERRIDDEN, "extension": {"a.b": 1}, "somethingNew": 1}).key == key
    client = Client("https://ehr.example.org", None, "s", "token-1")
    later = Client("https://ehr.example.org", None, "s", "token-2")
    assert received(OVERRIDDEN, client=client).key == received(OVERRIDDEN, client=later).key != key
    other = Client("https://ehr.example.org", "north")
    assert received(OVERRIDDEN, client=other).key != received(OVERRIDDEN, client=client).key
    assert received(OVERRIDDEN, "other").key != key
    spaced = b'{"feedback":[{"card":"c","outcome":"overridden","outcomeTimestamp":"2026-01-12T12:00:00Z","overrideReason":{"extension":%s}}]}'
    keys = {
        ReceivedFeedback("test", None, read_feedback(spaced % written).understood[0]).key
        for written in (b'{"a.b":1.50,"c.d":null}', b'{ "c.d" : null, "a.b" : 1.50 }')
    }
    assert len(keys) == 1


@pytest.mark.hazard("HZ-X09")
def test_B1_a_fault_names_place_and_code_and_nothing_that_was_sent() -> None:
    store = MemoryFeedback()
    bad = {**OVERRIDDEN, "outcome": CANARY}
    response = post(store, body(ACCEPTED, bad, {**OVERRIDDEN, "card": CANARY + " "}))
    assert response.status_code == 400
    assert CANARY not in response.text
    assert [issue["expression"] for issue in response.json()["issue"]] == [
        ["feedback[1].outcome"],
        ["feedback[2].card"],
    ]
    assert [kept.feedback.outcome for kept in store.kept.values()] == ["accepted"]


@pytest.mark.parametrize(
    "path", ["/cds-services/other/feedback", "/cds-services/feedback", "/cds-services/test/feedback/x"]
)
def test_B1_feedback_about_an_unknown_service_is_404(path: str) -> None:
    response = post(MemoryFeedback(), body(ACCEPTED), path)
    assert (response.status_code, fault_code(response)) == (404, "unknown-service")


def test_B1_without_a_store_there_is_no_feedback_endpoint() -> None:
    response = post(None, body(ACCEPTED))
    assert (response.status_code, fault_code(response)) == (404, "unknown-service")


def test_B1_feedback_is_posted() -> None:
    response = send(application(feedback=MemoryFeedback()), "GET", PATH)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


def test_B1_a_doubled_slash_is_tolerated() -> None:
    assert post(MemoryFeedback(), body(ACCEPTED), "/cds-services//test/feedback").status_code == 200


def test_B1_feedback_keeps_the_limits_of_calls() -> None:
    app = application(feedback=MemoryFeedback(), limits=Limits(body_bytes=10))
    assert send(app, path=PATH, content=body(ACCEPTED)).status_code == 413
    kept = application(feedback=MemoryFeedback())
    assert send(kept, path=PATH, content=body(ACCEPTED), headers={"content-type": "text/plain"}).status_code == 415


def test_B1_feedback_that_cannot_be_kept_now_is_503() -> None:
    class Down:
        async def keep(self, received: Sequence[ReceivedFeedback]) -> None:
            raise ServiceUnavailable

    response = post(Down(), body(ACCEPTED))
    assert (response.status_code, fault_code(response)) == (503, "unavailable")


@pytest.mark.hazard("HZ-X10")
def test_B3_words_of_the_user_are_in_no_repr() -> None:
    kept = received(OVERRIDDEN)
    assert kept.feedback.overrides[0].user_comment == CANARY
    assert CANARY not in repr(kept)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
ITEMS = st.fixed_dictionaries(
    {}, optional={name: st.just(value) | JSON for name, value in {**OVERRIDDEN, **ACCEPTED, **VENDOR}.items()}
)


@given(st.lists(ITEMS | JSON, max_size=4))
def test_B2_of_any_items_each_is_understood_or_named(items: list[object]) -> None:
    batch = read_feedback(body(*items))
    assert len(batch.understood) + len(batch.faults) == len(items)
    assert all(fault.place.startswith("feedback[") for fault in batch.faults)
    assert all(len(ReceivedFeedback("test", None, item).key) == 64 for item in batch.understood)

import json
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_hooks import Card, Cors, HookRequest, NotProvided, check_response
from tests.cds_hooks.calls import (
    CANARY,
    CONTEXTS,
    INSTANCE,
    a_card,
    application,
    encoded,
    fault_code,
    send,
    service,
)


async def count_keys(request: HookRequest) -> Sequence[Card]:
    sent = [value for value in request.prefetch.values() if not isinstance(value, NotProvided)]
    return [a_card(f"{len(sent)} keys were sent.")]


APP = Cors(application(count_keys, offered=service(patient="Patient/{{context.patientId}}")), ["https://a.example"])

# Every text that the strategies put into a body holds the canary, so that an echo of any of it shows.
TEXTS = st.one_of(st.just(CANARY), st.text(max_size=5).map(lambda text: text + CANARY))
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-(10**9), 10**9), TEXTS)
SCALARS = st.one_of(PLAIN, st.integers(), st.floats())


def trees(leaves: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
        max_leaves=8,
    )


VALUES = trees(SCALARS)
PLAIN_VALUES = trees(PLAIN)
RESOURCES = st.fixed_dictionaries(
    {"resourceType": st.sampled_from(["Bundle", "OperationOutcome", "Patient", CANARY])},
    optional=dict.fromkeys(["entry", "link", "total", "issue", "search"], PLAIN_VALUES),
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "hook": st.one_of(st.sampled_from(list(CONTEXTS)), VALUES),
        "hookInstance": st.one_of(st.just(INSTANCE), VALUES),
        "context": st.one_of(st.sampled_from(list(CONTEXTS.values())), VALUES),
        "fhirServer": st.one_of(st.just(f"https://ehr.example.org/{CANARY}"), VALUES),
        "fhirAuthorization": VALUES,
        "prefetch": st.one_of(st.dictionaries(TEXTS, st.one_of(RESOURCES, VALUES), max_size=4), VALUES),
        "extension": VALUES,
    },
)


def judge(body: bytes) -> int:
    response = send(APP, content=body, headers={"content-type": "application/json", "origin": "https://a.example"})
    assert CANARY not in response.text
    assert not any(CANARY in value for value in response.headers.values())
    assert response.headers["access-control-allow-origin"] == "https://a.example"
    if response.status_code == 200:
        assert check_response(response.content) == []
    else:
        assert response.status_code in (400, 413)
        assert fault_code(response)
    return response.status_code


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300))
def test_any_bytes_end_in_an_outcome(body: bytes) -> None:
    assert judge(body) == 400


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BODIES)
def test_any_json_ends_in_an_outcome_or_a_conforming_response(body: dict[str, object]) -> None:
    judge(json.dumps(body).encode())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(TEXTS, st.one_of(RESOURCES, PLAIN_VALUES), max_size=4), st.floats(0, 1, exclude_max=True))
def test_a_complete_request_is_answered_whatever_its_prefetch(prefetch: dict[str, object], part: float) -> None:
    body = {"hook": "patient-view", "hookInstance": INSTANCE, "context": CONTEXTS["patient-view"]}
    text = encoded({**body, "prefetch": prefetch})
    assert judge(text) == 200
    assert judge(text[: int(part * len(text))]) == 400


def test_the_canary_test_can_reach_a_good_answer() -> None:
    body = {
        "hook": "patient-view",
        "hookInstance": INSTANCE,
        "context": CONTEXTS["patient-view"],
        "prefetch": {CANARY: {}},
    }
    assert judge(encoded(body)) == 200

"""What was worked out of one assessment serves the next that says the same: no card is another one for that."""

import gc
import json
import tracemalloc
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.advice.assessment import Assessment
from adapter.advice.card import cards as cards_of
from adapter.fhir.write import write_json
from adapter.ldt import rule_set
from adapter.mapping.tables import tables
from adapter.server.ehr import Reading
from adapter.server.explanation_page import explanation_page
from adapter.server.hooks.answer import HookService
from adapter.server.hooks.judge import Judge, Judged
from adapter.server.hooks.record import ASSESSMENT_BYTES, RecordMemory
from adapter.server.hooks.services import RECORD, SERVICES, asked_for
from adapter.server.settings import Settings
from cds_hooks import Link, PreconditionFailed, Service, read_request
from tests.browser.ehr import chart
from tests.ldt.patients import FIXTURES
from tests.server.hooks.calling import Json, example

PLENTY = 1 << 30
PATIENTS = sorted(folder.name for folder in (FIXTURES / "patients").iterdir())
HOOKS = ("patient-view", "encounter-start")
OTHERS = ("order-select-beside-tace", "order-sign-tace-portal-vein-occluded", "problem-list-item-create")
INVOCATION = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
NOON = datetime(2026, 1, 12, 12, tzinfo=UTC)
SERVICE: dict[str, Service] = {service.hook: service for service in SERVICES}
LINK = (Link("Why", "https://ldt.example.org/explain/1", "absolute"),)


@cache
def opened(name: str, hook: str, user: str) -> str:
    """The call of a hook for a fixture patient."""
    resources = chart(FIXTURES / "patients" / name / "bundle.json")
    patient, *others = resources
    prefetch: Json = {
        key: {"resourceType": "Bundle", "entry": [{"resource": one} for one in others if one["resourceType"] == kind]}
        for key, kind in ((key, asked_for(key)) for key in RECORD)
    }
    prefetch["patient"] = patient
    context = {"userId": f"Practitioner/{user}", "patientId": patient["id"], "encounterId": "e1"}
    call = {"hook": hook, "hookInstance": INVOCATION, "context": context, "prefetch": prefetch}
    return write_json(call).decode()


def service_of(hook: str, memory: RecordMemory | None) -> HookService:
    return HookService(SERVICE[hook], Settings(), Judge(tables(), rule_set(), memory))


def judged(service: HookService, request: Json, now: datetime) -> Judged:
    call = read_request(json.dumps(request).encode(), service.service)
    return service.judge(call.context, Reading.as_sent(call, service.service), now, "")


def told(service: HookService, request: Json, now: datetime, links: tuple[Link, ...]) -> Any:
    """What a call is answered with at a time, and the page behind its link."""
    call = read_request(json.dumps(request).encode(), service.service)
    try:
        found = service.judge(call.context, Reading.as_sent(call, service.service), now, "")
    except PreconditionFailed as refused:
        return refused.code, refused.hint
    if not found.speaks:
        return []
    page = explanation_page(found.assessment, now + timedelta(minutes=15))
    return [card.to_json() for card in service.cards(call, found, links)], page


def unchanged(request: Json) -> None:
    del request


def without_observations(request: Json) -> None:
    request["prefetch"].pop("observations", None)


def with_a_broken_observation(request: Json) -> None:
    bundle = request["prefetch"].get("observations")
    if bundle:
        bundle["entry"].append({"resource": {"resourceType": "Observation", "status": 7}})


def without_a_birth_date(request: Json) -> None:
    request["prefetch"]["patient"].pop("birthDate", None)


CHANGES = (unchanged, without_observations, with_a_broken_observation, without_a_birth_date)
TIMES = st.one_of(
    st.integers(-14, 14).map(lambda hours: NOON + timedelta(hours=hours)),
    st.floats(-86_400, 86_400).map(lambda seconds: NOON + timedelta(seconds=seconds)),
    st.integers(-400, 400).map(lambda days: NOON + timedelta(days=days)),
)
CHARTS = st.builds(opened, st.sampled_from(PATIENTS), st.sampled_from(HOOKS), st.sampled_from("ab"))
ORDERS = st.sampled_from(OTHERS).map(lambda name: json.dumps(example(name)))
CALLED = st.tuples(st.integers(0, 1), TIMES, st.sampled_from([(), LINK]))


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(CHARTS, CHARTS | ORDERS),
    st.sampled_from(CHANGES),
    st.lists(CALLED, min_size=2, max_size=6),
    st.sampled_from([100_000, PLENTY]),
)
def test_what_served_before_tells_what_working_it_out_anew_would(
    texts: tuple[str, str], change: Any, calls: list[Any], most: int
) -> None:
    memory, requests = RecordMemory(tables(), most), [json.loads(text) for text in texts]
    for request in requests:
        change(request)
    for number, now, links in calls:
        request = requests[number]
        remembering, forgetting = service_of(request["hook"], memory), service_of(request["hook"], None)
        assert told(remembering, request, now, links) == told(forgetting, request, now, links)


@pytest.mark.parametrize("name", PATIENTS)
def test_a_chart_opened_twice_on_a_day_is_put_into_words_once(name: str) -> None:
    service = service_of("patient-view", RecordMemory(tables(), PLENTY))
    request: Json = json.loads(opened(name, "patient-view", "a"))
    first, again = (_worded(service, request, NOON + timedelta(hours=hour)) for hour in (0, 1))
    if first is None or again is None:
        assert name.startswith("09"), "only the patient without a neuroendocrine tumour is silent"
        return
    assert first is not again
    assert first.case.as_of != again.case.as_of
    assert first.memo
    assert all(again.memo[key] is value for key, value in first.memo.items())


def _worded(service: HookService, request: Json, now: datetime) -> Assessment | None:
    found = judged(service, request, now)
    if not found.speaks:
        return None
    cards_of(found.assessment)
    return found.assessment


@pytest.mark.parametrize("change", [unchanged, without_a_birth_date])
@pytest.mark.parametrize("later", [timedelta(hours=12), timedelta(days=60)])
def test_what_is_said_on_another_day_is_worked_out_anew(change: Any, later: timedelta) -> None:
    service = service_of("patient-view", RecordMemory(tables(), PLENTY))
    request: Json = json.loads(opened(PATIENTS[0], "patient-view", "a"))
    change(request)
    assert _worded(service, request, NOON)
    assert judged(service, request, NOON + later).assessment.memo == {}


def test_a_call_that_lacks_other_data_is_worked_out_anew() -> None:
    service = service_of("patient-view", RecordMemory(tables(), PLENTY))
    request: Json = json.loads(opened(PATIENTS[0], "patient-view", "a"))
    without_observations(request)
    asked: Json = json.loads(json.dumps(request))
    asked["prefetch"]["observations"] = None
    assert _worded(service, request, NOON)
    whole = told(service_of("patient-view", None), asked, NOON, ())
    assert told(service, asked, NOON, ()) == whole


def test_an_assessment_that_is_kept_takes_room() -> None:
    request: Json = json.loads(opened(PATIENTS[0], "patient-view", "a"))
    other: Json = json.loads(opened(PATIENTS[1], "patient-view", "a"))
    small = RecordMemory(tables(), 2 * ASSESSMENT_BYTES)
    service = service_of("patient-view", small)
    first = _worded(service, request, NOON)
    assert _worded(service, other, NOON)
    assert first is not None
    again = judged(service, request, NOON).assessment
    assert again.memo == {}


def test_nothing_is_kept_where_nothing_is_remembered() -> None:
    service = service_of("patient-view", None)
    request: Json = json.loads(opened(PATIENTS[0], "patient-view", "a"))
    assert _worded(service, request, NOON)
    assert judged(service, request, NOON).assessment.memo == {}


def with_many(request: Json, number: int, status: str, unit: str) -> Json:
    """The call with so many more small results of one test."""
    subject = {"reference": f"Patient/{request['context']['patientId']}"}
    for n in range(number):
        value = {"value": 0.5 + n / 1000, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
        one = {
            "resourceType": "Observation",
            "id": f"o{n}",
            "status": status,
            "code": {"coding": [{"system": "http://loinc.org", "code": "1975-2"}]},
            "subject": subject,
            "effectiveDateTime": "2026-01-12",
            "valueQuantity": value,
        }
        request["prefetch"]["observations"]["entry"].append({"resource": one})
    return request


@pytest.mark.parametrize("number", [0, 300, 1200])
@pytest.mark.parametrize(("status", "unit"), [("preliminary", "mg/dL"), ("final", "mg/dL"), ("final", "parsec")])
def test_what_is_kept_takes_up_to_three_times_what_is_counted(number: int, status: str, unit: str) -> None:
    memory = RecordMemory(tables(), PLENTY)
    service = service_of("patient-view", memory)
    told(service, json.loads(opened(PATIENTS[1], "patient-view", "a")), NOON, LINK)  # all that is loaded once
    request = with_many(json.loads(opened(PATIENTS[0], "patient-view", "a")), number, status, unit)
    before = memory.counted
    tracemalloc.start()
    try:
        told(service, request, NOON, LINK)
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 1.5 < held / (memory.counted - before) < 3


def test_a_card_of_many_words_takes_the_room_of_more_than_one() -> None:
    request = with_many(json.loads(opened(PATIENTS[0], "patient-view", "a")), 1200, "preliminary", "mg/dL")
    sent = len(json.dumps(request))
    service = service_of("patient-view", RecordMemory(tables(), sent + 2 * ASSESSMENT_BYTES))
    assert _worded(service, request, NOON)
    assert judged(service, request, NOON).assessment.memo == {}

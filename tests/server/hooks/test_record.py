"""Records that are remembered: what is told of one is what reading it anew would tell, and few bytes are kept."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.fhir.document import content_of, read_document
from adapter.mapping.tables import tables
from adapter.server.ehr import Reading
from adapter.server.hooks.record import RecordMemory, read_record, record_key
from adapter.server.hooks.services import RECORD, SERVICES
from cds_hooks import read_request
from tests.server.hooks.calling import Json, example

PLENTY = 1 << 30
EXAMPLES = ("patient-view-07", "patient-view-09", "order-select-beside-tace", "order-sign-not-a-net")
SERVICE = {service.hook: service for service in SERVICES}


def reading_of(request: Json) -> Reading:
    call = read_request(json.dumps(request).encode(), SERVICE[request["hook"]])
    return Reading.as_sent(call, SERVICE[request["hook"]])


def entries(request: Json) -> list[Json]:
    return [entry for value in request["prefetch"].values() if value for entry in value.get("entry", ())]


def with_other_envelopes(request: Json) -> None:
    for number, value in enumerate(request["prefetch"].values()):
        if value and value["resourceType"] == "Bundle":
            value |= {"id": f"answer-{number}", "timestamp": "2026-01-12T08:00:00Z", "link": [{"relation": "self"}]}
            for entry in value.get("entry", ()):
                entry["search"] = {"mode": "match", "score": 1}


def with_other_dates(request: Json) -> None:
    for entry in entries(request):
        for name in ("effectiveDateTime", "recordedDate"):
            if name in entry["resource"]:
                entry["resource"][name] = "2026-01-02"


def with_other_statuses(request: Json) -> None:
    for entry in entries(request):
        if isinstance(entry["resource"].get("status"), str):
            entry["resource"]["status"] = "preliminary"


def with_full_urls(request: Json) -> None:
    for number, entry in enumerate(entries(request)):
        entry["fullUrl"] = f"https://other.example.org/fhir/{entry['resource']['resourceType']}/{number}"


def in_another_order(request: Json) -> None:
    for value in request["prefetch"].values():
        if value and "entry" in value:
            value["entry"].reverse()


def without_the_last(request: Json) -> None:
    for value in request["prefetch"].values():
        if value and value.get("entry"):
            value["entry"].pop()


def with_broken_entries(request: Json) -> None:
    for entry in entries(request)[::3]:
        entry["resource"] = {"resourceType": "Observation", "status": 7}


def without_observations(request: Json) -> None:
    request["prefetch"].pop("observations", None)


CHANGES: tuple[Callable[[Json], None], ...] = (
    with_other_envelopes,
    with_other_dates,
    with_other_statuses,
    with_full_urls,
    in_another_order,
    without_the_last,
    with_broken_entries,
    without_observations,
)
CALLS = st.lists(
    st.tuples(
        st.sampled_from(EXAMPLES),
        st.lists(st.sampled_from(CHANGES), max_size=2),
        st.sampled_from(["", "https://other.example.org/fhir"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(CALLS, st.sampled_from([20_000, PLENTY]))
def test_what_is_remembered_is_what_reading_anew_would_give(
    calls: list[tuple[str, list[Callable[[Json], None]], str, bool]], most: int
) -> None:
    memory = RecordMemory(tables(), most)
    for name, changes, server, own in calls:
        request = example(name)
        for change in changes:
            change(request)
        reading = reading_of(request)
        if own:
            reading = reading.replaced({key: replace(reading.keys[key], own=True) for key in RECORD})
        assert memory.read(reading, server) == read_record(reading, tables(), server)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_same_resources_are_read_once_whatever_bundles_they_came_in(name: str) -> None:
    memory, again = RecordMemory(tables(), PLENTY), example(name)
    with_other_envelopes(again)
    assert memory.read(reading_of(example(name)), "") is memory.read(reading_of(again), "")


@pytest.mark.parametrize("change", [one for one in CHANGES if one is not with_other_envelopes])
def test_any_other_difference_is_read_anew(change: Callable[[Json], None]) -> None:
    changed = example("patient-view-07")
    change(changed)
    assert record_key(reading_of(changed), "") != record_key(reading_of(example("patient-view-07")), "")


def test_a_byte_that_changes_is_another_record() -> None:
    one, other = example("patient-view-07"), example("patient-view-07")
    other["prefetch"]["patient"]["birthDate"] = "1950-01-02"
    assert record_key(reading_of(one), "") != record_key(reading_of(other), "")
    assert record_key(reading_of(one), "") != record_key(reading_of(one), "https://ehr.example.org/fhir")


def test_the_record_that_was_not_asked_for_longest_makes_room() -> None:
    first, second, third = (reading_of(example(name)) for name in EXAMPLES[:3])
    sizes = [record_key(reading, "")[1] for reading in (first, second, third)]
    memory = RecordMemory(tables(), sum(sizes) - 1)
    kept = [memory.read(reading, "") for reading in (first, second)]
    assert memory.read(first, "") is kept[0]
    memory.read(third, "")
    assert memory.read(first, "") is kept[0]
    assert memory.read(second, "") is not kept[1]


def test_a_record_that_is_larger_than_all_there_is_room_for_is_not_kept() -> None:
    reading = reading_of(example("patient-view-07"))
    memory = RecordMemory(tables(), record_key(reading, "")[1] - 1)
    assert memory.read(reading, "") is not memory.read(reading, "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"id": "1", "total": 1, "link": [{"relation": "next", "url": "u"}]}, {"id": "2", "type": "searchset"}),
        (
            {"entry": [{"resource": {"resourceType": "Basic"}, "search": {"mode": "match"}}]},
            {"entry": [{"resource": {"resourceType": "Basic"}}]},
        ),
    ],
)
def test_equal_contents_are_read_into_equal_records(one: Json, other: Json) -> None:
    first, second = (json.dumps({"resourceType": "Bundle"} | value).encode() for value in (one, other))
    assert content_of(first) == content_of(second)
    assert read_document(first).records == read_document(second).records


@pytest.mark.parametrize(
    "odd",
    [
        b"[]",
        b"7",
        b'{"resourceType": "Patient", "id": "p"}',
        b'{"resourceType": "Bundle", "entry": [{"fullUrl": "u"}]}',
        b'{"resourceType": "Bundle", "entry": [7]}',
        b'{"resourceType": "Bundle", "entry": {}}',
        b'{"resourceType": "Bundle", "link": 7, "entry": []}',
        b'{"entry": [{"resource": {"resourceType": "Patient"}}]}',
    ],
)
def test_what_is_no_plain_bundle_is_its_own_content(odd: bytes) -> None:
    assert content_of(odd) == (odd,)

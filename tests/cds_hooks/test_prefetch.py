import json
from collections.abc import Mapping

import msgspec
import pytest

from cds_hooks import (
    ClientError,
    ExplicitNothing,
    NeverAsked,
    NotProvided,
    Partial,
    PrefetchValue,
    Provided,
    classify,
    read_request,
)
from cds_hooks.prefetch import count_matches
from tests.cds_hooks.calls import call_body, encoded, service

TEMPLATE = "Observation?patient={{context.patientId}}"
ONE = "Observation?patient={{context.patientId}}&_sort=-date&_count=1"
OBSERVATION: Mapping[str, object] = {"resource": {"resourceType": "Observation", "id": "o1"}}


def bundle(*entries: object, **members: object) -> dict[str, object]:
    return {"resourceType": "Bundle", "type": "searchset", "entry": list(entries), **members}


def outcome(severity: str, code: str = "processing", **entry: object) -> dict[str, object]:
    issue = [{"severity": severity, "code": code}]
    return {"resource": {"resourceType": "OperationOutcome", "issue": issue}, **entry}


def link(relation: str, url: str = "https://ehr.example.org/fhir?page=2") -> list[dict[str, str]]:
    return [{"relation": relation, "url": url}]


def classified(value: object, *, counted: bool = False) -> PrefetchValue:
    return classify(msgspec.Raw(json.dumps(value).encode()), counted=counted)


@pytest.mark.parametrize(
    "value",
    [
        {"resourceType": "Patient", "id": "P1"},
        bundle(OBSERVATION),
        bundle(OBSERVATION, total=1),
        bundle(OBSERVATION, link=link("self", "https://ehr.example.org/fhir/Observation?patient=P1")),
        bundle(OBSERVATION, outcome("warning", search={"mode": "outcome"}), total=1),
        bundle(OBSERVATION, {"resource": {"resourceType": "Patient"}, "search": {"mode": "include"}}, total=1),
        bundle({"resource": 5}),
        {"resourceType": "Bundle", "entry": [OBSERVATION]},
    ],
)
def test_P10_data_is_provided(value: object) -> None:
    assert isinstance(classified(value), Provided)


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize(
    "value",
    [
        None,
        bundle(),
        bundle(total=0),
        {"resourceType": "Bundle", "type": "searchset"},
        {"resourceType": "Bundle", "entry": None},
        bundle(outcome("warning", search={"mode": "outcome"}), total=0),
        bundle(outcome("information")),
        bundle(link=link("self", "https://ehr.example.org/fhir/Observation?patient=P1")),
    ],
)
def test_P10_null_and_empty_and_outcome_only_bundles_are_an_explicit_nothing(value: object) -> None:
    assert isinstance(classified(value), ExplicitNothing)


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize(
    "value",
    [
        {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]},
        {"resourceType": "OperationOutcome", "issue": [{"severity": "information"}]},
        {"resourceType": "OperationOutcome", "issue": "x"},
        {"resourceType": "OperationOutcome"},
        bundle(outcome("error", search={"mode": "outcome"})),
        bundle(outcome("fatal")),
        bundle({"resource": {"resourceType": "OperationOutcome", "issue": {}}}),
    ],
)
def test_P8_an_operation_outcome_is_the_clients_error(value: object) -> None:
    result = classified(value)
    assert isinstance(result, ClientError)
    assert result.reason == "operation-outcome"


WITHHELD = ("security", "login", "unknown", "expired", "forbidden", "suppressed")
FAILED = ("transient", "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled", "too-costly")
NO_MATTER = (
    *("invalid", "structure", "required", "value", "invariant", "processing", "not-supported", "duplicate"),
    *("multiple-matches", "not-found", "deleted", "too-long", "code-invalid", "extension", "business-rule"),
    *("conflict", "limited-filter", "informational", "success", ""),
)
"""All codes of the code system issue-type (R4 and R5) are in one of the three, and none at all in the last."""


@pytest.mark.hazard("HZ-A03")
@pytest.mark.hazard("HZ-A04")
@pytest.mark.parametrize("severity", ["warning", "information"])
@pytest.mark.parametrize("code", [*WITHHELD, *FAILED])
def test_P8_what_was_withheld_or_failed_is_lacking_however_lightly_it_is_said(code: str, severity: str) -> None:
    told = outcome(severity, code, search={"mode": "outcome"})
    assert isinstance(classified(bundle(told, total=0)), ClientError)
    assert isinstance(classified(bundle(OBSERVATION, told, total=1)), Partial)


@pytest.mark.parametrize("code", NO_MATTER)
def test_P8_a_warning_about_anything_else_goes_with_none_on_record(code: str) -> None:
    told = outcome("warning", code, search={"mode": "outcome"})
    assert isinstance(classified(bundle(told, total=0)), ExplicitNothing)
    assert isinstance(classified(bundle(OBSERVATION, told, total=1)), Provided)


@pytest.mark.parametrize(
    "value",
    [{}, [], "", "Patient/1", 0, False, {"id": "x"}, {"resourceType": 5}, {"resourceType": ""}, bundle(entry={}),
     {"resourceType": "Bundle", "entry": "x"}],
)  # fmt: skip
def test_a_value_that_is_no_resource_is_no_data_and_no_nothing(value: object) -> None:
    result = classified(value)
    assert isinstance(result, ClientError)
    assert result.reason == "not-a-resource"


@pytest.mark.parametrize(
    "url",
    [
        "https://ehr.example.org/PractitionerRole?_id={{userPractitionerRoleId}}",
        "https://ehr.example.org/PractitionerRole?_id=%7B%7BuserPractitionerRoleId%7D%7D",
        "https://ehr.example.org/PractitionerRole?_id=%7b%7buserPractitionerRoleId%7d%7d",
        "https://ehr.example.org/PractitionerRole?_id=%7B{x}}",
    ],
)
@pytest.mark.parametrize("entries", [[], [OBSERVATION]])
def test_an_unresolved_token_in_the_self_link_was_never_asked(url: str, entries: list[object]) -> None:
    assert isinstance(classified(bundle(*entries, link=link("self", url))), NeverAsked)


@pytest.mark.parametrize("value", [bundle(), bundle(OBSERVATION), bundle(OBSERVATION, total=2)])
def test_P7_a_bundle_tells_by_its_self_links_what_was_asked(value: dict[str, object]) -> None:
    url = "https://ehr.example.org/fhir/Observation?patient=P2"
    assert _asked(value) == ()
    assert _asked({**value, "link": link("self", url)}) == (url,)
    assert _asked({**value, "link": [*link("self", url), *link("next"), *link("self", "x")]}) == (url, "x")


def _asked(value: object) -> tuple[str, ...]:
    result = classified(value)
    assert isinstance(result, Provided | ExplicitNothing | Partial)
    return result.asked


@pytest.mark.hazard("HZ-A04")
@pytest.mark.parametrize(
    ("value", "received", "total"),
    [
        (bundle(OBSERVATION, link=link("next")), 1, None),
        (bundle(OBSERVATION, link=link("next"), total=40), 1, 40),
        (bundle(OBSERVATION, total=40), 1, 40),
        (bundle(OBSERVATION, total="40"), 1, 40),
        (bundle(total=3), 0, 3),
        (bundle(link=link("next")), 0, None),
        (bundle(OBSERVATION, outcome("error", search={"mode": "outcome"})), 1, None),
        (bundle(OBSERVATION, link="x"), 1, None),
        (bundle(OBSERVATION, {"resource": {}, "search": {"mode": "include"}}, total=2), 1, 2),
    ],
)
def test_P11_a_page_of_more_is_partial(value: object, received: int, total: int | None) -> None:
    result = classified(value)
    assert isinstance(result, Partial)
    assert (result.received, result.total) == (received, total)


def test_P11_a_count_of_ours_explains_a_next_link() -> None:
    page = bundle(OBSERVATION, link=link("next"), total=40)
    assert isinstance(classified(page, counted=True), Provided)


def test_P11_a_count_of_ours_explains_neither_an_empty_page_nor_an_error() -> None:
    assert isinstance(classified(bundle(total=40), counted=True), Partial)
    failed = bundle(OBSERVATION, outcome("error"), link=link("next"))
    assert isinstance(classified(failed, counted=True), Partial)


def test_only_matches_are_counted() -> None:
    included = {"resource": {"resourceType": "Patient"}, "search": {"mode": "include"}}
    whole = bundle(OBSERVATION, OBSERVATION, included, outcome("warning"), {"resource": 5})
    assert count_matches(msgspec.Raw(json.dumps(whole).encode())) == 3
    assert count_matches(msgspec.Raw(b'{"resourceType":"Bundle"}')) == 0
    assert count_matches(msgspec.Raw(b'{"resourceType":"Patient"}')) == 1


@pytest.mark.hazard("HZ-A03")
def test_P12_every_key_asked_and_every_key_sent_is_classified() -> None:
    offered = service(patient="Patient/{{context.patientId}}", latest=ONE, all=TEMPLATE)
    page = bundle(OBSERVATION, link=link("next"))
    body = encoded(call_body(prefetch={"latest": page, "all": page, "renamed": None}))
    values = read_request(body, offered).prefetch
    kinds = {key: type(value) for key, value in values.items()}
    assert kinds == {"patient": NotProvided, "latest": Provided, "all": Partial, "renamed": ExplicitNothing}


@pytest.mark.hazard("HZ-A04")
def test_P11_one_resource_is_all_that_a_read_brings_and_perhaps_a_part_of_what_a_search_would() -> None:
    offered = service(patient="Patient/{{context.patientId}}", latest=ONE, all=TEMPLATE)
    alone = {"resourceType": "Observation", "id": "o1"}
    body = encoded(call_body(prefetch={"patient": alone, "latest": alone, "all": alone, "renamed": alone}))
    values = read_request(body, offered).prefetch
    assert {key: type(values[key]) for key in ("patient", "latest", "renamed")} == dict.fromkeys(
        ("patient", "latest", "renamed"), Provided
    )
    one = values["all"]
    assert isinstance(one, Partial)
    assert (one.received, one.total, one.alone) == (1, None, True)


def test_P12_without_prefetch_every_key_is_not_provided() -> None:
    values = read_request(encoded(call_body()), service(all=TEMPLATE)).prefetch
    assert values == {"all": NotProvided()}

"""The check of what leaves: it lets our own resources through and refuses what R4 does not allow, naming no value."""

from copy import deepcopy
from typing import Any

import pytest
from fhir.resources.R4B.careplan import CarePlan
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from adapter.advice.careplan import care_plan
from adapter.fhir.check import InvalidOutput, check_r4, check_resource
from tests.advice.assessments import fixture


def plan() -> dict[str, Any]:
    """A plan with contained Observations, whole and its own copy."""
    return deepcopy(care_plan(fixture("06-progression-after-prrt", "hl7v2")))


def test_our_own_plan_passes() -> None:
    check_resource(plan())


def changed(*path: str | int, value: object) -> dict[str, Any]:
    """The plan with one element replaced, or removed where the value is None."""
    whole: Any = plan()
    part = whole
    for step in path[:-1]:
        part = part[step]
    if value is None:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    result: dict[str, Any] = whole
    return result


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("status",), "Zanzibar", "CarePlan.status"),
        (("status",), None, "CarePlan.status"),
        (("intent",), "Zanzibar", "CarePlan.intent"),
        (("contained", 0, "status"), "Zanzibar", "Observation.status"),
        (("contained", 0, "status"), "preliminary", "Observation.status"),
        (("subject",), None, "subject"),
        (("created",), "Zanzibar", "created"),
        (("Zanzibar",), "x", "Zanzibar"),
        (("activity", 0, "detail", "status"), None, "status"),
        (("activity", 0, "detail", "doNotPerform"), "Zanzibar", "doNotPerform"),
        (("contained", 0, "code"), None, "code"),
        (("supportingInfo", 0, "reference"), 5, "reference"),
        (("note", 0, "text"), None, "text"),
    ],
)
def test_a_plan_that_r4_does_not_allow_is_refused(path: tuple[str | int, ...], value: object, said: str) -> None:
    with pytest.raises(InvalidOutput) as refused:
        check_resource(changed(*path, value=value))
    assert said in str(refused.value)
    assert said == "Zanzibar" or "Zanzibar" not in str(refused.value)


@pytest.mark.parametrize(
    "status", ["draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"]
)
def test_every_status_of_the_standard_is_allowed(status: str) -> None:
    check_resource(changed("status", value=status))


@pytest.mark.parametrize("path", [("activity", 0, "detail", "status"), ("text", "status")])
def test_other_required_codes_are_checked_too(path: tuple[str | int, ...]) -> None:
    with pytest.raises(InvalidOutput):
        check_resource(changed(*path, value="bogus"))


PLAN = plan()
PLACES = [
    (member, number, key)
    for member in ("activity", "note", "supportingInfo", "contained")
    for number, element in enumerate(PLAN[member])
    for key in (*element, "detail")
    if key != "resourceType"
]


def with_faults(faults: list[tuple[tuple[str, int, str], object]]) -> dict[str, Any]:
    """The plan with these members of elements replaced, or taken away where the value is None."""
    whole = deepcopy(PLAN)
    for (member, number, key), value in faults:
        element = whole[member][number]
        if value is None:
            element.pop(key, None)
        else:
            element[key] = value
    return whole


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(PLACES),
            st.sampled_from([None, "Zanzibar", 5, [], {}, {"status": "not-started"}, {"detail": {}}, [{"text": "x"}]]),
        ),
        max_size=2,
    )
)
def test_elements_that_were_valid_before_hide_no_fault_of_others(
    faults: list[tuple[tuple[str, int, str], Any]],
) -> None:
    """Elements that were valid once are not checked again: whatever stands beside them is, and so is what they become."""
    tried = with_faults(faults)
    try:
        CarePlan.model_validate(deepcopy(tried))
    except (ValidationError, KeyError):
        for _ in range(2):
            with pytest.raises(InvalidOutput):
                check_r4(tried)
    else:
        check_r4(tried)
        check_r4(tried)


def test_a_fault_is_told_by_its_place_in_the_whole_list() -> None:
    check_r4(PLAN)
    last = len(PLAN["note"]) - 1
    with pytest.raises(InvalidOutput, match=rf"note\.{last}\.text"):
        check_r4(with_faults([(("note", last, "text"), None)]))

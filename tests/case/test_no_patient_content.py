"""What can be logged of a case shows names and places, never a value, a date or a person.

Not for the texts that are made for people, such as cards.
"""

import pytest

from adapter.case.casefile import CaseFileError, case_of, read_cases
from adapter.case.fact import Fact, State
from adapter.case.finding import Finding
from adapter.case.origin import Origin
from adapter.case.value import Day
from tests.case.statements import CLOCK, NO, amount, case, code, event, merged, on, says
from tests.case.statements import RESULT as PLATELETS

CANARIES = ("7357", "1961", "canary", "P1")


def _clean(text: str) -> None:
    assert [canary for canary in CANARIES if canary in text] == []


@pytest.mark.hazard("HZ-X10")
@pytest.mark.parametrize(
    "thing",
    [
        amount("7357"),
        code("canary"),
        event("canary"),
        Day(on("1961-04-05")),
        on("1961-04-05"),
        Origin("fhir", "canary", "Observation/o1#valueQuantity.value", sent="7357 mg/dL"),
        says("x", amount("7357"), on("1961-04-05"), identity="canary", reason="canary"),
        merged(PLATELETS, says("x", amount("7357"), on("2026-01-10"))),
        Fact("x", State.STALE, "stale", amount("7357"), on("1961-04-05")),
        case(says("platelets_10e9_l", amount("7357"), on("2026-01-10"))),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_repr_shows_no_content(thing: object) -> None:
    _clean(repr(thing))


def test_repr_shows_name_state_and_place() -> None:
    statement = says("x", amount("1"), on("2026-01-10"), place="OBX[3]-5")
    assert repr(statement) == "Statement(x final at OBX[3]-5)"
    assert repr(merged(PLATELETS, statement)) == "Fact(x present at OBX[3]-5)"
    assert repr(Fact("x", State.ABSENT)) == "Fact(x absent)"
    assert repr(NO) == "Flag(...)"


@pytest.mark.hazard("HZ-X10")
def test_the_subject_of_a_case_is_not_shown() -> None:
    assert "canary" not in repr(case_of("canary", {"ascites": True}, CLOCK))


@pytest.mark.hazard("HZ-X10")
@pytest.mark.parametrize("facts", ['{"who_grade": "canary"}', '{"platelets_10e9_l": 7357}', '{"birth_date": "1961"}'])
def test_the_fault_of_a_case_file_shows_no_value(facts: str) -> None:
    with pytest.raises(CaseFileError) as caught:
        read_cases(f'[{{"id": "c1", "facts": {facts}}}]', CLOCK)
    _clean(str(caught.value))


@pytest.mark.hazard("HZ-X10")
def test_the_finding_of_a_contradiction_shows_no_value() -> None:
    (finding,) = case_of(
        "c1", {"disease_distribution": "liver_only", "extrahepatic_disease": "progressive"}, CLOCK
    ).findings
    assert isinstance(finding, Finding)
    assert "progressive" not in repr(finding)

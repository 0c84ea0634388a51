"""Element paths of the mapping tables: what they yield, and that a path that does not exist is refused at load.

Not for which paths the tables use.
"""

import pytest

from adapter.fhir.elements import CodeableConcept, Coding, Period, Reference
from adapter.fhir.paths import compile_path
from adapter.fhir.resources import (
    Component,
    Condition,
    MedicationRequest,
    Observation,
    Patient,
    Procedure,
    QuestionnaireResponse,
)

PLATELETS = CodeableConcept([Coding("http://loinc.org", "777-3"), Coding("urn:local", "PLT")])


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("status", ["final"]),
        ("code", [PLATELETS]),
        ("code.coding", PLATELETS.coding),
        ("code.coding.code", ["777-3", "PLT"]),
        ("subject.reference", ["Patient/p1"]),
        ("component.code.coding.code", ["a", "b", "c"]),
        ("effectivePeriod.start", ["2026-01-10"]),
        ("effectivePeriod.end", []),
        ("issued", []),
        ("effectiveDateTime", []),
        ("bodySite.coding.code", []),
        ("component.valueString", ["x"]),
        ("component.valueBoolean", [False]),
        ("code.text", []),
    ],
)
def test_what_a_path_yields(path: str, found: list[object]) -> None:
    observation = Observation(
        status="final",
        code=PLATELETS,
        subject=Reference("Patient/p1"),
        effectivePeriod=Period("2026-01-10"),
        component=[
            Component(code=CodeableConcept([Coding(code="a"), Coding(code="b")]), valueString="x"),
            Component(code=CodeableConcept([Coding(code="c")]), valueBoolean=False),
            Component(),
        ],
    )
    assert list(compile_path(Observation, path)(observation)) == found


@pytest.mark.parametrize("path", ["valueInteger", "valueDecimal", "valueSampledData", "component.valueInteger"])
def test_an_absent_number_is_left_out(path: str) -> None:
    assert list(compile_path(Observation, path)(Observation(component=[Component()]))) == []


def test_a_member_that_says_no_is_there() -> None:
    assert list(compile_path(Patient, "active")(Patient(active=False))) == [False]
    assert list(compile_path(Patient, "active")(Patient())) == []


def test_medication_means_its_concept() -> None:
    request = MedicationRequest(medicationCodeableConcept=PLATELETS)
    assert list(compile_path(MedicationRequest, "medication.coding.code")(request)) == ["777-3", "PLT"]


def test_items_of_a_questionnaire_may_hold_items() -> None:
    compile_path(QuestionnaireResponse, "item.item.answer.valueCoding.code")


@pytest.mark.parametrize(
    ("resource", "path", "member"),
    [
        (Observation, "state", "state"),
        (Observation, "effective", "effective"),
        (Observation, "code.codings", "codings"),
        (Observation, "status.text", "text"),
        (Observation, "component.value", "value"),
        (Observation, "", ""),
        (Observation, "code.", ""),
        (Condition, "performedDateTime", "performedDateTime"),
        (Condition, "extension.valueCodeableConcept.coding.system.x", "x"),
        (Procedure, "medication", "medicationCodeableConcept"),
        (Patient, "subject", "subject"),
    ],
)
def test_a_path_that_does_not_exist_is_refused(resource: type[Observation], path: str, member: str) -> None:
    with pytest.raises(ValueError, match=r"has no element") as caught:
        compile_path(resource, path)
    assert resource.__name__ in str(caught.value)
    assert repr(path) in str(caught.value)
    assert repr(member) in str(caught.value)

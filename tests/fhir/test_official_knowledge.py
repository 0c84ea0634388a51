"""The published knowledge against the official R4 definitions, by a validator that is not ours (an npm package)."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.fhir.official import issues
from tests.publish.published import as_read, known, one, resources

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("node")]


def test_every_resource_fits_the_official_definitions(packages: Path) -> None:
    found = issues(resources(), packages)
    assert len(found) == len(resources())
    faults = {r["id"]: one["issues"] for r, one in zip(resources(), found, strict=True) if one["issues"]}
    assert faults == {}
    assert all(one["bindings"] >= 2 for one in found), "status and narrative must have been looked up"
    assert sum(one["bindings"] for one in found) > 3000


def test_the_bundle_fits_the_official_definitions(packages: Path) -> None:
    (found,) = issues([as_read(known().bundle())], packages)
    assert found["issues"] == []
    assert found["bindings"] > 3000


PLAN, FORM = ("PlanDefinition", "ldt-nelm"), ("Questionnaire", "ldt-facts")
RULE = ("action", 1, "action", 0)
STRENGTH = {"url": "http://hl7.org/fhir/StructureDefinition/cqf-strengthOfRecommendation"}

Step = str | int
WRONG: dict[str, tuple[tuple[str, str], tuple[Step, ...], object]] = {
    "status that is none": (PLAN, ("status",), "bogus"),
    "kind of a nested condition": (PLAN, (*RULE, "condition", 0, "kind"), "bogus"),
    "condition without kind": (PLAN, (*RULE, "condition", 0, "kind"), None),
    "behaviour of a nested action": (PLAN, (*RULE, "groupingBehavior"), "bogus"),
    "type of a nested citation": (PLAN, (*RULE, "documentation", 0, "type"), "bogus"),
    "strength in the wrong place": (PLAN, (*RULE, "extension"), [{**STRENGTH, "valueCodeableConcept": {"text": "x"}}]),
    "strength of the wrong type": (
        PLAN,
        (*RULE, "action", 0, "documentation", 0, "document", "extension"),
        [{**STRENGTH, "valueString": "x"}],
    ),
    "two definitions of one action": (PLAN, (*RULE, "action", 0, "definitionUri"), "urn:x"),
    "type of a question": (FORM, ("item", 0, "item", 0, "type"), "bogus"),
    "question without linkId": (FORM, ("item", 0, "item", 0, "linkId"), None),
    "unit of the wrong type": (
        FORM,
        ("item", 0, "item", 0, "extension", 0),
        {"url": "http://hl7.org/fhir/StructureDefinition/questionnaire-unit", "valueString": "a"},
    ),
    "extension of nobody": (
        FORM,
        ("item", 0, "extension"),
        [{"url": "http://hl7.org/fhir/nobody", "valueString": "a"}],
    ),
    "two kinds of options": (FORM, ("item", 0, "item", 1, "answerValueSet"), "http://example.org/x"),
    "equivalence that is none": (
        ("ConceptMap", "ldt-codes-ascites"),
        ("group", 0, "element", 0, "target", 0, "equivalence"),
        "same",
    ),
    "narrower without a comment": (
        ("ConceptMap", "ldt-codes-liver-metastases"),
        ("group", 0, "element", 0, "target", 0),
        {"code": "liver_metastases", "equivalence": "narrower"},
    ),
    "type of a property": (("CodeSystem", "ldt-fact"), ("property", 0, "type"), "codes"),
    "code system with a concept without code": (("CodeSystem", "ldt-topic"), ("concept", 0, "code"), None),
    "concept without code": (("ValueSet", "ldt-facts"), ("compose", "include", 0, "concept", 0, "code"), None),
    "concepts of no system": (("ValueSet", "ldt-facts"), ("compose", "include", 0, "system"), None),
    "request that is none": (("ActivityDefinition", "ldt-tae"), ("kind",), "Procedure"),
    "requirement of no resource": (("Library", "ldt-nelm"), ("dataRequirement", 0, "type"), "Patients"),
    "library without type": (("Library", "ldt-nelm"), ("type",), None),
}


def changed(key: tuple[str, str], path: tuple[Step, ...], value: object) -> Any:
    whole: Any = deepcopy(one(*key))
    part = whole
    for step in path[:-1]:
        part = part[step]
    if value is None:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return whole


def test_the_validator_finds_what_is_wrong(packages: Path) -> None:
    """Without this the tests above could not fail."""
    found = issues([changed(*wrong) for wrong in WRONG.values()], packages)
    assert [name for name, one in zip(WRONG, found, strict=True) if not one["issues"]] == []

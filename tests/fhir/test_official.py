"""CarePlans against the official R4 StructureDefinitions, by a validator that is not ours (an npm package)."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from adapter.advice.careplan import care_plan
from adapter.fhir.write import write_json
from adapter.ldt import Strength
from tests.advice.assessments import everyone, extreme, gold
from tests.fhir.official import issues

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("node")]

VALIDATED = everyone()


def without(found: list[str], known: str) -> list[str]:
    """The issues but for those that name a known fault."""
    return [issue for issue in found if known not in issue]


REASONS = "detail.reasonReference"
"""Known fault: reasons refer to Procedures, MedicationStatements and QuestionnaireResponses (see the test below)."""


def test_every_careplan_fits_the_official_definitions(packages: Path) -> None:
    plans = {name: care_plan(assessment) for name, assessment in VALIDATED.items()}
    found = issues(plans.values(), packages)
    assert len(found) == len(plans)
    faults = {name: without(one["issues"], REASONS) for name, one in zip(plans, found, strict=True)}
    assert {name: faults[name] for name in faults if faults[name]} == {}
    assert all(one["bindings"] >= 4 for one in found), "statuses and intent must have been looked up"
    assert sum(len(json.loads(write_json(plan)).get("contained", [])) for plan in plans.values()) > 300


def test_reasons_refer_to_what_r4_allows(packages: Path) -> None:
    found = issues([care_plan(assessment) for assessment in VALIDATED.values()], packages)
    assert [issue for one in found for issue in one["issues"]] == []


def test_careplans_as_long_as_can_be_fit_too(packages: Path) -> None:
    found = issues([care_plan(extreme(strength)) for strength in Strength], packages)
    assert [one["issues"] for one in found] == [[]] * len(Strength)


WRONG: dict[str, tuple[tuple[str | int, ...], object]] = {
    "no status": (("status",), None),
    "status that is none": (("status",), "bogus"),
    "intent that is none": (("intent",), "bogus"),
    "activity status that is none": (("activity", 0, "detail", "status"), "bogus"),
    "no subject": (("subject",), None),
    "unknown element": (("bogus",), "x"),
    "text for a boolean": (("activity", 0, "detail", "doNotPerform"), "yes"),
    "no such date": (("created",), "yesterday"),
    "one for many": (("note",), {"text": "x"}),
    "reference and detail": (("activity", 0, "reference"), {"reference": "Task/1"}),
    "contained without code": (("contained", 0, "code"), None),
    "contained status that is none": (("contained", 0, "status"), "bogus"),
    "contained with two values": (("contained", 0, "valueBoolean"), True),
    "narrative status that is none": (("text", "status"), "bogus"),
    "reason of the wrong type": (("activity", 0, "detail", "reasonReference"), [{"reference": "Procedure/p"}]),
}


def test_the_validator_finds_what_is_wrong(packages: Path) -> None:
    """Without this the tests above could not fail."""
    whole: Any = json.loads(write_json(care_plan(gold()["GC-20"])))
    broken = [whole]
    for path, value in WRONG.values():
        changed = deepcopy(whole)
        part = changed
        for step in path[:-1]:
            part = part[step]
        if value is None:
            del part[path[-1]]
        else:
            part[path[-1]] = value
        broken.append(changed)
    first, *found = issues(broken, packages)
    assert first["issues"] == []
    assert [name for name, one in zip(WRONG, found, strict=True) if not one["issues"]] == []

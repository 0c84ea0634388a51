"""Facts that contradict each other give a finding and change nothing.

Not for contradictions inside one fact, which make it conflicting.
"""

from decimal import Decimal

import pytest

from adapter.case.casefile import Json, case_of
from tests.case.statements import CLOCK

TWO, THREE = Decimal(2), Decimal(3)

CONTRADICTIONS: list[tuple[dict[str, Json], str]] = [
    (
        {"disease_distribution": "liver_only", "extrahepatic_disease": "stable"},
        "disease_distribution, extrahepatic_disease",
    ),
    ({"progression_after_prrt": True, "prior_prrt": False}, "progression_after_prrt, prior_prrt"),
    ({"target_lesion_count": THREE, "liver_lesion_count": TWO}, "target_lesion_count, liver_lesion_count"),
    ({"largest_target_lesion_cm": THREE, "largest_lesion_cm": TWO}, "largest_target_lesion_cm, largest_lesion_cm"),
    ({"biliary_instrumentation": ["whipple"]}, "biliary_instrumentation"),
]

CONSISTENT: list[dict[str, Json]] = [
    {"disease_distribution": "liver_only", "extrahepatic_disease": "none"},
    {"disease_distribution": "liver_dominant", "extrahepatic_disease": "stable"},
    {"disease_distribution": "liver_only"},
    {"disease_distribution": "liver_only", "extrahepatic_disease": {"one_of": ["none", "stable"]}},
    {"progression_after_prrt": True, "prior_prrt": True},
    {"progression_after_prrt": False, "prior_prrt": False},
    {"progression_after_prrt": True},
    {"target_lesion_count": TWO, "liver_lesion_count": TWO},
    {"largest_target_lesion_cm": TWO, "largest_lesion_cm": TWO},
    {"target_lesion_count": THREE},
    {"biliary_instrumentation": ["whipple", "biliary_enteric_anastomosis"]},
    {"biliary_instrumentation": []},
    {"biliary_instrumentation": ["biliary_stent"]},
    {"biliary_instrumentation": {"has": ["whipple"], "one_of": [], "complete": False}},
]


@pytest.mark.parametrize(("facts", "place"), CONTRADICTIONS)
def test_a_contradiction_is_a_finding_and_changes_no_fact(facts: dict[str, Json], place: str) -> None:
    case = case_of("c1", facts, CLOCK)
    assert [(f.code, f.severity, f.place) for f in case.findings] == [("facts-inconsistent", "warning", place)]
    assert all(case.known(name) is not None for name in facts)


@pytest.mark.parametrize("facts", CONSISTENT)
def test_what_agrees_or_is_not_known_gives_no_finding(facts: dict[str, Json]) -> None:
    assert case_of("c1", facts, CLOCK).findings == ()

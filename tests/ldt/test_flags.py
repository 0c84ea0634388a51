"""Flags: what comes from outside of the documents and waits for a clinician stands beside what it puts in doubt."""

from pathlib import Path

import pytest

from adapter.advice.assessment import assess_case
from adapter.advice.card import full
from adapter.advice.careplan import care_plan
from adapter.fhir.write import write_json
from adapter.ldt import RuleSetError, load_rule_set, rule_set
from tests.advice.parts import parts
from tests.ldt.folders import change, copy_of_rules
from tests.ldt.patients import ROW_1, advice, patient


def test_insulinoma_puts_octreotide_in_doubt() -> None:
    found = advice(ROW_1, functional_status="insulinoma")
    assert "octreotide_prophylaxis" in [action.code for action in found.actions]
    assert "X-1" in found.flags
    assert "X-1" not in advice(ROW_1, functional_status="carcinoid_syndrome").flags
    assert "X-1" not in advice(ROW_1, functional_status=None).flags


def test_crisis_advice_carries_its_flag_also_while_the_scope_is_unknown() -> None:
    assert advice(ROW_1, carcinoid_crisis_active=True).flags == ("X-2",)
    assert advice(diagnosis=None, carcinoid_crisis_active=True).flags == ("X-2",)
    assert advice(ROW_1, functional_status="nonfunctional").flags == ()


def test_a_laboratory_limit_that_decides_carries_its_flag() -> None:
    assert advice(ROW_1, bilirubin_mg_dl=2).flags == ("X-3",)
    assert advice(ROW_1).flags == ()


def test_flags_that_only_support_a_reading_stay_on_the_pages() -> None:
    assert {flag.id for flag in rule_set().flags if flag.shown == "pages"} == {"X-4", "X-5"}
    assert "X-5" not in advice(ROW_1, ssa_status="progressed").flags


def test_card_and_care_plan_show_a_flag_in_its_words() -> None:
    assessment = assess_case(patient(ROW_1, functional_status="insulinoma"), rule_set())
    shown = parts(full(assessment)).sections["Not in the documents, waits for a clinician"]
    assert shown[0].startswith("X-1 Octreotide in insulinoma. Rabei2023 names insulinoma")
    assert "Not in the documents, waits for a clinician: X-1" in write_json(care_plan(assessment)).decode()


def test_the_condition_of_a_flag_is_checked(tmp_path: Path) -> None:
    folder = copy_of_rules(tmp_path)
    change(folder, "conflicts.yaml", "functional_status == 'insulinoma'", "functional_status == 'none of these'")
    with pytest.raises(RuleSetError, match=r"conflicts\.yaml:\d+: 'none of these' is not a value of functional_status"):
        load_rule_set(folder)

"""What could be changed in a condition: nothing is forgotten, nothing is changed twice, and each change says what it is."""

import pytest

from adapter.case.catalogue import catalogue
from adapter.ldt import rule_set
from adapter.ldt.parse import ExpressionError
from adapter.toolchain.condition_edits import condition_edits, shifted
from tests.toolchain.shipped import rules


def edits(text: str) -> dict[str, str]:
    """The changed conditions by what was changed."""
    found = condition_edits(text, catalogue())
    assert len({edit.words for edit in found}) == len(found)
    return {edit.words: edit.text for edit in found}


def test_a_limit_is_turned_and_moved_by_its_last_place_and_by_a_whole_unit() -> None:
    assert edits("largest_lesion_cm >= 3.0") == {
        "largest_lesion_cm >= 3.0 made > 3.0": "largest_lesion_cm > 3.0",
        "largest_lesion_cm >= 3.0 made <= 3.0": "largest_lesion_cm <= 3.0",
        "largest_lesion_cm >= 3.0 made < 3.0": "largest_lesion_cm < 3.0",
        "largest_lesion_cm >= 3.0 made >= 2.9": "largest_lesion_cm >= 2.9",
        "largest_lesion_cm >= 3.0 made >= 3.1": "largest_lesion_cm >= 3.1",
        "largest_lesion_cm >= 3.0 made >= 2.0": "largest_lesion_cm >= 2.0",
        "largest_lesion_cm >= 3.0 made >= 4.0": "largest_lesion_cm >= 4.0",
    }


@pytest.mark.parametrize(
    ("number", "moved"),
    [("10", ("9", "11")), ("3.0", ("2.9", "3.1", "2.0", "4.0")), ("0.05", ("0.04", "0.06", "-0.95", "1.05"))],
)
def test_a_number_is_moved_without_leaving_its_printed_places(number: str, moved: tuple[str, ...]) -> None:
    assert shifted(number) == moved


def test_each_end_of_a_range_is_turned_moved_and_left_out() -> None:
    found = edits("10 <= liver_burden_percent <= 90")
    assert found["10 <= liver_burden_percent made 10 < liver_burden_percent"] == "10 < liver_burden_percent <= 90"
    assert found["10 <= liver_burden_percent made 11 <= liver_burden_percent"] == "11 <= liver_burden_percent <= 90"
    assert found["liver_burden_percent <= 90 made <= 91"] == "10 <= liver_burden_percent <= 91"
    assert found["lower limit 10 of liver_burden_percent left out"] == "liver_burden_percent <= 90"
    assert found["upper limit 90 of liver_burden_percent left out"] == "10 <= liver_burden_percent"
    assert len(found) == 12


def test_and_is_made_or_and_each_part_is_left_out() -> None:
    found = edits("avid and ascites and not lvef_poor")
    assert found["'and' made 'or' in avid and ascites and not lvef_poor"] == "((avid) or (ascites) or (not lvef_poor))"
    assert found["ascites left out of the 'and'"] == "((avid) and (not lvef_poor))"
    assert found["avid made not avid"] == "(not (avid)) and ascites and not lvef_poor"
    assert found["not lvef_poor made lvef_poor"] == "avid and ascites and (lvef_poor)"
    assert len(found) == 7


def test_a_code_is_left_out_and_every_other_answer_of_the_fact_is_added() -> None:
    assert edits("ssa_status in ('never','controlled')") == {
        "ssa_status in ('never','controlled') made not ssa_status in ('never','controlled')": (
            "(not (ssa_status in ('never','controlled')))"
        ),
        "'never' left out of the codes of ssa_status": "ssa_status in ('controlled',)",
        "'controlled' left out of the codes of ssa_status": "ssa_status in ('never',)",
        "'progressed' added to the codes of ssa_status": "(ssa_status in ('never','controlled','progressed'))",
    }


def test_an_answer_is_turned_and_widened() -> None:
    assert edits("sstr_status == 'avid'") == {
        "sstr_status == 'avid' made != 'avid'": "sstr_status != 'avid'",
        "'not_avid' added to the codes of sstr_status": "(sstr_status in ('avid','not_avid'))",
    }
    assert edits("portal_vein_status != 'patent'")["'occluded' added to the codes of portal_vein_status"] == (
        "(not (portal_vein_status in ('patent','occluded')))"
    )


def test_a_question_to_a_list_is_negated_and_loses_each_code() -> None:
    found = edits("any_available(('tae','ctace'))")
    assert found == {
        "any_available(('tae','ctace')) made not any_available(('tae','ctace'))": "(not (any_available(('tae','ctace'))))",
        "'tae' left out of the codes of any_available": "any_available(('ctace',))",
        "'ctace' left out of the codes of any_available": "any_available(('tae',))",
    }


def test_facts_that_are_compared_with_each_other_are_turned() -> None:
    assert set(edits("nlr_6_months > nlr_baseline").values()) == {
        "nlr_6_months >= nlr_baseline",
        "nlr_6_months < nlr_baseline",
        "nlr_6_months <= nlr_baseline",
    }


def test_equal_words_are_told_apart() -> None:
    found = edits("(avid and not ascites) or (ascites and not avid)")
    assert "avid made not avid" in found
    assert "avid made not avid (place 2)" not in found  # the second stands behind a not
    assert "ascites left out of the 'and'" in found
    twice = edits("(avid and ascites) or (avid and lvef_poor)")
    assert twice["avid made not avid"] == "((not (avid)) and ascites) or (avid and lvef_poor)"
    assert twice["avid made not avid (place 2)"] == "(avid and ascites) or ((not (avid)) and lvef_poor)"


CONDITIONS = {rule.row.when for rule in rule_set().rules.values()}
CONDITIONS |= {predicate.when for predicate in rule_set().predicates.values()}


@pytest.mark.parametrize("text", sorted(CONDITIONS))
def test_every_change_of_a_shipped_condition_is_another_condition(text: str) -> None:
    before = rules().node(text)
    found = edits(text)
    assert found
    for words, changed in found.items():
        try:
            assert rules().node(changed) != before, words
        except ExpressionError:
            assert changed == "nlr_baseline > -1 and any_available(('ctace','deb_tace'))"

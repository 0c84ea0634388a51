"""The policies P1 to P14, each from a small worked patient."""

from typing import Any

import pytest

from adapter.case.fact import State
from adapter.case.truth import Truth
from adapter.ldt import Danger, Indicator, Rated, Scope, Strength, rule_set
from tests.ldt.patients import ROW_1, advice, lists

SCOPE_FACTS = ("age_years", "diagnosis", "differentiation", "liver_metastases")


def listed(found: dict[str, Any], code: str) -> list[str]:
    return [strength.value for strength in Strength if code in found[strength.value]]


# P1


def test_p1_out_of_scope_says_so_and_nothing_else() -> None:
    found = lists(ROW_1, diagnosis="hcc", planned_therapies=["tae"], portal_vein_status="occluded")
    assert found["actions"] == ["guideline_not_applicable"]
    assert found["rules"] == ["R-001"]
    assert found["indicator"] == "info"
    assert not any(found[strength.value] for strength in Strength)
    assert found["cautions"] == found["missing"] == []


def test_p1_a_true_exclusion_outweighs_an_unknown_scope_fact() -> None:
    found = advice(diagnosis="hcc", age_years=None)
    assert found.scope is Scope.NOT_APPLICABLE
    assert found.missing == ()


@pytest.mark.parametrize("fact", SCOPE_FACTS)
def test_p1_an_unknown_scope_fact_stops_every_recommendation_and_is_asked_for(fact: str) -> None:
    found = advice({**ROW_1, fact: None})
    assert found.scope is Scope.UNKNOWN
    assert [action.code for action in found.actions] == ["scope_unknown_no_recommendation"]
    assert [missing.name for missing in found.missing] == [fact]
    assert found.therapies == ()
    assert found.indicator is Indicator.WARNING


def test_p1_an_active_crisis_is_treated_in_unknown_scope() -> None:
    found = lists(diagnosis=None, carcinoid_crisis_active=True)
    assert found["rules"] == ["R-505", "R-506"]
    assert found["contraindicated"] == ["epinephrine", "norepinephrine"]
    assert found["actions"] == ["scope_unknown_no_recommendation", "treat_crisis_octreotide_500mcg_iv_q5_10min"]
    assert found["missing"] == ["diagnosis"]
    assert found["indicator"] == "critical"


def test_p1_a_planned_contraindicated_therapy_is_shown_in_unknown_scope_and_only_that() -> None:
    found = lists(differentiation=None, planned_therapies=["ctace"], portal_vein_status="occluded")
    assert found["contraindicated"] == ["ctace"]
    assert found["rules"] == ["R-201"]
    assert found["indicator"] == "critical"


def test_p1_the_planned_drug_is_looked_at_in_unknown_scope() -> None:
    plan = {"planned_therapies": ["ctace"], "planned_tace_agent": "doxorubicin", "lvef_poor": True}
    found = lists(plan, liver_metastases=None)
    assert found["contraindicated"] == ["tace_doxorubicin"]
    assert found["indicator"] == "critical"


def test_p1_a_planned_vasopressor_is_looked_at_in_unknown_scope() -> None:
    plan = {"planned_therapies": ["tae"], "planned_vasopressors": ["epinephrine"]}
    found = lists(plan, diagnosis=None, functional_status="carcinoid_syndrome")
    assert found["contraindicated"] == ["epinephrine"]
    assert found["rules"] == ["R-505"]
    assert found["indicator"] == "critical"


def test_p1_danger_that_is_only_unknown_is_no_danger() -> None:
    found = lists(diagnosis=None, planned_therapies=["ctace"], portal_vein_status=None)
    assert found["contraindicated"] == []
    assert found["indicator"] == "warning"


# P2


def test_p2_a_required_fact_is_missing_only_where_it_keeps_a_rule_open() -> None:
    assert lists(sstr_status="not_avid", hiaa_high=None)["missing"] == []
    row_2 = advice(hiaa_high=None)
    assert [fact.name for fact in row_2.missing] == ["hiaa_high"]
    assert row_2.missing[0].rules == ("R-102",)
    assert row_2.missing[0].therapies == ("ctace", "tae", "tare_lobar")
    assert (row_2.missing[0].state, row_2.missing[0].reason) == (State.ABSENT, "not-recorded")


def test_p2_an_optional_fact_leaves_the_rule_silent() -> None:
    assert lists(ki67_percent=None)["missing"] == []


def test_p2_a_known_fact_that_is_too_imprecise_is_missing_with_that_reason() -> None:
    found = advice(bilirubin_mg_dl={"low": 1, "high": 3})
    assert [(fact.name, fact.state, fact.reason) for fact in found.missing] == [
        ("bilirubin_mg_dl", State.PRESENT, "not-precise-enough")
    ]
    assert lists(bilirubin_mg_dl={"high": 1})["missing"] == []


def test_p2_a_list_that_may_go_on_does_not_say_none() -> None:
    history = {"has": [], "one_of": [], "complete": False}
    found = lists(ROW_1, biliary_instrumentation=history)
    assert "biliary_instrumentation" in found["missing"]
    assert {"provisional_tae", "provisional_ctace"} <= set(found["cautions"])


# P3 to P9


def test_p4_an_exception_sets_the_table_row_aside_and_says_so() -> None:
    found = advice(ROW_1, bulky_liver_lesions=True, lobar_distribution="unilobar")
    tare = found.therapy("tare_lobar")
    assert tare is not None
    assert tare.strength is Strength.PREFERRED
    assert [one.rule for one in tare.because] == ["R-108"]
    assert ("R-101", Rated.NOT_RECOMMENDED) in {(one.rule, one.rated) for one in tare.set_aside}


def test_p4_among_exceptions_the_lowest_strength_wins() -> None:
    both = {"bulky_liver_lesions": True, "lobar_distribution": "unilobar", "biliary_instrumentation": ["biliary_stent"]}
    assert listed(lists(ROW_1, **both), "tae") == ["not_recommended"]
    assert listed(lists(ROW_1, **both), "tare_lobar") == ["preferred"]


def test_p4_rapid_unilobar_progression_leaves_tae_its_other_ratings() -> None:
    found = lists(ssa_status="progressed", disease_trajectory="rapidly_progressive", lobar_distribution="unilobar")
    assert "R-113" in found["rules"]
    assert "R-109" not in found["rules"]
    assert found["preferred"] == ["ctace", "tae", "tare_lobar"]


AFTER_PRRT = {**ROW_1, "prior_prrt": True, "progression_after_prrt": True}


def test_p5_after_prrt_an_exception_makes_tare_reasonable_with_both_positions() -> None:
    found = advice(AFTER_PRRT, bulky_liver_lesions=True, lobar_distribution="unilobar")
    tare = found.therapy("tare_lobar")
    assert tare is not None
    assert tare.strength is Strength.REASONABLE
    assert [one.rule for one in tare.because] == ["R-106", "R-108"]
    assert "conflict_tare_after_prrt" in {caution.code for caution in found.cautions}
    assert "C-07" in {conflict.conflict for conflict in found.conflicts}


def test_p5_after_prrt_tae_keeps_the_highest_unless_biliary_instrumentation_vetoes() -> None:
    rapid = {**AFTER_PRRT, "disease_trajectory": "rapidly_progressive"}
    assert listed(lists(rapid), "tae") == ["preferred"]
    assert listed(lists(rapid, biliary_instrumentation=["sphincterotomy"]), "tae") == ["not_recommended"]


def test_p6_without_an_exception_the_lowest_strength_wins() -> None:
    found = advice(ROW_1, bulky_liver_lesions=True)
    tare = found.therapy("tare_lobar")
    assert tare is not None
    assert tare.strength is Strength.NOT_RECOMMENDED
    assert {one.rule for one in tare.set_aside} == {"R-105", "R-022"}


def test_p7_support_counts_only_where_nothing_else_rates() -> None:
    assert listed(lists(), "tae") == ["reasonable"]
    assert listed(lists(ROW_1), "tae") == ["preferred"]


def test_p8_a_downgrade_touches_preferred_only() -> None:
    small = {"liver_burden_percent": 9, "largest_target_lesion_cm": 2, "largest_lesion_cm": 2}
    assert listed(lists(ROW_1, **small), "tae") == ["reasonable"]
    assert listed(lists(small), "tae") == ["reasonable"]
    assert listed(lists(ROW_1, **small), "tare_lobar") == ["not_recommended"]


def test_p9_safety_overrides_and_each_therapy_stands_in_one_list() -> None:
    found = lists(ROW_1, creatinine_mg_dl=2.4, liver_reserve="poor")
    assert listed(found, "tae") == ["contraindicated"]
    assert listed(found, "tare_lobar") == ["not_recommended"]
    assert listed(found, "radiation_segmentectomy") == ["not_recommended"]


# P10


def test_p10_an_undecided_contraindication_marks_what_is_offered() -> None:
    found = advice(ROW_1, portal_vein_status=None)
    marks = {caution.code: caution for caution in found.cautions}
    assert {"provisional_tae", "provisional_ctace"} <= marks.keys()
    assert "provisional_deb_tace" not in marks
    assert marks["provisional_tae"].rules == ("R-201",)
    assert marks["provisional_tae"].facts == ("portal_vein_status",)
    tae = found.therapy("tae")
    assert tae is not None
    assert tae.provisional


def test_p10_a_planned_therapy_is_marked_although_it_is_not_offered() -> None:
    assert "provisional_deb_tace" in lists(planned_therapies=["deb_tace"], portal_vein_status=None)["cautions"]


def test_p10_an_optional_fact_can_leave_a_planned_therapy_provisional() -> None:
    found = advice(planned_therapies=["debulking"])
    assert [caution.facts for caution in found.cautions if caution.code == "provisional_debulking"] == [
        ("achievable_cytoreduction_percent",)
    ]


@pytest.mark.parametrize(("agent", "marked"), [(None, True), ("doxorubicin", True), ("cisplatin", False)])
def test_p10_doxorubicin_is_looked_at_unless_another_drug_is_named(agent: str | None, marked: bool) -> None:
    found = lists(ROW_1, lvef_poor=None, planned_tace_agent=agent)
    assert ("provisional_tace_doxorubicin" in found["cautions"]) is marked


def test_p10_captem_with_tare_takes_over_the_mark_of_tare() -> None:
    found = lists(sstr_status="not_avid", who_grade="G2", bilirubin_mg_dl=None)
    assert "captem_plus_tare" in found["reasonable"]
    assert {"provisional_tare_lobar", "provisional_captem_plus_tare"} <= set(found["cautions"])


def test_p10_a_planned_vasopressor_with_unknown_function_is_marked() -> None:
    found = lists(planned_vasopressors=["norepinephrine"], functional_status=None)
    assert "provisional_norepinephrine" in found["cautions"]
    assert "provisional_epinephrine" not in found["cautions"]


# P11


@pytest.mark.parametrize(
    ("planned", "caution"),
    [
        ("tare_plus_prrt", "tare_chronic_hepatotoxicity"),
        ("serial_tae", None),
        ("tare_everolimus_ssa", "tare_chronic_hepatotoxicity"),
    ],
)
def test_p11_a_planned_combination_counts_as_its_parts(planned: str, caution: str | None) -> None:
    found = advice(planned_therapies=[planned])
    assert (caution in {remark.code for remark in found.cautions}) is (caution is not None)
    parts = rule_set().therapies[planned].parts
    assert parts
    for part in parts:
        verdict = found.therapy(part)
        assert verdict is None or verdict.planned is Truth.TRUE


def test_p11_a_draft_that_is_not_known_decides_nothing() -> None:
    found = advice(ROW_1, planned_therapies=None)
    assert {"R-124", "R-231", "R-312"} <= set(found.undecided)
    assert "R-123" in found.fired
    tae = found.therapy("tae")
    assert tae is not None
    assert tae.planned is Truth.UNKNOWN


def test_p11_a_planned_excluded_therapy_brings_its_advice_but_no_added_treatment() -> None:
    found = lists(ROW_1, who_grade="G2", planned_therapies=["tare_lobar"])
    assert {"R-231", "R-511"} <= set(found["rules"])
    assert "R-410" not in found["rules"]


# P12


@pytest.mark.parametrize(
    ("changes", "indicator"),
    [
        (ROW_1, "info"),
        ({**ROW_1, "planned_therapies": ["tae"]}, "info"),
        ({**ROW_1, "planned_therapies": ["tare_lobar"]}, "warning"),
        ({"planned_therapies": ["deb_tace"]}, "warning"),
        ({"ascites": True}, "warning"),
        ({"portal_vein_status": None}, "warning"),
        ({"planned_therapies": ["tae"], "portal_vein_status": "occluded"}, "critical"),
        ({"planned_therapies": ["serial_tae"], "portal_vein_status": "occluded"}, "critical"),
        ({"planned_therapies": ["tare_whole_liver"]}, "critical"),
        ({"planned_therapies": ["captem_plus_tare"], "liver_burden_percent": 90.1}, "critical"),
        ({"planned_therapies": ["captem_plus_tare"], "liver_burden_percent": 90}, "warning"),
        ({"carcinoid_crisis_active": True}, "critical"),
        ({"functional_status": "insulinoma", "planned_vasopressors": ["epinephrine"]}, "critical"),
        ({"functional_status": "insulinoma", "planned_vasopressors": ["other"]}, "warning"),
    ],
)
def test_p12_indicator(changes: dict[str, Any], indicator: str) -> None:
    assert lists(changes)["indicator"] == indicator


@pytest.mark.parametrize(
    ("lvef", "asked", "indicator"), [(True, True, "warning"), (None, True, "warning"), (False, False, "info")]
)
def test_p12_the_drug_of_a_planned_tace_is_asked_for_when_the_heart_matters(
    lvef: bool | None, asked: bool, indicator: str
) -> None:
    found = lists(ROW_1, planned_therapies=["ctace"], lvef_poor=lvef)
    assert ("planned_tace_agent" in found["missing"]) is asked
    assert found["indicator"] == indicator


def test_p12_doxorubicin_named_in_the_draft_is_critical_with_a_poor_heart() -> None:
    plan = {"planned_therapies": ["ctace"], "planned_tace_agent": "doxorubicin"}
    found = advice({**ROW_1, **plan}, lvef_poor=True)
    assert found.dangers == (Danger("contraindicated", ("tace_doxorubicin",)),)
    assert lists({**ROW_1, **plan}, lvef_poor=True)["missing"] == []


def group(*codes: str) -> dict[str, Any]:
    return {"has": [], "one_of": [list(codes)], "complete": True}


def test_p12_a_drafted_tace_of_either_form_is_critical_when_both_are_contraindicated() -> None:
    found = advice(planned_therapies=group("ctace", "deb_tace"), portal_vein_status="occluded")
    assert found.indicator is Indicator.CRITICAL
    assert found.dangers == (Danger("contraindicated", ("ctace", "deb_tace")),)


def test_p12_a_group_with_a_safe_member_is_no_certain_danger_and_still_a_warning() -> None:
    found = advice(planned_therapies=group("tae", "resection"), portal_vein_status="occluded")
    assert found.dangers == ()
    assert found.indicator is Indicator.WARNING
    tae = found.therapy("tae")
    assert tae is not None
    assert tae.planned is Truth.UNKNOWN


def test_p12_members_of_a_group_may_be_dangerous_for_different_reasons() -> None:
    found = advice(planned_therapies=group("ctace", "tare_whole_liver"), portal_vein_status="occluded")
    assert {danger.kind for danger in found.dangers} == {"contraindicated", "always-critical"}


def test_p12_the_drug_matters_for_a_tace_of_either_form() -> None:
    found = lists(planned_therapies=group("ctace", "deb_tace"), lvef_poor=True)
    assert "tace_doxorubicin" in found["contraindicated"]
    assert "planned_tace_agent" in found["missing"]


# P13, P14


def test_p13_a_conflict_is_shown_when_a_rule_of_it_fired_and_bears_on_what_is_shown() -> None:
    found = {conflict.conflict: conflict.rules for conflict in advice(ROW_1).conflicts}
    assert found["C-11"] == ("R-121",)
    assert "C-22" not in found  # none of its rules fired
    assert "R-010" in advice(ROW_1).fired
    assert "C-03" not in found  # R-010 fired, a note that bears on no therapy shown
    assert advice(diagnosis="hcc").conflicts == ()
    for conflict in found:
        assert rule_set().conflicts[conflict].position_a
        assert rule_set().conflicts[conflict].position_b


def test_p14_no_effect_carries_a_dose() -> None:
    advised = {rating.therapy for rule in rule_set().rules.values() for rating in rule.ratings}
    assert advised <= set(rule_set().therapies)
    octreotide = rule_set().rules["R-503"].row.statement
    assert "150-300 mcg/h" in octreotide
    assert "50-100 mcg/h" in octreotide

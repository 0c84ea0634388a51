"""The shipped rules against what the documents print, and the explanation of an answer."""

import pytest

from adapter.case.truth import Truth
from adapter.ldt import Rated, explain, rule_set
from tests.ldt.patients import ROW_1, advice, patient

MARKS = {"+++": Rated.PREFERRED, "+": Rated.REASONABLE, "–": Rated.NOT_RECOMMENDED}


@pytest.mark.parametrize("row", rule_set().table, ids=lambda row: row.id)
def test_a_row_of_table_1_is_encoded_as_printed(row: object) -> None:
    printed = next(one for one in rule_set().table if one is row)
    rated = {rating.therapy: rating.rated for rating in rule_set().rules[printed.rule].ratings}
    assert rated["tae"] is rated["ctace"] is MARKS[printed.tae_ctace]
    if "rad seg" in printed.also:
        assert "tare_lobar" not in rated
    else:
        assert rated["tare_lobar"] is MARKS[printed.tare]


def test_deb_tace_never_shares_the_column_of_ctace() -> None:
    ratings = [rating for rule in rule_set().rules.values() for rating in rule.ratings if rating.therapy == "deb_tace"]
    assert ratings
    assert not any(rating.rated.offers for rating in ratings)


def test_whole_liver_tare_is_never_an_option() -> None:
    ratings = [r for rule in rule_set().rules.values() for r in rule.ratings if r.therapy == "tare_whole_liver"]
    assert {rating.rated for rating in ratings} == {Rated.OVERRIDE}


def test_no_laboratory_limit_steers_from_tae_to_tare() -> None:
    for rule_id in ("R-211", "R-212", "R-213", "R-214", "R-215"):
        excluded = {rating.therapy for rating in rule_set().rules[rule_id].ratings}
        assert {"tae", "ctace", "tare_lobar", "radiation_segmentectomy"} <= excluded


def test_every_shown_code_has_words_and_every_rule_a_source_or_policy() -> None:
    assert all(code.text.strip().endswith((".", ")")) for code in rule_set().codes.values())
    assert [rule.id for rule in rule_set().rules.values() if not rule.row.sources] == ["R-004"]


def test_an_explanation_opens_predicates_and_names_the_facts() -> None:
    case, found = patient(ROW_1, sstr_status=None), advice(ROW_1, sstr_status=None)
    row_1 = explain(case, found, rule_set(), "R-101")
    assert row_1.text == "row1"
    assert row_1.answer is Truth.UNKNOWN
    [definition] = row_1.parts
    answers = {part.text: part.answer for part in definition.parts}
    assert answers["avid"] is Truth.UNKNOWN
    assert answers["ssa_status == 'progressed'"] is Truth.TRUE
    [avid] = [part for part in definition.parts if part.text == "avid"]
    assert [fact.name for fact in avid.parts[0].facts] == ["sstr_status"]
    assert "UNKNOWN" not in repr(row_1)
    assert repr(row_1) == "Explanation(row1: unknown)"


def test_an_explanation_agrees_with_the_evaluation_in_both_passes() -> None:
    changes = {**ROW_1, "portal_vein_status": None, "planned_therapies": None}
    case, found = patient(changes), advice(changes)
    for rule in (*rule_set().first, *rule_set().second):
        answer = explain(case, found, rule_set(), rule.id).answer
        assert (answer is Truth.TRUE) is (rule.id in found.fired)
        assert (answer is Truth.UNKNOWN) is (rule.id in found.undecided)


def test_an_explanation_of_an_available_therapy_names_the_draft() -> None:
    explained = explain(patient(), advice(), rule_set(), "R-124")
    assert [fact.name for fact in explained.facts] == ["planned_therapies"]


def test_the_advice_names_the_facts_behind_a_verdict_and_no_values() -> None:
    found = advice(ROW_1)
    tae = found.therapy("tae")
    assert tae is not None
    assert tae.facts == ("disease_distribution", "disease_trajectory", "ssa_status", "sstr_status")
    assert "liver_only" not in repr(found)
    assert repr(rule_set().rules["R-101"]) == "Rule(R-101)"

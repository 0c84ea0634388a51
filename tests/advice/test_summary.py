"""The summary of a card: one whole sentence that fits, whatever the advice, and that never turns its sense."""

import re
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.advice.assessment import assess_case
from adapter.advice.card import cards, full
from adapter.advice.summary import SUMMARY_LIMIT, summary
from adapter.case.fact import NOT_READ, Fact, State
from adapter.case.truth import Truth
from adapter.ldt import Danger, Scope, Strength, rule_set
from adapter.ldt.advice import Silenced
from tests.advice.assessments import everyone, extreme, of_facts
from tests.advice.parts import parts
from tests.ldt.patients import patient
from tests.ldt.test_properties import IN_SCOPE, PARTLY_KNOWN

EVERYONE = everyone()
THERAPIES = tuple(rule_set().therapies)
ALL_PLANNED = Danger("contraindicated", THERAPIES)
CRISIS = Danger("crisis", ())


@pytest.mark.hazard("HZ-A05")
def test_the_limit_is_that_of_cds_hooks() -> None:
    assert SUMMARY_LIMIT == 139


@pytest.mark.hazard("HZ-A05")
@pytest.mark.parametrize("name", EVERYONE)
def test_a_summary_fits_and_is_the_one_of_the_card(name: str) -> None:
    [card] = cards(EVERYONE[name])
    assert 0 < len(card.summary) <= 139
    assert card.summary == summary(EVERYONE[name])
    assert "\n" not in card.summary


@pytest.mark.hazard("HZ-A05")
@pytest.mark.parametrize("dangers", [(), (ALL_PLANNED,), (CRISIS,), (ALL_PLANNED, CRISIS)], ids=len)
@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("strength", Strength)
def test_advice_of_any_length_has_a_summary_that_fits(
    strength: Strength, scope: Scope, dangers: tuple[Danger, ...]
) -> None:
    for few in (0, 1, 2, 5, 10, None):
        assert len(summary(extreme(strength, scope=scope, dangers=dangers, few=few))) <= 139


@pytest.mark.hazard("HZ-A05")
@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("strength", Strength)
def test_with_every_mark_at_once_it_fits_too(strength: Strength, scope: Scope) -> None:
    whole = extreme(strength, scope=scope)
    facts = {name: Fact(name, State.ABSENT, NOT_READ) for name in whole.case.facts}
    marked = replace(
        whole,
        case=replace(whole.case, facts=facts),
        advice=replace(whole.advice, silenced=(Silenced("R-201", Truth.TRUE, ("tae",)),)),
        earlier=frozenset({"tae"}),
        gaps=("observations: not provided by the EHR",),
    )
    assert len(summary(marked)) <= 139


def test_facts_whose_data_did_not_come_are_counted_apart() -> None:
    one = extreme(Strength.PREFERRED, few=1)
    some = ("bilirubin_mg_dl", "albumin_g_dl")
    facts = {name: Fact(name, State.ABSENT, NOT_READ if name in some else "not-recorded") for name in one.case.facts}
    text = summary(replace(one, case=replace(one.case, facts=facts), gaps=("observations: not provided by the EHR",)))
    assert "; 65 facts missing (2 could not be read)" in text
    assert "some data not used" not in text


@pytest.mark.hazard("HZ-A05")
@pytest.mark.parametrize("number", range(1, len(THERAPIES) + 1))
def test_names_of_therapies_are_all_there_or_none_of_them(number: int) -> None:
    assessment = extreme(Strength.PREFERRED, few=number)
    text = summary(assessment)
    names = [rule_set().therapies[code].short for code in THERAPIES[:number]]
    listed = "NET liver metastases: preferred (provisional) " + ", ".join(names) + "; 65 facts missing"
    cautions = sum(not caution.code.startswith("provisional_") for caution in assessment.advice.cautions)
    forms = (
        f"{listed}; {cautions} cautions",
        listed,
        "NET liver metastases: options are rated (provisional); 65 facts missing",
    )
    assert text == next(form for form in forms if len(form) <= 139)


@pytest.mark.hazard("HZ-A05")
def test_the_longest_names_of_dangerous_plans_are_named_whole_or_not_at_all() -> None:
    for codes in combinations(THERAPIES, 2):
        names = ", ".join(rule_set().therapies[code].short for code in codes)
        text = summary(extreme(Strength.CONTRAINDICATED, dangers=(Danger("contraindicated", codes),)))
        whole = f"NET liver metastases: planned but contraindicated or to be avoided: {names}"
        assert text == (
            whole
            if len(whole) <= 139
            else "NET liver metastases: a planned therapy is contraindicated or to be avoided"
        )


@settings(max_examples=100, deadline=None)
@given(PARTLY_KNOWN, st.sampled_from([{}, IN_SCOPE]))
def test_any_patient_has_a_summary_that_fits(facts: dict[str, object], scope: dict[str, object]) -> None:
    assert len(summary(assess_case(patient({**facts, **scope}), rule_set()))) <= 139


def test_what_is_dangerous_comes_before_what_is_offered() -> None:
    text = summary(of_facts(carcinoid_crisis_active=True, planned_therapies=["tare_whole_liver"]))
    assert text == (
        "NET liver metastases: active carcinoid crisis; planned but contraindicated or to be avoided: TARE (whole liver)"
    )


def test_a_provisional_offer_says_so_and_missing_facts_are_counted() -> None:
    one = summary(of_facts(bilirubin_mg_dl=None))
    assert one.endswith("1 fact missing")
    assert "(provisional)" in one
    assert "missing" not in summary(of_facts())


def test_cautions_are_counted_but_give_way_to_names() -> None:
    assert (
        summary(EVERYONE["02-stable-severe-syndrome fhir"]) == "NET liver metastases: preferred TAE, cTACE; 1 caution"
    )
    assert summary(EVERYONE["05-bulky-right-lobe fhir"]).endswith("preferred TAE, cTACE, TARE (lobar); 2 cautions")
    assert "caution" not in summary(EVERYONE["01-progressive-on-ssa fhir"])
    told = replace(
        extreme(Strength.PREFERRED, few=5).advice, therapies=extreme(Strength.PREFERRED, few=6).advice.therapies[1:]
    )
    text = summary(replace(of_facts(), advice=told))
    assert "radiation segmentectomy; 65 facts missing" in text
    assert "caution" not in text


@pytest.mark.parametrize("name", EVERYONE)
def test_as_many_cautions_are_counted_as_the_whole_answer_lists(name: str) -> None:
    listed = len(parts(full(EVERYONE[name])).sections.get("Cautions", ()))
    counted = re.search(r"; (\d+) cautions?$", summary(EVERYONE[name]))
    assert counted is None or int(counted[1]) == listed


def test_without_an_offer_the_summary_says_so() -> None:
    text = summary(of_facts(diagnosis=None))
    assert text == "NET liver metastases: no advice until these are known: diagnosis"
    assert "no therapy can be advised yet; " in summary(extreme(Strength.NOT_RECOMMENDED))

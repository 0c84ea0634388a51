"""The summary of a card about orders: a danger first, then what the rules say of the orders, then what is preferred."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.advice.assessment import Assessment, assess_case
from adapter.advice.options import options
from adapter.advice.order_verdict import call_lines
from adapter.advice.ordered import Ordered
from adapter.advice.summary import summary
from adapter.case.catalogue import catalogue
from adapter.case.finding import Finding
from adapter.case.value import Coded, Members
from adapter.ldt import Strength, rule_set
from adapter.mapping.closed import CLOSING
from tests.advice.assessments import extreme, of_facts
from tests.ldt.patients import ROW_1, patient
from tests.ldt.test_properties import IN_SCOPE, PARTLY_KNOWN

SAID = "What the rules say of what is ordered: "
START = "NET liver metastases: "
PLANS = tuple(sorted(catalogue()["planned_therapies"].values))


def ordered(*codes: str, one_of: tuple[str, ...] = (), unclear: int = 0, **facts: object) -> Assessment:
    """A patient who progresses on an analogue, with these facts, and an order for each code, and one for one of some codes."""
    groups = frozenset({frozenset(one_of)}) if one_of else frozenset()
    plan = {"has": list(codes), "one_of": [list(one_of)], "complete": False} if one_of else list(codes)
    assessment = of_facts(**{"planned_therapies": plan, **ROW_1, **facts})
    plans = [Members(frozenset({code}), complete=False) for code in codes]
    plans += [Members(frozenset(), groups, complete=False)] if one_of else []
    return replace(assessment, ordered=Ordered(tuple(plans), unclear))


def said(assessment: Assessment) -> str:
    """What a card says of the orders, whatever there is room for."""
    [line] = (line for line in call_lines(assessment) if line.startswith(SAID))
    return line.removeprefix(SAID)


def test_the_verdict_on_each_order_stands_before_what_is_preferred() -> None:
    assessment = ordered("prrt_iv", "deb_tace", "everolimus")
    assert said(assessment) == "DEB-TACE not recommended; everolimus rated by no rule; PRRT reasonable"
    assert summary(assessment).startswith(f"{START}orders {said(assessment).replace('; ', ', and ')}; ")
    one = summary(ordered("tae"))
    assert one.startswith(f"{START}order TAE preferred; preferred TAE, cTACE")


def test_where_not_all_names_have_room_the_worst_has() -> None:
    worst = ordered("deb_tace", "prrt_iv", "everolimus", "tae", "ctace", "captem")
    assert summary(worst).startswith(f"{START}orders DEB-TACE not recommended, others below; preferred TAE, cTACE")
    crowded = replace(worst, ordered=Ordered(worst.ordered.plans if worst.ordered else (), unclear=12))
    assert summary(crowded).startswith(
        f"{START}orders DEB-TACE not recommended, others below, and 12 others not judged; "
    )


def test_a_choice_with_one_verdict_is_told_once_and_one_with_several_by_form() -> None:
    assert said(ordered(one_of=("tae", "ctace"))) == "cTACE or TAE preferred"
    assert said(ordered(one_of=("deb_tace", "ctace"))) == "DEB-TACE not recommended, or cTACE preferred"


@pytest.mark.parametrize("code", ["everolimus", "sunitinib"])
def test_an_order_of_a_member_of_a_class_is_told_what_the_rules_say_of_the_class(code: str) -> None:
    """R-016 rates targeted agents while embolisation waits: little burden, small lesions, no severe symptoms."""
    waiting: dict[str, Any] = {
        "liver_burden_percent": 5,
        "largest_target_lesion_cm": 2,
        "hormonal_symptom_severity": "none",
    }
    assert "R-016" in ordered(code, **waiting).advice.fired
    assert said(ordered(code, **waiting)) == f"{code} reasonable"
    assert said(ordered(code, **{**waiting, "liver_burden_percent": None})) == f"{code} not rated yet"
    assert said(ordered(code, **{**waiting, "liver_burden_percent": 40})) == f"{code} rated by no rule"


@pytest.mark.hazard("HZ-A05")
def test_what_is_also_something_else_has_the_worst_of_both_verdicts() -> None:
    """MWA is a thermal ablation (P11), which R-305 rates."""
    assert said(ordered("mwa")) == f"MWA {said(ordered('thermal_ablation')).removeprefix('thermal ablation ')}"
    both = ordered("tare_plus_prrt")
    lobar, prrt = (both.advice.therapy(code) for code in ("tare_lobar", "prrt_iv"))
    assert lobar
    assert prrt
    assert (lobar.strength, prrt.strength) == (Strength.NOT_RECOMMENDED, Strength.REASONABLE)
    assert said(both) == "TARE + PRRT not recommended"


@pytest.mark.hazard("HZ-A05")
def test_a_missing_fact_makes_a_verdict_provisional_or_leaves_it_open() -> None:
    assert said(ordered("tae", portal_vein_status=None)) == "TAE preferred (provisional)"
    assert said(ordered("deb_tace", portal_vein_status=None)) == "DEB-TACE not recommended"
    assert said(ordered("prrt_iv", sstr_status=None)) == "PRRT not rated yet"
    assert said(ordered("prrt_iv", diagnosis=None)) == "PRRT not rated yet"
    assert said(ordered("prrt_iv", diagnosis="hcc")) == "PRRT not rated"


@pytest.mark.hazard("HZ-A02")
def test_an_order_that_is_dangerous_stands_first_and_once() -> None:
    text = summary(ordered("tae", portal_vein_status="occluded"))
    assert text.startswith(f"{START}order contraindicated or to be avoided: TAE; ")
    assert text.count("TAE") == text.count("cTACE") + 1
    other = summary(ordered("tae", "everolimus", portal_vein_status="occluded"))
    assert other.startswith(f"{START}order contraindicated or to be avoided: TAE; order everolimus rated by no rule; ")
    planned = replace(
        ordered("tae", "everolimus", portal_vein_status="occluded"),
        ordered=Ordered((Members(frozenset({"everolimus"})),)),
    )
    assert summary(planned).startswith(
        f"{START}planned but contraindicated or to be avoided: TAE; order everolimus rated by no rule; "
    )


@pytest.mark.hazard("HZ-A02")
def test_the_drug_of_a_planned_tace_is_told_as_what_it_makes_of_it() -> None:
    assessment = of_facts(planned_therapies=["ctace"], planned_tace_agent="doxorubicin", lvef_poor=True)
    text = summary(replace(assessment, ordered=Ordered((Coded(frozenset({"doxorubicin"})),))))
    assert text.startswith(f"{START}order contraindicated or to be avoided: TACE with doxorubicin; ")
    streptozocin = replace(assessment, ordered=Ordered((Coded(frozenset({"streptozocin"})),)))
    assert said(streptozocin) == "streptozocin rated by no rule"


def test_in_a_crisis_no_option_is_offered_beside_the_verdict() -> None:
    text = summary(ordered("prrt_iv", carcinoid_crisis_active=True))
    assert text == f"{START}active carcinoid crisis; order PRRT reasonable"


def test_of_a_closed_record_it_says_why_beside_the_order() -> None:
    closed = replace(ordered("tae"), findings=(Finding(min(CLOSING), "warning", "PID[1]-30", "died"),))
    assert "no advice, " in summary(closed)
    assert len(summary(closed)) <= 139


def test_without_an_order_that_was_judged_it_says_so() -> None:
    none = replace(of_facts(), ordered=Ordered(unclear=1))
    assert summary(none).startswith(f"{START}order not judged; reasonable TAE, cTACE")
    assert call_lines(none) == ()


@pytest.mark.hazard("HZ-A05")
def test_names_of_options_give_way_before_the_verdict_on_an_order_does() -> None:
    for few in range(1, 20):
        for plans in (("tae",), ("tae", "deb_tace", "everolimus"), tuple(PLANS)):
            long = extreme(Strength.REASONABLE, few=few)
            text = summary(replace(long, ordered=Ordered(tuple(Members(frozenset({code})) for code in plans))))
            assert "rated below" not in text or "options are rated" in text or len(plans) > 3
    text = summary(replace(extreme(Strength.REASONABLE, few=6), ordered=Ordered((Members(frozenset({"tae"})),))))
    assert text.startswith(f"{START}order TAE reasonable (provisional); options are rated (provisional); ")


ORDERS = st.lists(
    st.one_of(
        st.sampled_from(PLANS).map(lambda code: Members(frozenset({code}), complete=False)),
        st.frozensets(st.sampled_from(PLANS), min_size=2, max_size=6).map(
            lambda codes: Members(frozenset(), frozenset({codes}), complete=False)
        ),
        st.sampled_from(sorted(catalogue()["planned_tace_agent"].values)).map(lambda code: Coded(frozenset({code}))),
    ),
    max_size=5,
    unique=True,
)


@pytest.mark.hazard("HZ-A05")
@settings(max_examples=150, deadline=None)
@given(PARTLY_KNOWN, st.sampled_from([{}, IN_SCOPE]), ORDERS, st.integers(0, 2000))
def test_any_orders_on_any_patient_have_a_summary_that_fits_and_cuts_no_word(
    facts: dict[str, object], scope: dict[str, object], orders: list[Members | Coded], unclear: int
) -> None:
    assessment = assess_case(patient({**facts, **scope}), rule_set())
    whole = replace(assessment, ordered=Ordered(tuple(orders), unclear))
    text = summary(whole)
    assert len(text) <= 139
    assert text.endswith(tuple("abcdefghijklmnopqrstuvwxyzACDEFIKMNPRST)0123456789"))
    if whole.urgent:
        assert re.match(rf"{START}(active|order contra|planned but|an order is|a planned therapy is)", text)
    elif orders and len(orders) == 1 and not unclear:
        assert re.match(rf"{START}order (?!rated below)", text)


def test_what_the_rating_of_an_order_waits_for_is_named() -> None:
    lines = call_lines(ordered("captem", "tae", daxx_atrx_status=None))
    assert lines[-2].endswith("CapTem not rated yet; TAE preferred")
    assert lines[-1] == "What the rating of an order waits for: CapTem: DAXX/ATRX status"
    assert not any(
        "waits for" in line for line in call_lines(ordered("tae", "captem", daxx_atrx_status="mutated_or_lost"))
    )


def test_what_is_not_offered_is_never_called_provisional() -> None:
    found = options(ordered("ctace", "deb_tace", portal_vein_status="occluded", bilirubin_mg_dl=None))
    strengths = {option.therapy.code: option.strength for option in found}
    assert any(option.therapy.provisional for option in found if not option.therapy.strength.offered)
    assert (strengths["ctace"], strengths["deb_tace"]) == ("contraindicated", "contraindicated")

"""Why and why not: every rule that speaks of a therapy is told, with its weight."""

from pathlib import Path

import pytest

from adapter.case.truth import Truth
from adapter.ldt import evaluate, explain, rule_set
from adapter.ldt.explain import asked
from adapter.ldt.reasons import Reasons, Weight, reasons
from tests.advice.assessments import gold
from tests.ldt.patients import ROW_1, patient
from tests.ldt.sites import site_rules

RULES = rule_set()


def weights(why: Reasons) -> dict[str, Weight]:
    return {voice.rating.rule: voice.weight for voice in why.voices}


def of(therapy: str, **facts: object) -> Reasons:
    case = patient({**ROW_1, **facts})
    return reasons(case, evaluate(case, RULES), RULES, therapy)


@pytest.mark.parametrize("name", sorted(gold()))
def test_every_rule_that_rates_a_therapy_has_a_voice(name: str) -> None:
    assessment = gold()[name]
    for therapy in RULES.therapies:
        why = reasons(assessment.case, assessment.advice, RULES, therapy)
        parts = RULES.parts[therapy]
        rated = [one for rule in RULES.rules.values() for one in rule.ratings if one.therapy in parts]
        assert {voice.rating for voice in why.voices} == set(rated)
        verdict = assessment.advice.therapy(therapy)
        own = [voice for voice in why.voices if voice.rating.therapy == therapy]
        decides = {voice.rating for voice in own if voice.weight is Weight.DECIDES}
        assert decides == (set(verdict.because) if verdict else set())
        if verdict:
            set_aside = {voice.rating for voice in own if voice.weight is Weight.SET_ASIDE}
            assert set_aside >= set(verdict.set_aside)


def test_weights_of_rules() -> None:
    found = weights(of("tae", portal_vein_status=None, liver_burden_percent=30))
    assert found["R-101"] is Weight.DECIDES
    assert found["R-201"] is Weight.UNDECIDED
    assert found["R-011"] is Weight.SILENT
    occluded = weights(of("tae", portal_vein_status="occluded"))
    assert (occluded["R-201"], occluded["R-101"]) == (Weight.DECIDES, Weight.SET_ASIDE)


def test_what_decides_stands_first_and_what_does_not_apply_last() -> None:
    order = [voice.weight for voice in of("tae", portal_vein_status=None).voices]
    assert order == sorted(order, key=list(Weight).index)


def test_a_planned_form_tells_what_is_said_of_its_parts() -> None:
    why = of("serial_tae", portal_vein_status="occluded", planned_therapies=["serial_tae"])
    decides = [(voice.rating.rule, voice.rating.therapy) for voice in why.voices if voice.weight is Weight.DECIDES]
    assert ("R-201", "tae") in decides


def test_an_open_scope_is_told_and_nothing_counts_as_decided() -> None:
    why = of("tae", differentiation=None)
    assert [rule for rule, _ in why.scope] == ["R-003"]
    assert set(weights(why).values()) <= {Weight.OUT_OF_SCOPE, Weight.SILENT}
    assert why.verdict is None


def test_a_rule_that_the_site_switched_off_is_told(tmp_path: Path) -> None:
    rules = site_rules(tmp_path, switches=[{"item": "R-101", "mode": "off"}])
    case = patient(ROW_1)
    assert weights(reasons(case, evaluate(case, rules), rules, "tae"))["R-101"] is Weight.SWITCHED


def test_the_parts_that_make_an_answer() -> None:
    case = patient(ROW_1, ssa_status="controlled")
    why = explain(case, evaluate(case, RULES), RULES, "R-101")
    row = why.parts[0]
    assert why.answer is Truth.FALSE
    assert [part.text for part in row.deciding] == ["ssa_status == 'progressed'"]
    assert why.deciding == why.parts  # a predicate is its definition
    assert asked(row, RULES) == "all of these"
    assert asked(why, RULES) == "row1: Table 1 row 1"
    assert asked(row.deciding[0], RULES) == "somatostatin analogue: progressed"

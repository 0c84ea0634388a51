"""What-if: assumed facts, the nearest changes that turn a verdict, and what unknown facts are worth."""

from decimal import Decimal

import pytest

from adapter.case.case import Case
from adapter.case.fact import State
from adapter.case.value import Coded, Flag, Members, Quantity, Value
from adapter.ldt import Strength, evaluate, rule_set
from adapter.ldt.alternatives import alternatives
from adapter.ldt.difference import difference
from adapter.ldt.whatif import Flip, assume, flips, worth
from tests.advice.assessments import gold
from tests.ldt.patients import ROW_1, patient

RULES = rule_set()
CASES = sorted(gold())


def turned(case: Case, therapy: str) -> dict[str, list[Flip]]:
    found: dict[str, list[Flip]] = {}
    for flip in flips(case, RULES, therapy):
        found.setdefault(flip.fact, []).append(flip)
    return found


def number(value: Value) -> Decimal | None:
    return value.exact if isinstance(value, Quantity) else None


def test_an_assumed_fact_is_present_and_says_that_it_is_assumed() -> None:
    case = assume(patient(ROW_1, portal_vein_status=None), "portal_vein_status", Coded(frozenset({"occluded"})))
    fact = case.facts["portal_vein_status"]
    assert (fact.state, fact.origins[0].wire) == (State.PRESENT, "assumed")
    assert evaluate(case, RULES).therapy("tae").strength is Strength.CONTRAINDICATED  # type: ignore[union-attr]


def test_a_fact_assumed_unknown_is_as_unknown_as_one_that_was_never_sent() -> None:
    assumed = assume(patient(ROW_1), "portal_vein_status", None)
    never_sent = evaluate(patient(ROW_1, portal_vein_status=None), RULES)
    assert not difference(evaluate(assumed, RULES), never_sent).anything


def test_facts_that_cannot_both_be_right_are_told() -> None:
    case = assume(patient(ROW_1), "target_lesion_count", Quantity.of(Decimal(99)))
    assert "the target lesions exceed all lesions" in [finding.hint for finding in case.findings]


@pytest.mark.parametrize("name", CASES)
def test_every_flip_is_one_and_says_what_it_gives(name: str) -> None:
    case = gold()[name].case
    now = evaluate(case, RULES)
    for therapy in ("tae", "tare_lobar", "thermal_ablation"):
        for flip in flips(case, RULES, therapy):
            then = evaluate(assume(case, flip.fact, flip.value), RULES).therapy(therapy)
            was = now.therapy(therapy)
            assert flip.before is (was.strength if was else None)
            assert flip.after is (then.strength if then else None)
            assert flip.after is not flip.before


def test_the_nearest_number_in_each_direction_is_told() -> None:
    found = turned(patient(ROW_1, liver_burden_percent=88, platelets_10e9_l=104), "tae")
    assert [number(flip.value) for flip in found["liver_burden_percent"]] == [Decimal("90.1")]
    (platelets,) = found["platelets_10e9_l"]
    assert (number(platelets.value), platelets.after) == (Decimal(100), Strength.NOT_RECOMMENDED)
    assert next(iter(found)) == "liver_burden_percent"  # 2.1 of 88 is nearer than 4 of 104


def test_a_number_that_turns_the_verdict_on_both_sides_is_told_on_both() -> None:
    found = turned(patient(ROW_1, liver_burden_percent=11, largest_target_lesion_cm=2, largest_lesion_cm=2), "tae")
    assert {number(flip.value): flip.after for flip in found["liver_burden_percent"]} == {
        Decimal(10): Strength.REASONABLE,
        Decimal("90.1"): Strength.NOT_RECOMMENDED,
    }


def test_an_unknown_fact_can_turn_a_verdict() -> None:
    (portal,) = turned(patient(ROW_1, portal_vein_status=None), "tae")["portal_vein_status"]
    assert portal.value == Coded(frozenset({"occluded"}))
    assert portal.after is Strength.CONTRAINDICATED


def test_lists_turn_by_one_member() -> None:
    found = turned(patient(ROW_1, biliary_instrumentation=["biliary_stent"]), "tae")
    assert Members(frozenset(), complete=True) in [flip.value for flip in found["biliary_instrumentation"]]


def test_numbers_are_tried_at_and_beside_every_threshold_and_never_where_the_fact_cannot_be() -> None:
    case = patient(ROW_1)
    tried = [number(value) for value in alternatives(case, RULES.facts["liver_burden_percent"], RULES)]
    assert {Decimal("9.9"), Decimal(10), Decimal("10.1"), Decimal("89.9"), Decimal(90), Decimal("90.1")} <= set(tried)
    counts = [number(value) for value in alternatives(case, RULES.facts["liver_lesion_count"], RULES)]
    assert all(count is not None and count == count.to_integral_value() for count in counts)
    low, high = RULES.facts["liver_burden_percent"].plausible or (None, None)
    assert all(low <= value <= high for value in tried if value is not None and low is not None and high is not None)


def test_a_number_that_is_compared_with_another_fact_is_tried_at_that() -> None:
    case = patient(ROW_1, nlr_baseline=Decimal("2.7"), nlr_6_months=Decimal("2.5"))
    tried = [number(value) for value in alternatives(case, RULES.facts["nlr_6_months"], RULES)]
    assert {Decimal("2.6"), Decimal("2.7"), Decimal("2.8")} <= set(tried)


@pytest.mark.parametrize("name", CASES)
def test_what_is_asked_for_is_worth_knowing(name: str) -> None:
    case = gold()[name].case
    asked = {fact.name for fact in evaluate(case, RULES).missing}
    assert asked <= {one.fact.name for one in worth(case, RULES)} | {"planned_tace_agent"}


def test_what_could_change_most_stands_first() -> None:
    case = patient(ROW_1, portal_vein_status=None, ppq_result=None, bilirubin_mg_dl=None)
    ranked = worth(case, RULES)
    names = [one.fact.name for one in ranked]
    assert names.index("bilirubin_mg_dl") < names.index("portal_vein_status") < names.index("ppq_result")
    portal = ranked[names.index("portal_vein_status")]
    assert portal.strengths["tae"] == (Strength.CONTRAINDICATED,)
    assert portal.waiting == ("R-201",)


def test_what_decides_about_the_scope_stands_before_everything() -> None:
    first, *_ = worth(patient(ROW_1, differentiation=None), RULES)
    assert (first.fact.name, first.scope) == ("differentiation", True)


def test_a_fact_that_changes_nothing_is_not_told() -> None:
    case = patient(diagnosis="hcc", portal_vein_status=None)
    assert worth(case, RULES) == []


def test_two_equal_advices_do_not_differ() -> None:
    now = evaluate(patient(ROW_1), RULES)
    assert not difference(now, evaluate(patient(ROW_1), RULES)).anything


def test_a_difference_names_verdicts_codes_scope_and_indicator() -> None:
    before = evaluate(patient(ROW_1), RULES)
    occluded = difference(before, evaluate(assume(patient(ROW_1), "portal_vein_status", None), RULES))
    tae = next(change for change in occluded.verdicts if change.therapy == "tae")
    assert not tae.of_strength
    assert tae.after is not None
    assert tae.after.provisional
    assert ("missing", ("portal_vein_status",), ()) in [(c.kind, c.added, c.removed) for c in occluded.codes]
    gone = difference(before, evaluate(assume(patient(ROW_1), "liver_metastases", Flag(False)), RULES))
    assert gone.scope is not None
    assert {change.therapy for change in gone.verdicts} == {therapy.code for therapy in before.therapies}

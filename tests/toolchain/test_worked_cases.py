"""Every worked case holds, and together they reach every rule, every answer and both sides of every threshold."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal

import pytest

from adapter.case.casefile import read_cases
from adapter.case.catalogue import catalogue
from adapter.case.value import Quantity
from adapter.ldt import Scope, evaluate, rule_set
from adapter.ldt.compile import Condition
from adapter.ldt.expression import Measure, Versus
from adapter.toolchain.casebook import CLOCK
from adapter.toolchain.expectation import WorkedCase, answer_of, faults
from tests.toolchain.shipped import FIXTURES, casebook

OWNERS = list(dict.fromkeys(case.about for case in casebook().cases))
RULES = list(rule_set().rules)

# Rules that are decided by the scope alone: beside their situation lies only what is outside the guideline.
ALWAYS = {"R-005", "R-031", "R-121", "R-206"}
# ppq_result has two values, and the rule shows both: known, it always fires.
NEVER_SILENT = {"R-706"}

# Sides that no patient can stand on: a count below one lesion is tried where it makes sense, a ratio has no sign, and
# four targets among fewer than three lesions contradict each other.
IMPOSSIBLE = {
    ("R-233", "nlr_baseline", "0"): {"under"},
    ("R-304", "target_lesion_count", "3"): {"under", "at", "over"},
}


@pytest.mark.parametrize("owner", OWNERS)
def test_the_cases_of_a_rule_or_policy_hold(owner: str) -> None:
    cases = casebook().about(owner)
    assert cases
    assert [f"{case.place} {case.name}: {fault}" for case in cases for fault in faults(case, rule_set())] == []


def answers(rule: str) -> dict[str, list[WorkedCase]]:
    """The cases of a rule by how it stands in them."""
    found: dict[str, list[WorkedCase]] = defaultdict(list)
    for case in casebook().about(rule):
        found[str(case.expect.answer)].append(case)
    return found


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_a_case_in_which_it_fires_one_beside_it_and_one_in_which_it_is_unknown(rule: str) -> None:
    found = answers(rule)
    assert found["fires"]
    assert found["unknown"]
    assert found["does not fire"] or rule in NEVER_SILENT


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_that_reads_required_facts_asks_for_each_and_no_other_rule_asks(rule: str) -> None:
    row = rule_set().rules[rule].row
    asked = {fact for case in answers(rule)["unknown"] for fact in case.expect.asks or ()}
    assert set(row.ask) <= asked
    if not row.ask:
        assert asked == set()
    if row.silent:
        assert any(case.expect.asks == () for case in answers(rule)["unknown"])


@pytest.mark.parametrize("rule", RULES)
def test_the_effects_of_a_rule_are_shown_by_a_case_in_which_it_fires(rule: str) -> None:
    shown: set[str] = set()
    for case in answers(rule)["fires"]:
        shown |= {code for codes in case.expect.shows.values() for code in codes} | case.expect.because.keys()
    found = rule_set().rules[rule]
    outranked = {rating.therapy for rating in found.ratings} if rule == "R-012" else set()
    assert {rating.therapy for rating in found.ratings} - outranked <= shown
    assert {setting.code for setting in found.settings} <= shown


def test_the_whole_cases_are_the_24_of_the_guideline_with_nine_lists_each() -> None:
    entries = read_cases((FIXTURES / "cases/cases.json").read_text(encoding="utf-8"), CLOCK)
    assert [entry.case.subject for entry in entries] == [f"GC-{number:02}" for number in range(1, 25)]
    assert {len(entry.expect) for entry in entries} == {9}


def test_no_two_cases_share_a_name() -> None:
    names = Counter(case.name for case in casebook().cases)
    assert [name for name, times in names.items() if times > 1] == []


def test_no_patient_of_a_rule_stands_twice() -> None:
    for owner in OWNERS:
        seen: dict[tuple[object, ...], str] = {}
        for case in casebook().about(owner):
            if ".yaml" in case.place:
                facts = tuple(case.case.known(name) for name in sorted(case.case.facts))
                assert seen.setdefault(facts, case.place) == case.place


def limits(condition: Condition) -> Iterator[tuple[str, Decimal]]:
    """Every number that a condition compares a fact with, predicates opened."""
    for leaf in condition.leaves():
        if isinstance(leaf, Measure):
            yield leaf.fact, leaf.number


def compared(condition: Condition) -> Iterator[tuple[str, str]]:
    """Every pair of facts that a condition compares with each other."""
    for leaf in condition.leaves():
        if isinstance(leaf, Versus):
            yield leaf.fact, leaf.other


def side(case: WorkedCase, fact: str, limit: Decimal) -> str | None:
    value = case.case.known(fact)
    number = value.exact if isinstance(value, Quantity) else None
    if number is None:
        return None
    return "under" if number < limit else "at" if number == limit else "over"


LIMITS = sorted(
    {(rule.id, fact, str(limit)) for rule in rule_set().rules.values() for fact, limit in limits(rule.condition)}
)


@pytest.mark.parametrize(("rule", "fact", "limit"), LIMITS)
def test_a_threshold_of_a_rule_is_tried_under_at_and_over(rule: str, fact: str, limit: str) -> None:
    matrix = [case for case in casebook().about(rule) if case.place.startswith("boundaries.csv")]
    tried = {side(case, fact, Decimal(limit)) for case in matrix}
    assert {"under", "at", "over"} - tried <= IMPOSSIBLE.get((rule, fact, limit), set())


def test_facts_that_are_compared_with_each_other_are_tried_under_at_and_over() -> None:
    for rule in rule_set().rules.values():
        for fact, other in compared(rule.condition):
            tried = set()
            for case in casebook().about(rule.id):
                limit = case.case.known(other)
                if isinstance(limit, Quantity) and limit.exact is not None:
                    tried.add(side(case, fact, limit.exact))
            assert tried >= {"under", "at", "over"} - IMPOSSIBLE.get((rule.id, "target_lesion_count", "3"), set()), rule


def test_the_burden_above_which_a_planned_embolotherapy_is_critical_is_tried_under_at_and_over() -> None:
    [(fact, limit)] = limits(rule_set().high_burden)
    matrix = [case for case in casebook().about("P12") if case.place.startswith("boundaries.csv")]
    assert {(side(case, fact, limit), case.expect.indicator) for case in matrix} == {
        ("under", "warning"),
        ("at", "warning"),
        ("over", "critical"),
    }


def test_an_answer_is_told_from_another() -> None:
    """The three answers and a rule that is not there, on one patient."""
    [case] = [case for case in casebook().cases if case.about == "GC-20"]
    advice = evaluate(case.case, rule_set())
    assert advice.scope is Scope.APPLIES
    assert answer_of("R-005", case.case, advice, rule_set()) == "fires"
    assert answer_of("R-101", case.case, advice, rule_set()) == "unknown"
    assert answer_of("R-102", case.case, advice, rule_set()) == "does not fire"
    assert answer_of("R-999", case.case, advice, rule_set()) is None


def test_every_required_fact_is_asked_for_somewhere() -> None:
    required = {fact.name for fact in catalogue().inputs if fact.ask == "required"}
    asked = {fact for case in casebook().cases for fact in case.expect.asks or ()}
    assert asked == required | {"planned_tace_agent"}

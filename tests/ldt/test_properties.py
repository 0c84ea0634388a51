"""What holds for every patient: nothing raises, nothing unsafe appears because something is unknown."""

import subprocess
import sys
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.case.casefile import case_of
from adapter.case.catalogue import FactDefinition, Kind, catalogue
from adapter.ldt import Scope, Strength, evaluate, rule_set
from tests.ldt.patients import B0, CLOCK, FIXTURES, advice

IN_SCOPE = {"age_years": 60, "diagnosis": "nen", "liver_metastases": True, "differentiation": "well"}
# Numbers on, just under and just over the thresholds of the rules.
NUMBERS: dict[str, list[str]] = {
    "liver_burden_percent": ["5", "10", "10.1", "49.9", "50", "70", "90", "90.1"],
    "largest_target_lesion_cm": ["2.9", "3", "3.1", "4.1", "5"],
    "largest_lesion_cm": ["2.9", "3", "3.1", "4.9", "5"],
    "bilirubin_mg_dl": ["0.8", "2", "2.1"],
    "platelets_10e9_l": ["99", "101", "220"],
    "creatinine_mg_dl": ["0.9", "2"],
    "ldh_u_l": ["200", "425"],
    "ast_u_l": ["30", "100"],
    "albumin_g_dl": ["3.5", "4"],
    "achievable_cytoreduction_percent": ["70", "71"],
}


def values(fact: FactDefinition) -> st.SearchStrategy[Any]:
    match fact.kind:
        case Kind.FLAG:
            return st.booleans()
        case Kind.CODED:
            return st.sampled_from(fact.values)
        case Kind.LIST:
            return st.lists(st.sampled_from(fact.values), unique=True, max_size=2)
        case Kind.QUANTITY:
            return st.sampled_from(NUMBERS.get(fact.name, ["1", "2", "3", "4"])).map(Decimal)
        case Kind.DAY:
            raise AssertionError("no input is a day")


KNOWN = st.fixed_dictionaries({fact.name: values(fact) for fact in catalogue().inputs})
PARTLY_KNOWN = st.fixed_dictionaries({fact.name: st.none() | values(fact) for fact in catalogue().inputs})


@settings(max_examples=150, deadline=None)
@given(PARTLY_KNOWN, st.sampled_from([{}, IN_SCOPE]))
def test_any_mixture_of_known_and_unknown_is_answered(facts: dict[str, Any], scope: dict[str, Any]) -> None:
    found = advice({**facts, **scope})
    codes = [therapy.code for therapy in found.therapies]
    assert len(codes) == len(set(codes))
    assert not set(found.fired) & set(found.undecided)
    if found.scope is not Scope.APPLIES:
        assert not any(therapy.strength.offered for therapy in found.therapies)
    for missing in found.missing:
        assert missing.rules


@settings(max_examples=60, deadline=None)
@given(PARTLY_KNOWN, st.randoms(use_true_random=False))
def test_the_order_of_facts_never_matters(facts: dict[str, Any], random: Any) -> None:
    shuffled = list({**B0, **IN_SCOPE, **facts}.items())
    random.shuffle(shuffled)
    number = {name: Decimal(value) if type(value) is int else value for name, value in shuffled}
    assert evaluate(case_of("test", number, CLOCK), rule_set()) == advice({**IN_SCOPE, **facts})


@settings(max_examples=250, deadline=None)
@given(KNOWN, st.sampled_from([fact.name for fact in catalogue().inputs]))
def test_forgetting_a_fact_never_turns_an_exclusion_into_a_plain_offer(facts: dict[str, Any], fact: str) -> None:
    knowing, forgetting = advice({**facts, **IN_SCOPE}), advice({**facts, **IN_SCOPE, fact: None})
    marks = {caution.code for caution in forgetting.cautions}
    for therapy in knowing.therapies:
        later = forgetting.therapy(therapy.code)
        if not therapy.strength.offered and later is not None and later.strength.offered:
            assert later.provisional
            assert f"provisional_{therapy.code}" in marks


@settings(max_examples=150, deadline=None)
@given(KNOWN, st.sampled_from([fact.name for fact in catalogue().inputs]))
def test_learning_a_fact_never_undoes_what_was_certain(facts: dict[str, Any], fact: str) -> None:
    knowing, before = advice({**facts, **IN_SCOPE}), advice({**facts, **IN_SCOPE, fact: None})
    if before.scope is Scope.APPLIES:
        first = {rule.id for rule in rule_set().first}
        assert set(before.fired) & first <= set(knowing.fired)
        certain = set(before.codes(Strength.CONTRAINDICATED)) & {"tae", "ctace", "deb_tace"}
        assert certain <= set(knowing.codes(Strength.CONTRAINDICATED))


SCRIPT = """
from dataclasses import replace
from adapter.case.casefile import read_cases
from adapter.ldt import evaluate, rule_set
from tests.ldt.patients import CLOCK, FIXTURES
for entry in read_cases((FIXTURES / "cases/cases.json").read_text(encoding="utf-8"), CLOCK):
    print(replace(evaluate(entry.case, rule_set()), offered=frozenset()))
"""


def test_the_advice_does_not_depend_on_the_hash_seed() -> None:
    def run(seed: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=FIXTURES.parent,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(FIXTURES.parent)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    first = run("1")
    assert first.count("Advice(rule_set=") == 24
    assert first == run("2")

"""Conditions of rules in words: nothing is lost, negations included, and every answer of a fact has its words."""

from decimal import Decimal

import pytest

from adapter.case.catalogue import Kind, catalogue
from adapter.ldt import Rated, rule_set
from adapter.ldt.compile import Compiler, Condition
from adapter.ldt.expression import Measure, Negation
from adapter.ldt.parse import Vocabulary, parse
from adapter.ldt.rule import Rule
from adapter.ldt.words import FLAGS, RATED, Words, sentence, words_of

RULES = rule_set()
WORDS = Vocabulary(RULES.facts, frozenset(), RULES.therapies.keys())


def condition(text: str) -> Condition:
    return Compiler(RULES.wholes).condition(parse(text, WORDS))


def said(text: str) -> str:
    return sentence(words_of(condition(text), RULES))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ascites", "there is ascites"),
        ("not ascites", "there is no ascites"),
        ("r0_achievable == False", "an R0 resection is not achievable"),
        ("not r0_achievable == False", "an R0 resection is achievable"),
        ("sstr_status == 'avid'", "somatostatin-receptor status: avid"),
        ("sstr_status != 'avid'", "somatostatin-receptor status: not avid"),
        ("who_grade in ('G3','G1')", "WHO grade: G1 or G3"),
        ("liver_burden_percent > 90", "liver tumour burden: above 90 %"),
        ("not liver_burden_percent > 90", "liver tumour burden: at most 90 %"),
        ("10 <= liver_burden_percent <= 90.0", "liver tumour burden: 10 to 90 %, both included"),
        ("10 < liver_burden_percent <= 90", "liver tumour burden: above 10 %; and liver tumour burden: at most 90 %"),
        (
            "not (10 <= liver_burden_percent <= 90)",
            "liver tumour burden: below 10 %; or liver tumour burden: above 90 %",
        ),
        ("liver_lesion_count < 3", "liver lesions: fewer than 3"),
        ("liver_lesion_count == 1", "liver lesions: exactly 1"),
        ("not liver_lesion_count == 1", "liver lesions: other than 1"),
        ("platelets_10e9_l <= 100", "platelets: at most 100 x 10^9/L"),
        ("target_lesion_count == liver_lesion_count", "target lesions: equal to liver lesions"),
        ("not target_lesion_count < liver_lesion_count", "target lesions: not below liver lesions"),
        ("has(biliary_instrumentation,'whipple')", "biliary instrumentation: Whipple operation among them"),
        (
            "not has_any(planned_therapies,('rfa','ctace'))",
            "planned therapies: not cTACE or RFA among them",
        ),
        ("nonempty(biliary_instrumentation)", "biliary instrumentation: at least one"),
        ("not nonempty(biliary_instrumentation)", "biliary instrumentation: none"),
        ("offered('tae')", "TAE is offered"),
        ("not offered('tae')", "TAE is not offered"),
        ("any_available(('ctace','tae'))", "TAE or cTACE is offered or planned"),
        ("not available('tae')", "TAE is neither offered nor planned"),
        ("not (ascites or lvef_poor)", "there is no ascites; and the ejection fraction is not poor"),
        (
            "ascites and (lvef_poor or bulk_symptoms)",
            "there is ascites; and (the ejection fraction is poor; or there are bulk symptoms)",
        ),
        (
            "(ascites and lvef_poor) and bulk_symptoms",
            "there is ascites; the ejection fraction is poor; and there are bulk symptoms",
        ),
        ("ascites and ascites", "there is ascites"),
    ],
)
def test_what_a_condition_says(text: str, words: str) -> None:
    assert said(text) == words


def test_every_flag_that_rules_read_has_words_for_yes_and_no() -> None:
    assert FLAGS.keys() == {fact.name for fact in catalogue().inputs if fact.kind is Kind.FLAG}
    assert all(yes != no for yes, no in FLAGS.values())
    assert RATED.keys() == set(Rated)


def test_a_predicate_is_spelled_out_and_keeps_its_name() -> None:
    row_1 = words_of(RULES.rules["R-101"].condition, RULES)
    assert (row_1.term, row_1.joint, len(row_1.parts)) == ("row1", "and", 4)
    assert row_1.parts[0] == Words("somatostatin-receptor status: avid", term="avid")
    assert not row_1.denied
    disagreeing = words_of(RULES.rules["R-304"].condition, RULES)
    assert [(part.term, part.denied) for part in disagreeing.parts] == [
        ("lr_ablation", False),
        ("rabei_ablation", True),
    ]


@pytest.mark.parametrize("rule", RULES.rules.values(), ids=lambda rule: rule.id)
def test_denying_once_changes_what_is_said_and_denying_twice_changes_nothing(rule: Rule) -> None:
    found = rule.condition
    denied = Condition(Negation(found.node, ""), found.test, (found,))
    assert sentence(words_of(denied, RULES)) != sentence(words_of(found, RULES))
    assert words_of(denied, RULES, negated=True) == words_of(found, RULES)


@pytest.mark.parametrize("rule", RULES.rules.values(), ids=lambda rule: rule.id)
def test_no_number_of_a_condition_is_lost(rule: Rule) -> None:
    found = rule.condition
    words = sentence(words_of(found, RULES))
    for leaf in found.leaves():
        if isinstance(leaf, Measure):
            assert f" {leaf.number.normalize():f}" in words
            assert Decimal(f"{leaf.number.normalize():f}") == leaf.number

"""The language of conditions: what it reads, what it refuses, and that nothing in it is ever evaluated."""

from decimal import Decimal

import pytest

from adapter.case.catalogue import catalogue
from adapter.ldt import rule_set
from adapter.ldt.expression import Answer, Conjunction, Measure, Named, Negation, YesNo
from adapter.ldt.parse import MAX_LENGTH, ExpressionError, Vocabulary, parse

WORDS = Vocabulary(catalogue(), frozenset({"avid"}), frozenset({"tae", "ctace"}))


def test_a_chained_comparison_is_two_questions_with_exact_numbers() -> None:
    assert parse("10 <= liver_burden_percent <= 90.10", WORDS) == Conjunction(
        (
            Measure("liver_burden_percent", ">=", Decimal(10), ""),
            Measure("liver_burden_percent", "<=", Decimal("90.1"), ""),
        ),
        "",
    )


def test_names_flags_and_codes_are_told_apart() -> None:
    avid, flag = Named("avid", ""), YesNo("ascites", True, "")
    assert parse("avid and not ascites", WORDS) == Conjunction((avid, Negation(flag, "")), "")
    assert parse("r0_achievable == False", WORDS) == YesNo("r0_achievable", False, "")
    assert parse("r0_achievable != False", WORDS) == YesNo("r0_achievable", True, "")
    assert parse("diagnosis != 'nen'", WORDS) == Negation(Answer("diagnosis", frozenset({"nen"}), ""), "")


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "ascites or [x for x in ()]",
        "(lambda: True)()",
        "ascites.yes",
        "ascites if avid else ascites",
        "liver_burden_percent + 1 > 3",
        "-1 < liver_burden_percent",
        "diagnosis == f'nen'",
        "diagnosis == b'nen'",
        "(ascites := True)",
        "has(list=planned_therapies, value='tae')",
        "has(*planned_therapies)",
        "diagnosis is 'nen'",
        "diagnosis not in ('nen',)",
        "diagnosis in 'nen'",
        "diagnosis in ('nen')",
        "diagnosis in ()",
        "diagnosis in ('nen','nen')",
        "diagnosis in ('nen', diagnosis)",
        "diagnosis < 'nen'",
        "diagnosis == True",
        "diagnosis == 1",
        "diagnosis",
        "ascites == 'yes'",
        "ascites == 1",
        "ascites > False",
        "liver_burden_percent",
        "liver_burden_percent == True",
        "liver_burden_percent > 1_0",
        "liver_burden_percent > 0x10",
        "liver_burden_percent > 1j",
        "liver_burden_percent > None",
        "liver_burden_percent > largest_lesion_cm",
        "liver_burden_percent > diagnosis",
        "liver_burden_percent > 100.1",
        "1 < 2",
        "True",
        "'nen'",
        "planned_therapies",
        "has(planned_therapies,'tace')",
        "has(diagnosis,'nen')",
        "has(planned_therapies)",
        "has_any(planned_therapies,'tae')",
        "nonempty(ascites)",
        "nonempty('tae')",
        "offered('tare')",
        "offered(tae)",
        "available('tae','ctace')",
        "any_available('tae')",
        "neutrophils > 1",
        "unheard_of",
        "unheard_of > 1",
        "evaluate('tae')",
        "ascites #",
        "ascites\nor avid",
        "ascité",
        "",
        "ascites and",
        "(" * 300 + "ascites" + ")" * 300,
        "not " * MAX_LENGTH + "ascites",
    ],
)
def test_whatever_is_not_in_the_language_is_an_error(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text, WORDS)


def test_deep_nesting_within_the_limit_is_read() -> None:
    text = "not " * 240 + "ascites"
    assert len(text) <= MAX_LENGTH
    assert isinstance(parse(text, WORDS), Negation)


def test_every_shipped_condition_is_far_below_the_limit() -> None:
    assert max(len(rule.row.when) for rule in rule_set().rules.values()) < MAX_LENGTH / 2

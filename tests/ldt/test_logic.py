"""The three-valued logic against two oracles: all possible worlds, and SQLite's NULL."""

import itertools
import sqlite3
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.case.case import Case
from adapter.case.casefile import case_of
from adapter.case.catalogue import catalogue
from adapter.case.truth import Truth
from adapter.ldt.compile import Compiler, Condition, Frame
from adapter.ldt.parse import Vocabulary, parse
from tests.ldt.patients import CLOCK

THERAPIES = frozenset({"tae"})
POSSIBLE: dict[str, list[Any]] = {
    "ascites": [True, False],
    "lvef_poor": [True, False],
    "sstr_status": ["avid", "not_avid"],
    "who_grade": ["G1", "G2", "G3"],
    "liver_lesion_count": [Decimal(1), Decimal(3), Decimal(5)],
    "target_lesion_count": [Decimal(1), Decimal(3), Decimal(5)],
}
# The same question in the language of conditions and in SQL.
ATOMS = [
    ("ascites", "(ascites = 1)"),
    ("lvef_poor == False", "(lvef_poor = 0)"),
    ("sstr_status == 'avid'", "(sstr_status = 'avid')"),
    ("who_grade != 'G3'", "(who_grade <> 'G3')"),
    ("who_grade in ('G1','G2')", "(who_grade IN ('G1','G2'))"),
    ("liver_lesion_count < 3", "(liver_lesion_count < 3)"),
    ("2 <= liver_lesion_count <= 3", "(2 <= liver_lesion_count AND liver_lesion_count <= 3)"),
    ("target_lesion_count == liver_lesion_count", "(target_lesion_count = liver_lesion_count)"),
]
FACTS = st.fixed_dictionaries({name: st.sampled_from([None, *values]) for name, values in POSSIBLE.items()})


def joined(pairs: list[tuple[str, str]], word: str) -> tuple[str, str]:
    return tuple("(" + f" {word} ".join(side) + ")" for side in zip(*pairs, strict=True))  # type: ignore[return-value]


EXPRESSIONS = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda pairs: joined(pairs, "and")),
        st.lists(inner, min_size=2, max_size=3).map(lambda pairs: joined(pairs, "or")),
        inner.map(lambda pair: (f"not ({pair[0]})", f"(NOT {pair[1]})")),
    ),
    max_leaves=8,
)


def compiled(text: str) -> tuple[Condition, int]:
    compiler = Compiler({})
    condition = compiler.condition(parse(text, Vocabulary(catalogue(), frozenset(), THERAPIES)))
    return condition, compiler.slots


def answer(text: str, case: Case) -> Truth:
    condition, slots = compiled(text)
    return condition.test(Frame({name: fact.known for name, fact in case.facts.items()}, [None] * slots))


def held(facts: dict[str, Any]) -> Case:
    return case_of("logic", facts, CLOCK)


@settings(max_examples=150, deadline=None)
@given(EXPRESSIONS, FACTS)
def test_conditions_agree_with_sqlite_null_logic(expression: tuple[str, str], facts: dict[str, Any]) -> None:
    text, sql = expression
    columns = ", ".join(f"? AS {name}" for name in facts)
    values = [int(value) if isinstance(value, Decimal | bool) else value for value in facts.values()]
    with sqlite3.connect(":memory:") as connection:
        [(row,)] = connection.execute(f"SELECT {sql} FROM (SELECT {columns})", values).fetchall()  # noqa: S608
    connection.close()
    assert answer(text, held(facts)) is {1: Truth.TRUE, 0: Truth.FALSE, None: Truth.UNKNOWN}[row]


@settings(max_examples=60, deadline=None)
@given(EXPRESSIONS, FACTS)
def test_a_decided_condition_is_the_same_in_every_possible_world(
    expression: tuple[str, str], facts: dict[str, Any]
) -> None:
    text = expression[0]
    decided = answer(text, held(facts))
    unknown = [name for name, value in facts.items() if value is None][:3]
    worlds = itertools.product(*(POSSIBLE[name] for name in unknown))
    answers = {answer(text, held({**facts, **dict(zip(unknown, world, strict=True))})) for world in worlds}
    if decided is not Truth.UNKNOWN:
        assert answers == {decided}


def test_partial_values_are_asked_through_their_bounds() -> None:
    interval = {"liver_lesion_count": {"low": Decimal(3), "high": Decimal(5)}}
    assert answer("liver_lesion_count >= 3", held(interval)) is Truth.TRUE
    assert answer("liver_lesion_count < 3", held(interval)) is Truth.FALSE
    assert answer("liver_lesion_count == 4", held(interval)) is Truth.UNKNOWN
    censored = {"liver_lesion_count": {"below": Decimal(3)}}
    assert answer("liver_lesion_count < 3", held(censored)) is Truth.TRUE
    assert answer("liver_lesion_count <= 2", held(censored)) is Truth.UNKNOWN
    grades = {"who_grade": {"one_of": ["G1", "G2"]}}
    assert answer("who_grade in ('G1','G2')", held(grades)) is Truth.TRUE
    assert answer("who_grade == 'G3'", held(grades)) is Truth.FALSE
    assert answer("who_grade == 'G1'", held(grades)) is Truth.UNKNOWN


def test_thresholds_are_exact_decimals() -> None:
    assert answer("bilirubin_mg_dl >= 2", held({"bilirubin_mg_dl": Decimal("34.2") / Decimal("17.1")})) is Truth.TRUE
    assert answer("bilirubin_mg_dl >= 2", held({"bilirubin_mg_dl": Decimal("1.9999999999999999999")})) is Truth.FALSE

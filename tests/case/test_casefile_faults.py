"""What a case file cannot hold, said without naming the value; null for every fact; and values that come back as written.

Not for what a good file holds, which stands in test_casefile.py.
"""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.case.casefile import CaseFileError, Json, case_of, read_cases
from adapter.case.catalogue import FactDefinition, Kind, catalogue
from adapter.case.fact import State
from adapter.case.value import Coded, Flag, Members, Quantity, Value, to_plain
from tests.case.statements import AS_OF, CLOCK, YES


def _read(facts: str) -> None:
    read_cases(f'[{{"id": "c1", "facts": {facts}}}]', CLOCK)


@pytest.mark.parametrize("name", catalogue().facts)
def test_null_is_unknown_for_every_fact(name: str) -> None:
    case = case_of("c1", {name: None}, CLOCK)
    assert case.known(name) is None
    assert case.facts[name].state is State.ABSENT


def test_facts_are_dated_at_the_as_of_time() -> None:
    fact = case_of("c1", {"ascites": True}, CLOCK).facts["ascites"]
    assert fact.known == YES
    assert fact.when is not None
    assert fact.when.earliest == AS_OF


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ('{"bilirubin": 1}', "unknown fact bilirubin"),
        ('{"bilirubin_mg_dl": "77"}', "bilirubin_mg_dl is not a number from 0 to 100 in mg/dL"),
        ('{"bilirubin_mg_dl": 777}', "bilirubin_mg_dl is not a number"),
        ('{"bilirubin_mg_dl": -77}', "bilirubin_mg_dl is not a number"),
        ('{"bilirubin_mg_dl": true}', "bilirubin_mg_dl is not a number"),
        ('{"bilirubin_mg_dl": {}}', "bilirubin_mg_dl is not a number"),
        ('{"bilirubin_mg_dl": {"low": 77, "high": 7}}', "bilirubin_mg_dl is not a number"),
        ('{"bilirubin_mg_dl": {"low": 7, "above": 7}}', "bilirubin_mg_dl is not a number"),
        ('{"bilirubin_mg_dl": {"high": 7, "below": 7}}', "bilirubin_mg_dl is not a number"),
        ('{"bilirubin_mg_dl": {"above": 7, "high": 7}}', "bilirubin_mg_dl is not a number"),
        ('{"bilirubin_mg_dl": {"low": "7"}}', "bilirubin_mg_dl is not a number"),
        ('{"bilirubin_mg_dl": {"low": 7, "about": 7}}', "bilirubin_mg_dl is not a number"),
        ('{"bilirubin_mg_dl": {"high": 777}}', "bilirubin_mg_dl is not a number"),
        ('{"ascites": 0}', "ascites is not true or false"),
        ('{"ascites": "no77"}', "ascites is not true or false"),
        ('{"who_grade": "G77"}', "who_grade is not one of G1, G2, G3"),
        ('{"who_grade": {"one_of": []}}', "who_grade is not one of"),
        ('{"who_grade": {"one_of": ["G1", "G77"]}}', "who_grade is not one of"),
        ('{"who_grade": {"one_of": ["G1"], "77": 1}}', "who_grade is not one of"),
        ('{"biliary_instrumentation": "whipple"}', "biliary_instrumentation is not a list of"),
        ('{"biliary_instrumentation": ["77"]}', "biliary_instrumentation is not a list of"),
        ('{"biliary_instrumentation": ["whipple", "whipple"]}', "biliary_instrumentation is not a list of"),
        ('{"biliary_instrumentation": {"has": ["whipple"]}}', "biliary_instrumentation is not a list of"),
        ('{"biliary_instrumentation": {"has": [], "one_of": [[]], "complete": false}}', "is not a list of"),
        ('{"biliary_instrumentation": {"has": [], "one_of": [], "complete": 77}}', "is not a list of"),
        ('{"birth_date": "1977"}', "birth_date is not a date YYYY-MM-DD"),
        ('{"birth_date": "1977-02-30"}', "birth_date is not a date"),
        ('{"birth_date": "9999-12-31"}', "birth_date is not a date"),
        ('{"birth_date": 1977}', "birth_date is not a date"),
        ('{"birth_date": "1977-4-005"}', "birth_date is not a date"),
        ('{"ascites": true, "ascites": false}', "a name stands twice"),
        ('{"bilirubin_mg_dl": NaN}', "NaN is not a number"),
        ('{"bilirubin_mg_dl": Infinity}', "Infinity is not a number"),
        ('{"bilirubin_mg_dl": 1e777}', "one plain decimal number"),
    ],
)
def test_what_a_case_cannot_hold_is_refused_without_naming_the_value(facts: str, fault: str) -> None:
    with pytest.raises(CaseFileError) as caught:
        _read(facts)
    assert fault in str(caught.value)
    assert "77" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "not JSON: line 1, column"),
        ("{}", "a list of cases"),
        ("[1]", "case 1 of the file"),
        ('[{"id": "a", "facts": {}}, {"facts": {}}]', "case 2 of the file"),
        ('[{"id": 1, "facts": {}}]', "case 1 of the file"),
        ('[{"id": "a", "facts": []}]', "case 1 of the file"),
        ('[{"id": "a", "facts": {}, "note": ""}]', "unknown member note"),
        ('[{"id": "a", "facts": {}, "title": 1}]', "the title is a text"),
        ('[{"id": "a", "facts": {}, "expect": []}]', "expect is an object"),
        ('[{"id": "a", "facts": {}, "expect": {"advice": 1}}]', "expect.advice is a text or a list"),
        ('[{"id": "a", "facts": {}, "expect": {"advice": [1]}}]', "expect.advice is a text or a list"),
        ('[{"id": "a", "facts": {}}, {"id": "a", "facts": {}}]', "case a stands twice"),
    ],
)
def test_a_file_of_another_shape_is_refused(text: str, fault: str) -> None:
    with pytest.raises(CaseFileError, match=fault):
        read_cases(text, CLOCK)


def _within(fact: FactDefinition) -> st.SearchStrategy[Decimal]:
    low, high = fact.plausible or (Decimal(0), Decimal(100))
    return st.decimals(low, high, allow_nan=False, places=3)


def _values(fact: FactDefinition) -> st.SearchStrategy[Value]:
    codes = st.sampled_from(fact.values) if fact.values else st.nothing()
    match fact.kind:
        case Kind.FLAG:
            return st.builds(Flag, st.booleans())
        case Kind.CODED:
            return st.builds(Coded, st.frozensets(codes, min_size=1))
        case Kind.LIST:
            groups = st.frozensets(st.frozensets(codes, min_size=1), max_size=2)
            return st.builds(Members, st.frozensets(codes), groups, st.booleans())
        case _:
            return st.tuples(_within(fact), _within(fact), st.booleans(), st.booleans()).map(_interval)


def _interval(bounds: tuple[Decimal, Decimal, bool, bool]) -> Quantity:
    low, high = sorted(bounds[:2])
    return Quantity.of(low) if low == high else Quantity(low, high, bounds[2], bounds[3])


FACTS = [fact for fact in catalogue().facts.values() if fact.kind is not Kind.DAY]


@settings(deadline=None)
@given(st.data())
def test_every_value_that_is_written_is_read_back(data: st.DataObject) -> None:
    fact = data.draw(st.sampled_from(FACTS))
    value = data.draw(_values(fact))
    plain: Json = to_plain(value)  # type: ignore[assignment]
    found = case_of("c1", {fact.name: plain}, CLOCK).facts[fact.name]
    assert found.on_record == value


def test_a_written_case_is_read_back_through_json() -> None:
    text = json.dumps([{"id": "c1", "facts": {"ki67_percent": {"above": 2, "high": 3}}}])
    (entry,) = read_cases(text, CLOCK)
    assert entry.case.known("ki67_percent") == Quantity(Decimal(2), Decimal(3), low_open=True)

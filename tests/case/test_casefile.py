"""Case files: what they may say, and that nothing in them is guessed."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from adapter.case.case import Case
from adapter.case.casefile import CaseFileError, read_cases
from adapter.case.fact import State
from adapter.case.merge import Clock
from adapter.case.value import Coded, Day, Flag, Members, Quantity, to_plain

CLOCK = Clock(datetime(2026, 1, 12, 12, tzinfo=UTC))


def held(facts: str) -> Case:
    [entry] = read_cases(f'[{{"id": "C1", "facts": {facts}}}]', CLOCK)
    return entry.case


def test_each_kind_of_value_is_read_and_numbers_stay_as_written() -> None:
    case = held(
        '{"ascites": false, "who_grade": "G2", "bilirubin_mg_dl": 1.10, "biliary_instrumentation": [],'
        ' "birth_date": "1961-04-05"}'
    )
    assert case.known("ascites") == Flag(False)
    assert case.known("who_grade") == Coded(frozenset({"G2"}))
    assert str(to_plain(case.known("bilirubin_mg_dl") or Flag(False))) == "1.10"
    assert case.known("biliary_instrumentation") == Members(frozenset(), complete=True)
    assert isinstance(case.known("birth_date"), Day)
    assert case.known("age_years") == Quantity.of(Decimal(64))
    assert case.facts["ascites"].origins[0].place == "facts.ascites"


def test_null_and_an_absent_name_are_unknown() -> None:
    case = held('{"ascites": null}')
    assert case.facts["ascites"].state is case.facts["lvef_poor"].state is State.ABSENT


def test_partial_knowledge_is_read_as_it_is_written_out() -> None:
    text = (
        '{"who_grade": {"one_of": ["G1", "G2"]}, "ki67_percent": {"low": 2, "below": 3}, "planned_therapies":'
        ' {"has": ["tae"], "one_of": [["ctace", "deb_tace"]], "complete": true}}'
    )
    case = held(text)
    shown = {name: to_plain(value) for name in case.facts if (value := case.known(name)) is not None}
    assert shown == {
        "who_grade": {"one_of": ["G1", "G2"]},
        "ki67_percent": {"low": Decimal(2), "below": Decimal(3)},
        "planned_therapies": {"has": ["tae"], "one_of": [["ctace", "deb_tace"]], "complete": True},
    }


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ('{"bilirubin": 1}', "case C1: unknown fact bilirubin"),
        ('{"ascites": "no"}', "case C1: ascites is not true or false"),
        ('{"ascites": 0}', "case C1: ascites is not true or false"),
        ('{"who_grade": "G4"}', "case C1: who_grade is not one of G1, G2, G3"),
        ('{"who_grade": {"one_of": []}}', "case C1: who_grade is not one of G1, G2, G3"),
        ('{"who_grade": {"one_of": ["G1"], "x": 1}}', "case C1: who_grade is not one of G1, G2, G3"),
        ('{"bilirubin_mg_dl": "1"}', "case C1: bilirubin_mg_dl is not a number from 0 to 100 in mg/dL"),
        ('{"bilirubin_mg_dl": true}', "case C1: bilirubin_mg_dl is not a number from 0 to 100 in mg/dL"),
        ('{"bilirubin_mg_dl": 101}', "case C1: bilirubin_mg_dl is not a number from 0 to 100 in mg/dL"),
        ('{"bilirubin_mg_dl": {}}', "case C1: bilirubin_mg_dl is not a number"),
        ('{"bilirubin_mg_dl": {"low": 3, "high": 2}}', "case C1: bilirubin_mg_dl is not a number"),
        ('{"bilirubin_mg_dl": {"low": 2, "below": 2}}', "case C1: bilirubin_mg_dl is not a number"),
        ('{"bilirubin_mg_dl": {"low": 2, "above": 2}}', "case C1: bilirubin_mg_dl is not a number"),
        ('{"bilirubin_mg_dl": {"least": 2}}', "case C1: bilirubin_mg_dl is not a number"),
        ('{"planned_therapies": "tae"}', "case C1: planned_therapies is not a list of"),
        ('{"planned_therapies": ["tace"]}', "case C1: planned_therapies is not a list of"),
        ('{"planned_therapies": ["tae", "tae"]}', "case C1: planned_therapies is not a list of"),
        ('{"planned_therapies": {"has": [], "one_of": [[]], "complete": true}}', "planned_therapies is not a list of"),
        ('{"birth_date": "1961-02-30"}', "case C1: birth_date is not a date YYYY-MM-DD"),
        ('{"birth_date": 1961}', "case C1: birth_date is not a date YYYY-MM-DD"),
        ('{"ascites": true, "ascites": false}', "a name stands twice in one object"),
        ('{"bilirubin_mg_dl": NaN}', "NaN is not a number"),
        ('{"bilirubin_mg_dl": 1e999}', "a number of a case file is one plain decimal number"),
        ('{"bilirubin_mg_dl": }', "not JSON: line 1"),
    ],
)
def test_what_a_fact_cannot_be_is_an_error_naming_case_and_fact(facts: str, message: str) -> None:
    with pytest.raises(CaseFileError) as refused:
        held(facts)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "a case file is a list of cases"),
        ("[1]", "case 1 of the file needs an id and its facts"),
        ('[{"id": "A"}]', "case 1 of the file needs an id and its facts"),
        ('[{"id": 1, "facts": {}}]', "case 1 of the file needs an id and its facts"),
        ('[{"id": "A", "facts": {}, "note": ""}]', "case A: unknown member note"),
        ('[{"id": "A", "facts": {}, "title": 1}]', "case A: the title is a text"),
        ('[{"id": "A", "facts": {}, "expect": []}]', "case A: expect is an object of lists"),
        ('[{"id": "A", "facts": {}, "expect": {"rules": [1]}}]', "case A: expect.rules is a text or a list of codes"),
        ('[{"id": "A", "facts": {}}, {"id": "A", "facts": {}}]', "case A stands twice"),
    ],
)
def test_a_file_of_another_shape_is_an_error(text: str, message: str) -> None:
    with pytest.raises(CaseFileError) as refused:
        read_cases(text, CLOCK)
    assert message in str(refused.value)


def test_title_and_expectation_are_kept() -> None:
    [entry] = read_cases(
        '[{"id": "A", "title": "T", "facts": {}, "expect": {"indicator": "info", "rules": ["R-001"]}}]', CLOCK
    )
    assert (entry.title, entry.expect) == ("T", {"indicator": "info", "rules": ("R-001",)})

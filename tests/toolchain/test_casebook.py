"""Reading worked cases: what each way of writing says, and that a case which cannot be read stops everything."""

import re
import shutil
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest

from adapter.case.value import Coded, Flag, Members, Quantity
from adapter.ldt import rule_set
from adapter.toolchain.casebook import CasebookError, read_casebook
from adapter.toolchain.caserows import BoundaryRow, CaseGroup, CaseRow, ListName
from adapter.toolchain.expectation import WorkedCase, faults
from tests.toolchain.shipped import FIXTURES

REFERENCE = "cases/reference.json"
HEAD = "threshold,context,facts,value,rule,expected\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cases").mkdir()
    (tmp_path / "boundaries").mkdir()
    shutil.copy(FIXTURES / REFERENCE, tmp_path / REFERENCE)
    return tmp_path


def patient(lines: str, about: str = "R-019") -> str:
    body = "".join(f"        {line}\n" for line in lines.splitlines())
    return f'cases:\n  - about: "{about}"\n    patients:\n      - patient: "A patient"\n{body}'


def read(folder: Path, lines: str, about: str = "R-019") -> WorkedCase:
    (folder / "cases/own.yaml").write_text(patient(lines, about), encoding="utf-8")
    [case] = read_casebook(folder).cases
    return case


def refused(folder: Path) -> str:
    with pytest.raises(CasebookError) as error:
        read_casebook(folder)
    return str(error.value)


def test_facts_are_written_as_texts_and_read_by_their_kind(folder: Path) -> None:
    lines = """facts:
  liver_burden_percent: "50.0"
  bulky_liver_lesions: "yes"
  ascites: "no"
  portal_vein_status: "unknown"
  diagnosis: {one_of: ["nen", "hcc"]}
  ldh_u_l: {above: "400"}
  biliary_instrumentation: []
  planned_therapies: {has: ["mwa"], one_of: [["ctace", "deb_tace"]], complete: "no"}
answer: "fires"
"""
    case = read(folder, lines).case
    assert case.known("liver_burden_percent") == Quantity.of(Decimal("50.0"))
    assert (case.known("bulky_liver_lesions"), case.known("ascites")) == (Flag(True), Flag(False))
    assert case.known("portal_vein_status") is None
    assert case.known("diagnosis") == Coded(frozenset({"nen", "hcc"}))
    assert case.known("ldh_u_l") == Quantity(Decimal(400), None, True, False)
    assert case.known("biliary_instrumentation") == Members(frozenset(), complete=True)
    assert case.known("planned_therapies") == Members(
        frozenset({"mwa"}), frozenset({frozenset({"ctace", "deb_tace"})}), complete=False
    )
    assert case.known("albumin_g_dl") == Quantity.of(Decimal("4.2"))  # the reference case


def test_facts_that_cases_share_stand_once(folder: Path) -> None:
    text = patient('facts: {ascites: "no"}\nanswer: "fires"')
    shared = text.replace("    patients:", '    given: {liver_burden_percent: "50", ascites: "yes"}\n    patients:')
    (folder / "cases/own.yaml").write_text(shared, encoding="utf-8")
    [case] = read_casebook(folder).cases
    assert case.case.known("liver_burden_percent") == Quantity.of(Decimal(50))
    assert case.case.known("ascites") == Flag(False)


def test_a_case_knows_its_rule_its_name_and_its_line(folder: Path) -> None:
    case = read(folder, 'facts: {liver_burden_percent: "50"}\nanswer: "fires"')
    assert (case.about, case.name, case.place) == ("R-019", "R-019 fires: A patient", "own.yaml:4")


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ('answer: "does not fire"', ["R-019 fires, expected: does not fire"]),
        ('answer: "fires"\nshows: {cautions: ["burden_70_90"]}', ["burden_70_90 is not in cautions"]),
        (
            'answer: "fires"\nshows: {notes: ["list_selection_factors"], dangers: ["crisis"]}',
            ["crisis is not in dangers"],
        ),
        ('answer: "fires"\nhides: {reasonable: ["tae"]}', ["tae is in reasonable"]),
        ('answer: "fires"\nasks: ["ascites"]', ["ascites is not in missing"]),
        ('answer: "fires"\nbecause: {tae: ["R-101"]}', ["reasons of the verdict on tae: R-021, expected: R-101"]),
        ('answer: "fires"\nbecause: {mwa: ["R-101"]}', ["reasons of the verdict on mwa: none, expected: R-101"]),
        ('answer: "fires"\nindicator: "info"', ["indicator is warning, expected: info"]),
        ('answer: "fires"\nasks: []\nindicator: "warning"\nbecause: {tae: ["R-021"]}', []),
    ],
)
def test_what_an_advice_lacks_is_named(folder: Path, expected: str, found: list[str]) -> None:
    case = read(folder, f'facts: {{liver_burden_percent: "50"}}\n{expected}')
    assert list(faults(case, rule_set())) == found


def test_what_is_asked_besides_is_named(folder: Path) -> None:
    case = read(folder, 'facts: {ascites: "unknown"}\nanswer: "does not fire"\nasks: []')
    assert list(faults(case, rule_set())) == ["ascites is in missing"]


@pytest.mark.parametrize(
    ("lines", "about", "fault"),
    [
        ('facts: {}\nanswer: "perhaps"', "R-019", "own.yaml:6: .*answer: Input should be 'fires'"),
        ("facts: {}", "R-019", "own.yaml:2: .*a case expects something|own.yaml:4: .*a case expects something"),
        ('facts: {}\nanswer: "unknown"', "R-019", "own.yaml:4: .*says what is asked"),
        ("facts: {}\nasks: []", "R-019", "own.yaml:2: .*a case of a rule says how the rule stands"),
        ('facts: {}\nanswer: "fires"', "P5", "own.yaml:2: .*and no other case does"),
        ('facts: {}\nanswer: "fires"', "embo_deferral", "own.yaml:2: .*about: String should match pattern"),
        ('facts: {}\nanswer: "fires"\nshow: {}', "R-019", "own.yaml:7: .*Extra inputs are not permitted"),
        ('facts: {}\nanswer: "fires"\nshows: {advice: ["x"]}', "R-019", "own.yaml:7: .*Input should be 'preferred'"),
        ('facts: {}\nanswer: "fires"\nshows: {actions: []}', "R-019", "own.yaml:7: .*at least 1 item"),
        ('facts: {burden: "50"}\nanswer: "fires"', "R-019", "own.yaml:4: unknown fact burden"),
        ('facts: {ascites: "maybe"}\nanswer: "fires"', "R-019", "own.yaml:4: .*ascites is not true or false"),
        ('facts: {ascites: 1}\nanswer: "fires"', "R-019", "own.yaml:5: the value must be a quoted text: 1"),
        ('facts: {ldh_u_l: "high"}\nanswer: "fires"', "R-019", "own.yaml:4: .*ldh_u_l is not a number"),
    ],
)
def test_a_case_that_cannot_be_read_is_refused_with_its_line(folder: Path, lines: str, about: str, fault: str) -> None:
    (folder / "cases/own.yaml").write_text(patient(lines, about), encoding="utf-8")
    with pytest.raises(CasebookError, match=fault):
        read_casebook(folder)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("x,{},ascites,1,R-019,fires", "own.csv:2: .*ascites is not true or false"),
        ("x,{},ldh_u_l,1,R-019,perhaps", "own.csv:2: Input should be 'fires'"),
        ("x,[],ldh_u_l,1,R-019,fires", "own.csv:2: the context is a JSON object of facts, and the value a number"),
        ("x,{,ldh_u_l,1,R-019,fires", "own.csv:2: the context is a JSON object of facts, and the value a number"),
        ("x,{},ldh_u_l,1,R-019", "own.csv:2: expected 6 cells, found 5"),
        ("x,{},ldh,1,R-019,fires", "own.csv:2: .*unknown fact ldh"),
        ("x,{},ldh_u_l,many,R-019,fires", "own.csv:2: the context is a JSON object of facts, and the value a number"),
    ],
)
def test_a_row_of_the_matrix_that_cannot_be_read_is_refused_with_its_line(folder: Path, row: str, fault: str) -> None:
    (folder / "boundaries/own.csv").write_text(f"{HEAD}{row}\n", encoding="utf-8")
    with pytest.raises(CasebookError, match=fault):
        read_casebook(folder)


def test_a_row_of_the_matrix_is_the_reference_case_with_one_number(folder: Path) -> None:
    row = 'x,"{""ascites"": true}",largest_lesion_cm largest_target_lesion_cm,3.0,R-013,fires\n'
    (folder / "boundaries/own.csv").write_text(HEAD + row, encoding="utf-8")
    [case] = read_casebook(folder).cases
    assert (
        case.case.known("largest_lesion_cm")
        == case.case.known("largest_target_lesion_cm")
        == Quantity.of(Decimal("3.0"))
    )
    assert case.case.known("ascites") == Flag(True)
    assert list(faults(case, rule_set())) == []


def test_the_example_of_the_readme_is_a_case_that_holds(folder: Path) -> None:
    example = (FIXTURES / "cases/README.md").read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    (folder / "cases/own.yaml").write_text(example, encoding="utf-8")
    [case] = read_casebook(folder).cases
    assert case.expect.answer == "fires"
    assert list(faults(case, rule_set())) == []


def test_the_readme_explains_every_key_and_every_list() -> None:
    page = (FIXTURES / "cases/README.md").read_text(encoding="utf-8")
    explained = {
        key for row in re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", page, re.MULTILINE) for key in re.findall(r"\w+", row)
    }
    assert {*CaseRow.model_fields, *CaseGroup.model_fields} - {"patients"} == explained
    assert all(f"`{name}`" in page for name in (*get_args(ListName), *BoundaryRow.model_fields))


def test_a_folder_without_cases_is_named(folder: Path) -> None:
    assert refused(folder) == f"no worked case stands below {folder}"


def test_a_folder_without_a_reference_case_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path / REFERENCE}: No such file or directory"


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"[]", "one case with its facts"), (b"{", "reference.json: not JSON"), (b"\xff", "the file is not UTF-8")],
)
def test_a_reference_case_that_is_none_is_named(folder: Path, content: bytes, fault: str) -> None:
    (folder / REFERENCE).write_bytes(content)
    assert fault in refused(folder)


def test_a_whole_case_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "cases/own.json").write_text('[{"id": "A", "facts": {"x": 1}}]', encoding="utf-8")
    assert refused(folder) == "own.json: case A: unknown fact x"

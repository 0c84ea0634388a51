"""A broken row of a terminology table stops the load and names file and line.

Not for faults of CSV itself, which belong to the reader of tables.
"""

from pathlib import Path

import pytest

from adapter.case.tables import TableError
from adapter.terminology.codes import load_codes
from adapter.terminology.systems import load_systems
from adapter.terminology.units import load_units
from tests.terminology.shipped import systems

CODES = "concept,system,code,display,units,confidence,note\n"
SYSTEMS = "uri,title,name,fold,note\n"
UNITS = "analyte,unit,ucum,multiply_by,divide_by,canonical,most,note\n"


def _file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("rows", "line", "fault"),
    [
        ("a,NOWHERE,1-8,d,,high,\n", 2, "code system NOWHERE is not in systems.csv"),
        ("a,,1-8,d,,high,\n", 2, "code system  is not in systems.csv"),
        ("a,LN,1-8,d,,high,\nb,LN,1-8,d,,high,\n", 3, "1-8 already stands for a"),
        ("a,LN,1-8,d,,high,\nb,http://loinc.org,1-8,d,,high,\n", 3, "1-8 already stands for a"),
        ("a,LN,1-8,d,,high,\na,LN,1-8,d,,high,\n", 3, "1-8 already stands for a"),
        ("a,I10C,C7B.02,d,,high,\nb,I10C,c7b02,d,,high,\n", 3, "c7b02 already stands for a"),
        ("a,LN,1-8,d,,high\n", 2, "expected 7 cells, found 6"),
    ],
)
def test_broken_rows_of_codes(tmp_path: Path, rows: str, line: int, fault: str) -> None:
    with pytest.raises(TableError, match=rf"^codes\.csv:{line}: {fault}"):
        load_codes(_file(tmp_path, "codes.csv", CODES + rows), systems())


@pytest.mark.parametrize("row", ["a,LN,,d,,high,\n", ",LN,1-8,d,,high,\n"])
def test_a_code_without_code_or_concept_is_refused(tmp_path: Path, row: str) -> None:
    """An empty code would stand for every coding that has a system and no code."""
    with pytest.raises(TableError, match=r"^codes\.csv:2: "):
        load_codes(_file(tmp_path, "codes.csv", CODES + row), systems())


def test_a_code_may_stand_in_two_systems_and_a_concept_may_have_many_codes(tmp_path: Path) -> None:
    rows = "a,LN,1-8,d,mg/dL|mg/L,high,\nb,SCT,1-8,d,,high,\na,LN,2-6,d,,high,\n"
    table = load_codes(_file(tmp_path, "codes.csv", CODES + rows), systems())
    assert [code.code for code in table.concepts["a"]] == ["1-8", "2-6"]
    found = table.find("http://snomed.info/sct", "1-8")
    assert found is not None
    assert found.concept == "b"
    assert [code.units for code in table.concepts["a"]] == [frozenset({"mg/dL", "mg/L"}), frozenset()]


@pytest.mark.parametrize(
    ("rows", "line", "fault"),
    [
        ("http://a,A,X,,\nhttp://b,B,X,,\n", 3, "X already names another code system"),
        ("http://a,A,http://b,,\nhttp://b,B,Y,,\n", 3, "http://b already names another code system"),
        ("http://a,A,X,upper,\n", 2, "fold must be empty or icd"),
        ("http://a,A,X,\n", 2, "expected 5 cells"),
    ],
)
def test_broken_rows_of_systems(tmp_path: Path, rows: str, line: int, fault: str) -> None:
    with pytest.raises(TableError, match=rf"^systems\.csv:{line}: {fault}"):
        load_systems(_file(tmp_path, "systems.csv", SYSTEMS + rows))


@pytest.mark.parametrize(
    ("rows", "line", "fault"),
    [
        ("a,x,x,,,x,,\n", 2, "give either a multiplier, a divisor, or the word ambiguous"),
        ("a,x,x,1,10,x,,\n", 2, "give either a multiplier"),
        ("a,x,x,ambiguous,10,x,,\n", 2, "give either a multiplier"),
        ("a,x,x,,ambiguous,x,,\n", 2, "'ambiguous' is not a positive decimal number"),
        ("a,x,x,ten,,x,,\n", 2, "'ten' is not a positive decimal number"),
        ("a,x,x,0,,x,,\n", 2, "'0' is not a positive decimal number"),
        ("a,x,x,,0,x,,\n", 2, "'0' is not a positive decimal number"),
        ("a,x,x,-1,,x,,\n", 2, "'-1' is not a positive decimal number"),
        ('a,x,x,"17,1",,x,,\n', 2, "'17,1' is not a positive decimal number"),
        ("a,x,x,1,,x,0,\n", 2, "'0' is not a positive decimal number"),
        ("a,x,x,1,,x,some,\n", 2, "'some' is not a positive decimal number"),
        ("a,x,x,1,,,,\n", 2, "the canonical unit is missing"),
        ("a,x,x,1,,x,,\na,x,x,1,,x,,\n", 3, "unit 'x' stands twice for a"),
        ("a,x,x,1,,x,,\nb,x,x,1,,x,,\na,x,x,,10,x,,\n", 4, "unit 'x' stands twice for a"),
        ("a,x,x,1,,x,,\na,y,y,1,,y,,\n", 3, "a has two canonical units"),
        ("a,x,x,1,,x\n", 2, "expected 8 cells"),
    ],
)
def test_broken_rows_of_units(tmp_path: Path, rows: str, line: int, fault: str) -> None:
    with pytest.raises(TableError, match=rf"^units\.csv:{line}: {fault}"):
        load_units(_file(tmp_path, "units.csv", UNITS + rows))


@pytest.mark.parametrize(
    ("load", "name"), [(load_systems, "systems.csv"), (load_units, "units.csv")], ids=["systems", "units"]
)
def test_other_columns_are_refused(tmp_path: Path, load: object, name: str) -> None:
    assert callable(load)
    with pytest.raises(TableError, match=rf"^{name}:1: the columns must be"):
        load(_file(tmp_path, name, "a,b\n1,2\n"))

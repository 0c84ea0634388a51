"""YAML and CSV tables: what is read, and that every fault names file and line.

Not for what the tables mean.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from adapter.case.tables import Located, TableError, read_csv, read_yaml


class Row(BaseModel):
    """A row as the tests write it."""

    model_config = ConfigDict(extra="forbid")

    name: str
    codes: list[str] = []


def _yaml(folder: Path, text: str) -> Located:
    path = folder / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return read_yaml(path)


def _refused(folder: Path, text: str) -> TableError:
    with pytest.raises(TableError) as caught:
        _yaml(folder, text)
    assert str(caught.value).startswith(f"rules.yaml:{caught.value.line}: ")
    return caught.value


def test_texts_lists_and_mappings_are_read_with_their_lines(tmp_path: Path) -> None:
    table = _yaml(tmp_path, 'version: "1.10"\nrows:\n  - name: one\n    codes: ["0123"]\n  - name: two\n')
    assert table.value == {"version": "1.10", "rows": [{"name": "one", "codes": ["0123"]}, {"name": "two"}]}
    assert [(line, entry) for line, entry in table.rows("rows")] == [
        (3, {"name": "one", "codes": ["0123"]}),
        (5, {"name": "two"}),
    ]
    assert table.line(("rows", 0, "codes", 0)) == 4
    assert table.line(("rows", 1, "codes")) == 5
    assert table.model(Row, ("rows", 0)) == Row(name="one", codes=["0123"])


@pytest.mark.hazard("HZ-A10")
@pytest.mark.parametrize(
    "scalar", ["0123", "NO", "1.10", "12:30", "yes", "~", "", "2026-01-10", "true", "1.5e+3", "0x10", "off", ".inf"]
)
def test_what_yaml_would_reinterpret_is_refused_with_its_line(tmp_path: Path, scalar: str) -> None:
    fault = _refused(tmp_path, f'name: "one"\ncode: {scalar}\n')
    assert (fault.file, fault.line) == ("rules.yaml", 2)
    assert "quotes" in str(fault)


@pytest.mark.hazard("HZ-X22")
@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object/apply:os.system ['true']",
        "a: !!python/name:os.system ''",
        "a: !!set {b}",
        "a: !!binary aGVsbG8=",
        "a: !mine {b: c}",
        "a: !mine [b]",
        "<<: {b: c}",
    ],
)
def test_a_tag_is_refused(tmp_path: Path, text: str) -> None:
    assert _refused(tmp_path, f"x: y\n{text}\n").line == 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("# nothing\n", 1),
        ("a: b\nc: [d\n", 3),
        ("a: b\na: c\n", 2),
        ("a:\n  b: c\n  b: d\n", 3),
        ("a: b\n? [c]\n: d\n", 2),
        ("a: b\n? 1\n: d\n", 2),
        ("a: b\n---\nc: d\n", 2),
        ("a: b\nc: *d\n", 2),
        ("a: b\n\tc: d\n", 2),
    ],
)
def test_broken_yaml_names_its_line(tmp_path: Path, text: str, line: int) -> None:
    assert _refused(tmp_path, text).line == line


@pytest.mark.parametrize(
    ("raw", "line"),
    [(b"a: \xb5mol/L\n", 1), (b"\na: b\nc: \xb5mol/L\n", 3), (b"a: b\x00c\n", 1), (b"a: b\nc: \x07\n", 2)],
)
def test_yaml_of_bytes_that_are_no_text_names_its_line(tmp_path: Path, raw: bytes, line: int) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(raw)
    with pytest.raises(TableError) as caught:
        read_yaml(path)
    assert (caught.value.file, caught.value.line) == ("rules.yaml", line)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("rows:\n  - name: one\n  - codes: []\n", 3),
        ("rows:\n  - name: one\n    codes:\n      - a\n      - [b]\n", 5),
        ("rows:\n  - name: one\n    colour: red\n", 3),
    ],
)
def test_a_part_that_does_not_fit_its_schema_names_its_line(tmp_path: Path, text: str, line: int) -> None:
    table = _yaml(tmp_path, text)
    number = 1 if line == 3 and "codes: []" in text else 0
    with pytest.raises(TableError) as caught:
        table.model(Row, ("rows", number))
    assert (caught.value.file, caught.value.line) == ("rules.yaml", line)


@pytest.mark.parametrize("text", ["rows: x", "other: []", "- x", "rows: {a: b}"])
def test_a_list_that_is_not_there_is_a_fault(tmp_path: Path, text: str) -> None:
    table = _yaml(tmp_path, text)
    with pytest.raises(TableError, match="expected a list named 'rows'"):
        list(table.rows("rows"))


def test_a_table_may_go_by_another_name(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: 1", encoding="utf-8")
    with pytest.raises(TableError, match=r"^site/x\.yaml:1: "):
        read_yaml(path, "site/x.yaml")


def _csv(folder: Path, raw: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    path = folder / "units.csv"
    path.write_bytes(raw)
    return read_csv(path, ("analyte", "unit"))


def test_rows_of_a_csv_file_have_their_lines(tmp_path: Path) -> None:
    raw = 'analyte,unit\na,µmol/L\n"b, c","d ""e"""\nf,\n'.encode()
    assert list(_csv(tmp_path, raw)) == [
        (2, {"analyte": "a", "unit": "µmol/L"}),
        (3, {"analyte": "b, c", "unit": 'd "e"'}),
        (4, {"analyte": "f", "unit": ""}),
    ]


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"", 1),
        (b"unit,analyte\n", 1),
        (b"analyte\n", 1),
        (b"analyte,unit,note\n", 1),
        (b"analyte;unit\na;b\n", 1),
        (b"analyte,unit\na\n", 2),
        (b"analyte,unit\na,b\nc,d,e\n", 3),
        (b"analyte,unit\na,b\n\n", 3),
        (b'analyte,unit\na,b\nc,"d\n', 3),
        (b'analyte,unit\na,"b"c\n', 2),
        (b'"analyte,unit\n', 1),
        (b"analyte,unit\na,b\nc,\xb5mol/L\n", 3),
        (b"analyte,unit\xb5\na,b\n", 1),
    ],
)
def test_broken_csv_names_its_line(tmp_path: Path, raw: bytes, line: int) -> None:
    with pytest.raises(TableError) as caught:
        list(_csv(tmp_path, raw))
    assert (caught.value.file, caught.value.line) == ("units.csv", line)

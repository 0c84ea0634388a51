"""`ldt rules publish`: one file per resource, the same bytes each time, and nothing of anybody else's overwritten."""

import json
from pathlib import Path

import pytest

from adapter.fhir.check import InvalidOutput
from adapter.ldt import rule_set
from tests.cli.running import ldt


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("published") / "made" / "here"
    ran = ldt("rules", "publish", target)
    assert ran.status == 0, ran.err
    return target


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_one_file_for_each_resource_and_one_for_all(folder: Path) -> None:
    bundle = json.loads((folder / "ldt-knowledge.json").read_bytes())
    named = {f"{e['resource']['resourceType']}-{e['resource']['id']}.json": e["resource"] for e in bundle["entry"]}
    assert set(contents(folder)) == {*named, "ldt-knowledge.json"}
    assert len(named) > 150
    for name, resource in named.items():
        assert json.loads((folder / name).read_bytes()) == resource


def test_files_are_readable_text_that_ends_with_a_line_end(folder: Path) -> None:
    for name, content in contents(folder).items():
        text = content.decode("utf-8")
        assert text.startswith('{\n  "resourceType": "'), name
        assert text.endswith("}\n")
        assert not text.endswith("\n\n")


def test_the_same_knowledge_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    ran = ldt("rules", "publish", tmp_path / "again")
    assert ran.status == 0
    assert contents(tmp_path / "again") == contents(folder)


def test_what_was_written_is_told(tmp_path: Path) -> None:
    ran = ldt("rules", "publish", tmp_path)
    for kind in (
        "PlanDefinition",
        "ActivityDefinition",
        "Questionnaire",
        "CodeSystem",
        "ValueSet",
        "ConceptMap",
        "Library",
    ):
        assert kind in ran.out
    count = len(contents(tmp_path))
    assert f"{count} files in {tmp_path}: version {rule_set().version}, https://ldt-adapter.example.org/fhir" in ran.out


def test_an_earlier_publication_is_replaced(tmp_path: Path) -> None:
    ldt("rules", "publish", tmp_path)
    before = contents(tmp_path)
    (tmp_path / "PlanDefinition-ldt-nelm.json").write_text("{}", encoding="utf-8")
    assert ldt("rules", "publish", tmp_path).status == 0
    assert contents(tmp_path) == before


def test_a_folder_with_other_files_is_left_alone_unless_forced(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "notes.txt"):
        (tmp_path / name).write_text("mine", encoding="utf-8")
    ran = ldt("rules", "publish", tmp_path)
    assert ran.status == 1
    assert f"{tmp_path} holds other files: a, b, c and 1 more" in ran.err
    assert set(contents(tmp_path)) == {"a", "b", "c", "notes.txt"}
    assert ldt("rules", "publish", tmp_path, "--force").status == 0
    assert contents(tmp_path)["notes.txt"] == b"mine"
    assert len(contents(tmp_path)) > 150


def test_a_file_in_the_place_of_the_folder_is_a_plain_refusal(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    ran = ldt("rules", "publish", tmp_path / "file")
    assert ran.status == 1
    assert "cannot be written" in ran.err
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("given", ["https://hospital.example.org/ldt", "https://hospital.example.org/ldt/"])
def test_the_base_can_be_given(tmp_path: Path, given: str) -> None:
    assert ldt("rules", "publish", tmp_path, "--base", given).status == 0
    plan = json.loads(contents(tmp_path)["PlanDefinition-ldt-nelm.json"])
    assert plan["url"] == "https://hospital.example.org/ldt/PlanDefinition/ldt-nelm"
    assert b"ldt-adapter.example.org" not in contents(tmp_path)["ldt-knowledge.json"]


def test_the_base_is_a_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LDT_BASE", "https://setting.example.org/fhir")
    assert ldt("rules", "publish", tmp_path / "setting").status == 0
    assert b'"https://setting.example.org/fhir/' in contents(tmp_path / "setting")["Library-ldt-nelm.json"]
    assert ldt("rules", "publish", tmp_path / "given", "--base", "https://given.example.org").status == 0
    assert b'"https://given.example.org/' in contents(tmp_path / "given")["Library-ldt-nelm.json"]


@pytest.mark.parametrize(
    "base", ["hospital.example.org", "ftp://x/fhir", "https://x/fhir|1", "https://x/a b", "https://x/?a", ""]
)
def test_what_is_no_canonical_base_is_refused(tmp_path: Path, base: str) -> None:
    ran = ldt("rules", "publish", tmp_path, "--base", base)
    assert ran.status == 1
    assert "no canonical base" in ran.err
    assert contents(tmp_path) == {}


def test_nothing_is_written_when_one_resource_may_not_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(resource: dict[str, object]) -> None:
        if resource["resourceType"] == "Questionnaire":
            raise InvalidOutput("Questionnaire.status is missing")

    monkeypatch.setattr("adapter.cli.rules.publish.check_resource", refuse)
    with pytest.raises(InvalidOutput):
        ldt("rules", "publish", tmp_path)
    assert contents(tmp_path) == {}

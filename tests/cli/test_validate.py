"""`ldt validate` and `ldt selfcheck`: the strict check of files by the standards, and of the installation by itself."""

import json
from pathlib import Path

import pytest

from adapter.case.catalogue import catalogue
from adapter.ldt import rule_set
from tests.cli.running import FIXTURES, Ran, bundle, case, ldt, message, ndjson, observation, patient, result, write

GOOD = message(result(1, "1975-2", "2.5", "mg/dL"))


def validate(folder: Path, name: str, content: bytes | str) -> Ran:
    return ldt("validate", write(folder, name, content))


FINAL = [folder for folder in sorted((FIXTURES / "patients").iterdir()) if folder.name != "10-sparse"]


@pytest.mark.parametrize("folder", FINAL, ids=lambda folder: folder.name)
def test_the_fixture_bundles_are_valid(folder: Path) -> None:
    ran = ldt("validate", folder / "bundle.json")
    assert (ran.status, ran.out) == (0, "0 fault(s)\n")


@pytest.mark.parametrize("content", [GOOD, b"\x0b" + GOOD + b"\x1c\r", GOOD + message(control_id="M2")])
def test_good_messages_have_no_fault(tmp_path: Path, content: bytes) -> None:
    ran = validate(tmp_path, "a.hl7", content)
    assert (ran.status, ran.out) == (0, "0 fault(s)\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (json.dumps(patient("p1", Zanzibar=1)), "Patient: Patient is not valid R4: Zanzibar: extra_forbidden"),
        (json.dumps({**observation("o", "p1", "1975-2", "2.5", "mg/dL"), "status": None}), "Observation"),
        (json.dumps(patient("p1", gender=5)), "Patient.gender: a member has the wrong JSON type"),
        (json.dumps(patient("p1", birthDate="Zanzibar")), "birthDate"),
        (bundle(patient("p1"), {"resourceType": "Zanzibar"}), "Bundle.entry[1].resource: Zanzibar is no resource type"),
        (bundle(patient("p1"), {"resourceType": "Condition"}), "Bundle.entry[1].resource: Condition is not valid R4"),
        (ndjson(patient("p1"), patient("p2", x=1)), "line 2: Patient is not valid R4"),
        (b"", "empty at document"),
        (b"{", "not-json at document"),
        (json.dumps([case("C1")]), "a case file is neither FHIR nor HL7 v2"),
    ],
)
def test_a_fault_of_fhir_is_named_with_its_place(tmp_path: Path, content: bytes | str, said: str) -> None:
    ran = validate(tmp_path, "a.json", content)
    assert ran.status == 1
    assert ran.out.endswith("1 fault(s)\n")
    assert said in ran.out
    assert ran.out.startswith("a.json: ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GOOD.replace(b"2.5.1", b"9.9"), "message 1: UnsupportedVersion"),
        (GOOD.replace(b"\r", b"\n"), "message 1 MSH[1]: Segments end with LF or CRLF"),
        (GOOD + b"MSH|^~\\&|A\r", "message 2: "),
        (b"MSH|^^^^|A\r", "message 1: delimiters"),
    ],
)
def test_a_fault_of_hl7_is_named_with_its_message(tmp_path: Path, content: bytes, said: str) -> None:
    ran = validate(tmp_path, "a.hl7", content)
    assert ran.status == 1
    assert said in ran.out


def test_faults_of_several_files_are_counted_together(tmp_path: Path) -> None:
    files = [write(tmp_path, name, b"") for name in ("a.json", "b.json")]
    ran = ldt("validate", *files)
    assert ran.out == "a.json: empty at document\nb.json: empty at document\n2 fault(s)\n"
    assert ran.status == 1


def test_a_file_that_is_not_there_ends_as_with_evaluate(tmp_path: Path) -> None:
    for files in ([tmp_path / "none.json"], [write(tmp_path, "a.json", b""), tmp_path / "none.json"]):
        checked, evaluated = ldt("validate", *files), ldt("evaluate", tmp_path / "none.json")
        assert checked == evaluated
        assert (checked.status, checked.out) == (1, "")
        assert checked.err == "ldt: none.json: No such file or directory\n"


def test_the_exit_statuses_are_in_the_help() -> None:
    for command in ("validate", "evaluate"):
        assert "Exit status: 0 " in ldt(command, "--help").out


def test_values_are_not_quoted(tmp_path: Path) -> None:
    bad = patient("p1", birthDate="Zanzibar", gender=["Zanzibar"], name=[{"family": 5, "given": "Zanzibar"}])
    for content in (json.dumps(bad), message("OBX|1|NM|Zanzibar||Zanzibar|Zanzibar", pid="PID|1||Zanzibar")):
        ran = validate(tmp_path, "a", content)
        assert "Zanzibar" not in ran.out + ran.err


# Faults of the check itself.


@pytest.mark.parametrize(
    "status", ["registered", "preliminary", "amended", "corrected", "cancelled", "entered-in-error"]
)
def test_every_status_of_the_standard_is_valid(tmp_path: Path, status: str) -> None:
    resource = {**observation("o", "p1", "1975-2", "2.5", "mg/dL"), "status": status}
    assert validate(tmp_path, "a.json", json.dumps(resource)).out == "0 fault(s)\n"


@pytest.mark.parametrize("kind", ["patient", "fhirtypes"])
def test_a_resource_type_in_another_case_is_named(tmp_path: Path, kind: str) -> None:
    ran = validate(tmp_path, "a.json", json.dumps({"resourceType": kind, "id": "p1"}))
    assert ran.status == 1
    assert "not-fhir at resourceType: no resource type of FHIR" in ran.out


def test_a_bundle_without_its_type_is_faulty(tmp_path: Path) -> None:
    assert validate(tmp_path, "a.json", '{"resourceType": "Bundle", "entry": []}').status == 1


def test_a_time_that_is_none_is_named(tmp_path: Path) -> None:
    assert validate(tmp_path, "a.hl7", GOOD.replace(b"20260110", b"notatime")).status == 1


@pytest.mark.parametrize(
    "content",
    [
        GOOD.replace(b"|||||F\r", b"\r"),
        GOOD.replace(b"58410-2^^LN", b""),
        GOOD.replace(b"OBR|1||1|58410-2^^LN|||20260110\r", b""),
    ],
    ids=["OBX-11 missing", "OBR-4 missing", "OBR missing"],
)
def test_a_required_element_that_is_missing_is_named(tmp_path: Path, content: bytes) -> None:
    assert content != GOOD
    assert validate(tmp_path, "a.hl7", content).status == 1


def test_a_frame_without_end_is_faulty(tmp_path: Path) -> None:
    assert validate(tmp_path, "a.hl7", b"\x0b" + GOOD).status == 1


def test_selfcheck_says_what_is_installed() -> None:
    ran = ldt("selfcheck")
    assert ran.status == 0
    assert f"{len(catalogue().facts)} facts, {len(catalogue().inputs)} of them inputs" in ran.out
    assert f"rule set {rule_set().id} {rule_set().version}: 150 rules, {len(rule_set().therapies)} therapies" in ran.out
    assert ran.out.endswith("the built-in message gives a valid card and a valid CarePlan\n")


def test_selfcheck_fails_when_a_card_is_faulty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapter.cli.selfcheck.check_response", lambda response: ["a fault"])
    ran = ldt("selfcheck")
    assert ran.status == 1
    assert "faulty" in ran.err

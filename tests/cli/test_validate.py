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
        (GOOD.replace(b"2.5.1", b"9.9"), "message 1 MSH[1]-12: the structure of this version cannot be checked"),
        (GOOD.replace(b"\r", b"\n"), "message 1 MSH[1]: Segments end with LF or CRLF"),
        (GOOD + b"MSH|^~\\&|A\r", "message 2 MSH[1]-12: "),
        (b"MSH|^^^^|A\r", "message 1: delimiters"),
    ],
)
def test_a_fault_of_hl7_is_named_with_its_message(tmp_path: Path, content: bytes, said: str) -> None:
    ran = validate(tmp_path, "a.hl7", content)
    assert ran.status == 1
    assert said in ran.out


@pytest.mark.parametrize(
    ("old", "new", "faults"),
    [
        (b"|||||F\r", b"\r", ["OBX[1]-11: observation result status is required and empty"]),
        (b"58410-2^^LN", b"", ["OBR[1]-4: universal service identifier is required and empty"]),
        (b"20260110", b"Zanzibar", ["OBR[1]-7: observation date time (TS) holds what is no date"]),
        (b"OBX|1|", b"OBX|Zanzibar|", ["OBX[1]-1: set id obx (SI) holds what is no SI"]),
        (b"|M1|", b"|" + b"M" * 200 + b"|", ["MSH[1]-10: message control id (ST) is longer than 199 characters"]),
        (b"||F\r", b"||F~F\r", ["OBX[1]-11: observation result status may stand 1 time at most"]),
        (b"1975-2^", b"1975-2&a^", ["OBX[1]-3: observation identifier (CE) has more components or subcomponents than its data type"]),
        (b"||F\r", b"||F|||||||||Zanzibar\r", ["OBX[1]-20: performing organization name is not used in HL7 v2.5.1 (withdrawn, or reserved)"]),
        (b"OBR|1||1|58410-2^^LN|||20260110\r", b"", ["OBX[1]: the segment OBR is required and missing (ORU_R01_ORDER_OBSERVATION)"]),
        (b"OBR|", b"PV2|||x\rOBR|", ["PV2[1]: the segment PV1 is required and missing (ORU_R01_VISIT)"]),
        (b"OBR|", b"PID|2||3^^^HOSP^MR||ROE^I\rOBR|", ["PID[2]: the group ORU_R01_PATIENT may not stand again (ORU_R01_PATIENT_RESULT)"]),
        (b"OBR|", b"QQQ|||x\rOBR|", ["QQQ[1]: HL7 v2.5.1 has no segment of this name"]),
        (b"OBR|", b"ZZZ|||x\rOBR|", []),
        (b"ORU_R01|", b"ORU_R99|", ["MSH[1]-9: HL7 v2.5.1 has no message structure of this name"]),
        (b"DOE", b"D\xd6E", ["MSH[1]-18: bytes of the message are not of its character set, so that no more can be checked"]),
    ],
)  # fmt: skip
def test_faults_of_structure_are_told_in_the_words_of_hl7(
    tmp_path: Path, old: bytes, new: bytes, faults: list[str]
) -> None:
    assert old in GOOD
    ran = validate(tmp_path, "a.hl7", GOOD.replace(old, new, 1))
    assert ran.out.splitlines() == [*(f"a.hl7: message 1 {fault}" for fault in faults), f"{len(faults)} fault(s)"]


def test_each_fault_of_a_message_is_told_and_its_own_delimiters_hold(tmp_path: Path) -> None:
    twice = GOOD.replace(b"20260110", b"notatime").replace(b"|||||F\r", b"\r")
    for content in (twice, twice.replace(b"^", b"@").replace(b"&", b"#")):
        assert validate(tmp_path, "a.hl7", content).out.endswith("\n2 fault(s)\n")


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

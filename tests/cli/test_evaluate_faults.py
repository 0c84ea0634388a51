"""`ldt evaluate` on input that is wrong: a clear reason, the right exit status, nothing of the record in messages."""

import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import (
    DIAGNOSES,
    FIXTURES,
    bundle,
    case,
    evaluate,
    message,
    observation,
    patient,
    result,
    write,
)
from tests.repository import ROOT

GOOD = message(result(1, "1975-2", "2.5", "mg/dL"))
NEITHER = "neither FHIR JSON nor an HL7 v2 message, which begins with MSH, FHS or BHS"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.json", b"", "empty.json: the file is empty"),
        ("blank.json", b" \r\n", "blank.json: the file is empty"),
        ("text.json", b"hello", f"text.json: {NEITHER}"),
        ("cut.json", bundle(patient("p1"))[:-9], "cut.json: JSON that cannot be read to its end"),
        ("other.json", b'{"a": 1}', "other.json: JSON, but no case file, and resourceType is not there"),
        ("number.json", b"5", "number.json: JSON, but no case file, and resourceType is not there"),
        ("odd.json", b'{"resourceType": "Bundle", "entry": 5}', "odd.json: bundle-unreadable at Bundle"),
        ("binary.dat", b"\x00\x01\xff", f"binary.dat: {NEITHER}"),
        ("fact.json", b'[{"id": "C1", "facts": {"nonsense": 1}}]', "fact.json: case C1: unknown fact nonsense"),
        ("case.json", b'[{"id": "C1", "facts": {"ascites": 1}}]', "case.json: case C1: ascites is not true or false"),
        ("latin.json", b'[{"id": "C\xe9", "facts": {}}]', "latin.json: byte 10 is no UTF-8"),
        ("cut-case.json", b'[{"id": "C1", "facts": {', "cut-case.json: not JSON: line 1, column"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    ran = evaluate(write(tmp_path, name, content))
    assert ran.status == 1
    assert ran.out == ""
    assert ran.err.startswith(f"ldt: {said}")
    assert len(ran.err.splitlines()) == 1


def test_the_reason_is_one_line_however_narrow_the_terminal(tmp_path: Path) -> None:
    path = write(tmp_path, "a-long-name-of-a-file-that-holds-nothing-that-is-known.txt", b"hello")
    assert evaluate(path, columns=40).err == f"ldt: {path.name}: {NEITHER}\n"


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    files = [tmp_path / folder / "messages.hl7" for folder in ("a", "b")]
    for path in files:
        path.parent.mkdir()
        write(path.parent, path.name, GOOD + b"\x0b" + GOOD)
    ran = evaluate("--json", *files, write(tmp_path, "c.hl7", GOOD + b"\x0b" + GOOD))
    places = [finding["place"].split(" byte ")[0] for finding in ran.findings if finding["code"] == "message-truncated"]
    assert places == [str(files[0]), str(files[1]), "c.hl7"]
    missing = evaluate(files[0], tmp_path / "none" / "messages.hl7")
    assert missing.err == f"ldt: {tmp_path}/none/messages.hl7: No such file or directory\n"


@pytest.mark.parametrize("form", ["--json", "--cards", "--careplan", "--explain"])
def test_one_unreadable_file_among_good_ones_stops_everything(tmp_path: Path, form: str) -> None:
    """Half of an answer would look like a whole one."""
    ran = evaluate(form, write(tmp_path, "a.hl7", GOOD), write(tmp_path, "b.json", b"{"))
    assert (ran.status, ran.out) == (1, "")
    assert "b.json" in ran.err


def test_a_file_that_is_not_there_or_a_folder(tmp_path: Path) -> None:
    ran = evaluate(tmp_path / "none.hl7")
    assert (ran.status, ran.err) == (1, "ldt: none.hl7: No such file or directory\n")
    (tmp_path / "folder").mkdir()
    ran = evaluate(tmp_path / "folder")
    assert (ran.status, ran.err) == (1, "ldt: folder: Is a directory\n")


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "a.hl7", GOOD)

    def refuse(self: Path) -> bytes:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert evaluate(path).err == "ldt: a.hl7: Permission denied\n"


def test_no_file_at_all_is_a_wrong_call() -> None:
    ran = evaluate()
    assert ran.status == 2
    assert "Missing argument" in ran.err


@pytest.mark.parametrize("content", ["[]", '{"resourceType": "Bundle", "type": "collection"}'])
def test_input_without_patients_says_so(tmp_path: Path, content: str) -> None:
    path = write(tmp_path, "a.json", content)
    for form, out in ((), ""), (("--json",), "[]\n"), (("--cards",), "[]\n"), (("--careplan",), "[]\n"):
        ran = evaluate(*form, path)
        assert (ran.status, ran.out) == (1, out)
        assert ran.err == "ldt: No patient was found in the input.\n"


def test_a_broken_bundle_entry_costs_that_entry_and_is_named(tmp_path: Path) -> None:
    broken = {**observation("o2", "p1", "1751-7", "3.9", "g/dL"), "code": 5}
    whole = bundle(patient("p1"), broken, observation("o1", "p1", "1975-2", "2.5", "mg/dL"), "text")
    ran = evaluate("--json", write(tmp_path, "a.json", whole))
    [one] = ran.json
    assert one["facts"]["bilirubin_mg_dl"]["state"] == "present"
    assert [(f["code"], f["severity"], f["place"]) for f in ran.findings] == [
        ("resource-unreadable", "error", "Bundle.entry[1].resource.code"),
        ("resource-unreadable", "error", "Bundle.entry[3].resource"),
    ]
    table = evaluate(tmp_path / "a.json").out
    assert "Findings that belong to no patient" in table
    assert "error resource-unreadable at Bundle.entry[1].resource.code" in table


def test_a_broken_line_of_ndjson_costs_that_line(tmp_path: Path) -> None:
    content = json.dumps(patient("p1")).encode() + b"\n{broken\n"
    ran = evaluate("--json", write(tmp_path, "a.ndjson", content))
    assert [one["id"] for one in ran.json] == ["Patient/p1"]
    assert [(f["code"], f["place"]) for f in ran.findings] == [("resource-unreadable", "line 2")]


def test_a_resource_without_a_patient_is_excluded_even_beside_a_single_patient(tmp_path: Path) -> None:
    lonely = {k: v for k, v in observation("o1", "p1", "1975-2", "2.5", "mg/dL").items() if k != "subject"}
    ran = evaluate("--json", write(tmp_path, "a.json", bundle(patient("p1"), lonely)))
    assert "bilirubin_mg_dl" not in ran.json[0]["facts"]
    assert [finding["code"] for finding in ran.findings] == ["no-subject"]


def test_a_frame_without_end_is_not_used_and_named(tmp_path: Path) -> None:
    cut = b"\x0b" + GOOD + b"\x1c\r" + b"\x0b" + message(result(1, "1751-7", "3.9", "g/dL"), control_id="M2")
    ran = evaluate("--json", write(tmp_path, "a.hl7", cut))
    [one] = ran.json
    assert "albumin_g_dl" not in one["facts"]
    assert [(f["code"], f["severity"]) for f in ran.findings] == [("message-truncated", "error")]


def test_a_message_cut_within_a_segment_is_named(tmp_path: Path) -> None:
    ran = evaluate("--json", write(tmp_path, "a.hl7", GOOD[:-12]))
    assert [(f["code"], f["severity"]) for f in ran.findings] == [("last-segment-unterminated", "warning")]


def test_bytes_that_are_no_message_are_named(tmp_path: Path) -> None:
    ran = evaluate("--json", write(tmp_path, "a.hl7", b"FHS|^~\\&|LAB\rhello\r" + GOOD))
    assert len(ran.json) == 1
    assert [(f["code"], f["severity"]) for f in ran.findings] == [("noise", "error"), ("batch-unfinished", "warning")]


@pytest.mark.parametrize(
    ("pid", "code"),
    [("PID|1||||DOE^J", "no-identifier"), ("PID|1||77^^^^VN||DOE^J", "no-identifier"), ("PV1|1|O", "no-patient")],
)
def test_results_that_belong_to_nobody_are_excluded(tmp_path: Path, pid: str, code: str) -> None:
    ran = evaluate("--json", write(tmp_path, "a.hl7", message(result(1, "1975-2", "2.5", "mg/dL"), pid=pid)))
    assert ran.json == []
    assert code in [finding["code"] for finding in ran.findings]


def test_bytes_outside_of_the_character_set_exclude_the_message(tmp_path: Path) -> None:
    raw = message(*DIAGNOSES, pid="PID|1||77^^^HOSP^MR||D\u00d6E^J||19600101").decode().encode("latin-1")
    ran = evaluate("--json", write(tmp_path, "a.hl7", raw))
    assert ran.json == []
    assert "charset" in [finding["code"] for finding in ran.findings]


def test_an_unknown_unit_excludes_the_value_and_says_what_to_do(tmp_path: Path) -> None:
    [one] = evaluate("--json", write(tmp_path, "a.hl7", message(result(1, "1975-2", "2.5", "furlong")))).json
    fact = one["facts"]["bilirubin_mg_dl"]
    assert (fact["state"], fact["reason"]) == ("excluded", "unit-unknown")
    [finding] = one["findings"]
    assert (finding["code"], finding["place"]) == ("unit-unknown", "OBX[1]-5")
    assert "units.csv" in finding["hint"]


def test_a_bundle_that_goes_on_elsewhere_is_said_to_be_a_part(tmp_path: Path) -> None:
    part = json.loads(bundle(patient("p1")))
    part.update(type="searchset", total=40, link=[{"relation": "next", "url": "https://ehr.example.org/fhir?page=2"}])
    ran = evaluate("--cards", write(tmp_path, "a.json", json.dumps(part)))
    assert "Data that could not be had" in ran.out


CANARIES = ("Zanzibarovich", "Quetzalcoatl", "8675309867", "19230405")


@pytest.mark.hazard("HZ-X10")
@pytest.mark.parametrize("form", ["--json", "--cards", "--careplan"])
def test_names_numbers_and_texts_of_a_record_are_not_in_messages_nor_findings(tmp_path: Path, form: str) -> None:
    name, text, number, born = CANARIES
    pid = f"PID|1||{number}^^^HOSP^MR||{name}^{text}||{born}X|F"
    bad = (
        f"OBX|1|NM|1975-2^^LN||{text}|mg/dL|||||F",
        f"OBX|2|NM|1751-7^^LN||3.9|{text}|||||F",
        f"OBX|3|CWE|who_grade^^99LDT||{text}^{name}^L||||||F",
        f"OBX|4|ST|18748-4^^LN||{text} \\Z{name}\\||||||F",
        f"NTE|1|L|{text}",
        f"OBX|5|NM|1742-6^^LN||9|U/L|||||F|||{text}",
    )
    stranger = f"PID|1||{number}^^^HOSP^MR||{name}sson^M||19500101|M"
    nobody = message(bad[0], pid=f"PID|1||||{name}^{text}")
    files = [
        write(tmp_path, "a.hl7", message(*bad, pid=pid) + message(*bad, pid=stranger, control_id="M2") + nobody),
        write(
            tmp_path,
            "b.json",
            bundle(
                patient("p1", name=[{"family": name}], birthDate=text),
                {**observation("o1", "p1", "1975-2", "2.5", text), "effectiveDateTime": text, "status": text},
                {**observation("o2", "p1", "1751-7", "2.5", "g/dL"), "code": text},
                {**observation("o3", "p1", "1751-7", "2.5", "g/dL"), "subject": {"display": name}},
            ),
        ),
    ]
    ran = evaluate(form, *files)
    assert ran.status == 0
    assert ran.err.count("\n") >= 4, "the faults must be there to be looked through"
    assert [canary for canary in CANARIES if canary in ran.err] == []
    if form == "--json":
        findings = json.dumps([one["findings"] for one in ran.json])
        assert "unit-unknown" in findings
        assert [canary for canary in CANARIES if canary in findings] == []
    else:
        assert [canary for canary in (name, text) if canary in ran.out] == []


def test_what_cannot_be_read_is_not_quoted(tmp_path: Path) -> None:
    for content in (f"{CANARIES[0]}", f'{{"resourceType": "Bundle", "entry": "{CANARIES[0]}"}}', f'["{CANARIES[0]}'):
        ran = evaluate(write(tmp_path, "a.json", content))
        assert ran.status == 1
        assert CANARIES[0] not in ran.out + ran.err


def test_the_terminal_gets_no_control_characters_of_a_sender(tmp_path: Path) -> None:
    out = evaluate(write(tmp_path, "a.hl7", message(*DIAGNOSES, pid="PID|1||77\\X1B5B324A\\^^^HOSP^MR"))).out
    assert "HOSP/MR/77" in out
    assert "\x1b" not in out


def ldt(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", "from adapter.cli.main import main; main()", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_as_a_process() -> None:
    run = ldt("evaluate", "--as-of", "2026-01-12", "--json", FIXTURES / "patients/01-progressive-on-ssa/bundle.json")
    assert (run.returncode, run.stderr) == (0, "")
    [one] = json.loads(run.stdout)
    assert one["preferred"] == ["ctace", "tae"]


def test_a_fault_in_a_process_is_one_line_and_a_status(tmp_path: Path) -> None:
    run = ldt("evaluate", write(tmp_path, "a.json", f'{{"{CANARIES[0]}'))
    assert run.returncode == 1
    assert run.stdout == ""
    assert re.fullmatch(r"ldt: a\.json: .*\n", run.stderr)
    assert CANARIES[0] not in run.stderr


def test_an_unexpected_fault_is_one_line_without_content(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last handler of the command: type and place of the fault, never its text."""
    import adapter.cli.main as command

    def fail() -> None:
        raise RuntimeError(CANARIES[0])

    monkeypatch.setattr(command, "commands", fail)
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 70
    printed = capsys.readouterr()
    assert printed.out == ""
    assert re.fullmatch(r"ldt: internal error \(RuntimeError at [\w.]+:\d+\)\. Please report it\.\n", printed.err)


def test_a_case_file_beside_a_message_is_no_reason_to_fail(tmp_path: Path) -> None:
    ran = evaluate("--json", write(tmp_path, "a.hl7", GOOD), write(tmp_path, "c.json", [case("C1")]))
    assert [one["id"] for one in ran.json] == ["HOSP/MR/77", "C1"]

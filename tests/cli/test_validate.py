"""`ldt validate` and `ldt selfcheck`: the strict check of files by the standards, and of the installation by itself."""

import json
from importlib import import_module
from pathlib import Path

import pytest

from adapter.case.catalogue import catalogue
from adapter.cli.dictionary import DEPARTURES, Departure, parts_of
from adapter.ldt import rule_set
from tests.cli.running import FIXTURES, Ran, bundle, case, ldt, message, ndjson, observation, patient, result, write

GOOD = message(result(1, "1975-2", "2.5", "mg/dL"))


def validate(folder: Path, name: str, content: bytes | str) -> Ran:
    return ldt("validate", write(folder, name, content))


PATIENTS = sorted((FIXTURES / "patients").iterdir())
FINAL = [folder for folder in PATIENTS if folder.name != "10-sparse"]


@pytest.mark.parametrize("folder", FINAL, ids=lambda folder: folder.name)
def test_the_fixture_bundles_are_valid(folder: Path) -> None:
    ran = ldt("validate", folder / "bundle.json")
    assert (ran.status, ran.out) == (0, "0 fault(s)\n")


@pytest.mark.parametrize("folder", PATIENTS, ids=lambda folder: folder.name)
def test_the_fixture_messages_are_valid(folder: Path) -> None:
    ran = ldt("validate", folder / "messages.hl7")
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
        (b"", "the file is empty"),
        (b"{", "JSON that cannot be read to its end"),
        (b"hello", "neither FHIR JSON nor an HL7 v2 message, which begins with MSH, FHS or BHS"),
        (b"[]", "an array without any resource"),
        (b"5", "JSON, but no case file, and resourceType is not there or names no resource of FHIR"),
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
        (b"20260110", b"Zanzibar", ["OBR[1]-7: observation date time (TS) holds what is no date or time"]),
        (b"20260110", b'""', []),
        (b"OBX|1|", b"OBX|Zanzibar|", ["OBX[1]-1: set id obx (SI) holds what is no SI"]),
        (b"|M1|", b"|" + b"M" * 200 + b"|", ["MSH[1]-10: message control id (ST) is longer than 199 characters"]),
        (b"||F\r", b"||F~F\r", ["OBX[1]-11: observation result status may stand 1 time at most"]),
        (b"1975-2^", b"1975-2&a^", ["OBX[1]-3: observation identifier (CE) has more components or subcomponents than its data type"]),
        (b"||F\r", b"||F|||||||||Zanzibar\r", ["OBX[1]-20: this field is not used in HL7 v2.5.1 (withdrawn, or reserved for a later version)"]),
        (b"OBR|1||1|58410-2^^LN|||20260110\r", b"", ["OBX[1]: the segment OBR is required before it and missing (ORU_R01)"]),
        (b"OBR|", b"PV2|||x\rOBR|", ["PV2[1]: the segment PV1 is required before it and missing (ORU_R01)"]),
        (b"OBR|", b"PID|2||3^^^HOSP^MR||ROE^I\rOBR|", ["PID[2]: the segment OBR is required before it and missing (ORU_R01)"]),
        (b"OBR|", b"AL1|1||x\rOBR|", ["AL1[1]: has no place here in ORU_R01"]),
        (b"OBX|", b"PV1|1|I\rOBX|", ["PV1[1]: has no place here in ORU_R01"]),
        (b"OBR|", b"QQQ|||x\rOBR|", ["QQQ[1]: HL7 v2.5.1 has no segment of this name"]),
        (b"OBR|", b"ZZZ|||x\rOBR|", []),
        (b"ORU_R01|", b"ORU_R99|", ["MSH[1]-9: no message structure of this name is known for HL7 v2.5.1, so that none can be checked"]),
        (b"DOE", b"D\xd6E", ["MSH[1]-18: bytes of the message are not of its character set, so that no more can be checked"]),
    ],
)  # fmt: skip
def test_faults_of_structure_are_told_in_the_words_of_hl7(
    tmp_path: Path, old: bytes, new: bytes, faults: list[str]
) -> None:
    assert old in GOOD
    ran = validate(tmp_path, "a.hl7", GOOD.replace(old, new, 1))
    assert ran.out.splitlines() == [*(f"a.hl7: message 1 {fault}" for fault in faults), f"{len(faults)} fault(s)"]


def value(datatype: str, text: str, version: str = "2.5.1") -> bytes:
    """A message with one result under a code that no table has."""
    sent = message(f"OBX|1|{datatype}|WHATEVER^Whatever^L||{text}||||||F")
    return sent.replace(b"|2.5.1\r", f"|{version}\r".encode())


NO_NM = "5: observation value (NM) holds what is no NM"


@pytest.mark.parametrize(
    ("datatype", "text", "fault"),
    [
        ("NM", "abc", NO_NM),
        ("NM", "1,5", NO_NM),
        ("NM", "nan", NO_NM),
        ("NM", ".5", NO_NM),
        ("NM", "1_0", NO_NM),
        ("NM", "<5", "5: observation value (NM) holds a number with a comparator, which is an SN"),
        ("NM", "1e3", "5: observation value (NM) holds a number with an exponent, which is no NM"),
        ("NM", "5^6", "5: observation value (NM) has more components or subcomponents than its data type"),
        ("NM", "5~abc", "5[2]: observation value (NM) holds what is no NM"),
        ("SN", "abc", "5: observation value (SN) holds what is no SN"),
        ("SN", "^a", "5: observation value (SN) holds what is no SN"),
        ("SN", "^5^x^6", "5: observation value (SN) holds what is no SN"),
        ("DT", "2026-01-10", "5: observation value (DT) holds what is no date or time"),
        ("DT", "20260110120000", "5: observation value (DT) holds what is no date or time"),
        ("TM", "2560", "5: observation value (TM) holds what is no date or time"),
        ("TS", "20261340", "5: observation value (TS) holds what is no date or time"),
        ("DTM", "yesterday", "5: observation value (DTM) holds what is no date or time"),
        ("DR", "20260110^yesterday", "5: observation value (DR) holds what is no date or time"),
        ("NR", "1^a", "5: observation value (NR) holds what is no NM"),
        ("CQ", "a^mg", "5: observation value (CQ) holds what is no NM"),
        ("SI", "a", "5: observation value (SI) holds what is no SI"),
        ("CWE", "^Stable^99LDT", "5: observation value (CWE) holds no code, only what stands beside it"),
        ("CE", "^^^^Stable", "5: observation value (CE) holds no code, only what stands beside it"),
        ("CE", "a^b^c^d^e^f^g", "5: observation value (CE) has more components or subcomponents than its data type"),
        ("ST", "a^b", "5: observation value (ST) has more components or subcomponents than its data type"),
        ("ST", "a&b", "5: observation value (ST) has more components or subcomponents than its data type"),
        ("", "5", "2: value type is required beside a value and empty"),
        ("XYZ", "5", "2: value type is none that HL7 v2 has"),
    ],
)  # fmt: skip
def test_a_value_that_is_not_of_its_own_type_is_named_whatever_its_code(
    tmp_path: Path, datatype: str, text: str, fault: str
) -> None:
    ran = validate(tmp_path, "a.hl7", value(datatype, text))
    assert ran.out.splitlines() == [f"a.hl7: message 1 OBX[1]-{fault}", "1 fault(s)"]
    mapped = validate(tmp_path, "a.hl7", value(datatype, text).replace(b"WHATEVER^Whatever^L", b"1975-2^Bilirubin^LN"))
    assert mapped == ran


@pytest.mark.parametrize(
    ("datatype", "text"),
    [
        *(("NM", text) for text in ("5", "-5.0", "+5", '""', "", "5~6")),
        *(("SN", text) for text in ("^5", "<^5", "^5^-^6", "^1^:^128", '""')),
        *(("DT", text) for text in ("2026", "202601", "20260110")),
        *(("TM", text) for text in ("12", "1200", "120000.1234+0100")),
        *((time, "20260110120000-0500") for time in ("TS", "DTM")),
        *((coded, "a^Text^L^b^Text^LN") for coded in ("CE", "CWE", "CNE")),
        ("CWE", "^^^b^Text^LN"),
        ("ST", "a\\T\\b"),
        ("TX", "one~two"),
        ("FT", "one\\.br\\two"),
        ("ED", "^TEXT^^Base64^aGVsbG8="),
        ("PN", "DOE^J"),
        ("", ""),
        ("", '""'),
    ],
)
def test_a_value_of_its_own_type_is_no_fault(tmp_path: Path, datatype: str, text: str) -> None:
    assert validate(tmp_path, "a.hl7", value(datatype, text)).out == "0 fault(s)\n"


@pytest.mark.parametrize("version", ["2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.6", "2.7", "2.8", "2.8.2"])
@pytest.mark.parametrize("datatype", ["NM", "DT", "TS", "DTM", "CE", "CWE", "SN"])
def test_a_value_is_held_to_its_type_in_every_version_also_by_a_type_of_another(
    tmp_path: Path, version: str, datatype: str
) -> None:
    good = {"NM": "5", "SN": "^5", "DT": "20260110", "CE": "a^Text^L", "CWE": "a^Text^L"}.get(datatype, "20260110")
    bad = {"CE": "^Text", "CWE": "^Text"}.get(datatype, "x")
    assert "OBX[1]-5" not in validate(tmp_path, "a.hl7", value(datatype, good, version)).out
    assert "OBX[1]-5: observation value" in validate(tmp_path, "a.hl7", value(datatype, bad, version)).out


# What the dictionary calls wrong and the standard does not.


def faults(folder: Path, *segments: str, kind: str, version: str) -> list[str]:
    """What is told of a message of this kind, without the name of the file and the number of the message."""
    head = f"MSH|^~\\&|LAB|HOSP|NELM|HOSP|20260112||{kind}|M1|P|{version}"
    ran = validate(folder, "a.hl7", "\r".join([head, *segments, ""]))
    return [line.removeprefix("a.hl7: message 1 ") for line in ran.out.splitlines()[:-1]]


PID = "PID|1||77^^^HOSP^MR||DOE^J"
VISIT = ("EVN|A08|20260112", PID, "PV1|1|I")


@pytest.mark.parametrize("departure", DEPARTURES, ids=lambda departure: departure.field)
def test_a_field_that_the_standard_leaves_free_is_not_asked_for(tmp_path: Path, departure: Departure) -> None:
    order, value = "OBR|1||1|58410-2^CBC^LN|||20260110", "OBX|1|NM|777-3^Platelets^LN||210||||||F"
    for version in departure.versions:
        told = faults(tmp_path, PID, "ORC|RE|1", order, value, kind="ORU^R01", version=version)
        assert told == [], version
        segment, number = departure.field.split("-")
        sent = parts_of(segment, "Segment", version)
        _, raw, *_ = import_module("hl7apy").load_reference(segment, "Segment", version)
        assert sent is not None
        assert [one.least for one in sent if one.number == int(number)] == [0]
        assert [least for name, _, (least, _), _ in raw if name == f"{segment}_{number}"] == [1]


@pytest.mark.parametrize(
    ("kind", "version"),
    [("ADT^A08", "2.3"), ("ADT^A08", "2.3.1"), ("ADT^A04", "2.3.1"), ("ADT^A28", "2.3.1"), ("ADT^A31", "2.5.1")],
)
def test_an_event_without_a_structure_of_its_name_has_the_one_of_its_table(
    tmp_path: Path, kind: str, version: str
) -> None:
    visit = [line.replace("A08", kind[-3:]) for line in VISIT]
    assert faults(tmp_path, *visit, kind=kind, version=version) == []
    told = faults(tmp_path, PID, "PV1|1|I", kind=kind, version=version)
    assert told[0].startswith("PID[1]: the segment EVN is required before it and missing (ADT_A0")


def test_a_structure_that_is_named_has_to_be_one(tmp_path: Path) -> None:
    none = ["MSH[1]-9: no message structure of this name is known for HL7 v2.5.1, so that none can be checked"]
    assert faults(tmp_path, *VISIT, kind="ADT^A08^ADT_A08", version="2.5.1") == none


def test_fields_keep_their_numbers_where_a_version_has_lost_one(tmp_path: Path) -> None:
    gone = "this field is not used in HL7 v2.8 (withdrawn, or reserved for a later version)"
    told = faults(tmp_path, "EVN|A08|20260112", PID, "PV1|1|I", kind="ADT^A08^ADT_A01", version="2.8")
    assert told == [f"EVN[1]-1: {gone}"]
    told = faults(tmp_path, "EVN|", PID, "PV1|1|I", kind="ADT^A08^ADT_A01", version="2.8")
    assert told == ["EVN[1]-2: recorded date time is required and empty"]


def test_of_a_choice_one_is_enough(tmp_path: Path) -> None:
    order = ("ORC|NW|1", "OBR|1|1||58410-2^CBC^LN")
    assert faults(tmp_path, PID, *order, kind="ORM^O01^ORM_O01", version="2.5.1") == []
    assert faults(tmp_path, PID, "ORC|NW|1", "NTE|1||x", kind="ORM^O01^ORM_O01", version="2.5.1") != []


def test_two_patients_of_a_link_stand_side_by_side(tmp_path: Path) -> None:
    event, other = "EVN||20260112", "PID|2||78^^^HOSP^MR||DOE^J"
    link = {"kind": "ADT^A24^ADT_A24", "version": "2.5.1"}
    assert faults(tmp_path, event, PID, "PV1|1|I", other, "PV1|1|I", **link) == []
    assert faults(tmp_path, event, PID, **link) == [
        "PID[1]: the segment PID is required after it and missing (ADT_A24)"
    ]
    thrice = faults(tmp_path, event, PID, other, "PID|3||79^^^HOSP^MR||DOE^J", **link)
    assert thrice == ["PID[3]: has no place here in ADT_A24"]


@pytest.mark.parametrize("version", ["2.6", "2.7"])
def test_results_of_a_point_of_care_are_not_taken_for_observations_of_the_patient(tmp_path: Path, version: str) -> None:
    order, value = ("ORC|NW|1", "OBR|1||1|58410-2^CBC^LN"), "OBX|1|NM|777-3^Platelets^LN||210||||||F"
    care = {"kind": "ORU^R31^ORU_R30", "version": version}
    missing = ["OBR[1]: the segment OBX is required after it and missing (ORU_R30)"]
    assert faults(tmp_path, PID, *order, value, **care) == []
    assert faults(tmp_path, PID, *order, **care) == missing
    assert faults(tmp_path, PID, value, *order, **care) == missing


def test_a_segment_of_version_2_7_whose_type_the_dictionary_lacks_is_no_crash(tmp_path: Path) -> None:
    order = ("ORC|NW|1", "TQ1|1", "OBR|1||1|58410-2^CBC^LN", "OBX|1|NM|777-3^Platelets^LN||210||||||F")
    assert faults(tmp_path, PID, *order, kind="OML^O21^OML_O21", version="2.7") == []
    told = faults(tmp_path, PID, "QRD|1", *order, kind="OML^O21^OML_O21", version="2.7")
    assert told == ["QRD[1]: HL7 v2.7 has no segment of this name"]


@pytest.mark.parametrize("version", ["2.4", "2.5.1", "2.7", "2.8"])
def test_results_may_stand_under_every_order_whatever_other_groups_begin_with_them(
    tmp_path: Path, version: str
) -> None:
    one = ("ORC|NW|1", "OBR|1|1|1|58410-2^CBC^LN", "OBX|1|NM|777-3^Platelets^LN||210||||||F")
    assert faults(tmp_path, PID, *one, *one, kind="ORU^R01^ORU_R01", version=version) == []
    assert faults(tmp_path, PID, *one, *one, kind="OML^O21^OML_O21", version=version) == []


def test_the_next_order_is_not_taken_for_a_prior_one(tmp_path: Path) -> None:
    orders = [line for n in (1, 2) for line in (f"ORC|NW|{n}", f"OBR|{n}|{n}||58410-2^CBC^LN")]
    assert faults(tmp_path, PID, "SPM|1|S||TISS", *orders, kind="OML^O33^OML_O33", version="2.5.1") == []


def test_each_repetition_of_a_value_is_told(tmp_path: Path) -> None:
    told = validate(tmp_path, "a.hl7", value("NM", 'abc~5~~""~x')).out.splitlines()
    assert [line.split()[3] for line in told[:-1]] == ["OBX[1]-5[1]:", "OBX[1]-5[5]:"]


def test_each_fault_of_a_message_is_told_and_its_own_delimiters_hold(tmp_path: Path) -> None:
    twice = GOOD.replace(b"20260110", b"notatime").replace(b"|||||F\r", b"\r")
    for content in (twice, twice.replace(b"^", b"@").replace(b"&", b"#")):
        assert validate(tmp_path, "a.hl7", content).out.endswith("\n2 fault(s)\n")


def test_faults_of_several_files_are_counted_together(tmp_path: Path) -> None:
    files = [write(tmp_path, name, b"") for name in ("a.json", "b.json")]
    ran = ldt("validate", *files)
    assert ran.out == "a.json: the file is empty\nb.json: the file is empty\n2 fault(s)\n"
    assert ran.status == 1


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder, "messages.hl7", b"")
    ran = ldt("validate", tmp_path / "a/messages.hl7", tmp_path / "b/messages.hl7", write(tmp_path, "c.hl7", b""))
    assert [line.split(": ")[0] for line in ran.out.splitlines()[:3]] == [
        f"{tmp_path}/a/messages.hl7",
        f"{tmp_path}/b/messages.hl7",
        "c.hl7",
    ]


def test_a_file_that_is_not_there_ends_as_with_evaluate(tmp_path: Path) -> None:
    for files in ([tmp_path / "none.json"], [write(tmp_path, "a.json", b""), tmp_path / "none.json"]):
        checked, evaluated = ldt("validate", *files), ldt("evaluate", tmp_path / "none.json")
        assert checked == evaluated
        assert (checked.status, checked.out) == (1, "")
        assert checked.err == "ldt: none.json: No such file or directory\n"


def test_the_exit_statuses_are_in_the_help() -> None:
    for command in ("validate", "evaluate", "send"):
        assert "Exit status: 0 " in ldt(command, "--help").out
    assert "Exit status of every command: 0 done; 1 not possible" in ldt("--help").out


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
    assert "names no resource of FHIR (`Patient`)" in ran.out


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

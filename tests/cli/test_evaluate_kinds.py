"""`ldt evaluate` on every kind of input: the kind is detected, patients are told apart and joined."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapter.cli.inputs import kind_of
from tests.cli.running import (
    DIAGNOSES,
    FIXTURES,
    bundle,
    case,
    evaluate,
    message,
    ndjson,
    observation,
    patient,
    result,
    write,
)

BILIRUBIN = result(1, "1975-2", "2.5", "mg/dL")
PATIENTS = sorted((FIXTURES / "patients").iterdir())


def facts(one: dict[str, Any]) -> dict[str, Any]:
    """The known values of a patient by fact."""
    return {name: fact["value"] for name, fact in one["facts"].items() if fact["state"] == "present"}


def ordered(value: Any) -> Any:
    """The value with its lists in order: which member stands first means nothing."""
    match value:
        case list():
            return sorted((ordered(part) for part in value), key=str)
        case dict():
            return {name: ordered(part) for name, part in value.items()}
        case _:
            return value


@pytest.mark.parametrize("folder", PATIENTS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("file", ["bundle.json", "messages.hl7"])
def test_a_fixture_patient_has_the_expected_facts_on_either_wire(folder: Path, file: str) -> None:
    expected = json.loads((folder / "expected.json").read_text(), parse_float=Decimal, parse_int=Decimal)
    [found] = evaluate("--json", folder / file).json
    assert {name: ordered(facts(found).get(name)) for name in expected["facts"]} == {
        name: ordered(value) for name, value in expected["facts"].items()
    }


@pytest.mark.parametrize("folder", PATIENTS, ids=lambda folder: folder.name)
def test_a_fixture_patient_gets_the_same_advice_on_either_wire(folder: Path) -> None:
    lists = [
        {key: one[key] for key in one if key not in ("id", "facts", "findings", "ledger")}
        for one in evaluate("--json", folder / "bundle.json", folder / "messages.hl7").json
    ]
    assert len(lists) == 2
    assert lists[0] == lists[1]


def test_one_message(tmp_path: Path) -> None:
    [one] = evaluate("--json", write(tmp_path, "a.hl7", message(BILIRUBIN))).json
    assert one["id"] == "HOSP/MR/77"
    assert facts(one)["bilirubin_mg_dl"] == Decimal("2.5")


def test_many_messages_of_one_patient_are_one_patient(tmp_path: Path) -> None:
    many = message(BILIRUBIN) + message(result(1, "1751-7", "3.9", "g/dL"), control_id="M2")
    [one] = evaluate("--json", write(tmp_path, "a.hl7", many)).json
    assert facts(one).keys() >= {"bilirubin_mg_dl", "albumin_g_dl"}


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"], ids=repr)
@pytest.mark.parametrize("framed", [False, True], ids=["bare", "mllp"])
def test_line_ends_and_frames_do_not_matter(tmp_path: Path, end: str, framed: bool) -> None:
    raw = message(BILIRUBIN, end=end)
    second = message(result(1, "1751-7", "3.9", "g/dL"), control_id="M2", end=end)
    content = b"".join(b"\x0b" + one + b"\x1c\r" for one in (raw, second)) if framed else raw + second
    ran = evaluate("--json", write(tmp_path, "a.hl7", content))
    [one] = ran.json
    assert facts(one)["bilirubin_mg_dl"] == Decimal("2.5")
    assert facts(one)["albumin_g_dl"] == Decimal("3.9")
    assert ran.status == 0
    assert {finding["code"] for finding in ran.findings} <= {"segment-end-not-cr"}
    assert bool(ran.findings) == (end != "\r")


def test_a_batch_with_envelopes(tmp_path: Path) -> None:
    content = b"FHS|^~\\&|LAB\rBHS|^~\\&|LAB\r" + message(BILIRUBIN) + b"BTS|1\rFTS|1\r"
    ran = evaluate("--json", write(tmp_path, "a.hl7", content))
    assert len(ran.json) == 1
    assert ran.findings == []


def test_a_bundle_a_resource_an_array_and_parameters(tmp_path: Path) -> None:
    resources = [patient("p1"), observation("o1", "p1", "1975-2", "2.5", "mg/dL")]
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "r", "resource": r} for r in resources]}
    contents = {"bundle": bundle(*resources), "array": json.dumps(resources), "parameters": json.dumps(parameters)}
    for name, content in contents.items():
        [one] = evaluate("--json", write(tmp_path, f"{name}.json", content)).json
        assert facts(one)["bilirubin_mg_dl"] == Decimal("2.5"), name
    [one] = evaluate("--json", write(tmp_path, "patient.json", json.dumps(patient("p1")))).json
    assert facts(one) == {"age_years": 66, "birth_date": "1960-01-01"}


def test_ndjson_files_are_one_export(tmp_path: Path) -> None:
    patients = write(tmp_path, "Patient.ndjson", ndjson(patient("p1"), patient("p2")))
    results = write(
        tmp_path,
        "Observation.ndjson",
        ndjson(observation("o1", "p1", "1975-2", "2.5", "mg/dL"), observation("o2", "p2", "1975-2", "9", "mg/dL")),
    )
    found = evaluate("--json", patients, results).json
    assert [(one["id"], facts(one)["bilirubin_mg_dl"]) for one in found] == [
        ("Patient/p1", Decimal("2.5")),
        ("Patient/p2", 9),
    ]
    assert facts(found[0])["age_years"] == 66


def test_two_fhir_files_with_one_patient_id_are_two_patients(tmp_path: Path) -> None:
    """An id says nothing beyond its own server: two files may be from two hospitals."""
    one = write(tmp_path, "a.json", bundle(patient("p1"), observation("o1", "p1", "1975-2", "2.5", "mg/dL")))
    other = write(tmp_path, "b.json", bundle(patient("p1"), observation("o1", "p1", "1751-7", "3.9", "g/dL")))
    found = evaluate("--json", one, other).json
    assert [one["id"] for one in found] == ["Patient/p1", "Patient/p1"]
    assert "albumin_g_dl" not in facts(found[0])
    assert "bilirubin_mg_dl" not in facts(found[1])


def test_a_patient_id_in_several_files_is_named_for_each_of_them(tmp_path: Path) -> None:
    one = write(tmp_path, "a.json", bundle(patient("p1"), patient("p2")))
    other = write(tmp_path, "b.json", bundle(patient("p1"), patient("p3")))
    lines = write(tmp_path, "c.ndjson", ndjson(patient("p1"), patient("p4")))
    found = evaluate("--json", one, other, lines).json
    named = {entry["id"]: [(f["code"], f["severity"], f["place"]) for f in entry["findings"]] for entry in found}
    several = ("patient-in-several-files", "warning", "a.json, b.json, c.ndjson")
    assert named == {"Patient/p1": [several], "Patient/p2": [], "Patient/p3": [], "Patient/p4": []}
    assert sum(entry["findings"] != [] for entry in found) == 3
    [card] = evaluate("--cards", one, other).json[0]
    assert "patient in several files" in card["detail"]
    assert "several-files" not in json.dumps(evaluate("--json", one).json, default=str)


def test_two_files_with_messages_of_one_patient_are_joined(tmp_path: Path) -> None:
    one = write(tmp_path, "a.hl7", message(BILIRUBIN))
    other = write(tmp_path, "b.hl7", message(result(1, "1751-7", "3.9", "g/dL"), control_id="M2"))
    [found] = evaluate("--json", one, other).json
    assert facts(found).keys() >= {"bilirubin_mg_dl", "albumin_g_dl"}
    assert sum(found["ledger"]["container"].values()) == 6


@pytest.mark.parametrize("pid", ["PID|1||77^^^OTHER^MR||DOE^J||19600101|F", "PID|1||078^^^HOSP^MR||DOE^J||19600101|F"])
def test_files_of_two_patients_are_not_joined(tmp_path: Path, pid: str) -> None:
    one = write(tmp_path, "a.hl7", message(BILIRUBIN))
    other = write(tmp_path, "b.hl7", message(BILIRUBIN, pid=pid))
    assert len(evaluate("--json", one, other).json) == 2


STRANGER = "PID|1||77^^^HOSP^MR||ROE^M||19850505|M"


def test_messages_of_two_people_under_one_number_are_kept_apart_in_one_file(tmp_path: Path) -> None:
    both = message(BILIRUBIN) + message(result(1, "1751-7", "3.9", "g/dL"), pid=STRANGER, control_id="M2")
    ran = evaluate("--json", write(tmp_path, "a.hl7", both))
    [one] = ran.json
    assert "albumin_g_dl" not in facts(one)
    assert [finding["code"] for finding in ran.findings] == ["identity-conflict"]


def test_messages_of_two_people_under_one_number_are_kept_apart_over_files(tmp_path: Path) -> None:
    one = write(tmp_path, "a.hl7", message(BILIRUBIN))
    other = write(tmp_path, "b.hl7", message(result(1, "1751-7", "3.9", "g/dL"), pid=STRANGER, control_id="M2"))
    ran = evaluate("--json", one, other)
    assert all(not {"bilirubin_mg_dl", "albumin_g_dl"} <= facts(found).keys() for found in ran.json)
    assert "identity-conflict" in ran.err


def test_two_patients_in_one_file_stay_apart(tmp_path: Path) -> None:
    many = message(BILIRUBIN) + message(result(1, "1975-2", "9", "mg/dL"), pid="PID|1||78^^^HOSP^MR", control_id="M2")
    found = evaluate("--json", write(tmp_path, "a.hl7", many)).json
    assert [(one["id"], facts(one)["bilirubin_mg_dl"]) for one in found] == [
        ("HOSP/MR/77", Decimal("2.5")),
        ("HOSP/MR/78", 9),
    ]
    two = bundle(
        patient("p1"),
        patient("p2"),
        observation("o1", "p1", "1975-2", "2.5", "mg/dL"),
        observation("o2", "p2", "1975-2", "9", "mg/dL"),
    )
    found = evaluate("--json", write(tmp_path, "a.json", two)).json
    assert [(one["id"], facts(one)["bilirubin_mg_dl"]) for one in found] == [
        ("Patient/p1", Decimal("2.5")),
        ("Patient/p2", 9),
    ]


def test_a_mixture_of_kinds_keeps_its_order(tmp_path: Path) -> None:
    files = (
        write(tmp_path, "c.json", [case("C1", diagnosis="hcc")]),
        write(tmp_path, "b.json", bundle(patient("p1"))),
        write(tmp_path, "a.hl7", message(*DIAGNOSES)),
    )
    assert [one["id"] for one in evaluate("--json", *files).json] == ["HOSP/MR/77", "Patient/p1", "C1"]


def test_a_case_file_with_a_byte_order_mark(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + json.dumps([case("C1", ascites=True)]).encode()
    [one] = evaluate("--json", write(tmp_path, "c.json", content)).json
    assert facts(one)["ascites"] is True


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"MSH|^~\\&|", "hl7v2"),
        (b"\x0bMSH|^~\\&|", "hl7v2"),
        (b"\xef\xbb\xbfMSH|^~\\&|", "hl7v2"),
        (b"\r\n MSH#^~\\&#", "hl7v2"),
        (b"FHS|^~\\&|", "hl7v2"),
        (b"BHS|^~\\&|", "hl7v2"),
        (b'[{"id": "A"}]', "cases"),
        (b'[ {"facts": {}}]', "cases"),
        (b'[{"resourceType": "Patient"}]', "fhir"),
        (b'{"resourceType": "Patient"}', "fhir"),
        (b"MSHA", "fhir"),
        (b"", "fhir"),
    ],
)
def test_the_kind_is_told_by_the_first_bytes(raw: bytes, kind: str) -> None:
    assert kind_of(raw) == kind


# Transarterial therapies: what the worked cases say of them must come out of the command too.
TRANSARTERIAL = ("tae", "ctace", "deb_tace", "tare_lobar", "tare_whole_liver", "radiation_segmentectomy")
LISTS = ("preferred", "reasonable", "not_recommended", "contraindicated")


@pytest.mark.parametrize("therapy", TRANSARTERIAL)
def test_all_24_worked_cases_agree_on_a_transarterial_therapy(therapy: str) -> None:
    path = FIXTURES / "cases/cases.json"
    expected = {entry["id"]: entry["expect"] for entry in json.loads(path.read_text())}
    found = {one["id"]: one for one in evaluate("--json", path).json}
    assert len(found) == len(expected) == 24
    differing = {
        subject: [(name, therapy in found[subject][name]) for name in LISTS]
        for subject, expect in expected.items()
        if any((therapy in found[subject][name]) != (therapy in expect[name]) for name in LISTS)
    }
    assert differing == {}
    assert any(therapy in expect[name] for expect in expected.values() for name in LISTS)


def test_all_24_worked_cases_agree_on_every_list() -> None:
    path = FIXTURES / "cases/cases.json"
    for entry, one in zip(json.loads(path.read_text()), evaluate("--json", path).json, strict=True):
        expect = {name: v if isinstance(v, str) else sorted(v) for name, v in entry["expect"].items()}
        assert {name: one[name] for name in expect} == expect

"""The ledger adds up to what the input holds, counted here from its raw text: nothing disappears, nothing is invented."""

import json
from collections import Counter
from pathlib import Path

import pytest

from adapter.fhir.document import read_document
from adapter.mapping.fhir import map_fhir
from adapter.mapping.hl7v2 import map_hl7v2_bytes
from adapter.mapping.ledger import Entry, Ledger, Level, Outcome
from tests.mapping import counting
from tests.mapping.senders import (
    PATIENT,
    PID,
    SNOMED,
    Json,
    Resource,
    bundle,
    by_fhir,
    by_hl7,
    concept,
    condition,
    finding_codes,
    header,
    laboratory,
    message,
    obr,
    observation,
    obx,
    platelets,
    procedure,
    questionnaire,
    report,
)
from tests.repository import ROOT

BUNDLES = sorted((ROOT / "fixtures" / "patients").glob("*/bundle.json"))
MESSAGES = sorted((ROOT / "fixtures" / "patients").glob("*/messages.hl7"))
EXTERNAL = sorted((ROOT / "fixtures" / "external").glob("*/*.json"))


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def containers(ledger: Ledger) -> Counter[str]:
    return Counter(entry.name for entry in ledger.entries if entry.level is Level.CONTAINER)


def coded(ledger: Ledger) -> int:
    return sum(entry.level is Level.CODED for entry in ledger.entries)


def of_coded(ledger: Ledger) -> list[Entry]:
    return [entry for entry in ledger.entries if entry.level is Level.CODED]


def outcome(ledger: Ledger, name: str) -> list[tuple[Outcome, str]]:
    return [
        (entry.outcome, entry.reason)
        for entry in ledger.entries
        if entry.level is Level.CONTAINER and entry.name == name
    ]


@pytest.mark.parametrize("path", [*BUNDLES, *EXTERNAL], ids=name_of)
def test_fhir_counts_add_up(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    ledger = map_fhir(read_document(path.read_bytes()), path.name).whole_ledger
    assert containers(ledger) == counting.types(text)
    assert coded(ledger) == counting.coded_elements(text)
    assert (ledger.containers, ledger.coded) == (counting.types(text).total(), counting.coded_elements(text))
    assert ledger.balanced


@pytest.mark.parametrize("path", MESSAGES, ids=name_of)
def test_hl7_counts_add_up(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    ledger = map_hl7v2_bytes(path.read_bytes(), path.name).whole_ledger
    assert containers(ledger) == counting.segments(text)
    assert coded(ledger) == counting.coded_segments(text)
    assert (ledger.containers, ledger.coded) == (counting.segments(text).total(), counting.coded_segments(text))
    assert ledger.balanced


@pytest.mark.parametrize("path", [*BUNDLES, *MESSAGES], ids=name_of)
def test_no_place_stands_twice(path: Path) -> None:
    if path.suffix == ".json":
        mapping = map_fhir(read_document(path.read_bytes()), path.name)
        places = [entry.place for entry in mapping.whole_ledger.entries if entry.level is Level.CODED]
        assert len(places) == len(set(places))
    else:
        results = [s.origin for p in map_hl7v2_bytes(path.read_bytes(), path.name).patients for s in p.statements]
        assert all(origin.start >= 0 < origin.end for origin in results)


@pytest.mark.parametrize("path", [*BUNDLES, *MESSAGES], ids=name_of)
def test_no_fixture_of_ours_holds_a_code_of_a_system_that_nobody_knows_by_mistake(path: Path) -> None:
    """What is unmapped in the fixtures is so on purpose: other findings of a real record, never a carrier of a fact."""
    read = map_hl7v2_bytes if path.suffix == ".hl7" else None
    mapping = read(path.read_bytes(), "f") if read else map_fhir(read_document(path.read_bytes()), "f")
    own = [code for code, _ in mapping.whole_ledger.unmapped() if "ldt-fact" in code or "99LDT" in code]
    assert own == []


def test_an_unbalanced_ledger_says_so() -> None:
    entry = Entry(Level.CONTAINER, "OBX", "OBX[1]", Outcome.USED)
    assert Ledger((entry,), containers=1, coded=0).balanced
    assert not Ledger((entry,), containers=2, coded=0).balanced
    assert not Ledger((entry,), containers=1, coded=1).balanced
    assert not (Ledger((entry,), 1, 0) + Ledger((), 1, 0)).balanced


def test_a_batch_file_is_counted_with_its_envelopes() -> None:
    inner = report(platelets("210"))
    text = f"FHS|^~\\&|LAB\rBHS|^~\\&|LAB\r{inner}BTS|1\rFTS|1\r"
    ledger = map_hl7v2_bytes(text.encode(), "batch").whole_ledger
    assert containers(ledger) == counting.segments(text)
    assert outcome(ledger, "BHS") == [(Outcome.IGNORED, "envelope")]


def test_what_belongs_to_nobody_is_counted_on_both_wires() -> None:
    """A resource without subject and a report without PID: their coded elements are skipped, not forgotten."""
    orphan = {key: value for key, value in laboratory("777-3", 210, "10*3/uL").items() if key != "subject"}
    fhir = by_fhir(orphan).whole_ledger
    hl7 = by_hl7("".join(f"{segment}\r" for segment in (header(), obr(), platelets("210")))).whole_ledger
    assert [(entry.outcome, entry.reason) for entry in of_coded(hl7)] == [(Outcome.SKIPPED, "no-patient")]
    assert [(entry.outcome, entry.reason) for entry in of_coded(fhir)] == [(Outcome.SKIPPED, "no-subject")]


def test_a_message_in_the_wrong_character_set_is_counted_whole() -> None:
    head = header().replace("|P|2.5.1", "|P|2.5.1||||||UNICODE UTF-8")
    raw = message(obr(), platelets("210"), head=head).encode().replace(b"DOE", b"D\xb5E")
    mapping = map_hl7v2_bytes(raw, "m")
    assert "charset" in finding_codes(mapping)
    assert mapping.patients == ()
    assert containers(mapping.whole_ledger) == {"MSH": 1, "PID": 1, "OBR": 1, "OBX": 1}
    assert [(entry.outcome, entry.reason) for entry in of_coded(mapping.whole_ledger)] == [(Outcome.SKIPPED, "charset")]


@pytest.mark.parametrize("cut", ["MSH|", "MSH|^~\\&", "MSHx^~\\&|A\r"])
def test_what_cannot_be_read_as_a_message_leaves_a_finding(cut: str) -> None:
    mapping = map_hl7v2_bytes(f"{cut}\r{report(platelets('210'))}".encode(), "m")
    assert [patient.subject for patient in mapping.patients] == ["HOSP/MR/P1"]
    assert len(mapping.findings) > 0


def test_a_message_that_holds_no_result_is_no_error() -> None:
    """Nothing was excluded, so no finding says that something was."""
    mapping = by_hl7("MSH|^~\\&|A|B|C|D|20260101||MFN^M02|X1|P|2.5.1\rMFI|STF\r")
    assert finding_codes(mapping) == []
    assert outcome(mapping.whole_ledger, "MFI") == [(Outcome.SKIPPED, "not-read")]


def test_a_finding_stays_with_the_group_it_is_about() -> None:
    """The first group has no identifier and a bad date; the patient of the second has nothing to be told."""
    nobody = "".join(f"{s}\r" for s in (header(), "PID|1||", obr(), platelets("35", when="20260230")))
    somebody = "".join(f"{s}\r" for s in (PID, obr("R2^LAB"), platelets("210")))
    mapping = by_hl7(nobody + somebody)
    [patient] = mapping.patients
    assert patient.findings == ()
    assert "bad-date" in finding_codes(mapping)


def test_segments_and_resources_say_what_became_of_them() -> None:
    hl7 = by_hl7(
        report(
            platelets("210"),
            obx("XYZ^local^L", "1", number=2),
            obx("1742-6^ALT^LN", "20", "U/L", number=3),
            platelets("9", status="P", sub="2", number="4"),
            obx("18748-4^Report^LN", "All well", kind="TX", number=5),
            "NTE|1|L|a note",
            "ZZZ|1|site",
            "ABC|1|what",
        )
    ).whole_ledger
    assert [found for found, _ in outcome(hl7, "OBX")] == [
        Outcome.USED,
        Outcome.UNMAPPED,
        Outcome.IGNORED,
        Outcome.SKIPPED,
        Outcome.UNREAD,
    ]
    assert outcome(hl7, "NTE") == [(Outcome.UNREAD, "narrative")]
    assert outcome(hl7, "ZZZ") == [(Outcome.SKIPPED, "site-segment")]
    assert outcome(hl7, "ABC") == [(Outcome.SKIPPED, "not-read")]
    assert hl7.unread == 2  # the OBX with its text, and the NTE


def test_resources_say_what_became_of_them() -> None:
    about: Resource = {"subject": {"reference": "Patient/P1"}}
    fhir = by_fhir(
        laboratory("777-3", 210, "10*3/uL"),
        condition("I10"),
        condition("K75.0", id="c2"),
        procedure("82918005"),
        {"resourceType": "DiagnosticReport", "id": "r", **about},
        {"resourceType": "Encounter", "id": "e", **about},
        {"resourceType": "FamilyMemberHistory", "id": "f", "patient": {"reference": "Patient/P1"}},
        {"resourceType": "OperationOutcome"},
    ).whole_ledger
    assert outcome(fhir, "Observation") == [(Outcome.USED, "")]
    assert outcome(fhir, "Condition")[0] == (Outcome.UNMAPPED, "code-unmapped")
    assert outcome(fhir, "Condition")[1][0] is Outcome.IGNORED
    [(kind, why)] = outcome(fhir, "Procedure")
    assert kind is Outcome.SKIPPED
    assert why.startswith("needs-more")
    assert outcome(fhir, "DiagnosticReport") == [(Outcome.UNREAD, "narrative")]
    assert outcome(fhir, "Encounter") == [(Outcome.IGNORED, "administrative")]
    assert outcome(fhir, "FamilyMemberHistory") == [(Outcome.SKIPPED, "not-read")]
    assert outcome(fhir, "OperationOutcome")[0][0] is Outcome.IGNORED
    assert fhir.unread == 1


def test_a_segment_with_several_outcomes_shows_what_an_analyst_must_see_first() -> None:
    """A panel with a part that nobody knows and one that was not final is unmapped, not merely skipped."""
    parts: list[Json] = [
        {"code": concept("http://loinc.org", "1742-6")},
        {"code": concept("http://loinc.org", "777-3"), "valueQuantity": {"value": 1}},
        {"code": concept("http://loinc.org", "0000-0")},
    ]
    ledger = by_fhir(observation("58410-2", component=parts)).whole_ledger
    assert {entry.outcome for entry in of_coded(ledger)} == {Outcome.IGNORED, Outcome.SKIPPED, Outcome.UNMAPPED}
    assert outcome(ledger, "Observation")[0][0] is Outcome.UNMAPPED
    del parts[2]
    known_parts = by_fhir(observation("58410-2", component=parts)).whole_ledger
    assert outcome(known_parts, "Observation")[0][0] is Outcome.SKIPPED


def test_unmapped_codes_are_counted_by_code_for_the_analyst() -> None:
    mapping = by_hl7(report(obx("PLT^n^L", "1"), obx("PLT^n^L", "2", sub="2"), obx("HGB^n^L", "3")))
    assert list(mapping.whole_ledger.unmapped()) == [("L|PLT", 2), ("L|HGB", 1)]


def test_a_bad_entry_costs_that_entry_only() -> None:
    broken: Resource = {"resourceType": "Observation", "id": "x", "status": 7, "subject": {"reference": "Patient/P1"}}
    mapping = by_fhir(broken, laboratory("777-3", 210, "10*3/uL"))
    ledger = mapping.whole_ledger
    assert ledger.containers == 3
    assert (Outcome.SKIPPED, "resource-unreadable") in [(e.outcome, e.reason) for e in ledger.entries]
    assert "resource-unreadable" in finding_codes(mapping)
    [patient] = mapping.patients
    assert [s.fact for s in patient.statements] == ["birth_date", "platelets_10e9_l"]


def test_bundles_inside_parameters_are_counted() -> None:
    inner = json.loads(bundle(PATIENT, observation("777-3")))
    raw = json.dumps({"resourceType": "Parameters", "parameter": [{"name": "a", "resource": inner}]}).encode()
    assert map_fhir(read_document(raw), "p").whole_ledger.containers == 2


def test_an_earlier_version_of_a_resource_is_counted_too() -> None:
    resources: list[Resource] = [laboratory("777-3", 35, "10*3/uL"), laboratory("777-3", 135, "10*3/uL")]
    ledger = by_fhir(*resources).whole_ledger
    text = bundle(PATIENT, *resources).decode()
    assert containers(ledger) == counting.types(text)
    assert (ledger.coded, coded(ledger)) == (counting.coded_elements(text),) * 2
    assert Counter(entry.outcome for entry in of_coded(ledger)) == {Outcome.USED: 1, Outcome.SKIPPED: 1}


def test_answers_and_components_are_counted_one_by_one() -> None:
    parts: list[Json] = [{"code": concept(SNOMED, code), "valueBoolean": True} for code in ("1", "2")]
    asked = questionnaire(("ascites", {"valueBoolean": False}), ("nobody-asks-this", {"valueBoolean": False}))
    ledger = by_fhir(observation("85354-9", component=parts), asked).whole_ledger
    assert ledger.coded == 5
    assert ledger.balanced

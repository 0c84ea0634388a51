"""What holds for whatever is sent: no input costs an exception or an element, order says nothing, text stays inside.

Values that were thought out are in the other files; here inputs are made at random, or by spoiling good ones.
"""

import json
import random
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.fhir.document import NotFhir, read_document
from adapter.hl7v2 import split_messages
from adapter.mapping.fhir import map_fhir
from adapter.mapping.hl7v2 import map_hl7v2_bytes
from adapter.mapping.patient import Mapping
from tests.mapping.senders import (
    CLOCK,
    OWN,
    Json,
    Resource,
    bundle,
    by_fhir,
    by_hl7,
    case,
    fact,
    header,
    laboratory,
    observation,
    platelets,
    procedure,
    report,
)
from tests.repository import ROOT

PATIENTS = sorted((ROOT / "fixtures" / "patients").iterdir())
MESSAGES = [(folder / "messages.hl7").read_bytes() for folder in PATIENTS]
BUNDLES = [(folder / "bundle.json").read_bytes() for folder in PATIENTS]
SHOTS = settings(max_examples=150, deadline=None)


def accounted(mapping: Mapping) -> None:
    """The ledger is balanced, every patient has a case, and every finding has a code and a place."""
    assert mapping.whole_ledger.balanced
    for patient in mapping.patients:
        assert len(patient.case(CLOCK).facts) > 0
    for finding in (*mapping.findings, *(f for patient in mapping.patients for f in patient.findings)):
        assert finding.code
        assert finding.place


# HL7 v2 -----------------------------------------------------------------------------------------------------------------
@given(st.binary(max_size=400))
@SHOTS
def test_any_bytes_are_a_mapping(raw: bytes) -> None:
    accounted(map_hl7v2_bytes(raw, "any"))


@given(st.binary(max_size=200))
@SHOTS
def test_any_bytes_after_a_header_are_a_mapping(raw: bytes) -> None:
    accounted(map_hl7v2_bytes(f"{header()}\r".encode() + raw, "any"))


NAMES = st.sampled_from(
    ["PID", "OBR", "OBX", "ORC", "SPM", "DG1", "PR1", "RXA", "RXE", "RXO", "NTE", "PV1", "MRG", "ZZZ", "MSH", "A1"]
)
PIECES = st.sampled_from(
    ["", "1", "P1^^^HOSP^MR", "777-3^^LN", "29593-1^^LN", "1695-6^^LN", "C7B.02^^I10C", "NM", "SN", "CWE", "TX", "DT", "ID", "F", "X", "W", '""',
     "210", "<5", "^2^-^3", "10*3/uL", "%", "20260110", "20260230", "0001", "99991231", "G1^^99LDT", "who_grade^^99LDT",
     "0-6", "<6", "H", "~", "^~&", "\\X0D\\", "\\", "|", "A\\S\\B", "prior_liver_directed^^99LDT", "none^^99LDT~tae^^99LDT"]
)  # fmt: skip
SEGMENTS = st.builds(lambda name, fields: "|".join([name, *fields]), NAMES, st.lists(PIECES, max_size=16))


@given(st.lists(SEGMENTS, max_size=12), st.sampled_from(["\r", "\n", "\r\n"]))
@SHOTS
def test_any_segments_are_accounted_for(segments: list[str], end: str) -> None:
    text = end.join([header(), *segments]) + end
    mapping = map_hl7v2_bytes(text.encode(), "any")
    accounted(mapping)
    if not any(segment.startswith(("MSH", "A1")) for segment in segments):
        assert mapping.whole_ledger.containers == len(segments) + 1


@given(st.data())
@SHOTS
def test_a_spoilt_file_is_a_mapping(data: st.DataObject) -> None:
    raw = data.draw(st.sampled_from(MESSAGES))
    begin = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(begin, min(len(raw), begin + 60)))
    accounted(map_hl7v2_bytes(raw[:begin] + data.draw(st.binary(max_size=8)) + raw[end:], "spoilt"))


# FHIR -------------------------------------------------------------------------------------------------------------------
KEYS = st.sampled_from(
    ["resourceType", "id", "status", "code", "coding", "system", "value", "valueQuantity", "subject", "reference", "entry",
     "resource", "fullUrl", "effectiveDateTime", "component", "item", "answer", "linkId", "questionnaire", "extension", "url",
     "contained", "medicationReference", "meta", "identifier", "birthDate", "verificationStatus", "modifierExtension"]
)  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(
        [
            "Patient",
            "Bundle",
            "Observation",
            "Condition",
            "QuestionnaireResponse",
            "Patient/P1",
            "777-3",
            "http://loinc.org",
            "final",
            "0001-01-01",
            "9999-12-31",
        ]
    )
)
ANY_JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25
)
TYPES = st.sampled_from(
    [
        "Patient",
        "Observation",
        "Condition",
        "Procedure",
        "MedicationRequest",
        "QuestionnaireResponse",
        "ServiceRequest",
        "Medication",
        "Encounter",
        "Bundle",
        "",
    ]
)


def mapped(raw: bytes) -> Mapping | None:
    try:
        return map_fhir(read_document(raw), "any")
    except NotFhir:
        return None


@given(
    st.lists(
        st.builds(
            lambda kind, body: {**body, "resourceType": kind}, TYPES, st.dictionaries(KEYS, ANY_JSON, max_size=8)
        ),
        max_size=6,
    )
)
@SHOTS
def test_any_entries_are_a_mapping(resources: list[dict[str, Json]]) -> None:
    entries: Json = [{"resource": resource} for resource in resources]
    raw = json.dumps({"resourceType": "Bundle", "entry": entries}).encode()
    mapping = mapped(raw)
    assert mapping is not None
    accounted(mapping)
    assert mapping.whole_ledger.containers == len(resources)


@given(ANY_JSON | st.text(max_size=40))
@SHOTS
def test_any_json_is_a_mapping_or_no_fhir(document: Json) -> None:
    mapping = mapped(json.dumps(document).encode())
    if mapping is not None:
        accounted(mapping)


@given(st.binary(max_size=200))
@SHOTS
def test_any_bytes_are_a_mapping_or_no_fhir(raw: bytes) -> None:
    mapping = mapped(raw)
    if mapping is not None:
        accounted(mapping)


@given(st.data())
@SHOTS
def test_a_spoilt_bundle_is_a_mapping_or_no_fhir(data: st.DataObject) -> None:
    raw = data.draw(st.sampled_from(BUNDLES))
    begin = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(begin, min(len(raw), begin + 60)))
    mapping = mapped(raw[:begin] + data.draw(st.binary(max_size=8)) + raw[end:])
    if mapping is not None:
        accounted(mapping)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"resourceType":"Observation","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"resourceType":"QuestionnaireResponse","item":[' + b'{"item":[' * 5_000 + b"]}" * 5_000 + b"]}",
        b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Observation","component":' + b'[{"x":' * 5_000 + b"1" + b"}]" * 5_000 + b"}}]}",
        b"[" * 100_000,
    ],
    ids=["array", "items", "entry", "unfinished"],
)  # fmt: skip
def test_deep_json_is_no_crash(raw: bytes) -> None:
    mapping = mapped(raw)
    if mapping is not None:
        accounted(mapping)


@pytest.mark.parametrize("where", ["in a code", "in a value", "in a name"])
def test_text_that_is_no_utf8_is_no_crash_and_states_nothing(where: str) -> None:
    """A sender of Latin-1 calls it JSON; JSON is UTF-8. What cannot be read is excluded, never read with replacement."""
    word = "Müller"
    patient: Resource = {
        "resourceType": "Patient",
        "id": "P1",
        "name": [{"family": word if where == "in a name" else ""}],
    }
    spoilt = {**laboratory("777-3", 210, "10*3/uL"), "valueString": word if where == "in a value" else ""}
    if where == "in a code":
        spoilt = observation("who_grade", system=OWN, valueCodeableConcept={"coding": [{"system": OWN, "code": word}]})
    whole: Json = {"resourceType": "Bundle", "entry": [{"resource": patient}, {"resource": spoilt}]}
    mapping = mapped(json.dumps(whole, ensure_ascii=False).encode("latin-1"))
    if mapping is not None:
        accounted(mapping)
        stated = {s.fact for found in mapping.patients for s in found.statements}
        assert where == "in a name" or stated == set()


@pytest.mark.parametrize("day", ["0001-01-01", "0001-01-05", "9999-12-31"])
def test_a_date_at_the_end_of_the_calendar_is_no_crash(day: str) -> None:
    """Year 1 is what several systems send for "no date"."""
    counts = [laboratory("751-8", 4, "10*3/uL", id="n"), laboratory("731-0", 2, "10*3/uL", id="l")]
    mapping = by_fhir(procedure("314617008", performedDateTime=day), *counts)
    accounted(mapping)
    assert fact(mapping, "nlr_6_months").known is None


# Both wires read numbers alike ------------------------------------------------------------------------------------------
NUMBERS = st.decimals(min_value=-10, max_value=6000, places=3, allow_nan=False)
UNITS = st.sampled_from(["10*3/uL", "K/uL", "/uL", "10*9/L", "G/L", "g/L", "10*6/L", "mg/dL", "", "k/ul"])


@given(NUMBERS, UNITS)
@SHOTS
def test_a_number_stands_alike_on_both_wires(number: Decimal, unit: str) -> None:
    text = f"{number:f}"
    raw = bundle(laboratory("777-3", 0, unit)).replace(b'"value": 0,', f'"value": {text},'.encode())
    patient: Resource = {"resourceType": "Patient", "id": "P1"}
    by_bundle = map_fhir(
        read_document(raw.replace(b'"entry": [', b'"entry": [{"resource": ' + json.dumps(patient).encode() + b"},")),
        "b",
    )
    one = fact(by_bundle, "platelets_10e9_l")
    other = fact(by_hl7(report(platelets(text, unit))), "platelets_10e9_l")
    assert (one.state, one.reason, one.on_record) == (other.state, other.reason, other.on_record)


@given(st.text(max_size=10))
@SHOTS
def test_only_a_known_status_makes_a_value_count(status: str) -> None:
    mapping = by_fhir(laboratory("777-3", 210, "10*3/uL", status=status))
    assert (fact(mapping, "platelets_10e9_l").known is not None) == (status in {"final", "amended", "corrected"})


# Order ------------------------------------------------------------------------------------------------------------------
def shown(mapping: Mapping) -> dict[str, object]:
    """All facts, with everything that is shown of them."""
    return dict(case(mapping).facts)


@given(st.sampled_from(BUNDLES), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_entries_says_nothing(raw: bytes, chance: random.Random) -> None:
    document = json.loads(raw, parse_float=str)
    chance.shuffle(document["entry"])
    shuffled = json.dumps(document).encode()
    straight = json.dumps(json.loads(raw, parse_float=str)).encode()
    assert shown(map_fhir(read_document(shuffled), "b")) == shown(map_fhir(read_document(straight), "b"))


@given(st.sampled_from(MESSAGES), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_messages_about_different_results_says_nothing(raw: bytes, chance: random.Random) -> None:
    chunks = [chunk.raw + b"\r" for chunk in split_messages(raw)]
    straight = map_hl7v2_bytes(b"".join(chunks), "m")
    chance.shuffle(chunks)
    assert shown(map_hl7v2_bytes(b"".join(chunks), "m")) == shown(straight)


RESULTS = st.lists(
    st.tuples(
        st.sampled_from(["777-3", "2160-0", "1695-6", "33728-7", "29593-1"]),
        st.sampled_from([1, 2, 30]),
        st.sampled_from(["2026-01-10T08:00:00Z", "2026-01-10", "2026-01", "2025-11-01", "", "bad"]),
        st.sampled_from(["final", "corrected", "preliminary", "entered-in-error", "cancelled"]),
        st.sampled_from(["", "2026-01-10T09:00:00Z", "2026-01-11T09:00:00Z"]),
    ),
    min_size=2,
    max_size=6,
)


@given(RESULTS, st.randoms(use_true_random=False))
@SHOTS
def test_the_order_of_results_says_nothing(
    results: list[tuple[str, int, str, str, str]], chance: random.Random
) -> None:
    units = {"777-3": "10*3/uL", "2160-0": "mg/dL", "1695-6": "mg/(24.h)", "33728-7": "mm", "29593-1": "%"}
    liver: Json = {"coding": [{"system": "http://snomed.info/sct", "code": "10200004"}]}
    flag: Json = [{"coding": [{"code": "H"}]}]
    resources = [
        laboratory(
            code,
            value,
            units[code],
            id=f"o{number}",
            effectiveDateTime=when,
            status=status,
            issued=issued,
            bodySite=liver,
            interpretation=flag if value == 30 else [],
        )
        for number, (code, value, when, status, issued) in enumerate(results)
    ]
    straight = shown(by_fhir(*resources))
    chance.shuffle(resources)
    assert shown(by_fhir(*resources)) == straight


def test_fixtures_are_there() -> None:
    assert Path(ROOT / "fixtures" / "patients").is_dir()
    assert len(BUNDLES) == len(MESSAGES) >= 10

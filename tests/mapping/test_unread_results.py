"""A result whose code no table knows is named where its name is that of a fact and it is newer than the value in use."""

import pytest

from adapter.case.finding import Finding
from adapter.mapping.patient import Mapping
from tests.mapping.senders import (
    LOINC,
    Json,
    Resource,
    by_fhir,
    by_hl7,
    case,
    laboratory,
    message,
    obr,
    observation,
    obx,
    only,
    quantity,
    report,
)

NEWER, OLDER = "2026-01-11T08:00:00Z", "2026-01-09T08:00:00Z"
NEWER_HL7, OLDER_HL7 = "20260111080000+0000", "20260109080000+0000"
USED = laboratory("1975-2", 0.9, "mg/dL")
USED_HL7 = obx("1975-2^Bilirubin total^LN", "0.9", "mg/dL")
LOCAL = "urn:example:lab"


def unread(mapping: Mapping) -> list[Finding]:
    """The findings of the case of this code; every other one is none of this file."""
    assert only(mapping)
    return [finding for finding in case(mapping).findings if finding.code == "newer-result-unmapped"]


def local(name: str = "Bilirubin", **more: Json) -> Resource:
    """A newer result under a local code."""
    sent = laboratory("BILI", 4.1, "mg/dL", id="o2", system=LOCAL, **{"effectiveDateTime": NEWER, **more})
    return {**sent, "code": {"coding": [{"system": LOCAL, "code": "BILI", "display": name}]}}


def local_hl7(name: str = "Bilirubin", *, when: str = NEWER_HL7, **more: str) -> str:
    """A newer OBX under a local code."""
    fields = {"kind": "NM", "status": "F", **more}
    return obx(f"BILI^{name}^L", "4.1", "mg/dL", when=when, sub="2", **fields)  # type: ignore[arg-type]


def test_a_newer_result_under_a_local_code_is_named_with_its_place() -> None:
    fhir, hl7 = by_fhir(USED, local()), by_hl7(report(USED_HL7, local_hl7()))
    hint = "a result whose name is that of Total bilirubin has a code that no table knows, and is as new as any used or newer"
    assert unread(fhir) == [Finding("newer-result-unmapped", "warning", "Observation/o2#code", hint)]
    assert unread(hl7) == [Finding("newer-result-unmapped", "warning", "OBX[2]-3", hint)]
    for mapping in (fhir, hl7):
        assert case(mapping).facts["bilirubin_mg_dl"].origins[0].sent == "0.9 mg/dL"


@pytest.mark.parametrize("name", ["BILI", "Bilirubin, total", "Total bili (serum)", "T-Bil"])
def test_the_name_may_be_any_of_the_table(name: str) -> None:
    assert len(unread(by_fhir(USED, local(name)))) == len(unread(by_hl7(report(USED_HL7, local_hl7(name))))) == 1


def test_the_name_may_stand_in_the_text_and_without_any_code() -> None:
    codes: list[Resource] = [{"text": "Bilirubin"}, {"coding": [{"display": "Bilirubin"}]}]
    for code in codes:
        assert len(unread(by_fhir(USED, {**local(), "code": code}))) == 1
    part: Resource = {"code": {"text": "Bilirubin"}, "valueQuantity": quantity(4.1, "mg/dL")}
    panel = observation("PANEL", id="o2", system=LOCAL, effectiveDateTime=NEWER, component=[part])
    assert len(unread(by_fhir(USED, panel))) == 1
    for sent in ("^Bilirubin", "BILI^^L^^^^^^Bilirubin", "X^^L^BILI^Bilirubin^99LOC"):
        assert len(unread(by_hl7(report(USED_HL7, obx(sent, "4.1", "mg/dL", when=NEWER_HL7))))) == 1


@pytest.mark.parametrize(
    "when",
    [
        OLDER,
    ],
)
def test_an_older_one_is_not_named(when: str) -> None:
    assert unread(by_fhir(USED, local(effectiveDateTime=when))) == []
    stamp = when.replace("-", "").replace(":", "").replace("T", "").replace("Z", "+0000")
    assert unread(by_hl7(report(USED_HL7, local_hl7(when=stamp)))) == []


@pytest.mark.parametrize("when", ["2026-01-10T08:00:00Z", "2026-01-10"])
def test_one_of_the_same_time_or_perhaps_is_named(when: str) -> None:
    assert len(unread(by_fhir(USED, local(effectiveDateTime=when)))) == 1


@pytest.mark.parametrize(
    "name", ["Creatinine, urine 24h excretion", "Protein/Creatinine ratio", "GFR CKD-EPI (Creatinine)"]
)
def test_a_ratio_to_creatinine_is_not_announced_as_serotonin_metabolite(name: str) -> None:
    hiaa = laboratory("1695-6", 30, "mg/(24.h)", id="o7")
    assert not any("5-HIAA" in finding.hint for finding in unread(by_fhir(hiaa, local(name))))


def test_without_a_value_in_use_any_that_could_be_used_is_named() -> None:
    assert len(unread(by_fhir(local()))) == 1
    assert len(unread(by_fhir(local(effectiveDateTime="2025-12-20T08:00:00Z")))) == 1
    assert unread(by_fhir(local(effectiveDateTime="2025-12-01T08:00:00Z"))) == []
    stale = laboratory("1975-2", 0.9, "mg/dL", effectiveDateTime="2025-11-01T08:00:00Z")
    assert len(unread(by_fhir(stale, local()))) == 1


def test_one_without_a_date_may_be_newer() -> None:
    undated = {key: value for key, value in local().items() if key != "effectiveDateTime"}
    assert len(unread(by_fhir(USED, undated))) == 1


def test_of_several_the_newest_is_named() -> None:
    newest = {**local(effectiveDateTime="2026-01-12T08:00:00Z"), "id": "o3"}
    for resources in ((local(), newest), (newest, local())):
        [finding] = unread(by_fhir(USED, *resources))
        assert finding.place == "Observation/o3#code"


OTHER_SPECIMENS = [
    "Bilirubin, urine",
    "Bilirubin (CSF)",
    "Bilirubin fluid",
    "Harn-Bilirubin",
    "U-Bilirubin",
    "Bilirubin direct",
]


@pytest.mark.parametrize("name", OTHER_SPECIMENS)
def test_another_specimen_or_a_sibling_by_its_name_is_not_named(name: str) -> None:
    assert unread(by_fhir(USED, local(name))) == []
    assert unread(by_hl7(report(USED_HL7, local_hl7(name)))) == []


URINE: Resource = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0487", "code": "UR"}]}
SPECIMENS: dict[str, tuple[Resource, list[Resource]]] = {
    "display": ({"display": "Urine specimen"}, []),
    "type": (
        {"reference": "Specimen/s1"},
        [{"resourceType": "Specimen", "id": "s1", "type": {"text": "Midstream urine"}}],
    ),
    "code": ({"reference": "Specimen/s1"}, [{"resourceType": "Specimen", "id": "s1", "type": URINE}]),
}


@pytest.mark.parametrize("way", SPECIMENS)
def test_another_specimen_by_the_resource_is_not_named(way: str) -> None:
    reference, resources = SPECIMENS[way]
    assert unread(by_fhir(USED, local(specimen=reference), *resources)) == []


def test_another_specimen_that_is_contained_is_not_named() -> None:
    inner: Json = [{"resourceType": "Specimen", "id": "in", "type": URINE}]
    assert unread(by_fhir(USED, local(specimen={"reference": "#in"}, contained=inner))) == []


def test_a_specimen_of_blood_or_one_that_is_not_there_changes_nothing() -> None:
    serum: Resource = {"resourceType": "Specimen", "id": "s1", "type": {"text": "Serum"}}
    assert len(unread(by_fhir(USED, local(specimen={"reference": "Specimen/s1"}), serum))) == 1
    assert len(unread(by_fhir(USED, local(specimen={"reference": "Specimen/s9"})))) == 1


@pytest.mark.parametrize(
    "order",
    [
        [obr(filler="R2^LAB", when=NEWER_HL7).replace("58410-2^CBC^LN", "UA^Urinalysis^L")],
        [obr(filler="R2^LAB", when=NEWER_HL7).replace("|||||||||||||||2026", "||||||||UR&Urine&HL70070|||||||2026")],
        [obr(filler="R2^LAB", when=NEWER_HL7), "SPM|1|||UR^Urine^HL70487"],
        [obr(filler="R2^LAB", when=NEWER_HL7), "SPM|1|||CSF^^HL70487"],
    ],
    ids=["panel", "OBR-15", "SPM-4", "code of SPM-4"],
)
def test_another_specimen_by_the_segments_is_not_named(order: list[str]) -> None:
    head, *rest = order
    assert unread(by_hl7(message(obr(), USED_HL7, head, local_hl7(), *rest))) == []
    blood = [line.replace("UR^Urine", "SER^Serum").replace("CSF^", "BLD^") for line in rest]
    plain = head.replace("UA^Urinalysis", "LFT^Liver").replace("UR&Urine", "BLD&Blood")
    assert len(unread(by_hl7(message(obr(), USED_HL7, plain, local_hl7(), *blood)))) == 1


def test_a_specimen_other_than_blood_is_right_for_what_is_measured_in_it() -> None:
    ki67 = laboratory("KI", 12, "%", id="o2", system=LOCAL, specimen={"display": "Tissue specimen"})
    ki67["code"] = {"coding": [{"system": LOCAL, "code": "KI", "display": "Ki-67"}]}
    assert len(unread(by_fhir(ki67))) == 1


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled", "unknown"])
def test_what_was_taken_back_or_means_nothing_is_not_named(status: str) -> None:
    assert unread(by_fhir(USED, local(status=status))) == []


@pytest.mark.parametrize("status", ["final", "amended", "preliminary"])
def test_what_counts_or_will_count_is_named(status: str) -> None:
    assert len(unread(by_fhir(USED, local(status=status)))) == 1


def test_what_is_no_number_or_may_not_be_used_is_not_named() -> None:
    bare = {key: value for key, value in local().items() if key != "valueQuantity"}
    modified: Json = [{"url": "urn:x"}]
    for resource in (
        bare,
        {**bare, "valueString": "see report"},
        {**bare, "valueCodeableConcept": {"text": "negative"}},
        local(modifierExtension=modified),
    ):
        assert unread(by_fhir(USED, resource)) == []
    text = obx("BILI^Bilirubin^L", "negative", kind="ST", when=NEWER_HL7)
    assert unread(by_hl7(report(USED_HL7, text))) == []


def test_other_names_and_codes_that_are_known_are_not_named() -> None:
    sodium = local("Sodium")
    known = {**local(), "code": {"coding": [{"system": LOINC, "code": "1742-6", "display": "Bilirubin"}]}}
    for resource in (sodium, known):
        assert unread(by_fhir(USED, resource)) == []


def test_a_name_of_two_facts_is_held_against_the_newest_value_of_both() -> None:
    counts = laboratory("751-8", 4, "10*3/uL", effectiveDateTime=NEWER)
    older = local("Neutrophils", effectiveDateTime="2026-01-10T08:00:00Z")
    assert unread(by_fhir(counts, older)) == []
    [finding] = unread(by_fhir(counts, local("Neutrophils", effectiveDateTime="2026-01-12T08:00:00Z")))
    assert "Neutrophils or Neutrophils, share" in finding.hint
    earlier = laboratory("751-8", 4, "10*3/uL", effectiveDateTime=OLDER)
    share = laboratory("770-8", 60, "%", id="o3", effectiveDateTime="2026-01-10T08:00:00Z")
    assert len(unread(by_fhir(earlier, share, older))) == 1  # as new as the newer of both

"""Code systems by the names that senders use, and codes in the form of the tables.

Not for which codes there are.
"""

import pytest

from adapter.terminology.systems import DEFAULT_BASE, load_systems
from tests.terminology.shipped import ICD10CM, LOINC, MAPPINGS, SNOMED, codes, systems


@pytest.mark.parametrize(
    ("sent", "uri"),
    [
        ("LN", LOINC),
        ("ln", LOINC),
        ("LOINC", LOINC),
        ("loinc", LOINC),
        ("http://loinc.org", LOINC),
        ("urn:oid:2.16.840.1.113883.6.1", LOINC),
        ("2.16.840.1.113883.6.1", LOINC),
        ("SCT", SNOMED),
        ("urn:oid:2.16.840.1.113883.6.96", SNOMED),
        ("I10C", ICD10CM),
        ("RxNorm", "http://www.nlm.nih.gov/research/umls/rxnorm"),
        ("99LDT", f"{DEFAULT_BASE}/CodeSystem/ldt-fact"),
    ],
)
def test_names_of_a_code_system(sent: str, uri: str) -> None:
    assert systems().uri(sent) == uri


@pytest.mark.hazard("HZ-C02")
@pytest.mark.parametrize("sent", ["", "L", "99LAB", "LNX", "http://loinc.org/", "https://loinc.org", "urn:oid:", " LN"])
def test_a_name_that_nobody_knows_is_no_code_system(sent: str) -> None:
    assert systems().uri(sent) == ""


@pytest.mark.parametrize("base", ["https://nelm.example.org/fhir", "http://127.0.0.1:8000"])
def test_the_project_s_code_system_has_the_base_of_the_installation(base: str) -> None:
    made = load_systems(MAPPINGS / "systems.csv", base)
    assert made.uri("99LDT") == f"{base}/CodeSystem/ldt-fact"
    assert made.uri(f"{base}/CodeSystem/ldt-fact") == f"{base}/CodeSystem/ldt-fact"
    assert made.uri(f"{DEFAULT_BASE}/CodeSystem/ldt-fact") == ""


@pytest.mark.hazard("HZ-C05")
@pytest.mark.parametrize("sent", ["C7B.02", "C7B02", "c7b.02", "c7b02"])
def test_icd_codes_are_compared_without_dot_and_case(sent: str) -> None:
    known = codes()
    found = known.find(ICD10CM, systems().normal(ICD10CM, sent))
    assert found is not None
    assert found.code == "C7B.02"


@pytest.mark.hazard("HZ-C05")
def test_a_shorter_icd_code_is_another_code() -> None:
    known, form = codes(), systems().normal
    metastasis, unspecified = (known.find(ICD10CM, form(ICD10CM, code)) for code in ("C7B.02", "C7B.0"))
    assert metastasis is not None
    assert unspecified is None or unspecified.concept != metastasis.concept
    primary = known.find(ICD10CM, form(ICD10CM, "C7A.020"))
    assert primary is not None
    assert primary.concept != metastasis.concept


def test_other_codes_are_compared_as_they_are() -> None:
    form = systems().normal
    assert form(LOINC, "1975-2") == "1975-2"
    assert form("http://www.genenames.org", "hgnc:1.1") == "hgnc:1.1"


@pytest.mark.hazard("HZ-C05")
@pytest.mark.parametrize("sent", [" 1975-2", "1975-2 ", "\t1975-2\n"])
def test_blanks_around_a_code_are_no_part_of_it(sent: str) -> None:
    assert systems().normal(LOINC, sent) == "1975-2"


@pytest.mark.hazard("HZ-C02")
@pytest.mark.parametrize("system", ["", SNOMED, "L"])
def test_a_code_counts_only_in_its_system(system: str) -> None:
    assert codes().find(LOINC, "777-3") is not None
    assert codes().find(system, "777-3") is None


def test_titles_for_people() -> None:
    assert systems().title(LOINC) == "LOINC"
    assert systems().title(ICD10CM) == "ICD-10-CM"
    assert systems().title("http://nowhere") == "http://nowhere"

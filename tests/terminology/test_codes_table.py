"""The shipped codes: check digits, forms, licences, and that every code can be found.

Not for whether a code means its concept, which was verified by hand when it was entered.
"""

import re

import pytest

from tests.terminology.shipped import CPT, LOINC, SNOMED, codes, rows, systems, units

CODES = rows("codes.csv")

FORMS = {
    LOINC: r"[1-9][0-9]*-[0-9]|LA[1-9][0-9]*-[0-9]",
    SNOMED: r"[1-9][0-9]{5,17}",
    CPT: r"[0-9]{5}",
    "http://hl7.org/fhir/sid/icd-10-cm": r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?",
    "http://hl7.org/fhir/sid/icd-10": r"[A-Z][0-9]{2}(\.[0-9]{1,2})?",
    "http://terminology.hl7.org/CodeSystem/icd-o-3": r"[0-9]{4}/[0-9]",
    "http://www.nlm.nih.gov/research/umls/rxnorm": r"[1-9][0-9]*",
    "http://www.cms.gov/Medicare/Coding/ICD10": r"[0-9A-HJ-NP-Z]{7}",
    "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": r"[A-V][0-9]{4}",
    "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl": r"C[1-9][0-9]*",
    "http://www.genenames.org": r"HGNC:[1-9][0-9]*",
    "http://www.genenames.org/geneId": r"HGNC:[1-9][0-9]*",
    "http://dicom.nema.org/resources/ontology/DCM": r"[1-9][0-9]*",
}


def mod10(digits: str) -> int:
    """The check digit of LOINC (Luhn): every second digit from the right is doubled."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value // 10 + value % 10
    return -total % 10


def _dihedral(one: int, other: int) -> int:
    """The product in the group of the ten symmetries of a pentagon, by which Verhoeff's code counts."""
    if one < 5:
        return (one + other) % 5 + (5 if other >= 5 else 0)
    return (one - other) % 5 + (0 if other >= 5 else 5)


PERMUTATION = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def verhoeff(digits: str) -> int:
    """0 when the last digit is the check digit of the others."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        for _ in range(place % 8):
            value = PERMUTATION[value]
        check = _dihedral(check, value)
    return check


def test_the_check_digits_are_computed_right() -> None:
    """Published examples: LOINC 1975-2 and 777-3; SNOMED CT 404684003 (Clinical finding) and 138875005 (root)."""
    assert (mod10("1975"), mod10("777")) == (2, 3)
    assert (verhoeff("404684003"), verhoeff("138875005")) == (0, 0)
    assert verhoeff("404684004") != 0
    assert verhoeff("404648003") != 0


def _of(system: str) -> list[str]:
    return [row["code"] for row in CODES if row["system"] == system]


# Answer codes (LA...) count their letters in a way that is not published: only their form is checked.
@pytest.mark.parametrize("code", [code for code in _of(LOINC) if not code.startswith("LA")])
def test_loinc_codes_have_their_check_digit(code: str) -> None:
    number, _, check = code.partition("-")
    assert mod10(number) == int(check)


@pytest.mark.parametrize("code", _of(SNOMED))
def test_snomed_codes_have_their_check_digit_and_are_concepts(code: str) -> None:
    assert verhoeff(code) == 0
    assert code[-3:-1] in ("00", "10"), "a concept identifier has the partition 00 or 10"


@pytest.mark.parametrize("system", FORMS)
def test_codes_have_the_form_of_their_system(system: str) -> None:
    assert _of(system)
    assert [code for code in _of(system) if not re.fullmatch(FORMS[system], code)] == []


def test_every_system_of_the_table_has_a_form() -> None:
    assert {row["system"] for row in CODES} == FORMS.keys()


def test_cpt_codes_carry_no_display() -> None:
    assert [row["code"] for row in CODES if row["system"] == CPT and row["display"]] == []
    assert all(code.display == "" for code in codes().by_code.values() if code.system == CPT)


def test_all_other_codes_carry_their_display() -> None:
    assert [row["code"] for row in CODES if row["system"] != CPT and not row["display"].strip()] == []


def test_every_row_is_found_by_what_a_sender_writes() -> None:
    known, names = codes(), systems()
    assert len(known.by_code) == len(CODES)
    for row in CODES:
        found = known.find(names.uri(row["system"]), names.normal(names.uri(row["system"]), row["code"]))
        assert found is not None
        assert (found.concept, found.code, found.display) == (row["concept"], row["code"], row["display"])


def test_no_code_has_blanks_around_it() -> None:
    assert [row for row in CODES for cell in (row["concept"], row["system"], row["code"]) if cell != cell.strip()] == []


@pytest.mark.hazard("HZ-V02")
def test_a_code_that_is_defined_by_moles_allows_molar_units_only() -> None:
    for row in CODES:
        allowed = [unit for unit in row["units"].split("|") if unit]
        if "[Moles/" in row["display"]:
            assert allowed, row["code"]
            assert all("mol" in unit for unit in allowed), row["code"]
        elif "[Mass/" in row["display"]:
            assert allowed, row["code"]
            assert not any("mol" in unit for unit in allowed), row["code"]


@pytest.mark.hazard("HZ-V02")
def test_the_units_that_a_code_allows_are_spellings_of_its_analyte() -> None:
    table = units().table
    for row in CODES:
        if row["concept"] in table:
            unknown = [unit for unit in row["units"].split("|") if unit and unit not in table[row["concept"]]]
            assert unknown == [], row["code"]


@pytest.mark.hazard("HZ-V20")
def test_direct_bilirubin_is_not_total_bilirubin() -> None:
    direct, total = codes().find(LOINC, "1968-7"), codes().find(LOINC, "1975-2")
    assert total is not None
    assert direct is None or direct.concept != total.concept

"""What a value of HL7 v2 is by its data type, its unit's code system, its range and its reason for being absent.

Hazards of values are in test_hazards_values.py; dates and their zones in tests/hl7v2/test_times.py.
"""

from decimal import Decimal

import pytest

from adapter.mapping.hl7v2_values import DATA_TYPES, normal_range, time_of
from adapter.mapping.item import Amount
from adapter.mapping.patient import Mapping
from tests.mapping.senders import by_hl7, fact, finding_codes, header, known, message, obr, obx, only, report, standing

PLATELETS, KI67, GRADE = "platelets_10e9_l", "ki67_percent", "who_grade"


def count(value: str, kind: str = "NM", unit: str = "10*3/uL") -> tuple[str, str, object]:
    """State, reason and value of a platelet count that was sent so."""
    mapping = by_hl7(report(obx("777-3^Platelets^LN", value, unit, kind=kind)))
    assert only(mapping)
    return (*standing(mapping, PLATELETS), known(mapping, PLATELETS))


PRESENT: tuple[str, str] = ("present", "")


# Data types -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("NM", "210", 210),
        ("NM", ">90", {"above": 90}),
        ("NM", "<=0.5", {"high": Decimal("0.5")}),
        ("ST", "210", 210),
        ("ST", "<0.5", {"below": Decimal("0.5")}),
        ("SN", "^210", 210),
        ("SN", "=^210", 210),
        ("SN", ">=^90", {"low": 90}),
        ("SN", "^90^-^120", {"low": 90, "high": 120}),
        ("NR", "90^120", {"low": 90, "high": 120}),
        ("CQ", "210^10*3/uL", 210),
    ],
)
def test_a_number_is_read_by_its_type(kind: str, value: str, read: object) -> None:
    assert count(value, kind) == (*PRESENT, read)


@pytest.mark.parametrize(
    ("kind", "value", "state", "reason"),
    [
        ("NM", "see note", "excluded", "not-a-number"),
        ("NM", "> 90", "excluded", "not-a-number"),
        ("NM", "210^10*3/uL", "excluded", "not-a-number"),
        ("SN", "<>^5", "excluded", "not-a-quantity"),
        ("SN", "^1^/^2", "excluded", "not-a-quantity"),
        ("SN", "^2^+", "excluded", "not-a-quantity"),
        ("SN", "210", "excluded", "not-a-number"),
        ("ST", "haemolysed", "absent", "text-result"),
        ("TX", "210", "absent", "text-result"),
        ("FT", "210\\.br\\", "absent", "text-result"),
        ("ED", "^TEXT^^Base64^MjEw", "absent", "text-result"),
        ("RP", "http://a.example/1^^TEXT", "absent", "text-result"),
        ("CWE", "210", "excluded", "not-a-quantity"),
        ("CWE", "^see note", "absent", "text-result"),
        ("DT", "20260110", "excluded", "not-a-quantity"),
        ("DTM", "20260110080000", "excluded", "not-a-quantity"),
        ("TS", "20260110", "excluded", "not-a-quantity"),
        ("TM", "080000", "excluded", "not-a-quantity"),
        ("DR", "20260110^20260111", "excluded", "not-a-quantity"),
        ("NA", "1^2^3", "excluded", "not-a-quantity"),
        ("XCN", "1102^OKAFOR", "excluded", "not-a-quantity"),
        ("NUM", "210", "excluded", "data-type-unknown"),
        ("nm", "210", "excluded", "data-type-unknown"),
        ("", "210", "excluded", "data-type-missing"),
        ("", "<5", "excluded", "data-type-missing"),
        ("", "haemolysed", "absent", "text-result"),
        ("", "", "absent", "empty"),
        ("", '""', "absent", "nulled"),
    ],
)
def test_what_is_no_number_says_what_it_is(kind: str, value: str, state: str, reason: str) -> None:
    assert count(value, kind) == (state, reason, None)


def test_every_type_of_the_table_is_sent_here() -> None:
    sent = {"NM", "ST", "SN", "NR", "CQ", "TX", "FT", "ED", "RP", "CWE", "DT", "DTM", "TS", "TM", "DR", "NA", "XCN"}
    coded = {"CE", "CNE", "CF", "IS", "ID"}
    others = {name for name, reading in DATA_TYPES.items() if reading == "other"}
    assert DATA_TYPES.keys() == sent | coded | others


@pytest.mark.parametrize("kind", ["CWE", "CE", "CNE", "CF"])
@pytest.mark.parametrize(
    "value", ["1663004^Grade 2^SCT", "G2^Grade 2^L^1663004^Grade 2^SCT", "a^^L^b^^M" + "^" * 4 + "1663004^^SCT"]
)
def test_a_coded_answer_may_stand_in_any_of_three_codings(kind: str, value: str) -> None:
    assert known(by_hl7(report(obx("33732-9^Grade^LN", value, kind=kind))), GRADE) == "G2"


@pytest.mark.parametrize("kind", ["IS", "ID"])
def test_a_bare_code_is_of_the_tables_that_our_own_results_use(kind: str) -> None:
    assert known(by_hl7(report(obx("ascites^^99LDT", "Y", kind=kind))), "ascites") is True
    assert standing(by_hl7(report(obx("33732-9^^LN", "G2", kind=kind))), GRADE) == ("excluded", "answer-unmapped")


def test_a_code_may_stand_in_any_of_three_codings_of_obx_3() -> None:
    for code in ("777-3^Platelets^LN", "PLT^n^L^777-3^Platelets^LN", "PLT^n^L^X^n^M^^^^777-3^Platelets^LN"):
        assert known(by_hl7(report(obx(code, "210", "10*3/uL"))), PLATELETS) == 210


def test_a_number_without_type_is_pointed_out_where_a_fact_needs_it() -> None:
    assert finding_codes(by_hl7(report(obx("777-3^^LN", "210", "10*3/uL", kind="")))) == ["data-type-missing"]
    assert finding_codes(by_hl7(report(obx("X^local^L", "210", kind="")))) == []


# Units ------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "unit",
    [
        "10*3/uL",
        "10*3/uL^^UCUM",
        "10*3/uL^thousand per microlitre^UCUM",
        "10*3/uL^^ISO+",
        "^K/uL",
        "117^10*3/uL^99LAB",
        "117^K/uL^99LAB^10*3/uL^^UCUM",
        "x^y^99LAB^10*3/uL^^2.16.840.1.113883.6.8",
    ],
)
def test_a_unit_is_read_by_its_code_system(unit: str) -> None:
    assert count("210", unit=unit) == (*PRESENT, 210)


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        ("", "unit-missing"),
        ("117^^99LAB", "unit-unknown"),
        ("117^thou^99LAB", "unit-unknown"),
        ("thou^^UCUM", "unit-unknown"),
        ("10^3/uL", "unit-unknown"),
        ("10*3/uL^/uL^UCUM", "unit-conflicting"),
        ("/uL^^UCUM^10*3/uL^^ISO+", "unit-conflicting"),
        ("10*3/uL^/uL^99LAB", "unit-conflicting"),
    ],
)
def test_a_unit_that_cannot_be_told_excludes(unit: str, reason: str) -> None:
    assert count("210", unit=unit) == ("excluded", reason, None)


# Ranges and reasons -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("150-400", Amount("150", "400")),
        (" 1.5 - 2.5 ", Amount("1.5", "2.5")),
        ("-2--1", Amount("-2", "-1")),
        ("<6.0", Amount("", "6.0", high_open=True)),
        ("<= 6", Amount("", "6")),
        (">60", Amount("60", "", low_open=True)),
        (">=60", Amount("60", "")),
        ("negative", None),
        ("150-400 /uL", None),
        ("1,5-2,5", None),
        ("", None),
        ("1" * 81, None),
    ],
)
def test_a_reference_range_is_text_unless_it_parses(text: str, expected: Amount | None) -> None:
    assert normal_range(text) == expected


def absent(reason: str, value: str = "") -> Mapping:
    """A platelet count with OBX-32."""
    return by_hl7(report(obx("777-3^Platelets^LN", value, "10*3/uL") + "|" * 18 + reason))


def test_a_reason_for_no_value_is_kept_and_beside_a_value_it_excludes() -> None:
    assert standing(absent("not-performed^^DAR"), PLATELETS) == ("absent", "not-performed")
    assert standing(absent("LOST^^L"), PLATELETS) == ("absent", "reason-not-coded")
    assert standing(absent("LOST^^L^masked^^DAR"), PLATELETS) == ("absent", "masked")
    assert standing(absent("not-performed^^DAR", "210"), PLATELETS) == ("excluded", "value-and-absent-reason")
    assert standing(absent('""', "210"), PLATELETS) == PRESENT


# Times ------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "degree", "same_as"),
    [
        ("20260110081530", "S", "20260110081530"),
        ("20260110081530", "M", "202601100815"),
        ("20260110081530-0500", "H", "2026011008-0500"),
        ("20260110081530-0500", "D", "20260110"),
        ("20260110081530", "L", "202601"),
        ("20260110081530", "Y", "2026"),
        ("20260110081530", "X", "20260110081530"),
        ("202601", "D", "202601"),
    ],
)
def test_a_degree_of_precision_makes_a_time_less_precise(text: str, degree: str, same_as: str) -> None:
    found = time_of(text, degree, None)
    assert found is not None
    assert found == time_of(same_as, "", None)


def test_the_degree_stands_in_the_second_component() -> None:
    coarse = by_hl7(report(obx("777-3^^LN", "210", "10*3/uL", when="20260110080000^L")))
    found = fact(coarse, PLATELETS)
    assert found.when is not None
    assert found.when.day == "2026-01"


# Versions ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "version",
    [
        "2.1",
        "2.2",
        "2.3",
        "2.3.1",
        "2.4",
        "2.5",
        "2.5.1",
        "2.6",
        "2.7",
        "2.7.1",
        "2.8",
        "2.8.1",
        "2.8.2",
        "2.9",
        "2.9.1",
        "3.0",
        "none",
        "2.5.1^USA^ISO",
    ],
)
def test_the_version_is_a_hint_only(version: str) -> None:
    """The types of all versions (TS and DTM, CE and CWE) are read in each."""
    head = header(message="ORU^R01").replace("|P|2.5.1", f"|P|{version}")
    results = (
        obx("777-3^^LN", "210", "10*3/uL", when="202601100800+0000"),
        obx("33732-9^^LN", "1663004^^SCT", kind="CE", number=2),
        obx("29593-1^^LN", "^2^-^3", "%", kind="SN", number=3),
        obx("31206-6^^LN", "8240/3^^ICDO3", kind="CWE", number=4),
    )
    mapping = by_hl7(message(obr(), *results, head=head.replace("|P|none", "|P|")))
    assert [known(mapping, name) for name in (PLATELETS, GRADE, KI67, "diagnosis")] == [
        210,
        "G2",
        {"low": 2, "high": 3},
        "nen",
    ]


# Escapes and character sets ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (r"\H\bold\N\ 5\S\6 \T\ \X4142\ \.br\ \Zanything\ ", []),
        (r"\C2842\Jane\C2D41\ ", ["charset-switch"]),
        (r"\M2442\x", ["charset-switch"]),
        (r"\Q\ and \J\ ", ["escape-unknown", "escape-unclosed"]),
        (r"\X4\ and \XFF\ ", ["escape-hex"]),
        (r"half \ of it", ["escape-unclosed"]),
        (r"\Q\ \C2842\ \X4\ \Q\ ", ["escape-unknown", "charset-switch", "escape-hex", "escape-unclosed"]),
    ],
)
def test_escapes_that_are_not_read_are_said_once_for_a_field(text: str, codes: list[str]) -> None:
    mapping = by_hl7(report(obx("X^n^L", text, kind="FT")))
    assert finding_codes(mapping) == codes
    assert {finding.place for finding in mapping.findings} <= {"A1 OBX[1]-5"}


def test_a_unit_behind_a_switch_of_the_character_set_is_not_guessed() -> None:
    mapping = by_hl7(report(obx("14682-9^^LN", "88.4", "\\C2D41\\\u00b5mol/L")))
    assert standing(mapping, "creatinine_mg_dl") == ("excluded", "unit-unknown")
    assert "charset-switch" in finding_codes(mapping)

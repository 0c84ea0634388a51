"""One value in the units of two laboratories is one fact: the same number, state, time and value on either wire.

Which spellings a unit has is in the unit table; what each becomes was worked out here by hand.
"""

from decimal import Decimal

import pytest

from adapter.case.fact import Fact
from tests.mapping.senders import Resource, by_fhir, by_hl7, fact, laboratory, obx, report

# Fact, and (code, number, unit) of laboratories that measured the same.
SAME = [
    ("bilirubin_mg_dl", "2", [("14631-6", "34.2", "umol/L"), ("1975-2", "2.0", "mg/dL"), ("1975-2", "20", "mg/L")]),
    ("platelets_10e9_l", "100", [("777-3", "100", "K/uL"), ("777-3", "100000", "/uL"), ("26515-7", "100", "10*9/L")]),
    (
        "creatinine_mg_dl",
        "1.5",
        [("14682-9", "132.6", "umol/L"), ("2160-0", "1.50", "mg/dL"), ("14682-9", "0.1326", "mmol/L")],
    ),
    ("albumin_g_dl", "3.5", [("1751-7", "35", "g/L"), ("1751-7", "3.5", "g/dL")]),
    ("ldh_u_l", "240", [("2532-0", "240", "U/L"), ("2532-0", "4", "ukat/L"), ("2532-0", "240", "IU/L")]),
    ("largest_lesion_cm", "4.1", [("33728-7", "41", "mm"), ("33728-7", "4.1", "cm")]),
    ("ki67_percent", "2.5", [("29593-1", "2.5", "%"), ("29593-1", "0.025", "1"), ("29593-1", "0.025", "{ratio}")]),
]
LIVER: Resource = {"bodySite": {"coding": [{"system": "http://snomed.info/sct", "code": "10200004"}]}}


def facts(name: str, code: str, number: str, unit: str) -> list[Fact]:
    site: Resource = LIVER if name == "largest_lesion_cm" else {}
    return [
        fact(by_fhir(laboratory(code, float(number), unit, **site)), name),
        fact(by_hl7(report(obx(f"{code}^^LN", number, unit, site="10200004^^SCT" if site else ""))), name),
        fact(
            by_hl7(
                report(obx(f"{code}^^LN", number, f"{unit}^^UCUM", kind="ST", site="10200004^^SCT" if site else ""))
            ),
            name,
        ),
    ]


@pytest.mark.parametrize(("name", "value", "sent"), SAME, ids=[name for name, _, _ in SAME])
def test_every_unit_and_wire_gives_the_identical_fact(name: str, value: str, sent: list[tuple[str, str, str]]) -> None:
    found = [one for code, number, unit in sent for one in facts(name, code, number, unit)]
    assert {(one.name, one.state, one.reason, one.on_record, one.when) for one in found} == {
        (name, found[0].state, "", found[0].on_record, found[0].when)
    }
    exact = getattr(found[0].known, "exact", None)
    assert exact == Decimal(value)


def test_what_is_just_below_a_threshold_stays_below() -> None:
    just_below = facts("bilirubin_mg_dl", "14631-6", "34.1", "umol/L")
    numbers = [getattr(one.known, "exact", None) for one in just_below]
    assert all(isinstance(number, Decimal) and Decimal("1.99") < number < 2 for number in numbers)


def test_the_number_as_sent_stays_beside_the_converted_one() -> None:
    [fhir, hl7, _] = facts("bilirubin_mg_dl", "14631-6", "34.2", "umol/L")
    assert [one.origins[0].sent for one in (fhir, hl7)] == ["34.2 umol/L"] * 2
    assert [one.origins[0].place for one in (fhir, hl7)] == ["Observation/o1#value", "OBX[1]-5"]
    assert [one.origins[0].row for one in (fhir, hl7)] == ["bilirubin"] * 2


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        ("MG/dl", "unit-unknown"),
        ("Mg/dL", "unit-unknown"),
        ("mol/L", "unit-unknown"),
        ("10*9/L", "unit-unknown"),
        ("", "unit-missing"),
    ],
)
def test_no_unit_is_guessed_from_the_size_of_the_number(unit: str, reason: str) -> None:
    found = [facts("bilirubin_mg_dl", "1975-2", "1.1", unit)[index] for index in (0, 1)]
    assert [(one.state.value, one.reason) for one in found] == [("excluded", reason)] * 2

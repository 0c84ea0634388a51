"""Conversion of a number as sent to the unit of the analyte: exact, by analyte, and never for an ambiguous unit.

Not for the table as a whole, whose factors are recomputed in test_units_table.py.
"""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.terminology.units import Conversion, is_molar
from tests.terminology.shipped import units

UNITS = units()


def converted(analyte: str, number: str, unit: str) -> Decimal:
    conversion = UNITS.find(analyte, unit)
    assert conversion is not None
    return conversion.apply(Decimal(number))


@pytest.mark.hazard("HZ-V23")
@pytest.mark.parametrize("unit", ["umol/L", "µmol/L", "μmol/L"])
def test_bilirubin_at_its_threshold_is_exact(unit: str) -> None:
    assert converted("bilirubin_total", "34.2", unit) == 2
    assert converted("bilirubin_total", "34.1", unit) < 2
    assert converted("bilirubin_total", "34.1999999999999999999999999999999999", unit) < 2
    assert converted("bilirubin_total", "34.2000000000000000000000000000000001", unit) > 2


@pytest.mark.hazard("HZ-V01")
@pytest.mark.hazard("HZ-V23")
def test_creatinine_is_divided_by_88_4() -> None:
    assert converted("creatinine", "132.6", "umol/L") == Decimal("1.5")
    assert converted("creatinine", "88.4", "umol/L") == 1
    assert converted("creatinine", "88.3", "umol/L") < 1
    assert converted("creatinine", "0.1326", "mmol/L") == Decimal("1.5")


@pytest.mark.hazard("HZ-V03")
@pytest.mark.parametrize(
    ("number", "unit"),
    [
        ("100", "K/uL"),
        ("100", "10*3/uL"),
        ("100", "10*9/L"),
        ("100", "x10E3/uL"),
        ("100", "G/L"),
        ("100000", "/uL"),
        ("10", "10*4/uL"),
        ("100000000000", "/L"),
    ],
)
def test_one_platelet_count_in_many_units(number: str, unit: str) -> None:
    assert converted("platelets", number, unit) == 100
    assert UNITS.canonical("platelets") == "10*9/L"


@pytest.mark.hazard("HZ-V16")
@pytest.mark.parametrize(("number", "unit"), [("4", "%"), ("0.04", "1"), ("0.04", "{ratio}"), ("4", "percent")])
def test_a_fraction_and_a_percentage_of_ki67_are_one(number: str, unit: str) -> None:
    assert converted("ki67_index", number, unit) == 4


@pytest.mark.hazard("HZ-V16")
@pytest.mark.parametrize("analyte", ["ki67_index", "tumour_burden_percent", "lvef"])
def test_a_fraction_is_bounded_by_one_and_a_percentage_is_not(analyte: str) -> None:
    fraction, percent = UNITS.find(analyte, "1"), UNITS.find(analyte, "%")
    assert fraction is not None
    assert percent is not None
    assert (fraction.most, percent.most) == (Decimal(1), None)


@pytest.mark.hazard("HZ-V06")
@pytest.mark.parametrize(
    ("analyte", "unit"),
    [("haemoglobin", "G/L"), ("bilirubin_total", "MMOL/L"), ("bilirubin_total", "Mg/dL"), ("platelets", "k/UL")],
)
def test_letter_case_counts(analyte: str, unit: str) -> None:
    assert UNITS.find(analyte, unit) is None


@pytest.mark.hazard("HZ-V05")
@pytest.mark.parametrize("unit", ["thou/mcl?", "mg", "10", " mg/dL", "mg/dL ", "K"])
@pytest.mark.parametrize("analyte", UNITS.table)
def test_a_unit_that_is_not_in_the_table_is_unknown(analyte: str, unit: str) -> None:
    assert UNITS.find(analyte, unit) is None


@pytest.mark.hazard("HZ-V04")
def test_only_what_needs_no_unit_may_come_without_one() -> None:
    unitless = {analyte for analyte, spellings in UNITS.table.items() if "" in spellings}
    assert unitless == {"inr", "count", "ratio", "score"}


@pytest.mark.parametrize(
    ("analyte", "unit"),
    [("platelets", "g/L"), ("inr", "%"), ("inr", "s"), ("chromogranin_a", "U/L"), ("mitotic_rate", "/10HPF")],
)
def test_an_ambiguous_unit_is_known_and_never_converted(analyte: str, unit: str) -> None:
    conversion = UNITS.find(analyte, unit)
    assert conversion is not None
    assert conversion.ambiguous
    with pytest.raises(ValueError, match="never converted"):
        conversion.apply(Decimal(1))


def test_a_number_in_its_own_unit_keeps_its_digits() -> None:
    conversion = UNITS.find("creatinine", "mg/dL")
    assert conversion is not None
    assert conversion.identity
    assert str(conversion.apply(Decimal("1.50"))) == "1.50"
    molar = UNITS.find("creatinine", "umol/L")
    assert molar is not None
    assert not molar.identity


def test_units_that_count_moles() -> None:
    assert [is_molar(ucum) for ucum in ("umol/L", "mmol/mol{creat}", "mg/dL", "10*3/uL", "")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    molar = UNITS.find("creatinine", "µmol/L")
    assert molar is not None
    assert molar.molar


numbers = st.decimals(0, 10**9, allow_nan=False, places=6)
factors = st.decimals("0.0001", 10**5, allow_nan=False, places=4)


@given(numbers, factors)
def test_a_multiplier_is_exact(number: Decimal, factor: Decimal) -> None:
    made = Conversion("x", "y", factor, None).apply(number)
    assert Fraction(made) == Fraction(number) * Fraction(factor)


@given(numbers, factors, numbers)
def test_a_divided_number_is_on_the_true_side_of_every_threshold(
    number: Decimal, divisor: Decimal, threshold: Decimal
) -> None:
    made = Conversion("x", "y", None, divisor).apply(number)
    true = Fraction(number) / Fraction(divisor)
    assert (made >= threshold) is (true >= Fraction(threshold))
    assert (made <= threshold) is (true <= Fraction(threshold))

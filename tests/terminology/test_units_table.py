"""The shipped units, recomputed: every UCUM unit from its prefixes and dimensions, and the spellings by hand.

Not for numbers at thresholds, which stand in test_conversion.py.
"""

import re
from decimal import Decimal
from fractions import Fraction

import pytest

from adapter.terminology.units import Conversion
from tests.terminology.shipped import rows, units

ROWS = [row for row in rows("units.csv") if row["multiply_by"] != "ambiguous"]
TABLE = units().table

Measure = tuple[Fraction, dict[str, int]]
"""A unit as a factor to base units and the powers of these."""

PREFIXES = {"": 0, "G": 9, "M": 6, "k": 3, "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12}
ATOMS: dict[str, Measure] = {
    "g": (Fraction(1), {"mass": 1}),
    "mol": (Fraction(1), {"amount": 1}),
    "L": (Fraction(1, 1000), {"length": 3}),
    "m": (Fraction(1), {"length": 1}),
    "[in_i]": (Fraction(254, 10000), {"length": 1}),
    "s": (Fraction(1), {"time": 1}),
    "min": (Fraction(60), {"time": 1}),
    "h": (Fraction(3600), {"time": 1}),
    "d": (Fraction(86400), {"time": 1}),
    "mo": (Fraction(1), {"month": 1}),
    "a": (Fraction(1), {"year": 1}),
    # 1 U turns over 1 umol a minute, 1 kat 1 mol a second; an international unit of these enzymes is 1 U.
    "U": (Fraction(1, 60_000_000), {"catalytic": 1}),
    "[IU]": (Fraction(1, 60_000_000), {"catalytic": 1}),
    "[iU]": (Fraction(1, 60_000_000), {"catalytic": 1}),
    "kat": (Fraction(1), {"catalytic": 1}),
    "Gy": (Fraction(1), {"dose": 1}),
    "Bq": (Fraction(1), {"activity": 1}),
    "Ci": (Fraction(37_000_000_000), {"activity": 1}),
    "%": (Fraction(1, 100), {}),
}
# Grams a mole. Bilirubin and creatinine by the settled divisors: 17.1 and 88.4 umol/L are 1 mg/dL.
MOLAR_MASS = {
    "bilirubin_total": Fraction(10_000) / Fraction("17.1"),
    "creatinine": Fraction(10_000) / Fraction("88.4"),
    "albumin": Fraction(66_437),
    "haemoglobin": Fraction("16114.5"),
    "urine_5hiaa_24h": Fraction("191.19"),
    "urine_5hiaa_concentration": Fraction("191.19"),
    "plasma_5hiaa": Fraction("191.19"),
    "serotonin": Fraction("176.22"),
    "glucose": Fraction("180.16"),
    "chromogranin_a": Fraction(48_000),
    "ammonia": Fraction("17.031"),
}
# Factors that the table gives rounded to six digits, because the true quotient does not end.
ROUNDED = {
    ("ammonia", "ug/dL"),
    ("urine_5hiaa_creatinine_ratio", "mmol/mol"),
    ("urine_5hiaa_creatinine_ratio", "umol/mmol"),
}


def measure(ucum: str) -> Measure:
    """The unit of a UCUM expression as the table writes them: annotations count nothing, `/` divides what follows."""
    factor, powers = Fraction(1), dict[str, int]()
    text = re.sub(r"\{[^}]*\}", "", ucum)
    for sign, term in _terms(text):
        scale, dimension = _term(term)
        factor = factor * scale if sign > 0 else factor / scale
        for base, power in dimension.items():
            powers[base] = powers.get(base, 0) + sign * power
    return factor, {base: power for base, power in powers.items() if power}


def _terms(text: str) -> list[tuple[int, str]]:
    """Factors and divisors; a bracketed group after `/` divides as a whole."""
    found = []
    for operator, group, single in re.findall(r"([/.]|^)(?:\(([^)]*)\)|([^/.()]+))", text):
        sign = -1 if operator == "/" else 1
        found += [(sign, part) for part in (group.split(".") if group else [single]) if part]
    return found


def _term(term: str) -> Measure:
    if power := re.fullmatch(r"10\*([0-9]+)", term):
        return Fraction(10) ** int(power[1]), {}
    if term.isdigit():
        return Fraction(int(term)), {}
    match = re.fullmatch(r"([^0-9]+)([0-9])?", term)
    assert match, term
    exponent = int(match[2] or 1)
    scale, dimension = _atom(match[1])
    return scale**exponent, {base: power * exponent for base, power in dimension.items()}


def _atom(name: str) -> Measure:
    if name in ATOMS:
        return ATOMS[name]
    scale, dimension = ATOMS[name[1:]]
    return scale * Fraction(10) ** PREFIXES[name[0]], dimension


def factor_of(conversion: Conversion) -> Fraction:
    if conversion.divide_by is not None:
        return 1 / Fraction(conversion.divide_by)
    assert conversion.multiply_by is not None
    return Fraction(conversion.multiply_by)


def expected_factor(analyte: str, ucum: str, canonical: str) -> Fraction:
    """How many canonical units one unit is, through the molar mass where one counts moles and the other grams."""
    (scale, powers), (base, wanted) = measure(ucum), measure(canonical)
    factor = scale / base
    moles = powers.pop("amount", 0) - wanted.pop("amount", 0)
    grams = powers.pop("mass", 0) - wanted.pop("mass", 0)
    assert powers == wanted, f"{ucum} and {canonical} measure different things"
    assert moles == -grams
    return factor * MOLAR_MASS[analyte] ** moles if moles else factor


def _case(row: dict[str, str]) -> str:
    return f"{row['analyte']} {row['unit']}"


def test_units_are_measured_right() -> None:
    assert measure("mg/dL") == (Fraction(10), {"mass": 1, "length": -3})
    assert measure("umol/L") == (Fraction(1, 1000), {"amount": 1, "length": -3})
    assert measure("10*3/uL") == measure("10*9/L")
    assert measure("mg/(24.h)") == measure("mg/d")
    assert measure("mL/min/{1.73_m2}") == (Fraction(1, 60_000_000), {"length": 3, "time": -1})
    assert measure("mU/mL") == measure("U/L")
    assert measure("60.U/L") == measure("ukat/L")
    assert measure("mCi") == measure("37.MBq")


COUNTED_BY_AREA = {"mitotic_rate"}  # its canonical unit is an area written inside an annotation
MOLE_BY_MOLE = {"urine_5hiaa_creatinine_ratio"}  # two substances


@pytest.mark.hazard("HZ-V01")
@pytest.mark.parametrize(
    "row", [row for row in ROWS if row["analyte"] not in COUNTED_BY_AREA | MOLE_BY_MOLE], ids=_case
)
def test_every_factor_is_what_its_ucum_unit_says(row: dict[str, str]) -> None:
    found = factor_of(TABLE[row["analyte"]][row["unit"]])
    expected = expected_factor(row["analyte"], row["ucum"], row["canonical"])
    if (row["analyte"], row["ucum"]) in ROUNDED:
        assert abs(found / expected - 1) < Fraction(1, 10**6)
    else:
        assert found == expected


@pytest.mark.parametrize("ucum", ["mmol/mol{creat}", "umol/mmol{creat}"])
def test_5hiaa_by_creatinine_in_moles(ucum: str) -> None:
    found = factor_of(TABLE["urine_5hiaa_creatinine_ratio"][ucum])
    assert abs(found / (Fraction("191.19") / Fraction("113.12")) - 1) < Fraction(1, 10**5)


def test_mitoses_by_square_millimetre_are_half_of_those_by_two() -> None:
    assert {unit: factor_of(made) for unit, made in TABLE["mitotic_rate"].items() if not made.ambiguous} == {
        "{#}/2mm2": 1,
        "/2.mm2": 1,
        "{#}/mm2": 2,
    }


THOUSANDS = ["10*3/uL", "K/uL", "K/ul", "K/UL", "k/uL", "THOU/uL", "Thousand/uL", "x10E3/uL", "x10^3/uL", "10^3/uL"]
THOUSANDS += ["10e3/uL", "10*3/mm3"]
BILLIONS = ["10*9/L", "10^9/L", "x10^9/L", "10E9/L", "giga.l-1", "giga/l", "Gpt/L", "G/L"]
ONES = ["/uL", "#/uL", "{cells}/uL", "cells/uL", "/mm3", "/cumm", "10*6/L", "10*3/mL"]
CELLS = {unit: Fraction(1) for unit in THOUSANDS + BILLIONS} | {unit: Fraction(1, 1000) for unit in ONES}
CELLS |= {"/L": Fraction(1, 10**9), "/mL": Fraction(1, 10**6), "10*4/uL": Fraction(10)}

# Every spelling with what one of it is in the unit of the analyte, written down without looking at the table's factors.
SPELLINGS: dict[str, dict[str, Fraction]] = {
    "bilirubin_total": {unit: Fraction(1) for unit in ("mg/dL", "mg/dl", "MG/DL")}
    | {"mg/L": Fraction(1, 10)}
    | {unit: Fraction(10, 171) for unit in ("umol/L", "µmol/L", "μmol/L", "umol/l", "UMOLL", "mcmol/L", "nmol/mL")},
    "albumin": {unit: Fraction(1) for unit in ("g/dL", "g/dl", "GM/DL", "gm/dL")}
    | {"g/L": Fraction(1, 10), "g/l": Fraction(1, 10), "mg/dL": Fraction(1, 1000)}
    | {"mmol/L": Fraction(66437, 10_000), "umol/L": Fraction(66437, 10_000_000)},
    "creatinine": {unit: Fraction(1) for unit in ("mg/dL", "mg/dl", "mg/dlL")}
    | {unit: Fraction(10, 884) for unit in ("umol/L", "µmol/L", "μmol/L", "umol/l")}
    | {"mmol/L": Fraction(10_000, 884), "mg/L": Fraction(1, 10)},
    "platelets": CELLS,
    "neutrophils": CELLS,
    "lymphocytes": CELLS,
    "largest_lesion_size": {
        "cm": Fraction(1),
        "CM": Fraction(1),
        "mm": Fraction(1, 10),
        "MM": Fraction(1, 10),
        "m": Fraction(100),
        "[in_i]": Fraction(254, 100),
    },
    "ki67_index": {"%": Fraction(1), "percent": Fraction(1), "1": Fraction(100), "{ratio}": Fraction(100)},
    "tumour_burden_percent": {"%": Fraction(1), "percent": Fraction(1), "1": Fraction(100), "{ratio}": Fraction(100)},
}
ENZYME = {unit: Fraction(1) for unit in ("U/L", "u/L", "IU/L", "[iU]/L", "[IU]/L", "UNITS/L", "mU/mL")}
ENZYME |= {"ukat/L": Fraction(60), "µkat/L": Fraction(60), "nkat/L": Fraction(6, 100)}
SPELLINGS |= {"ast": ENZYME, "ldh": ENZYME}


@pytest.mark.hazard("HZ-V01")
@pytest.mark.hazard("HZ-V03")
@pytest.mark.parametrize("analyte", SPELLINGS)
def test_every_spelling_says_what_it_says(analyte: str) -> None:
    found = {unit: factor_of(made) for unit, made in TABLE[analyte].items() if not made.ambiguous}
    assert found == SPELLINGS[analyte]


def test_chromogranin_in_units_without_a_fixed_factor_is_never_converted() -> None:
    """Its molar mass depends on the assay: moles and arbitrary units stand apart."""
    ambiguous = [unit for unit, made in TABLE["chromogranin_a"].items() if made.ambiguous]
    assert ambiguous == ["nmol/L", "pmol/L", "U/L", "[arb'U]/L"]


@pytest.mark.parametrize("row", ROWS, ids=_case)
def test_a_row_is_loaded_as_it_stands(row: dict[str, str]) -> None:
    made = TABLE[row["analyte"]][row["unit"]]
    assert (made.ucum, made.canonical) == (row["ucum"], row["canonical"])
    assert made.multiply_by == (Decimal(row["multiply_by"]) if row["multiply_by"] else None)
    assert made.divide_by == (Decimal(row["divide_by"]) if row["divide_by"] else None)
    assert made.most == (Decimal(row["most"]) if row["most"] else None)


@pytest.mark.parametrize("analyte", TABLE)
def test_every_analyte_has_its_own_unit_among_its_spellings(analyte: str) -> None:
    canonical = units().canonical(analyte)
    assert TABLE[analyte][canonical].identity

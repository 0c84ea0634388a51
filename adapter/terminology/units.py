"""Units per analyte: what each spelling means for this analyte, with the exact multiplier or divisor.

A closed table, never a unit engine: K/uL is thousands per microlitre for platelets although UCUM reads kelvin.
"""

from dataclasses import dataclass
from decimal import Decimal
from importlib.resources.abc import Traversable

from adapter.case.number import EXACT, read_decimal
from adapter.case.tables import TableError, read_csv

COLUMNS = ("analyte", "unit", "ucum", "multiply_by", "divide_by", "canonical", "most", "note")


@dataclass(frozen=True, slots=True)
class Conversion:
    """How a number in one spelling of a unit becomes the canonical unit; `ambiguous` units are never converted.

    `most` bounds the number as sent (a fraction sent with unit `1` may not exceed 1).
    """

    ucum: str
    canonical: str
    multiply_by: Decimal | None
    divide_by: Decimal | None
    most: Decimal | None = None

    @property
    def ambiguous(self) -> bool:
        """Whether this spelling has no safe meaning for the analyte."""
        return self.multiply_by is None and self.divide_by is None

    @property
    def identity(self) -> bool:
        """Whether the number stays as it is."""
        return self.multiply_by == 1

    def apply(self, number: Decimal) -> Decimal:
        """The number in the canonical unit, exact to 60 digits: 34.2 umol/L / 17.1 is 2 mg/dL."""
        if self.multiply_by is not None:
            return number if self.multiply_by == 1 else EXACT.multiply(number, self.multiply_by)
        if self.divide_by is None:
            raise ValueError("an ambiguous unit is never converted")
        return EXACT.divide(number, self.divide_by)

    @property
    def molar(self) -> bool:
        """Whether the unit counts moles: it then contradicts a code that is defined by mass, and the reverse."""
        return is_molar(self.ucum)


def is_molar(ucum: str) -> bool:
    """Whether a UCUM unit is an amount of substance."""
    return "mol" in ucum


@dataclass(frozen=True, slots=True)
class Units:
    """All unit spellings by analyte."""

    table: dict[str, dict[str, Conversion]]

    def find(self, analyte: str, unit: str) -> Conversion | None:
        """The conversion for a spelling, None when the table does not hold it. Letter case counts."""
        return self.table[analyte].get(unit)

    def canonical(self, analyte: str) -> str:
        """The unit that values of the analyte are held in."""
        return next(iter(self.table[analyte].values())).canonical


def load_units(file: Traversable, onto: Units | None = None) -> Units:
    """The table `units.csv`; a site's own comes `onto` the shipped one and may say what an ambiguous spelling means.

    Raises TableError for a row without factor, with two, a spelling that stands twice, or a site's unknown analyte.
    """
    table = {analyte: dict(spellings) for analyte, spellings in onto.table.items()} if onto else {}
    settled = {(analyte, unit) for analyte in table for unit, one in table[analyte].items() if not one.ambiguous}
    for line, row in read_csv(file, COLUMNS):
        if onto is not None and row["analyte"] not in onto.table:
            raise TableError(file.name, line, f"there is no analyte {row['analyte']}")
        spellings = table.setdefault(row["analyte"], {})
        key = (row["analyte"], row["unit"])
        if key in settled:
            raise TableError(file.name, line, f"unit {row['unit']!r} stands twice for {row['analyte']}")
        conversion = _conversion(file.name, line, row)
        if spellings and next(iter(spellings.values())).canonical != conversion.canonical:
            raise TableError(file.name, line, f"{row['analyte']} has two canonical units")
        spellings[row["unit"]] = conversion
        settled.add(key)
    return Units(table)


def _conversion(name: str, line: int, row: dict[str, str]) -> Conversion:
    if not row["canonical"]:
        raise TableError(name, line, "the canonical unit is missing")
    most = _number(name, line, row["most"]) if row["most"] else None
    if row["multiply_by"] == "ambiguous" and not row["divide_by"]:
        return Conversion(row["ucum"], row["canonical"], None, None, most)
    if bool(row["multiply_by"]) == bool(row["divide_by"]):
        raise TableError(name, line, "give either a multiplier, a divisor, or the word ambiguous")
    factor = _number(name, line, row["multiply_by"] or row["divide_by"])
    if row["multiply_by"]:
        return Conversion(row["ucum"], row["canonical"], factor, None, most)
    return Conversion(row["ucum"], row["canonical"], None, factor, most)


def _number(name: str, line: int, text: str) -> Decimal:
    number = read_decimal(text)
    if number is None or number <= 0:
        raise TableError(name, line, f"{text!r} is not a positive decimal number")
    return number

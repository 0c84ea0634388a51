"""HL7 v2 fields as raw values: OBX-5 by its data type, units, flags, reference ranges, coded elements.

The same shapes that FHIR gives; what they mean is decided later (interpret.py).
"""

import re
from datetime import tzinfo
from functools import lru_cache
from typing import Literal, assert_never

from adapter.case.moment import Moment
from adapter.hl7v2 import Field, HL7Time, Repetition, Segment, StructuredNumeric, read_nm, read_sn, read_time
from adapter.mapping.item import Amount, Choices, Codings, Date, Missing, RawValue, SentCode, Unusable

# HL7 table 0125: how each data type of OBX-5 is read.
Reading = Literal["number", "structured", "string", "text", "coded", "table-code", "time", "range", "quantity", "none"]
DATA_TYPES: dict[str, Reading] = {
    "NM": "number",
    "SN": "structured",
    "ST": "string",
    "": "string",
    "TX": "text",
    "FT": "text",
    "ED": "text",
    "RP": "text",
    "CE": "coded",
    "CWE": "coded",
    "CNE": "coded",
    "CF": "coded",
    "IS": "table-code",
    "ID": "table-code",
    "DT": "time",
    "TS": "time",
    "DTM": "time",
    "NR": "range",
    "CQ": "quantity",
}

_TRIPLETS = (1, 4, 10)
_TEXTS = (2, 5, 11, 9)


def coded(repetition: Repetition) -> Codings:
    """The codings of a CWE, CE or CNE: the triplets at components 1, 4 and 10 that carry a code."""
    found = []
    for first in _TRIPLETS:
        code = repetition.component(first)
        if code:
            found.append(SentCode(repetition.component(first + 2), code, repetition.component(first + 1)))
    return tuple(found)


def names(repetition: Repetition) -> tuple[str, ...]:
    """The texts of a CWE, CE or CNE: those of its codings (components 2, 5, 11) and the original text (9)."""
    return tuple(filter(None, (repetition.component(number) for number in _TEXTS)))


def raw_value(obx: Segment, zone: tzinfo | None, *, own: bool) -> tuple[RawValue, bool]:
    """The value of an OBX, and whether it is narrative. `own`: the result has a code of the project CodeSystem."""
    value = obx.field(5)
    if value.is_null:
        return Missing("nulled"), False
    if value.is_empty:
        return Missing("empty"), False
    units = unit_spellings(obx.field(6))
    reading = DATA_TYPES.get(obx.field(2).text, "none")
    match reading:
        case "coded":
            return _choices(value), False
        case "table-code":
            return _table_codes(value, own=own), False
        case "text":
            return Missing("text-result"), True
        case "none":
            return Unusable("data-type-unknown"), False
        case _ if len(value.repetitions) > 1:
            return Unusable("multiple-values"), False
        case "string":
            raw = _number(value.text, units)
            return (Missing("text-result"), True) if isinstance(raw, Unusable) else (raw, False)
        case "number":
            return _number(value.text, units), False
        case "structured":
            return _structured(value.first, units), False
        case "range":
            return _range(value.first, units), False
        case "quantity":
            return _number(value.first.component(1), (value.first.component(2),)), False
        case "time":
            when = moment(value.text, zone)
            return (Date(when), False) if when else (Unusable("bad-date"), False)
        case _:
            assert_never(reading)


def unit_spellings(field: Field) -> tuple[str, ...]:
    """The spellings of OBX-6, code first. A caret inside a unit leaves its first part, which no table holds."""
    first = field.first
    return tuple(text for text in (first.component(1), first.component(2)) if text)


@lru_cache(maxsize=1024)
def moment(text: str, zone: tzinfo | None) -> Moment | None:
    """The moment of an HL7 time. A date, and a time without any zone, is the calendar date in every zone."""
    time = read_time(text, default_offset=zone)
    if time is not None and time.precision in ("year", "month", "day"):
        time = read_time(text, default_offset=None)
    return None if time is None else Moment(time.earliest, time.latest, _written(time))


def _written(time: HL7Time) -> str:
    """The calendar date as the sender wrote it, no more precise than it was sent."""
    return time.date.isoformat()[: {"year": 4, "month": 7}.get(time.precision, 10)]


def flags(field: Field) -> tuple[str, ...]:
    """The interpretation codes of OBX-8."""
    return tuple(repetition.component(1) for repetition in field.repetitions if repetition.component(1))


_RANGE = re.compile(r"\s*(?:(-?[0-9]+(?:\.[0-9]+)?)\s*-\s*|(<=?)\s*)([0-9]+(?:\.[0-9]+)?)\s*", re.ASCII)


def normal_range(field: Field) -> Amount | None:
    """The range of OBX-7, where it reads `a-b`, `<b` or `<=b`."""
    match = _RANGE.fullmatch(field.text) if len(field.text) <= 80 else None
    if match is None:
        return None
    return Amount(match[1] or "", match[3], high_open=match[2] == "<")


def _choices(value: Field) -> RawValue:
    choices = tuple(coded(repetition) for repetition in value.repetitions)
    if all(choices):
        return Choices(choices, tuple(name for repetition in value.repetitions for name in names(repetition)))
    return Unusable("not-a-coded-answer") if any(choices) else Missing("text-result")


def _table_codes(value: Field, *, own: bool) -> RawValue:
    """IS and ID carry a bare code; only the project's own results say which table it is from."""
    if not own:
        return Choices(tuple((SentCode("", repetition.text),) for repetition in value.repetitions))
    systems = ("99LDT", "HL70136")
    return Choices(tuple(tuple(SentCode(system, r.text) for system in systems) for r in value.repetitions))


def _number(text: str, units: tuple[str, ...]) -> RawValue:
    read = read_nm(text)
    if read is None:
        return Unusable("not-a-number")
    comparator, number = read
    sent = f"{comparator}{number} {units[0] if units else ''}".strip()
    match comparator:
        case "":
            return Amount(number, number, units=units, sent=sent)
        case "<" | "<=":
            return Amount("", number, high_open=comparator == "<", units=units, sent=sent)
        case ">" | ">=":
            return Amount(number, "", low_open=comparator == ">", units=units, sent=sent)
        case _:
            assert_never(comparator)


def _structured(repetition: Repetition, units: tuple[str, ...]) -> RawValue:
    structured = read_sn(repetition)
    if structured is None:
        return Unusable("not-a-number")
    if structured.separator == "-":
        return _interval(structured, units)
    if structured.separator or structured.comparator == "<>":
        return Unusable("not-a-quantity")
    comparator = "" if structured.comparator == "=" else structured.comparator
    return _number(f"{comparator}{structured.num1}", units)


def _interval(structured: StructuredNumeric, units: tuple[str, ...]) -> RawValue:
    low, high = structured.num1, structured.num2
    return Amount(low, high, units=units, sent=f"{low}-{high} {units[0] if units else ''}".strip())


def _range(repetition: Repetition, units: tuple[str, ...]) -> RawValue:
    low, high = read_nm(repetition.component(1)), read_nm(repetition.component(2))
    if low is None or high is None or low[0] or high[0]:
        return Unusable("not-a-number")
    return Amount(low[1], high[1], units=units, sent=f"{low[1]}-{high[1]} {units[0] if units else ''}".strip())

"""HL7 v2 fields as raw values: OBX-5 by its data type, units, flags, reference ranges, coded elements.

The same shapes that FHIR gives; what they mean is decided later (interpret.py).
"""

import re
from datetime import tzinfo
from functools import lru_cache
from typing import Literal, assert_never

from adapter.case.moment import Moment
from adapter.hl7v2 import Field, HL7Time, Repetition, StructuredNumeric, read_nm, read_sn, read_time
from adapter.mapping.fhir_values import ABSENT_REASONS
from adapter.mapping.item import Amount, Choices, Codings, Date, Missing, RawValue, SentCode, Unusable
from adapter.mapping.sender import Sender

# HL7 table 0125: how each data type of OBX-5 is read. `other` types hold what no fact is made of.
Reading = Literal["number", "structured", "string", "text", "coded", "table-code", "time", "range", "quantity", "other"]
DATA_TYPES: dict[str, Reading] = {
    "NM": "number",
    "SN": "structured",
    "ST": "string",
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
    **dict.fromkeys(
        ("TM", "DR", "NA", "MA", "MO", "CP", "VR", "SI", "EI", "HD", "CX", "CN", "XCN", "PN", "XPN"), "other"
    ),
    **dict.fromkeys(("AD", "XAD", "TN", "XTN", "XON", "CK", "PL"), "other"),
}

_TRIPLETS = (1, 4, 10)
_TEXTS = (2, 5, 11, 9)
_LONGEST_NAME = 1000
_UNIT_TRIPLETS = (1, 4)
_UCUM = ("UCUM", "2.16.840.1.113883.6.8", "urn:oid:2.16.840.1.113883.6.8", "http://unitsofmeasure.org")
_UNIT_TABLES = ("", "ISO+", "ISO", "ANS+", "ANSI+", "ISO2955")


def coded(repetition: Repetition, sender: Sender) -> Codings:
    """The codings of a CWE, CE or CNE: the triplets at components 1, 4 and 10 that carry a code."""
    found = []
    for first in _TRIPLETS:
        code = repetition.component(first)
        if code:
            system = sender.system(repetition.component(first + 2))
            found.append(SentCode(system, code, repetition.component(first + 1)))
    return tuple(found)


def names(repetition: Repetition) -> tuple[str, ...]:
    """The texts of a CWE, CE or CNE: those of its codings (components 2, 5, 11) and the original text (9)."""
    return tuple(filter(None, (repetition.component(number)[:_LONGEST_NAME] for number in _TEXTS)))


def raw_value(
    value: Field, data_type: str, units: tuple[str, ...], zone: tzinfo | None, sender: Sender, *, own: bool
) -> tuple[RawValue, bool]:
    """The value of a field by its data type, and whether it is narrative. `own`: the result has a code of the project
    CodeSystem. Without a data type, or with one that nobody knows, a value is text, never a number by its looks, unless
    the sender's profile puts a type in its place.
    """
    if value.is_null:
        return Missing("nulled"), False
    if value.is_empty:
        return Missing("empty"), False
    sent = data_type or sender.missing_data_type
    reading = (DATA_TYPES.get(sent) or DATA_TYPES.get(sender.wrong_data_type)) if sent else None
    match reading:
        case "number" if not value.repeats:  # most values by far
            return _number(value.text, units), False
        case None:
            return _untyped(value, data_type)
        case "coded":
            return _choices(value, sender)
        case "table-code":
            return _table_codes(value, own=own), False
        case "text":
            return _text(value), True
        case "other":
            return Unusable("not-a-quantity"), False
        case _ if value.repeats:
            return Unusable("multiple-values"), False
        case "string":
            raw = _number(value.text, units)
            return (_text(value), True) if isinstance(raw, Unusable) else (raw, False)
        case "number":
            return _number(value.text, units), False
        case "structured":
            return _structured(value.first, units), False
        case "range":
            return _range(value.first, units), False
        case "quantity":
            return _number(value.first.component(1), (value.first.component(2),)), False
        case "time":
            when = time_of(value.first.component(1), value.first.component(2), zone)
            return (Date(when), False) if when else (Unusable("bad-date"), False)
        case _:
            assert_never(reading)


def _untyped(value: Field, data_type: str) -> tuple[RawValue, bool]:
    """A value under no data type, or an unknown one: kept as text, and where it looks like a number, said so."""
    if data_type:
        return Unusable("data-type-unknown"), False
    looks_like_number = len(value.raw) <= 80 and read_nm(value.first.component(1)) is not None
    return (Unusable("data-type-missing"), False) if looks_like_number else (_text(value), True)


def _text(value: Field) -> Missing:
    """No value for any rule; the text itself is kept for the answers that a site sends as text (values.csv)."""
    return Missing("text-result", value.text if len(value.repetitions) == 1 else "")


def unit_spellings(field: Repetition) -> tuple[str, ...]:
    """The spellings of a unit (OBX-6), best first: the UCUM code; code and text without a system, or of ISO+ or ANS+;
    the text beside a local code, which is no unit by itself. A caret inside a unit leaves its first part, which no
    table holds.
    """
    ucum: list[str] = []
    plain: list[str] = []
    for first in _UNIT_TRIPLETS:
        code, text, system = (field.component(first + number) for number in range(3))
        if system in _UCUM:
            ucum += [code, text]
        elif system.upper() in _UNIT_TABLES:
            plain += [code, text]
        else:
            plain += [text, code]
    return tuple(dict.fromkeys(filter(None, (*ucum, *plain))))


_DEGREES = {"Y": 4, "L": 6, "D": 8, "H": 10, "M": 12, "S": 14}
"""HL7 table 0529, precision of a TS (component 2, before version 2.6): how many digits of it count."""


def time_of(text: str, degree: str, zone: tzinfo | None) -> Moment | None:
    """The moment of a TS or DTM; the degree of precision, where one was sent, makes it no more precise than that."""
    digits = _DEGREES.get(degree)
    if digits is not None and len(text) > digits:
        offset = text[-5:] if text[-5:-4] in ("+", "-") and digits > 8 else ""
        text = text[:digits] + offset
    return moment(text, zone)


@lru_cache(maxsize=4096)
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


_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
_RANGE = re.compile(rf"\s*(?:({_NUMBER})\s*-\s*({_NUMBER})|(<=?)\s*({_NUMBER})|(>=?)\s*({_NUMBER}))\s*", re.ASCII)


@lru_cache(maxsize=4096)
def normal_range(text: str) -> Amount | None:
    """The range of OBX-7, where it reads `a-b`, `<b`, `<=b`, `>a` or `>=a`."""
    match = _RANGE.fullmatch(text) if len(text) <= 80 else None
    if match is None:
        return None
    low, high, below, upper, above, lower = match.groups()
    return Amount(low or lower or "", high or upper or "", low_open=above == ">", high_open=below == "<")


def absent_reason(field: Field, sender: Sender) -> str:
    """The reason of OBX-32 for a missing value, in words of data-absent-reason; empty where none was sent."""
    codes = [coding.code for coding in coded(field.first, sender)]
    if not codes:
        return ""
    return next((code for code in codes if code in ABSENT_REASONS), "reason-not-coded")


def _choices(value: Field, sender: Sender) -> tuple[RawValue, bool]:
    choices = tuple(coded(repetition, sender) for repetition in value.repetitions)
    if all(choices):
        return Choices(choices, tuple(name for repetition in value.repetitions for name in names(repetition))), False
    if any(choices):
        return Unusable("not-a-coded-answer"), False
    return Missing("text-result", value.first.component(2) if len(choices) == 1 else ""), True


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

"""FHIR value[x], interpretation and reference ranges as raw values, the same shapes that HL7 v2 gives."""

from operator import attrgetter

from msgspec import UNSET, Raw

from adapter.case.moment import Moment
from adapter.fhir.dates import read_date
from adapter.fhir.elements import CodeableConcept, Coding, Quantity, Range, ReferenceRange, Valued
from adapter.fhir.number import is_given, sent_number
from adapter.mapping.item import Amount, Choices, Codings, Date, Missing, RawValue, SentCode, Unusable, YesNo

ABSENT_REASONS = frozenset(
    {
        "unknown",
        "asked-unknown",
        "temp-unknown",
        "not-asked",
        "asked-declined",
        "masked",
        "not-applicable",
        "unsupported",
        "as-text",
        "error",
        "not-a-number",
        "negative-infinity",
        "positive-infinity",
        "not-performed",
        "not-permitted",
    }
)
"""FHIR value set data-absent-reason; any other code is not repeated."""


def codings(concept: CodeableConcept | None) -> Codings:
    """The codings of a CodeableConcept that carry a code."""
    if concept is None:
        return ()
    return tuple([SentCode(one.system, one.code, one.display) for one in concept.coding if one.code])


def names(concept: CodeableConcept | None) -> tuple[str, ...]:
    """The displays and the text of a CodeableConcept."""
    if concept is None:
        return ()
    return tuple([name for name in (*[coding.display for coding in concept.coding], concept.text) if name])


def sent_code(coding: Coding) -> SentCode:
    """One FHIR Coding."""
    return SentCode(coding.system, coding.code, coding.display)


def raw_value(valued: Valued, absent_reason: CodeableConcept | None) -> RawValue:
    """The value of an Observation, a component or an answer; without one, the reason that was given for it."""
    if _may_be_several(valued) and _given(valued) > 1:
        return Unusable("two-values")
    value = _value(valued, absent_reason)
    given = absent_reason is not None and (absent_reason.coding or absent_reason.text)
    if given and not isinstance(value, Missing):
        return Unusable("value-and-absent-reason")
    return value


CHOICES = Valued.__struct_fields__
"""The choices of value[x]: valueQuantity, valueString ..."""

_choices = attrgetter(*CHOICES)


def _may_be_several(valued: Valued) -> bool:
    """Whether more than one of the choices is there at all."""
    choices = _choices(valued)
    return choices.count(None) + choices.count(UNSET) < len(CHOICES) - 1


def _given(valued: Valued) -> int:
    """How many of the choices of value[x] were sent; the standard allows one."""
    return sum(_is_sent(getattr(valued, choice)) for choice in CHOICES)


def _is_sent(value: object) -> bool:
    if value is None or value is UNSET:
        return False
    if isinstance(value, Raw):
        return is_given(value)
    return bool(value.strip()) if isinstance(value, str) else True


def _value(valued: Valued, absent_reason: CodeableConcept | None) -> RawValue:
    if valued.valueQuantity is not None:
        return _quantity(valued.valueQuantity)
    if valued.valueCodeableConcept is not None:
        found = codings(valued.valueCodeableConcept)
        if not found:
            return Missing("text-result", valued.valueCodeableConcept.text)
        return Choices((found,), names(valued.valueCodeableConcept))
    if valued.valueCoding is not None:
        return Choices(((sent_code(valued.valueCoding),),), names(CodeableConcept(coding=[valued.valueCoding])))
    if valued.valueBoolean is not None:
        return YesNo(valued.valueBoolean)
    for raw in (valued.valueInteger, valued.valueDecimal):
        if is_given(raw):
            text = sent_number(raw)
            return Amount(text, text, sent=text) if text else Unusable("not-a-number")
    return _other(valued, absent_reason)


def _other(valued: Valued, absent_reason: CodeableConcept | None) -> RawValue:
    if valued.valueRange is not None:
        return _range(valued.valueRange)
    if valued.valueString is not None:
        return Missing("text-result", valued.valueString) if valued.valueString.strip() else Missing("empty")
    for text in (valued.valueDateTime, valued.valueDate):
        if text is not None:
            time = read_date(text)
            return Date(time.moment) if time else Unusable("bad-date")
    raws = (valued.valueSampledData, valued.valueUri, valued.valueAttachment, valued.valueReference)
    if valued.valueRatio or valued.valuePeriod or valued.valueTime or any(is_given(raw) for raw in raws):
        return Unusable("not-a-quantity")
    if absent_reason is None:
        return Missing("empty")
    reason = next((coding.code for coding in absent_reason.coding if coding.code in ABSENT_REASONS), "")
    return Missing(reason or "reason-not-coded")


def _quantity(quantity: Quantity) -> RawValue:
    if not is_given(quantity.value):
        return Missing("empty")
    text = sent_number(quantity.value)
    if text is None:
        return Unusable("not-a-number")
    units = tuple(unit for unit in (quantity.code, quantity.unit) if unit)
    sent = f"{quantity.comparator}{text} {quantity.unit or quantity.code}".strip()
    match quantity.comparator:
        case "":
            return Amount(text, text, units=units, sent=sent)
        case "<" | "<=":
            return Amount("", text, high_open=quantity.comparator == "<", units=units, sent=sent)
        case ">" | ">=":
            return Amount(text, "", low_open=quantity.comparator == ">", units=units, sent=sent)
        case _:
            return Unusable("comparator-unknown")


def _range(value: Range) -> RawValue:
    low, high = _bound(value.low), _bound(value.high)
    if isinstance(low, Unusable) or isinstance(high, Unusable):
        return Unusable("not-a-number")
    if low[0] and high[0] and set(low[1]).isdisjoint(high[1]) and low[1] != high[1]:
        return Unusable("unit-conflicting")
    if not low[0] and not high[0]:
        return Missing("empty")
    units = low[1] or high[1]
    return Amount(low[0], high[0], units=units, sent=f"{low[0]}-{high[0]} {units[0] if units else ''}".strip())


def _bound(quantity: Quantity | None) -> tuple[str, tuple[str, ...]] | Unusable:
    if quantity is None or not is_given(quantity.value):
        return "", ()
    text = sent_number(quantity.value)
    if text is None:
        return Unusable("not-a-number")
    return text, tuple(unit for unit in (quantity.code, quantity.unit) if unit)


def flags(interpretations: list[CodeableConcept]) -> tuple[str, ...]:
    """The interpretation codes (H, N, L ...)."""
    return tuple(coding.code for concept in interpretations for coding in concept.coding if coding.code)


def normal_range(ranges: list[ReferenceRange]) -> Amount | None:
    """The one normal range that came with the value; None when there is none, or several."""
    normal = [r for r in ranges if r.type is None or any(coding.code == "normal" for coding in r.type.coding)]
    if len(normal) != 1:
        return None
    raw = _range(Range(low=normal[0].low, high=normal[0].high))
    return raw if isinstance(raw, Amount) else None


def moment(text: str) -> tuple[Moment | None, bool]:
    """The moment of a FHIR date, and whether the text was there but is no date."""
    time = read_date(text)
    return (time.moment, False) if time else (None, bool(text))

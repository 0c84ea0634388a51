"""The facts behind an answer as FHIR: references to the resources they came from, or contained Observations.

What came by FHIR is referred to; what came by HL7 v2, was calculated, or stands in a case file is contained.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from adapter.advice.assessment import Assessment, PatientName
from adapter.advice.facts import deciding_facts
from adapter.advice.wording import markdown, place_of, plain
from adapter.case.catalogue import FactDefinition, catalogue
from adapter.case.fact import Fact
from adapter.case.value import Coded, Day, Flag, Members, Quantity, Value, to_text
from adapter.fhir.reference import is_plain
from adapter.terminology.systems import LDT_FACT

REASONS = frozenset({"Condition", "Observation", "DiagnosticReport", "DocumentReference"})
"""What R4 lets CarePlan.activity.detail.reasonReference refer to; of others a contained Observation tells the fact."""


@dataclass(frozen=True, slots=True)
class Supporting:
    """References in order, contained resources, and the first reference of each fact."""

    references: tuple[str, ...]
    contained: tuple[dict[str, object], ...]
    of_fact: dict[str, str]


def supporting(assessment: Assessment, base: str) -> Supporting:
    """The facts that decided, as references and contained Observations."""
    references: list[str] = []
    contained: list[dict[str, object]] = []
    of_fact: dict[str, str] = {}
    for fact in deciding_facts(assessment):
        sent = [key for origin in fact.origins if origin.wire == "fhir" and (key := _reference(origin.place))]
        references.extend(sent)
        reasons = [key for key in sent if key.split("/")[0] in REASONS]
        if reasons:
            of_fact[fact.name] = reasons[0]
            continue
        observation = _observation(fact, assessment.patient, base)
        contained.append(observation)
        references.append(f"#{observation['id']}")
        of_fact[fact.name] = f"#{observation['id']}"
    return Supporting(tuple(dict.fromkeys(references)), tuple(contained), of_fact)


def _reference(place: str) -> str:
    """The resource that a place is in, by which it can be referred to; nothing for one that only the call holds."""
    key = place.split("#")[0]
    return key if is_plain(key) else ""


def _observation(fact: Fact, patient: PatientName, base: str) -> dict[str, object]:
    definition = catalogue()[fact.name]
    system = f"{base}/CodeSystem/{LDT_FACT}"
    observation: dict[str, object] = {
        "resourceType": "Observation",
        "id": fact.name.replace("_", "-"),
        "status": "final",
        "code": {"coding": [{"system": system, "code": fact.name}], "text": definition.label},
        "subject": patient.to_json(),
    }
    if fact.when is not None:
        observation["effectiveDateTime"] = fact.when.day
    if fact.known is not None:
        observation.update(_value(fact.known, definition, system))
    place = place_of(fact.origins)
    if place:
        observation["note"] = [{"text": f"From {markdown(place)}"}]
    return observation


def _value(value: Value, definition: FactDefinition, system: str) -> dict[str, object]:
    match value:
        case Flag(yes):
            return {"valueBoolean": yes}
        case Coded():
            return {"valueCodeableConcept": _concept(value.exact, to_text(value), system)}
        case Quantity():
            return _quantity(value, definition)
        case Members(certain, one_of, complete):
            if complete and not one_of and len(certain) < 2:
                code = next(iter(certain), "none")
                return {"valueCodeableConcept": _concept(code, to_text(value), system)}
            return {"valueCodeableConcept": _concept(None, to_text(value), system)}
        case Day(moment):
            return {"valueDateTime": moment.day}
        case _:
            assert_never(value)


def _concept(code: str | None, text: str, system: str) -> object:
    concept: dict[str, object] = {"text": plain(text)}
    if code is not None:
        concept["coding"] = [{"system": system, "code": code}]
    return concept


def _quantity(value: Quantity, definition: FactDefinition) -> dict[str, object]:
    unit: dict[str, object] = {
        "unit": definition.unit,
        "system": "http://unitsofmeasure.org",
        "code": definition.unit,
    }
    if value.exact is not None:
        return {"valueQuantity": {"value": _written(value.exact), **unit}}
    if value.low is not None and value.high is not None:
        if value.low_open or value.high_open:
            return {"valueString": f"{to_text(value)} {definition.unit}, ends excluded"}
        low, high = _written(value.low), _written(value.high)
        return {"valueRange": {"low": {"value": low, **unit}, "high": {"value": high, **unit}}}
    if value.high is not None:
        return {"valueQuantity": {"value": value.high, "comparator": "<" if value.high_open else "<=", **unit}}
    if value.low is not None:
        return {"valueQuantity": {"value": value.low, "comparator": ">" if value.low_open else ">=", **unit}}
    return {}


def _written(number: Decimal) -> Decimal:
    """The number with its own digits; a quotient that goes on is cut to six decimals."""
    exponent = number.as_tuple().exponent
    return round(number, 6) if isinstance(exponent, int) and exponent < -6 else number

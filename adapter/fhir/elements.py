"""The FHIR R4 data types that the mapping reads, as msgspec structs over the raw JSON.

Only needed members are declared; unknown ones are ignored here and kept in the raw bytes. No medicine, no meaning.
"""

from msgspec import UNSET, Raw, Struct, UnsetType


class Element(Struct, gc=False):
    """Base of the structs; members carry FHIR's own names, and nothing in the adapter changes them."""

    def __repr__(self) -> str:
        """The type alone: elements hold patient data."""
        return f"{type(self).__name__}(...)"


class Coding(Element):
    """FHIR Coding."""

    system: str = ""
    code: str = ""
    display: str = ""


class CodeableConcept(Element):
    """FHIR CodeableConcept."""

    coding: list[Coding] = []
    text: str = ""


class Identifier(Element):
    """FHIR Identifier. `period` stays raw: one that cannot be read costs nothing but the identifier."""

    system: str = ""
    value: str = ""
    type: CodeableConcept | None = None
    use: str = ""
    period: Raw = Raw()


class HumanName(Element):
    """FHIR HumanName; older versions of FHIR have a list of family names."""

    family: str | list[str] = ""


class Reference(Element):
    """FHIR Reference; `type` and `identifier` are alternatives to `reference`."""

    reference: str = ""
    display: str = ""
    type: str = ""
    identifier: Identifier | None = None


class Quantity(Element):
    """FHIR Quantity. `value` stays raw JSON text, so that 1.50 remains 1.50 and a string is seen to be one."""

    value: Raw | UnsetType = UNSET
    comparator: str = ""
    unit: str = ""
    system: str = ""
    code: str = ""


class Range(Element):
    """FHIR Range."""

    low: Quantity | None = None
    high: Quantity | None = None


class Ratio(Element):
    """FHIR Ratio."""

    numerator: Quantity | None = None
    denominator: Quantity | None = None


class Period(Element):
    """FHIR Period."""

    start: str = ""
    end: str = ""


class Extension(Element):
    """FHIR Extension: the value types that the mapping knows."""

    url: str = ""
    valueCodeableConcept: CodeableConcept | None = None
    valueReference: Reference | None = None
    extension: list["Extension"] = []


class ReferenceRange(Element):
    """FHIR Observation.referenceRange."""

    low: Quantity | None = None
    high: Quantity | None = None
    type: CodeableConcept | None = None
    text: str = ""


class Meta(Element):
    """FHIR Meta."""

    versionId: str = ""
    lastUpdated: str = ""
    profile: list[str] = []


class Valued(Element):
    """The choices of value[x] that Observation, its components and questionnaire answers share."""

    valueQuantity: Quantity | None = None
    valueCodeableConcept: CodeableConcept | None = None
    valueCoding: Coding | None = None
    valueString: str | None = None
    valueBoolean: bool | None = None
    valueInteger: Raw | UnsetType = UNSET
    valueDecimal: Raw | UnsetType = UNSET
    valueRange: Range | None = None
    valueRatio: Ratio | None = None
    valueDateTime: str | None = None
    valueDate: str | None = None
    valuePeriod: Period | None = None
    valueTime: str | None = None
    valueSampledData: Raw | UnsetType = UNSET
    valueUri: Raw | UnsetType = UNSET
    valueAttachment: Raw | UnsetType = UNSET
    valueReference: Raw | UnsetType = UNSET

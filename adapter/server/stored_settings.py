"""The settings of stored facts: under which authority HL7 v2 messages number the patients of an EHR.

Not for joining anything (hooks/stored.py).
"""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _part(text: str) -> str:
    if not text or "/" in text or text.startswith("["):
        raise ValueError("as PID-3 has it: not empty, without a slash, not the stand-in for a missing authority")
    return text


class NumberSettings(BaseModel):
    """One kind of patient number, as FHIR and as HL7 v2 name it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: str = Field(min_length=1, description="Identifier.system of the number in the EHR's Patient.")
    authority: Annotated[str, AfterValidator(_part)] = Field(description="Its assigning authority, PID-3.4.")
    type: Annotated[str, AfterValidator(_part)] = Field("MR", description="Its identifier type, PID-3.5.")

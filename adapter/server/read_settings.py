"""The settings of own reads: which FHIR servers may be asked, for whose calls, how long and how much.

Not the reading itself (ehr/).
"""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from adapter.server.ehr import DEADLINE, FhirBase, PageLimits

_MOST = PageLimits()


def _base(text: str) -> str:
    FhirBase.parse(text)
    return text


class ServerSettings(BaseModel):
    """One FHIR server that may be asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: Annotated[str, AfterValidator(_base)] = Field(description="Its base, as calls name it in `fhirServer`.")
    issuers: tuple[str, ...] = Field((), description="Clients whose calls may name it; with authentication, needed.")
    ca: Path | None = Field(None, description="PEM file with the authorities of its certificate; none: the system's.")


class ReadSettings(BaseModel):
    """All of them; without servers nothing is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    servers: tuple[ServerSettings, ...] = Field((), description="The FHIR servers that may be asked.")
    deadline: float = Field(DEADLINE, gt=0, le=30, description="Seconds for all own reads of a call.")
    pages: int = Field(_MOST.pages, ge=1, le=100, description="Most pages of a search.")
    entries: int = Field(_MOST.entries, ge=1, le=50_000, description="Most entries of a search, over all its pages.")
    bytes: int = Field(_MOST.bytes, ge=1024, le=64 * 1024 * 1024, description="Most bytes of a search.")

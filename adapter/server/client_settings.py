"""The settings of CDS Clients that may call: their issuers, where their keys come from, our own public address.

Not the check made of them (client_trust.py).
"""

import re
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

_SERVICES: Final = "/cds-services"


def _public_url(text: str) -> str:
    """The address before /cds-services, also where it was given with that; not that of one service."""
    base = re.sub(f"{_SERVICES}/*$", "", text)
    if f"{_SERVICES}/" in base:
        raise ValueError(f"{text} is the address of one service: give what stands before {_SERVICES}")
    return base


class IssuerSettings(BaseModel):
    """One client: its `iss`, and its keys in a file or at a URL."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str = Field(min_length=1, description="The `iss` of its tokens, exactly.")
    jku: str | None = Field(None, description="URL of its JWK Set, the only one that its tokens may name.")
    key_file: Path | None = Field(None, description="JWK Set exchanged beforehand; with it nothing is fetched.")
    tenants: tuple[str, ...] = Field((), description="Tenants that may call; none: any.")
    audiences: dict[str, tuple[str, ...]] = Field({}, description="Further `aud` of an endpoint, typed in by hand.")

    @model_validator(mode="after")
    def _with_keys(self) -> Self:
        if self.jku is None and self.key_file is None:
            raise ValueError("an issuer needs its keys: key_file or jku")
        return self


class ClientSettings(BaseModel):
    """All clients; without any, whoever reaches the port may call."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    public_urls: tuple[Annotated[str, AfterValidator(_public_url)], ...] = Field(
        (), description="Addresses at which clients call us, before /cds-services."
    )
    issuers: tuple[IssuerSettings, ...] = Field((), description="The clients that may call.")
    lifetime: float = Field(900, gt=0, le=86_400, description="Longest life of a token, in seconds.")
    leeway: float = Field(60, ge=0, le=600, description="How far clocks may be apart, in seconds.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.public_urls) != bool(self.issuers):
            raise ValueError("authentication needs both issuers and public_urls")
        return self

    @property
    def authenticate(self) -> bool:
        """Whether the CDS Hooks routes ask for a token."""
        return bool(self.issuers)

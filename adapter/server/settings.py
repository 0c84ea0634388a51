"""Settings of `ldt serve`: a TOML file, then environment variables LDT_..., then the command line; checked at start."""

import os
import tomllib
from datetime import UTC, date, datetime, time
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from adapter.terminology.systems import DEFAULT_BASE


class SettingsError(ValueError):
    """Settings that cannot be used; the text names each setting and what is wrong with it."""


class Settings(BaseSettings):
    """All settings, with their defaults. docs/settings.md describes each."""

    model_config = SettingsConfigDict(env_prefix="LDT_", extra="forbid", frozen=True)

    host: str = Field("127.0.0.1", description="Address to listen on; only loopback without --insecure.")
    http_port: int = Field(8080, ge=0, le=65535, description="Port of HTTP; 0 takes a free one.")
    mllp_port: int | None = Field(None, ge=0, le=65535, description="Port of MLLP; none: no MLLP.")
    store: str = Field("sqlite:///ldt.db", description="URL of the message store, made by `ldt store init`.")
    base: str = Field(DEFAULT_BASE, description="Canonical base of the published FHIR resources.")
    fhir_base: str = Field("", description="FHIR base that absolute references of the EHR may name.")
    cors_origins: tuple[str, ...] = Field((), description="Origins of browser clients that may call.")
    receiving: tuple[str, ...] = Field((), description="Accepted MSH-5/MSH-6 pairs, APP/FACILITY; none: any.")
    site: Path | None = Field(None, description="Site folder; its rules.yaml changes the rule set.")
    as_of: date | None = Field(None, description="Judge as of this date, for demonstrations only.")
    insecure: bool = Field(False, description="Listen on other addresses without authentication and TLS.")
    check_output: bool = Field(True, description="Check every FHIR resource before it leaves.")

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if not self.insecure and not is_loopback(self.host):
            raise ValueError(
                "host: other addresses than loopback need authentication and TLS, which this version does not have; "
                "put a proxy that does both in front, or say --insecure for a closed test network"
            )
        return self

    def receivers(self) -> tuple[tuple[str, str], ...]:
        """The accepted (MSH-5, MSH-6) pairs; none means any."""
        pairs = (text.partition("/") for text in self.receiving)
        return tuple((application, facility) for application, _, facility in pairs)

    def now(self) -> datetime:
        """The time as of which everything is judged."""
        if self.as_of is not None:
            return datetime.combine(self.as_of, time(12), UTC)
        return datetime.now(UTC)


def is_loopback(host: str) -> bool:
    """Whether the address is reachable from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def load_settings(file: Path | None, overrides: dict[str, object]) -> Settings:
    """The settings from a TOML file, the environment and the command line, the later winning. Raises SettingsError."""
    given = {key: value for key, value in overrides.items() if value is not None}
    try:
        from_file = {} if file is None else tomllib.loads(file.read_text(encoding="utf-8"))
        unknown = [
            name for name in os.environ if name.startswith("LDT_") and name[4:].lower() not in Settings.model_fields
        ]
        if unknown:
            raise SettingsError(f"unknown setting in the environment: {', '.join(sorted(unknown))}")
        environment = EnvSettingsSource(Settings)()
        return Settings.model_validate({**from_file, **environment, **given})
    except OSError as error:
        raise SettingsError(f"--config {file}: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"--config {file}: not TOML: {error}") from None
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in error.errors(include_input=False))
        raise SettingsError("; ".join(fault.removeprefix(": ") for fault in faults)) from None

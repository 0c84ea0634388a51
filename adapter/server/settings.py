"""Settings of `ldt serve` and `ldt mllp`: a TOML file, then environment variables, then the command line.

All are checked at start; what they mean is in docs/settings.md.
"""

import json
import os
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from adapter.case.merge import LATEST_YEAR
from adapter.case.schema import schema_faults
from adapter.hl7v2 import DEFAULT_LIMIT
from adapter.server.addresses import is_loopback
from adapter.server.client_settings import ClientSettings
from adapter.server.delivery_settings import DeliverySettings
from adapter.server.read_settings import ReadSettings
from adapter.server.stored_settings import NumberSettings
from adapter.server.tls import ClientCertificate
from adapter.terminology.systems import DEFAULT_BASE
from cds_hooks import ProfileName
from cds_hooks.cors import is_origin
from cds_hooks.urls import is_absolute_url, is_confidential_url


class SettingsError(ValueError):
    """Settings that cannot be used; the text names each setting and what is wrong with it."""


class Settings(DeliverySettings):
    """All settings, with their defaults. docs/settings.md describes each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field("127.0.0.1", description="Address to listen on; only loopback without --insecure.")
    http_port: int = Field(8080, ge=0, le=65535, description="Port of HTTP; 0 takes a free one.")
    mllp_port: int | None = Field(None, ge=0, le=65535, description="Port of MLLP; none: no MLLP.")
    mllp_host: str = Field("", description="Address of MLLP; empty: that of host.")
    mllp_tls_cert: Path | None = Field(None, description="PEM file with the certificate of the MLLP listener.")
    mllp_tls_key: Path | None = Field(None, description="PEM file with its key; none: it is in the certificate's file.")
    mllp_tls_ca: Path | None = Field(None, description="PEM file with the authorities of client certificates.")
    mllp_client_certificate: ClientCertificate | None = Field(
        None, description="Whether MLLP clients must show a certificate; none: they must, on other than loopback."
    )
    mllp_connections: int = Field(256, ge=1, description="Most MLLP connections.")
    mllp_connections_of_peer: int = Field(16, ge=1, description="Most MLLP connections of one address.")
    mllp_idle_seconds: float = Field(600.0, gt=0, description="Seconds from one message to the next.")
    mllp_frame_seconds: float = Field(60.0, gt=0, description="Seconds from the first byte of a message to its last.")
    hl7v2_bytes: int = Field(DEFAULT_LIMIT, ge=1024, description="Most bytes of an HL7 v2 message, by MLLP and HTTP.")
    store: str = Field("sqlite:///ldt.db", description="URL of the message store, made by `ldt store init`.")
    base: str = Field(DEFAULT_BASE, description="Canonical base of the published FHIR resources.")
    fhir_base: str = Field("", description="FHIR base that absolute references of the EHR may name.")
    cors_origins: tuple[str, ...] = Field((), description="Origins of browser clients that may call.")
    receiving: tuple[str, ...] = Field((), description="Accepted MSH-5/MSH-6 pairs, APP/FACILITY; none: any.")
    site: Path | None = Field(None, description="Site folder: changes of the rule set, senders, own codes.")
    workers: int = Field(1, ge=1, le=64, description="Processes that evaluate what arrived.")
    as_of: date | None = Field(None, description="Judge as of this date, for demonstrations only.")
    insecure: bool = Field(False, description="Listen on other addresses without authentication and TLS.")
    clients: ClientSettings = Field(ClientSettings(), description="CDS Clients that may call; none: anybody.")
    reads: ReadSettings = Field(ReadSettings(), description="FHIR servers that are read for what a call lacks.")
    stored_facts: tuple[NumberSettings, ...] = Field(
        (), description="Patient numbers by which stored HL7 v2 facts join CDS Hooks calls; none: they do not."
    )
    ehr_profile: ProfileName = Field("spec", description="What kind of client the EHR is: spec, epic-like or sandbox.")
    public_url: str = Field("", description="Address at which people reach this server; empty: no links to it.")
    explanation_seconds: int = Field(900, ge=60, le=86_400, description="How long a link to an explanation lasts.")
    explanation_key: Path | None = Field(None, description="Key that signs these links; none: a new one each start.")
    quiet_hours: float = Field(0.0, ge=0, description="Hours for which an answered card is not shown again; 0: always.")
    feedback_days: int = Field(1095, ge=90, le=36_500, description="Days for which cards and feedback are kept.")
    remembered_bytes: int = Field(
        4 * 1024 * 1024, ge=0, description="Most bytes of records whose reading is remembered; 0: none is."
    )
    check_output: bool = Field(True, description="Check every FHIR resource before it leaves.")

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if not self.insecure and not is_loopback(self.host):
            raise ValueError(
                "host: other addresses than loopback need authentication and TLS, which this version does not have; "
                "put a proxy that does both in front, or say --insecure for a closed test network"
            )
        if self.quiet_hours > 24 * self.feedback_days:
            raise ValueError("quiet_hours: longer than feedback is kept (feedback_days)")
        if self.as_of is not None and self.as_of.year > LATEST_YEAR:
            raise ValueError(f"as_of: after the year {LATEST_YEAR}, the last that counts")
        self._guard_mllp()
        self._guard_links()
        faults = list(self.delivery_faults(insecure=self.insecure))
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _guard_links(self) -> None:
        """Origins are exact. What a link shows is patient data: it travels encrypted, or stays on this machine."""
        for origin in self.cors_origins:
            if not is_origin(origin):
                raise ValueError(
                    f"cors_origins: {origin} is no origin such as https://ehr.example.org, without a slash"
                )
        if not self.public_url:
            return
        allowed = is_absolute_url if self.insecure else is_confidential_url
        if not allowed(self.public_url) or not set("?#").isdisjoint(self.public_url):
            raise ValueError("public_url: an https address (http on this machine only) without ? and #")

    def _guard_mllp(self) -> None:
        if self.mllp_tls_cert is None:
            for name in ("mllp_tls_key", "mllp_tls_ca", "mllp_client_certificate"):
                if getattr(self, name) is not None:
                    raise ValueError(f"{name}: TLS needs the certificate of the listener, mllp_tls_cert")
            if self.mllp_port is not None and not self.insecure and not is_loopback(self.mllp_address):
                raise ValueError(
                    "mllp_host: other addresses than loopback need TLS (mllp_tls_cert); plain MLLP there has to be "
                    "allowed with --insecure, for a tunnel or a closed network"
                )
        elif self.client_certificate != "none" and self.mllp_tls_ca is None:
            raise ValueError(
                "mllp_tls_ca: client certificates need the authorities that issue them; where nobody shows one, "
                'say mllp_client_certificate = "none"'
            )

    @property
    def mllp_address(self) -> str:
        """The address that MLLP listens on."""
        return self.mllp_host or self.host

    @property
    def client_certificate(self) -> ClientCertificate:
        """Whether MLLP clients have to show a certificate: on other addresses than loopback, unless it is set."""
        if self.mllp_client_certificate is not None:
            return self.mllp_client_certificate
        if not is_loopback(self.mllp_address):
            return "required"
        return "none" if self.mllp_tls_ca is None else "optional"

    def receivers(self) -> tuple[tuple[str, str], ...]:
        """The accepted (MSH-5, MSH-6) pairs; none means any."""
        pairs = (text.partition("/") for text in self.receiving)
        return tuple((application, facility) for application, _, facility in pairs)

    def now(self) -> datetime:
        """The time as of which everything is judged."""
        if self.as_of is not None:
            return datetime.combine(self.as_of, time(12), UTC)
        return datetime.now(UTC)


JSON_EXAMPLES: Final[Mapping[str, str]] = {
    "reads": '{"servers": [{"base": "https://ehr.example.org/fhir", "issuers": ["https://ehr.example.org/fhir"]}]}',
    "stored_facts": '[{"system": "https://hospital.example.org/mrn", "authority": "HOSP"}]',
    "cors_origins": '["https://ehr.example.org"]',
    "receiving": '["NELM/HOSP"]',
    "clients": '{"public_urls": ["https://ldt.example.org"], "issuers": [{"issuer": "ehr", "key_file": "ehr.json"}]}',
}
"""The settings that are a list or hold names with values: what their environment variables look like."""


class Variables(Settings, BaseSettings):
    """What the environment may hold, one variable for each setting; only to read it by, it is never made."""

    model_config = SettingsConfigDict(env_prefix="LDT_", extra="forbid", frozen=True)


def load_settings(file: Path | None, overrides: dict[str, object]) -> Settings:
    """The settings from a TOML file, the environment and the command line, the later winning. Raises SettingsError."""
    from_file = {} if file is None else _from_file(file)
    from_environment, faults = _from_environment()
    on_the_line = {key: value for key, value in overrides.items() if value is not None}
    given = {**from_file, **from_environment, **on_the_line}
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        faults += [words for _, words in schema_faults(error, given, unknown="unknown setting")]
    if faults:
        raise SettingsError("; ".join(faults))
    return settings


def _from_file(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"--config {file}: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"--config {file}: not TOML: {error}") from None


def _from_environment() -> tuple[dict[str, object], list[str]]:
    """The settings of the variables, and which of these are unknown or hold no JSON where they have to."""
    variables = {name: text for name, text in os.environ.items() if name.startswith("LDT_")}
    unknown = sorted(name for name in variables if name[4:].lower() not in Settings.model_fields)
    odd = {name for name in variables if name[4:].lower() in JSON_EXAMPLES and not _is_json(variables[name])}
    faults = [f"unknown setting in the environment: {', '.join(unknown)}"] if unknown else []
    faults += [f"{name}: must be JSON, such as {JSON_EXAMPLES[name[4:].lower()]}" for name in sorted(odd)]
    source = EnvSettingsSource(Variables)
    left_out = {name.lower() for name in odd}
    source.env_vars = {name: text for name, text in source.env_vars.items() if name.lower() not in left_out}
    return source(), faults


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True

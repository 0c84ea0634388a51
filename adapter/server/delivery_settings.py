"""Settings of delivery: where advice is sent, how it is secured, and how often it is tried.

Not for opening anything (destinations.py); `Settings` takes these fields among its own.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr

from adapter.advice.hl7v2 import AdviceMessage, Link
from adapter.server.addresses import MllpEndpoint, is_loopback

_BEYOND: Final = "beyond loopback needs {0}, or --insecure for a closed test network"


class DeliverySettings(BaseModel):
    """Where advice goes and how. Without `fhir_server` and `hl7v2_server` it stays in the store."""

    fhir_server: str = Field("", description="FHIR base to which CarePlans are written with PUT; none: nowhere.")
    fhir_token: SecretStr | None = Field(None, description="Bearer token for it; better in fhir_token_file.")
    fhir_token_file: Path | None = Field(None, description="File with the bearer token, read for each request.")
    fhir_ca: Path | None = Field(None, description="Certificates (PEM) that its own must lead to; none: the system's.")
    hl7v2_server: str = Field("", description="HOST:PORT of an MLLP receiver for advice; none: nowhere.")
    hl7v2_message: AdviceMessage = Field("ORU^R01", description="Kind of message for it.")
    hl7v2_sender: str = Field("LDT/", description="MSH-3/MSH-4 of the messages.")
    hl7v2_receiver: str = Field("/", description="MSH-5/MSH-6 of the messages.")
    hl7v2_tls: bool = Field(False, description="Connect with TLS 1.2 or later.")
    hl7v2_ca: Path | None = Field(None, description="Certificates (PEM) that its own must lead to; none: the system's.")
    hl7v2_certificate: Path | None = Field(None, description="Our client certificate (PEM), where it asks for one.")
    hl7v2_key: Path | None = Field(None, description="The key of our client certificate (PEM).")
    delivery_timeout: float = Field(30.0, gt=0, le=600, description="Seconds for one attempt.")
    delivery_attempts: int = Field(100, ge=1, description="Attempts until a delivery is dead.")
    delivery_first_wait: float = Field(5.0, gt=0, description="Seconds after the first failure; they double.")
    delivery_longest_wait: float = Field(3600.0, gt=0, description="Most seconds between two attempts.")
    circuit_failures: int = Field(5, ge=1, description="Failures in a row after which a destination is left alone.")
    circuit_pause: float = Field(60.0, gt=0, description="Seconds for which it is left alone.")

    def link(self) -> Link | None:
        """How advice is written as HL7 v2; None where nobody gets it so."""
        if not self.hl7v2_server:
            return None
        return Link(self.hl7v2_message, _pair(self.hl7v2_sender), _pair(self.hl7v2_receiver))

    def delivery_faults(self, *, insecure: bool) -> Iterator[str]:
        """What is wrong with these settings together, each with the name of the setting."""
        yield from self._fhir_faults(insecure=insecure)
        yield from self._hl7v2_faults(insecure=insecure)

    def _fhir_faults(self, *, insecure: bool) -> Iterator[str]:
        tokens = [name for name in ("fhir_token", "fhir_token_file") if getattr(self, name) is not None]
        if len(tokens) > 1:
            yield "fhir_token, fhir_token_file: only one of them"
        if not self.fhir_server:
            yield from (f"{name}: is of no use without fhir_server" for name in tokens)
            return
        try:
            parts = urlsplit(self.fhir_server)
            host = parts.hostname or ""
        except ValueError:
            host = ""
        if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
            yield "fhir_server: must be an address such as https://fhir.example.org/r4"
        elif parts.username or parts.password:
            yield "fhir_server: must not hold a password; use fhir_token_file"
        elif parts.scheme == "http" and not (insecure or is_loopback(host)):
            yield f"fhir_server: {_BEYOND.format('https')}"

    def _hl7v2_faults(self, *, insecure: bool) -> Iterator[str]:
        if not self.hl7v2_server:
            return
        try:
            host = MllpEndpoint.parse(self.hl7v2_server).host
        except ValueError:
            yield "hl7v2_server: must be HOST:PORT"
            return
        if not (self.hl7v2_tls or insecure or is_loopback(host)):
            yield f"hl7v2_server: {_BEYOND.format('hl7v2_tls')}"
        if (self.hl7v2_certificate is None) != (self.hl7v2_key is None):
            yield "hl7v2_certificate, hl7v2_key: one needs the other"


def _pair(text: str) -> tuple[str, str]:
    application, _, facility = text.partition("/")
    return application, facility

"""The destinations and their deliverers from the settings; files that cannot be used stop the start.

Not for delivering (delivery.py).
"""

import ssl
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from adapter.server.addresses import MllpEndpoint
from adapter.server.circuit import Circuit
from adapter.server.delivery import Deliverer, Schedule
from adapter.server.delivery_settings import DeliverySettings
from adapter.server.destination import Destination
from adapter.server.settings import SettingsError
from adapter.server.to_fhir import FhirServer
from adapter.server.to_mllp import MllpReceiver
from adapter.store import Store


def deliverers(settings: DeliverySettings, store: Store) -> tuple[Deliverer, ...]:
    """One for each destination that is set. Raises SettingsError where a certificate or the token cannot be read."""
    schedule = Schedule(settings.delivery_attempts, settings.delivery_first_wait, settings.delivery_longest_wait)
    pause = timedelta(seconds=settings.circuit_pause)
    return tuple(
        Deliverer(store, destination, schedule, Circuit(settings.circuit_failures, pause))
        for destination in _destinations(settings)
    )


def _destinations(settings: DeliverySettings) -> Iterator[Destination]:
    if settings.fhir_server:
        context = _context("fhir_ca", settings.fhir_ca)
        yield FhirServer(settings.fhir_server, _token(settings), context, settings.delivery_timeout)
    if settings.hl7v2_server:
        endpoint = MllpEndpoint.parse(settings.hl7v2_server, _mllp_context(settings))
        yield MllpReceiver(endpoint, settings.delivery_timeout)


def _token(settings: DeliverySettings) -> Callable[[], str]:
    """Gives the bearer token: that of the settings, or what the file holds now."""
    path = settings.fhir_token_file
    if path is None:
        fixed = settings.fhir_token.get_secret_value() if settings.fhir_token else ""
        return lambda: fixed
    try:
        path.read_text(encoding="ascii")
    except (OSError, ValueError):
        raise SettingsError(f"fhir_token_file: {path} cannot be read") from None
    return lambda: path.read_text(encoding="ascii").strip()


def _mllp_context(settings: DeliverySettings) -> ssl.SSLContext | None:
    if not settings.hl7v2_tls:
        return None
    context = _context("hl7v2_ca", settings.hl7v2_ca)
    if settings.hl7v2_certificate is not None:
        try:
            context.load_cert_chain(settings.hl7v2_certificate, settings.hl7v2_key, _no_password)
        except OSError:  # ssl.SSLError is one
            raise SettingsError("hl7v2_certificate, hl7v2_key: cannot be used") from None
    return context


def _no_password() -> str:
    """For a key that is encrypted: nobody is asked at a terminal, and the start fails."""
    return ""


def _context(setting: str, certificates: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or later, host name and certificate checked."""
    try:
        context = ssl.create_default_context(cafile=certificates)
    except OSError:
        raise SettingsError(f"{setting}: {certificates} cannot be used") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context

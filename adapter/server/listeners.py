"""The intake and the MLLP listener as the settings want them: site, limits, TLS, certificates that end soon.

Not for HTTP (app.py), nor for starting and stopping (run.py).
"""

from collections import Counter
from datetime import UTC, datetime

from adapter.mapping.site import SAME_CONNECTION, Receiver, Site, load_site
from adapter.server.addresses import MllpEndpoint, is_loopback
from adapter.server.certificates import Expiry, expiry
from adapter.server.exchanges import Exchanges
from adapter.server.header import MessageLimits
from adapter.server.intake import Intake
from adapter.server.log import log
from adapter.server.mllp import MllpListener, serve_mllp
from adapter.server.mllp_events import MllpEvent
from adapter.server.mllp_limits import MllpLimits
from adapter.server.settings import Settings, SettingsError
from adapter.server.tls import TlsFiles, TlsFilesError, client_context, server_context
from adapter.store import Store


def site_of(settings: Settings) -> Site:
    """The site of the settings. Raises TableError with file and line of what is wrong in its folder."""
    receivers = tuple(Receiver(application, facility) for application, facility in settings.receivers())
    return load_site(settings.site, settings.base).receiving(receivers)


def intake_of(settings: Settings, store: Store, site: Site) -> Intake:
    """The intake of both doors of HL7 v2."""
    return Intake(store, site, MessageLimits(most_bytes=settings.hl7v2_bytes))


def exchanges_of(settings: Settings, store: Store, site: Site) -> Exchanges:
    """The deliverer of application acknowledgements; with TLS where the listener has it. Raises TlsFilesError.

    Raises SettingsError where one would leave this machine without TLS, unless `insecure` allows it.
    """
    profiles = (*site.profiles, *([site.others] if site.others else []))
    addresses = {profile.acknowledge.application_to for profile in profiles} - {"", SAME_CONNECTION}
    if settings.mllp_tls_cert is not None:
        files = TlsFiles(settings.mllp_tls_cert, settings.mllp_tls_key, settings.mllp_tls_ca)
        return Exchanges(store.acks, addresses, client_context(files))
    for address in sorted(addresses):
        if not settings.insecure and not is_loopback(MllpEndpoint.parse(address).host):
            raise SettingsError(f"application acknowledgements to {address} need TLS (mllp_tls_cert), or insecure")
    return Exchanges(store.acks, addresses)


def certificates_of(settings: Settings) -> tuple[Expiry, ...]:
    """When the certificates of the settings end. Raises TlsFilesError."""
    named = {"mllp_tls_cert": settings.mllp_tls_cert, "mllp_tls_ca": settings.mllp_tls_ca}
    try:
        return tuple(expiry(setting, file) for setting, file in named.items() if file is not None)
    except ValueError as error:
        raise TlsFilesError(str(error)) from None


def warn_of_certificates(found: tuple[Expiry, ...]) -> None:
    """One line of the log for each certificate that ends soon, or has ended."""
    for one in found:
        if one.is_near(datetime.now(UTC)):
            log().warning("certificate_end_near", setting=one.setting, status=one.end.date().isoformat())


async def listen(settings: Settings, intake: Intake, events: Counter[MllpEvent]) -> MllpListener | None:
    """The MLLP listener, where there is to be one. Raises TlsFilesError, and OSError where the address is taken."""
    if settings.mllp_port is None:
        return None
    context = None
    if settings.mllp_tls_cert is not None:
        files = TlsFiles(settings.mllp_tls_cert, settings.mllp_tls_key, settings.mllp_tls_ca)
        context = server_context(files, settings.client_certificate)
    limits = MllpLimits(
        frame_bytes=settings.hl7v2_bytes,
        connections=settings.mllp_connections,
        connections_of_peer=settings.mllp_connections_of_peer,
        idle=settings.mllp_idle_seconds,
        frame=settings.mllp_frame_seconds,
    )
    return await serve_mllp(
        intake,
        settings.mllp_address,
        settings.mllp_port,
        limits=limits,
        ssl=context,
        insecure=settings.insecure,
        events=events,
    )

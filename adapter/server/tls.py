"""TLS for MLLP: contexts for both sides, and the names that a client certificate bears.

TLS 1.2 or later. Not for who may send as whom: that is the site's profile. Source: IHE ATNA (ITI-19).
"""

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

ClientCertificate = Literal["required", "optional", "none"]
"""Whether a client has to show a certificate, may, or is not asked."""

_SHORT: Final[Mapping[str, str]] = {
    "commonName": "CN",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "countryName": "C",
    "localityName": "L",
    "stateOrProvinceName": "ST",
    "domainComponent": "DC",
}
_SPECIAL: Final = {ord(character): f"\\{character}" for character in '\\,+"<>;='}


class TlsFilesError(ValueError):
    """Certificate files that cannot be used; the text names the setting and the file."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files of one side: its certificate (with the chain), its key, and the authorities it trusts."""

    cert: Path | None = None
    key: Path | None = None
    ca: Path | None = None


def server_context(files: TlsFiles, client: ClientCertificate) -> ssl.SSLContext:
    """The context of a listener. Raises TlsFilesError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = _VERIFIED[client]
    _load(context, files)
    return context


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """The context of a sender: the listener's certificate must be of a trusted authority, for the host named.

    Without `ca` the authorities of the machine are trusted. Raises TlsFilesError.
    """
    context = ssl.create_default_context() if files.ca is None else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load(context, files)
    return context


_VERIFIED: Final[Mapping[ClientCertificate, ssl.VerifyMode]] = {
    "required": ssl.CERT_REQUIRED,
    "optional": ssl.CERT_OPTIONAL,
    "none": ssl.CERT_NONE,
}


def _load(context: ssl.SSLContext, files: TlsFiles) -> None:
    if files.cert is not None:
        _with_key(files.cert, files.key)
        try:
            context.load_cert_chain(files.cert, files.key, password=_no_password)
        except (OSError, ValueError) as error:
            raise TlsFilesError(f"certificate {files.cert} with its key: {_reason(error)}") from None
    if files.ca is not None:
        try:
            context.load_verify_locations(files.ca)
        except (OSError, ValueError) as error:
            raise TlsFilesError(f"certificate authority {files.ca}: {_reason(error)}") from None


def _with_key(cert: Path, key: Path | None) -> None:
    """TlsFilesError where the key is nowhere: OpenSSL would call that a fault of the certificate."""
    try:
        content = b"" if key is not None else cert.read_bytes()
        if b"-----BEGIN CERTIFICATE" in content and b"PRIVATE KEY-----" not in content:
            raise TlsFilesError(f"certificate {cert}: its key is missing: it is not in the file, and no other is named")
    except OSError as error:
        raise TlsFilesError(f"certificate {cert} with its key: {_reason(error)}") from None


def _no_password() -> str:
    """An encrypted key would make OpenSSL ask at the terminal."""
    raise ValueError("the key is encrypted")


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError):
        return f"not usable ({error.reason or 'no PEM file'})"
    return error.strerror or "cannot be read" if isinstance(error, OSError) else str(error)


def certificate_names(certificate: Mapping[str, Any] | None) -> frozenset[str]:
    """The names of a verified certificate (`SSLSocket.getpeercert`): subject, common name, alternative names.

    The subject is written as `CN=lab,O=Hospital`, most special part first (RFC 4514). A common or alternative name with
    `=` is left out, so that none can pass for a subject.
    """
    if not certificate:
        return frozenset()
    parts: Sequence[Sequence[tuple[str, str]]] = certificate.get("subject", ())
    pairs = [pair for part in parts for pair in part]
    subject = ",".join(f"{_SHORT.get(name, name)}={text.translate(_SPECIAL)}" for name, text in reversed(pairs))
    plain = [text for name, text in pairs if name == "commonName"]
    plain += [text for _, text in certificate.get("subjectAltName", ()) if isinstance(text, str)]
    return frozenset({subject, *(text for text in plain if "=" not in text)} - {""})

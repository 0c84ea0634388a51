"""When certificates end: read from PEM files, so that a feed does not stop on the day.

Only the validity is read (X.509, RFC 5280 section 4.1); whether a certificate is trusted is decided by OpenSSL.
"""

import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

NOTICE: Final = timedelta(days=30)
"""How long before its end a certificate is warned of."""

_PEM: Final = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_SEQUENCE: Final = 0x30
_VERSION: Final = 0xA0
_UTC_TIME: Final = 0x17


@dataclass(frozen=True, slots=True)
class Expiry:
    """The end of the first certificate to end in a file; `setting` is what names the file."""

    setting: str
    end: datetime

    def is_near(self, now: datetime) -> bool:
        """Whether it has ended or ends within the notice."""
        return self.end - now <= NOTICE


def expiry(setting: str, file: Path) -> Expiry:
    """When the first of the certificates in a PEM file ends. Raises ValueError where there is none that can be read."""
    try:
        text = file.read_text(encoding="ascii")
    except OSError as error:
        raise ValueError(f"{setting}: {file}: {error.strerror}") from None
    try:
        ends = [_end(ssl.PEM_cert_to_DER_cert(found)) for found in _PEM.findall(text)]
        return Expiry(setting, min(ends))
    except (ValueError, IndexError, StopIteration):
        raise ValueError(f"{setting}: {file}: no certificate that can be read") from None


def _end(certificate: bytes) -> datetime:
    """The time notAfter of a certificate in DER."""
    (_, signed), *_ = _values(next(_values(certificate))[1])
    parts = [part for part in _values(signed) if part[0] != _VERSION]
    validity = parts[3]  # after serial number, signature algorithm and issuer
    if validity[0] != _SEQUENCE:
        raise ValueError("no validity")
    _, (tag, text) = _values(validity[1])
    form = "%y%m%d%H%M%SZ" if tag == _UTC_TIME else "%Y%m%d%H%M%SZ"
    end = datetime.strptime(text.decode("ascii"), form).replace(tzinfo=UTC)
    # RFC 5280: years 50 to 99 of UTCTime are of the last century, Python begins with 69
    return end.replace(year=end.year - 100) if tag == _UTC_TIME and end.year >= 2050 else end


def _values(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each value that stands one after another."""
    at = 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(der[at : at + size], "big"), at + size
        yield tag, der[at : at + length]
        at += length

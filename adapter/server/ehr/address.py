"""Addresses of FHIR servers, taken apart before they are compared, so that no look-alike passes for a listed one.

Not for asking anything (exchange.py), nor for which servers are listed (the settings say that).
"""

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, Self
from urllib.parse import urlsplit

import httpx

from cds_hooks.urls import is_absolute_url, is_confidential_url

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(r"[a-z0-9\-_]+(?:\.[a-z0-9\-_]+)*")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_HIDDEN_STEP: Final = re.compile(r"(?i)%(?:2e|2f|5c)")


@dataclass(frozen=True, slots=True)
class Address:
    """An absolute http or https URL in parts: host in lower case without a final dot, IP addresses in one spelling,
    the port always there, the path in segments without a slash at its end.
    """

    scheme: str
    host: str
    port: int
    segments: tuple[str, ...]
    query: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The parts; None for what is no plain absolute URL: user information, `..`, hidden slashes, a fragment, a
        host in other than ASCII letters (write international names as `xn--...`)."""
        if not is_absolute_url(text) or "#" in text:
            return None
        parts = urlsplit(text)
        host, port = _host(parts.hostname or ""), parts.port
        segments = _segments(parts.path)
        if host is None or segments is None or port == 0:
            return None
        return cls(parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme], segments, parts.query)


def _host(text: str) -> str | None:
    """The host in one spelling; None for a number that some readers take for an IP address and others do not."""
    host = text.removesuffix(".")
    if (address := ip_of(host)) is not None:
        return address.compressed
    if not _HOST.fullmatch(host) or _NUMBER.fullmatch(host.rpartition(".")[2]):
        return None
    return host


def ip_of(host: str) -> IPv4Address | IPv6Address | None:
    """The IP address that a host is; None for a name, and for an address with a zone."""
    try:
        return None if "%" in host else ip_address(host)
    except ValueError:
        return None


def _segments(path: str) -> tuple[str, ...] | None:
    """The segments of a path; None where it holds steps (`..`), empty segments or escaped slashes and dots."""
    segments = tuple(path.removesuffix("/").split("/")[1:])
    if _HIDDEN_STEP.search(path) or any(segment in ("", ".", "..") for segment in segments):
        return None
    return segments


@dataclass(frozen=True, slots=True)
class FhirBase:
    """The base of one FHIR server that the adapter may read."""

    address: Address

    @classmethod
    def parse(cls, text: str) -> Self:
        """The base; ValueError for anything but a plain https address (http: of this machine only)."""
        address = Address.parse(text)
        if address is None or "?" in text or not is_confidential_url(text):
            raise ValueError(f"not a plain https address of a FHIR server: {text}")
        return cls(address)

    def is_named_by(self, text: str) -> bool:
        """Whether a call means this server by its `fhirServer`."""
        return "?" not in text and Address.parse(text) == self.address

    def url(self, text: str) -> httpx.URL | None:
        """The URL to ask: `text` is relative to the base, or absolute and under it; None for any other.

        Scheme, host and port are those of the base whatever the text says, so that a token can go nowhere else.
        """
        own = self.address
        found = Address.parse(text if _SCHEME.match(text) else self._absolute(text))
        same_origin = found is not None and (found.scheme, found.host, found.port) == (own.scheme, own.host, own.port)
        if found is None or not same_origin or found.segments[: len(own.segments)] != own.segments:
            return None
        target = "/" + "/".join(found.segments) + (f"?{found.query}" if found.query else "")
        return httpx.URL(scheme=own.scheme, host=own.host, port=own.port, raw_path=target.encode("ascii"))

    def _absolute(self, text: str) -> str:
        """A relative reference under the base, or under its origin where it begins with a slash."""
        if text.startswith("/"):
            return f"{self.origin}{text}"
        return f"{self}{text}" if text.startswith("?") else f"{self}/{text}"

    @property
    def origin(self) -> str:
        """Scheme, host and port as a URL."""
        host = f"[{self.address.host}]" if ":" in self.address.host else self.address.host
        return f"{self.address.scheme}://{host}:{self.address.port}"

    def __str__(self) -> str:
        """The base as a URL, without a slash at its end."""
        return self.origin + "".join(f"/{segment}" for segment in self.address.segments)


def may_connect(host: str, found: str) -> bool:
    """Whether a listed host may have this IP address: never a link-local one (where clouds keep their secrets), and
    loopback only where the list itself names this machine."""
    address = ip_of(found.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address is None or address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    named = ip_of(host)
    return not address.is_loopback or host == "localhost" or (named is not None and named.is_loopback)

"""Addresses of the network: a host and port to send messages to, and whether a host is this machine alone.

Not for opening connections (mllp_sender.py, mllp.py).
"""

from dataclasses import dataclass, field
from ipaddress import ip_address
from ssl import SSLContext
from typing import Self


@dataclass(frozen=True, slots=True)
class MllpEndpoint:
    """Where messages go; `tls` None means plain MLLP."""

    host: str
    port: int
    tls: SSLContext | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, text: str, tls: SSLContext | None = None) -> Self:
        """`host:port`, an IPv6 address in brackets. Raises ValueError."""
        host, colon, port = text.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not colon or not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise ValueError(f"{text} is no address of the form host:port")
        return cls(host, int(port), tls)


def is_loopback(host: str) -> bool:
    """Whether the address is reachable from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

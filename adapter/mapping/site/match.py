"""Whose a message is: sending application and facility by patterns, and the connection that it came by.

Not for what is then known of the sender (profile.py).
"""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address

from adapter.hl7v2 import Header
from adapter.mapping.patterns import fits

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a message came from: the address of the peer, and the names in its client certificate.

    `names` are the subject (`CN=lab.hosp,O=Hosp`), its common name, and the subject alternative names; none without a
    certificate. `charset` is the one of a Content-Type header, empty where there is none.
    """

    peer: str = field(default="", repr=False)
    names: frozenset[str] = field(default=frozenset(), repr=False)
    charset: str = ""


@dataclass(frozen=True, slots=True)
class SentBy:
    """Which messages are of a sender: patterns of MSH-3 and MSH-4 with `*` and `?`, and who may send them.

    With `certificates` the peer has to show one that bears one of these names; with `peers` it has to have one of these
    addresses. Without both, anybody may.
    """

    applications: tuple[str, ...] = ("*",)
    facilities: tuple[str, ...] = ("*",)
    certificates: frozenset[str] = frozenset()
    peers: tuple[Network, ...] = ()

    @property
    def bound(self) -> bool:
        """Whether only certain connections may send as this sender."""
        return bool(self.certificates or self.peers)

    def names(self, header: Header) -> bool:
        """Whether the header says that this is the sender."""
        application, facility = header.sending_application, header.sending_facility
        return fits(application, self.applications) and fits(facility, self.facilities)

    def allows(self, connection: Connection) -> bool:
        """Whether the connection may send as this sender."""
        certified = not self.certificates or bool(self.certificates & connection.names)
        return certified and (not self.peers or _within(connection.peer, self.peers))


def _within(peer: str, networks: tuple[Network, ...]) -> bool:
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in networks)

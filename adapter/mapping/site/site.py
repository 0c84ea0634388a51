"""A site as its messages need it: the mapping tables with what is the site's own, and the profiles of its senders.

Made by folder.py; choosing is the only thing done here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from adapter.hl7v2 import Header, UnusableMessage, read_header
from adapter.mapping.sender import ANY_SENDER, Sender, SenderUnclear
from adapter.mapping.site.match import Connection
from adapter.mapping.site.profile import ANY_PROFILE, Profile, Receiver
from adapter.mapping.tables import Tables


@dataclass(frozen=True, slots=True)
class Site:
    """The tables and the profiles, the more special ones first; `others` is for senders that none of them names.

    Without `others`, such senders are refused.
    """

    tables: Tables = field(repr=False)
    profiles: tuple[Profile, ...] = ()
    others: Profile | None = ANY_PROFILE

    def receiving(self, receivers: tuple[Receiver, ...]) -> "Site":
        """The same site with these receivers wherever a profile names none."""
        profiles = tuple(_receiving(profile, receivers) for profile in self.profiles)
        return replace(self, profiles=profiles, others=self.others and _receiving(self.others, receivers))

    def profile_of(self, header: Header, connection: Connection) -> Profile:
        """The profile of a message that came by a connection. Raises SenderUnclear.

        `sender-mismatch`: the header names a sender as whom this connection may not send, or the certificate is that of
        other senders. `sender-unknown`: no profile fits, and such senders are refused.
        """
        named = tuple(self._named(header))
        chosen = next((profile for profile in named if profile.sent_by.allows(connection)), None)
        if chosen is None and named:
            raise SenderUnclear("sender-mismatch")
        chosen = chosen or self._other()
        if not (chosen.sent_by.certificates & connection.names) and self._is_of_others(connection):
            raise SenderUnclear("sender-mismatch")
        return chosen

    def profile_of_stored(self, header: Header) -> Profile:
        """The profile of a message whose connection is no longer known. Raises SenderUnclear.

        `sender-ambiguous`: several profiles fit, and only the connection could tell which.
        """
        named = tuple(self._named(header))
        if not named:
            return self._other()
        if named[0].sent_by.bound and len(named) > 1:
            raise SenderUnclear("sender-ambiguous")
        return named[0]

    def profile_again(self, header: Header, name: str) -> Profile:
        """The profile of a message that was taken by the one of this name; where that does not fit any more, as
        `profile_of_stored`. Raises SenderUnclear."""
        found = next((profile for profile in self._named(header) if profile.name == name), None)
        return found or self.profile_of_stored(header)

    def sender_of(self, raw: bytes) -> Sender:
        """The sender of a message in a file; one that nobody names is read with the defaults. Raises SenderUnclear."""
        if not self.profiles:
            return ANY_SENDER
        try:
            return self.profile_of_stored(sending_header(raw)).sender
        except UnusableMessage:
            return ANY_SENDER  # the reader names the fault
        except SenderUnclear as unclear:
            if unclear.code == "sender-unknown":
                return ANY_SENDER
            raise

    def _named(self, header: Header) -> Iterator[Profile]:
        return (profile for profile in self.profiles if profile.sent_by.names(header))

    def _other(self) -> Profile:
        if self.others is None:
            raise SenderUnclear("sender-unknown")
        return self.others

    def _is_of_others(self, connection: Connection) -> bool:
        """Whether the certificate is one that profiles name."""
        return any(profile.sent_by.certificates & connection.names for profile in self.profiles)


def sending_header(raw: bytes) -> Header:
    """The header of a message before its profile is known; raises UnusableMessage.

    An application or facility that is no UTF-8 is read as Latin-1, so that a pattern can fit it.
    """
    header = read_header(raw)
    if header.msh.isascii() or (header.sending_application and header.sending_facility):
        return header
    return read_header(raw, default_charset="latin-1")


def _receiving(profile: Profile, receivers: tuple[Receiver, ...]) -> Profile:
    if profile.accepted.receivers:
        return profile
    return replace(profile, accepted=replace(profile.accepted, receivers=receivers))

"""The profile of a sender: how its messages are read, which are accepted, and how they are acknowledged.

Only what a site has decided; the decisions are carried out by the mapping and by the server.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from adapter.hl7v2 import Header
from adapter.mapping.sender import ANY_SENDER, Sender
from adapter.mapping.site.match import SentBy

OnContentError = Literal["AA", "AE"]
Acknowledging = Literal["as asked", "original", "enhanced"]
"""The acknowledgement mode: as MSH-15 and MSH-16 ask for it, or always the one or the other."""

SAME_CONNECTION: Final = "same connection"


@dataclass(frozen=True, slots=True)
class Receiver:
    """A receiving application (MSH-5) and facility (MSH-6) that mean this adapter; an empty one means any."""

    application: str = ""
    facility: str = ""

    def meant_by(self, header: Header) -> bool:
        """Whether the message is for this receiver."""
        application = not self.application or self.application == header.receiving_application
        return application and (not self.facility or self.facility == header.receiving_facility)


@dataclass(frozen=True, slots=True)
class Accepted:
    """Which messages are accepted by their header.

    `types` are `ORU` or `ORU^R01`; none means every type that is used here. `refuse_others`: a type that is not among
    them, or not used here, is rejected, not stored as ignored. `processing_ids` are values of MSH-11.1, empty text
    being a field that was not sent; `versions` the beginnings of MSH-12; `receivers` none means any.
    """

    types: frozenset[str] = frozenset()
    refuse_others: bool = False
    processing_ids: frozenset[str] = frozenset({"P", ""})
    versions: tuple[str, ...] = ("2.",)
    receivers: tuple[Receiver, ...] = ()

    def wants(self, code: str, trigger: str) -> bool:
        """Whether a message type and event are among `types`."""
        return not self.types or code in self.types or f"{code}^{trigger}" in self.types


@dataclass(frozen=True, slots=True)
class AckPolicy:
    """How the sender is answered.

    `on_content_error` is the answer to a message that is stored but quarantined for its content. `application_to` is
    where application acknowledgements of the enhanced mode go (`host:port`, or SAME_CONNECTION); empty: they are not
    sent. `commit_blocks`: MLLP release 2, which acknowledges storage with a block of its own. `sequence_numbers`: the
    protocol of MSH-13.
    """

    mode: Acknowledging = "as asked"
    on_content_error: OnContentError = "AA"
    application_to: str = ""
    commit_blocks: bool = False
    sequence_numbers: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything a site says about one sender; the defaults are for a sender that it does not name."""

    name: str = ""
    sent_by: SentBy = field(default_factory=SentBy)
    sender: Sender = ANY_SENDER
    accepted: Accepted = field(default_factory=Accepted)
    acknowledge: AckPolicy = field(default_factory=AckPolicy)


ANY_PROFILE: Final = Profile()
"""The profile of a sender that no site names."""

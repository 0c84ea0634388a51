"""What is known about a sender that its messages do not say: authority, zone, character set, names of code systems.

A site says it in a profile (site/); not for whether a message is accepted, nor for how it is answered.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from types import MappingProxyType
from typing import Final, Literal

from adapter.hl7v2 import SegmentEnds
from adapter.mapping.placeholders import USUAL, Placeholders

IDENTIFIER_TYPES: Final = ("MR", "PI", "PT", "MRT", "")
"""HL7 table 0203: identifiers of a patient, best first. Visit, payer and national numbers never key a patient."""


@dataclass(frozen=True, slots=True)
class Sender:
    """How the messages of one sender are read; the defaults are for a sender that no profile names.

    `authority` is for identifiers without one; `authorities` are names and universal ids (OIDs) of authorities as sent,
    with the one name each means here. `identifier_types` are those of PID-3 that may key a patient, best first, empty
    text being one without type; `placeholders` are numbers of nobody. `zone` is for times without one, where MSH-7 has
    none either, `charset` for messages that declare none. `missing_data_type` and `wrong_data_type` stand in where
    OBX-2 is empty or no data type. `systems` are the sender's own names of code systems (empty text: none sent) with
    the URI each means.
    """

    authority: str = ""
    identifier_types: tuple[str, ...] = IDENTIFIER_TYPES
    zone: tzinfo | None = None
    charset: str = "utf-8"
    segment_ends: SegmentEnds = "any"
    missing_data_type: str = ""
    wrong_data_type: str = ""
    systems: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    authorities: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    placeholders: Placeholders = USUAL

    def system(self, sent: str) -> str:
        """A code system by the name that was sent: the URI that the sender means by it, else the name itself."""
        return self.systems.get(sent, sent)

    def authority_of(self, namespace: str, universal: str) -> str:
        """The authority of an identifier by the name or universal id that was sent: the one that the site means by
        either, else the name, else the id, else the sender's own; empty where there is none."""
        for sent in (namespace, universal):
            if sent in self.authorities:
                return self.authorities[sent]
        return namespace or universal or self.authority


ANY_SENDER: Final = Sender()
"""A sender of whom nothing is known."""

SenderFault = Literal["sender-mismatch", "sender-unknown", "sender-ambiguous"]
"""Why no profile can be told: the connection is another sender's, no profile fits, or only the connection could say."""


class SenderUnclear(ValueError):
    """It cannot be told how a message is to be read; `code` says why. Holds nothing of the message."""

    def __init__(self, code: SenderFault) -> None:
        super().__init__(code)
        self.code: SenderFault = code


SenderOf = Callable[[bytes], Sender]
"""Tells the sender of a message from its bytes; raises SenderUnclear."""


def any_sender(_: bytes) -> Sender:
    """The sender where there are no profiles."""
    return ANY_SENDER

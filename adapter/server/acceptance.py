"""Which messages are accepted by their header alone: type, event, version, processing id, receiver.

Not for faults of content: those never refuse a message. Source: HL7 v2.9.1 section 2.8.2, table HL70357.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo

from adapter.hl7v2 import DEFAULT_LIMIT, AckError, Header
from adapter.server.fields import element
from adapter.server.message_types import HL70076, USED, known_event


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
class Acceptance:
    """The settings of a link.

    `receivers` none means any. `processing_ids` are values of MSH-11.1; empty text is a field that was not sent.
    `versions` are the beginnings of MSH-12. `zone` is for times without one and `charset` for messages that declare
    none. `most_bytes` and `most_parts` (segments and repetitions together) bound one message.
    """

    receivers: tuple[Receiver, ...] = ()
    processing_ids: frozenset[str] = frozenset({"P", ""})
    versions: tuple[str, ...] = ("2.",)
    zone: tzinfo | None = None
    charset: str = "utf-8"
    most_bytes: int = DEFAULT_LIMIT
    most_parts: int = 200_000


def missing(header: Header) -> tuple[AckError, ...]:
    """The errors of a header without message type or control id: it cannot be told what it is, or be answered."""
    found = []
    if not element(header, 9).split(header.delimiters.component or b"\r")[0]:
        found.append(AckError("101", "MSH[1]-9.1", "E", "The message type is missing."))
    if not element(header, 10):
        found.append(AckError("101", "MSH[1]-10", "E", "The message control id is missing."))
    return tuple(found)


def refusals(header: Header, acceptance: Acceptance) -> tuple[AckError, ...]:
    """Why a message is not for this link; none where it is accepted."""
    return tuple(_refusals(header, acceptance))


def _refusals(header: Header, acceptance: Acceptance) -> Iterator[AckError]:
    if header.code not in HL70076:
        yield AckError("200", "MSH[1]-9.1", "E", "This is no HL7 message type.")
    elif header.code in USED and not known_event(header.code, header.trigger):
        yield AckError("201", "MSH[1]-9.2", "E", "The message type has no such trigger event.")
    if not header.version.startswith(acceptance.versions):
        yield AckError("203", "MSH[1]-12.1", "E", "The HL7 version is not accepted here.")
    if header.processing_id not in acceptance.processing_ids:
        yield AckError("202", "MSH[1]-11.1", "E", "The processing id is not accepted here.")
    if acceptance.receivers and not any(receiver.meant_by(header) for receiver in acceptance.receivers):
        yield AckError("103", "MSH[1]-5", "E", "The receiving application and facility are not this receiver.")

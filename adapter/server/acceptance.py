"""Which messages are accepted by their header alone: type, event, version, processing id, receiver.

Not for faults of content: those never refuse a message. Source: HL7 v2.9.1 section 2.8.2, table HL70357.
"""

from collections.abc import Iterator

from adapter.hl7v2 import AckError, Header
from adapter.mapping.site import Accepted
from adapter.server.fields import element
from adapter.server.message_types import HL70076, USED, known_event


def missing(header: Header) -> tuple[AckError, ...]:
    """The errors of a header without message type or control id: it cannot be told what it is, or be answered."""
    found = []
    if not element(header, 9).split(header.delimiters.component or b"\r")[0]:
        found.append(AckError("101", "MSH[1]-9.1", "E", "The message type is missing."))
    if not element(header, 10):
        found.append(AckError("101", "MSH[1]-10", "E", "The message control id is missing."))
    return tuple(found)


def refusals(header: Header, accepted: Accepted) -> tuple[AckError, ...]:
    """Why a message is not accepted from its sender; none where it is."""
    return tuple(_refusals(header, accepted))


def ignored(header: Header, accepted: Accepted) -> str:
    """Why a message that is accepted is stored without being used; empty where it is used."""
    if header.code not in USED:
        return "type-not-used"
    return "" if accepted.wants(header.code, header.trigger) else "type-not-accepted"


def _refusals(header: Header, accepted: Accepted) -> Iterator[AckError]:
    if header.code not in HL70076:
        yield AckError("200", "MSH[1]-9.1", "E", "This is no HL7 message type.")
    elif header.code in USED and not known_event(header.code, header.trigger):
        yield AckError("201", "MSH[1]-9.2", "E", "The message type has no such trigger event.")
    elif accepted.refuse_others and ignored(header, accepted):
        yield _not_wanted(header, accepted)
    if not header.version.startswith(accepted.versions):
        yield AckError("203", "MSH[1]-12.1", "E", "The HL7 version is not accepted here.")
    if header.processing_id not in accepted.processing_ids:
        yield AckError("202", "MSH[1]-11.1", "E", "The processing id is not accepted here.")
    if accepted.receivers and not any(receiver.meant_by(header) for receiver in accepted.receivers):
        yield AckError("103", "MSH[1]-5", "E", "The receiving application and facility are not this receiver.")


def _not_wanted(header: Header, accepted: Accepted) -> AckError:
    if any(wanted.startswith(f"{header.code}^") for wanted in accepted.types):
        return AckError("201", "MSH[1]-9.2", "E", "The trigger event is not accepted from this sender.")
    return AckError("200", "MSH[1]-9.1", "E", "The message type is not accepted from this sender.")

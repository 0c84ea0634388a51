"""Judging a message before it is stored: whose it is, whether it is accepted, its content where the answer needs that.

Not for what its content means behind that (judge_stored.py), for storing (intake.py) nor for the words of the answer
(reply.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from adapter.hl7v2 import AckError, Header, Message, UnusableMessage, parse_message
from adapter.mapping.sender import SenderFault, SenderUnclear
from adapter.mapping.site import ANY_PROFILE, Connection, Profile, Site
from adapter.server.acceptance import ignored, missing, refusals
from adapter.server.answer import Verdict
from adapter.server.content import MOST_CHECKED, Content, contradicts_charset, read_content
from adapter.server.content_errors import content_errors
from adapter.server.faults import report
from adapter.server.header import MessageLimits, Opened, open_header, reopen
from adapter.server.message_types import ACKNOWLEDGEMENTS
from adapter.store import Noted

Refusal = Literal["refused", "too-large", "incomplete-header", "acknowledgement", "out-of-sequence"] | SenderFault
"""What is remarkable about a message beyond the state it is stored in."""

MAPPING_FAILED: Final = "mapping-failed"
"""The reason of quarantine where a fault of ours kept a message from being judged."""

_NO_MESSAGE: Final = {
    "empty": AckError("100", "MSH", "E", "There are no bytes where a message should be."),
    "not-hl7": AckError("100", "MSH", "E", "The bytes do not begin with MSH."),
}
_NO_HEADER: Final = {
    "delimiters": AckError("102", "MSH[1]-2", "E", "The delimiters cannot be used."),
    "charset-unsupported": AckError("103", "MSH[1]-18", "E", "The character set cannot be read."),
}
_UNREAD_AT: Final = {"charset-unsupported": "MSH[1]-18", "too-many-parts": ""}
_TOO_LARGE: Final = AckError("207", "", "E", "The message is larger than this receiver takes.")
_NOT_THE_SENDER: Final[Mapping[SenderFault, AckError]] = {
    "sender-mismatch": AckError("103", "MSH[1]-3", "E", "This connection may not send as this sender."),
    "sender-unknown": AckError("103", "MSH[1]-3", "E", "No sender of this name (MSH-3, MSH-4) is configured here."),
    "sender-ambiguous": AckError("103", "MSH[1]-3", "E", "Several senders of this name are configured here."),
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict on a message: why, what to count, its profile, and its row for the journal where it is to be stored.

    `content_errors` are those of a quarantined message whose sender wants to be told of them; `peer` is the address of
    the connection, where it is known.
    """

    verdict: Verdict
    errors: tuple[AckError, ...] = ()
    outcome: Refusal | None = None
    content: Content | None = None
    profile: Profile = ANY_PROFILE
    content_errors: tuple[AckError, ...] = ()
    peer: str = ""


def judge(
    raw: bytes, connection: Connection, site: Site, limits: MessageLimits, received: datetime
) -> tuple[Opened, Judged]:
    """What could be read of the header, and the verdict; `received` is when it came.

    The content of a message is read only where the answer depends on it, because the sender's profile or the transport
    says something of it; else it is judged behind the acknowledgement, by `judge_stored`.
    """
    opened, judged = _judged(raw, connection, site, limits, received)
    return opened, replace(judged, peer=connection.peer)


def _judged(
    raw: bytes, connection: Connection, site: Site, limits: MessageLimits, received: datetime
) -> tuple[Opened, Judged]:
    opened = open_header(raw)
    if opened.header is None:
        return opened, without_header(opened.fault)
    if opened.header.code in ACKNOWLEDGEMENTS:
        return opened, Judged("A", outcome="acknowledgement")
    try:
        profile = site.profile_of(opened.header, connection)
    except SenderUnclear as unclear:
        return opened, Judged("R", (_NOT_THE_SENDER[unclear.code],), unclear.code)
    opened = reopen(raw, opened.header, profile.sender, limits)
    if opened.header is None:
        return opened, replace(without_header(opened.fault), profile=profile)
    judged = replace(by_header(opened, opened.header, profile), profile=profile)
    return opened, _with_content(raw, judged, connection, site, received)


def by_header(opened: Opened, header: Header, profile: Profile) -> Judged:
    """The verdict as far as the header alone decides it."""
    if opened.fault == "too-large":
        return Judged("E", (_TOO_LARGE,), "too-large")
    if errors := missing(header):
        content = _held("incomplete-header", *(error.location for error in errors))
        return Judged("E", errors, "incomplete-header", content)
    if errors := refusals(header, profile.accepted):
        return Judged("R", errors, "refused")
    if reason := ignored(header, profile.accepted):
        return Judged("A", content=Content("ignored", reason))
    if opened.fault:
        return Judged("A", content=_held(opened.fault, _UNREAD_AT[opened.fault]))
    return Judged("A", content=Content("received"))


def _with_content(raw: bytes, judged: Judged, connection: Connection, site: Site, received: datetime) -> Judged:
    """The verdict, with the content read where it has to be known now."""
    content, profile = judged.content, judged.profile
    if content is None:
        return judged
    if content.state == "received" and connection.charset and not raw.isascii():
        content = _by_transport(raw, profile, connection.charset)
    if profile.acknowledge.on_content_error == "AA":
        return replace(judged, content=content)
    if content.state == "received":
        content = _checked(raw, profile, site, received)
    return replace(judged, content=content, content_errors=content_errors(content))


def _by_transport(raw: bytes, profile: Profile, stated: str) -> Content:
    """In quarantine where the transport states another character set than the message is read by."""
    message = _read(raw, profile)
    contradicts = not isinstance(message, Content) and contradicts_charset(message, stated)
    return _held("charset", "MSH[1]-18") if contradicts else Content("received")


def _checked(raw: bytes, profile: Profile, site: Site, received: datetime) -> Content:
    try:
        return content_of(raw, profile, site, received, most=MOST_CHECKED)
    except Exception as error:  # noqa: BLE001  our own fault must not cost the message: it is judged again behind
        report("mapping_failed", error)
        return Content("received")


def content_of(raw: bytes, profile: Profile, site: Site, received: datetime, *, most: int | None = None) -> Content:
    """What the row of a message needs that its header lets be used. Of one with more segments than `most` only whom it
    is about is read. `received` is when it came."""
    message = _read(raw, profile)
    if isinstance(message, Content):
        return message
    return read_content(message, profile.sender, site.tables, most=most, received=received)


def _read(raw: bytes, profile: Profile) -> Message | Content:
    sender = profile.sender
    try:
        return parse_message(raw, default_charset=sender.charset, segment_ends=sender.segment_ends)
    except UnusableMessage as error:
        return _held(error.code, _UNREAD_AT.get(error.code, ""))


def without_header(fault: str) -> Judged:
    """The verdict on bytes whose header cannot be used."""
    if fault in _NO_MESSAGE:
        return Judged("R", (_NO_MESSAGE[fault],), "refused")
    error = _NO_HEADER[fault]
    return Judged("E", (error,), "incomplete-header", _held(fault, error.location))


def _held(reason: str, *places: str) -> Content:
    """Kept as it is, with the places of what is wrong."""
    return Content("quarantined", reason, tuple(Noted(reason, place) for place in places))

"""Judging a message before it is stored: whose it is, whether it is accepted, what its content means for its row.

Not for storing (intake.py) nor for the words of the answer (reply.py). Raises for no bytes.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal

from adapter.hl7v2 import AckError, Header
from adapter.mapping.sender import SenderFault, SenderUnclear
from adapter.mapping.site import ANY_PROFILE, Connection, Profile, Site
from adapter.server.acceptance import ignored, missing, refusals
from adapter.server.answer import Verdict
from adapter.server.content import Content, contradicts_charset, read_content
from adapter.server.content_errors import content_errors
from adapter.server.faults import report
from adapter.server.header import MessageLimits, Opened, open_header, open_message
from adapter.server.log import log
from adapter.server.message_types import ACKNOWLEDGEMENTS
from adapter.store import Noted

Refusal = (
    Literal["refused", "too-large", "incomplete-header", "acknowledgement", "mapping-failed", "out-of-sequence"]
    | SenderFault
)
"""What is remarkable about a message beyond the state it is stored in."""

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
_NOT_THE_SENDER: Final = AckError("103", "MSH[1]-3", "E", "This connection may not send as this sender.")


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict on a message: why, what to count, its profile, and its row for the journal where it is to be stored.

    `content_errors` are those of a quarantined message whose sender wants to be told of them.
    """

    verdict: Verdict
    errors: tuple[AckError, ...] = ()
    outcome: Refusal | None = None
    content: Content | None = None
    profile: Profile = ANY_PROFILE
    content_errors: tuple[AckError, ...] = ()


def judge(raw: bytes, connection: Connection, site: Site, limits: MessageLimits) -> tuple[Opened, Judged]:
    """What could be read of the bytes, and the verdict."""
    opened = open_header(raw)
    if opened.header is None:
        return opened, _without_header(opened.fault)
    if opened.header.code in ACKNOWLEDGEMENTS:
        return opened, Judged("A", outcome="acknowledgement")
    try:
        profile = site.profile_of(opened.header, connection)
    except SenderUnclear as unclear:
        log().warning("sender_refused", code=unclear.code, address=connection.peer)
        return opened, Judged("R", (_NOT_THE_SENDER,), unclear.code)
    opened = open_message(raw, profile.sender, limits)
    if opened.header is None:
        return opened, replace(_without_header(opened.fault), profile=profile)
    judged = _by_header(opened, opened.header, profile, connection, site)
    return opened, replace(judged, profile=profile)


def _by_header(opened: Opened, header: Header, profile: Profile, connection: Connection, site: Site) -> Judged:
    if opened.fault == "too-large":
        return Judged("E", (_TOO_LARGE,), "too-large")
    if errors := missing(header):
        content = _held("incomplete-header", *(error.location for error in errors))
        return Judged("E", errors, "incomplete-header", content)
    if errors := refusals(header, profile.accepted):
        return Judged("R", errors, "refused")
    if reason := ignored(header, profile.accepted):
        return Judged("A", content=Content("ignored", reason))
    judged = _by_content(opened, profile, connection, site)
    if judged.content is None or profile.acknowledge.on_content_error == "AA":
        return judged
    return replace(judged, content_errors=content_errors(judged.content))


def _by_content(opened: Opened, profile: Profile, connection: Connection, site: Site) -> Judged:
    if opened.message is None:
        return Judged("A", content=_held(opened.fault, _UNREAD_AT[opened.fault]))
    if contradicts_charset(opened.message, connection.charset):
        return Judged("A", content=_held("charset", "MSH[1]-18"))
    try:
        return Judged("A", content=read_content(opened.message, profile.sender, site.tables))
    except Exception as error:  # noqa: BLE001  our own fault must not cost the message: it is kept and named
        report("mapping_failed", error)
        return Judged("A", outcome="mapping-failed", content=Content("quarantined", "mapping-failed"))


def _without_header(fault: str) -> Judged:
    if fault in _NO_MESSAGE:
        return Judged("R", (_NO_MESSAGE[fault],), "refused")
    error = _NO_HEADER[fault]
    return Judged("E", (error,), "incomplete-header", _held(fault, error.location))


def _held(reason: str, *places: str) -> Content:
    """Kept as it is, with the places of what is wrong."""
    return Content("quarantined", reason, tuple(Noted(reason, place) for place in places))

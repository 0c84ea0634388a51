"""What a message's content means for its row in the journal: patients, findings, quarantine.

Not for using the content: the mapping is run to know now what is wrong, and run again when the case is built.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from adapter.case.finding import Finding
from adapter.hl7v2 import Message, codec_of, parse_message
from adapter.mapping.hl7v2 import map_readings
from adapter.mapping.hl7v2_glance import glance
from adapter.mapping.hl7v2_plain import Plain, plain
from adapter.mapping.hl7v2_reading import Reading, read_one
from adapter.mapping.patient import Mapping
from adapter.mapping.sender import Sender
from adapter.mapping.tables import Tables, tables
from adapter.server.fields import indexed
from adapter.server.message_types import is_local_event
from adapter.store import ArrivalState, Noted

QUARANTINED: Final = (
    "charset",
    "segment-end-refused",
    "second-header",
    "no-patient",
    "no-identifier",
    "identity-conflict",
    "merge-cycle",
    "merge-not-applied",
    "unlink-not-applied",
    "record-deleted",
    "no-authority",
)
"""Findings that put a message into quarantine, the first that is there being the reason."""

_OF_ALL_MESSAGES: Final = "withdrawal-unmatched"
"""What a message alone cannot tell: whether that is there which it takes back (`Mapping.unmatched` does)."""

MOST_CHECKED: Final = 2000
"""Segments up to which a whole message is mapped while its sender waits, which takes below a second."""
NOT_CHECKED: Final = Noted("content-not-checked", "")

_PLACE: Final = re.compile(r"(?:^| )([A-Z][A-Z0-9]{2}(?:\[\d+\])?(?:-\d+(?:\[\d+\])?(?:\.\d+){0,2})?|byte \d+)$")


@dataclass(frozen=True, slots=True)
class Content:
    """State, reason, findings and patients of a message, as its row keeps them.

    `joined` are patient numbers that the message merges: the retired one, and the one that stands for it from now on.
    `reading` is what the whole message says, where that had to be read; `plain` is what a plain one says.
    """

    state: ArrivalState
    reason: str = ""
    findings: tuple[Noted, ...] = ()
    patient_keys: tuple[str, ...] = field(default=(), repr=False)
    joined: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    reading: Reading | None = field(default=None, repr=False, compare=False)
    plain: Plain | None = field(default=None, repr=False, compare=False)


def contradicts_charset(message: Message, stated: str) -> bool:
    """Whether a transport states another character set than the one the message is read by, where it declares none."""
    if not stated or message.raw.isascii() or any(message.header.charsets):
        return False
    return codec_of(stated) != message.charset


def read_content(
    message: Message,
    sender: Sender,
    table: Tables | None = None,
    *,
    most: int | None = None,
    received: datetime | None = None,
) -> Content:
    """What the row of one message needs. Of one with more segments than `most` only whom it is about is read, and a
    finding says so. `received` is when it came."""
    known = table or tables()
    if most is None or len(message.segments) <= most:
        return _by_glance(message, sender, known, received) or by_mapping(message, sender, known, received)
    fault = message.charset_fault()
    if fault is not None:
        return Content("quarantined", "charset", (Noted("charset", f"byte {fault}"),))
    people = [segment.raw for segment in message.segments if segment.name in ("MSH", "PID")]
    if len(people) > max(most, MOST_CHECKED):
        return Content("quarantined", "too-many-patients")
    short = parse_message(b"\r".join(people), default_charset=message.charset, segment_ends=sender.segment_ends)
    content = by_mapping(short, sender, known, received)
    return replace(content, findings=(*content.findings, NOT_CHECKED), reading=None, plain=None)


def _by_glance(message: Message, sender: Sender, known: Tables, received: datetime | None) -> Content | None:
    """The row of a message in which nothing is remarkable; None where it has to be mapped."""
    said = None if is_local_event(message.header.trigger) else glance(message, sender, known, received)
    if said is None or indexed(said.key) != said.key:
        return None
    return Content("received", patient_keys=(said.key,), plain=said)


def by_mapping(message: Message, sender: Sender, known: Tables, received: datetime | None) -> Content:
    """What the row of one message needs, by its mapping alone."""
    reading = read_one(message, "message", sender, known, received)
    mapping = map_readings([reading], known)
    findings = tuple(dict.fromkeys(_noted(mapping)))
    reason = _reason(message, mapping, {noted.code for noted in findings})
    keys = [key for change in mapping.changes for key in (change.survivor.text, change.retired.text)]
    keys += [patient.subject for patient in mapping.patients]
    merges = [change for change in mapping.changes if change.kind in ("merge", "change")]
    joined = tuple((indexed(change.retired.text), indexed(change.survivor.text)) for change in merges)
    found = tuple(dict.fromkeys(indexed(key) for key in keys))
    if any(indexed(key) != key for key in keys):  # cut or cleaned, it could be another patient's
        return Content("quarantined", "identifier-unusable", (*findings, Noted("identifier-unusable", "")))
    said = None if reason else plain(reading)
    return Content("quarantined" if reason else "received", reason, findings, found, joined, reading, said)


def _reason(message: Message, mapping: Mapping, codes: set[str]) -> str:
    for code in QUARANTINED:
        if code in codes:
            return code
    if not mapping.patients:
        return "no-patient"
    return "local-event" if is_local_event(message.header.trigger) else ""


def _noted(mapping: Mapping) -> Iterator[Noted]:
    for finding in mapping.findings:
        yield _without_document(finding)
    for patient in mapping.patients:
        for finding in patient.findings:
            if finding.code != _OF_ALL_MESSAGES:
                yield _without_document(finding)


def _without_document(finding: Finding) -> Noted:
    """The finding's place within the message; the control id that stands before it may identify a patient."""
    place = _PLACE.search(finding.place)
    return Noted(finding.code, place[1] if place else "")

"""What one message says by itself: a value that can be kept, so that the message need not be read again.

Who its patients are among those of other messages is decided later (hl7v2_stream.py).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from adapter.case.fact import Standing, Statement
from adapter.case.finding import Finding
from adapter.case.merge import FUTURE_TOLERANCE
from adapter.case.origin import Origin
from adapter.case.value import Day
from adapter.hl7v2 import Message, PatientGroup, Segment, groups
from adapter.mapping.beside import Beside
from adapter.mapping.hl7v2_above import over_patient
from adapter.mapping.hl7v2_account import Found, found
from adapter.mapping.hl7v2_circumstances import is_after
from adapter.mapping.hl7v2_deaths import DeathSaid, death_said
from adapter.mapping.hl7v2_events import event_of, numbers_of
from adapter.mapping.hl7v2_items import Hl7Reader, sent_ahead
from adapter.mapping.hl7v2_ledger import plain_entry, skipped_elements, whole_message
from adapter.mapping.hl7v2_numbers import Announced
from adapter.mapping.hl7v2_patient import Demographics, PatientKey, demographics, key_of, placeholder_findings
from adapter.mapping.hl7v2_sources import Address, Elements
from adapter.mapping.hl7v2_values import moment
from adapter.mapping.ledger import Entry
from adapter.mapping.sender import Sender
from adapter.mapping.tables import Tables


@dataclass(frozen=True, slots=True)
class About:
    """What is said about the patient of a PID; without `key` about nobody.

    `preamble` are the entries of what stands before the PID, `findings` tell of the segments, `death` is what the PID
    says of one, `numbers` are the texts at the addresses that rules about events name.
    """

    group: PatientGroup
    preamble: tuple[Entry, ...]
    found: tuple[Found, ...]
    findings: tuple[Finding, ...]
    death: DeathSaid | None = None
    key: PatientKey | None = None
    person: Demographics | None = None
    births: tuple[Statement, ...] = ()
    numbers: Mapping[Address, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """One message as read by `tables`; never changed, so that it can be mapped any number of times.

    `segments` and `coded` are the reader's own counts, `entries` those of a message of which nothing is used, which has
    nothing `announced` then.
    """

    tables: Tables = field(repr=False)
    document: str
    sender: str
    elements: Elements = field(repr=False)
    segments: int
    coded: int
    findings: tuple[Finding, ...]
    entries: tuple[Entry, ...] = ()
    about: tuple[About, ...] = ()
    announced: Announced | None = None


def read_one(message: Message, name: str, sender: Sender, tables: Tables, received: datetime | None = None) -> Reading:
    """Read one message of a sender; `name` is what it is called where it has no control id.

    `received` is when it came, where that is known: a time of sending or release far after it was never, and would make
    every later message an older one. It counts as not sent.
    """
    control_id = message.header.control_id
    latest = received + FUTURE_TOLERANCE if received is not None else None
    reader = Hl7Reader(message, control_id or name, tables, sender, latest)
    findings: list[Finding] = []
    if not control_id:
        hint = "the message has no control id"
        findings.append(Finding("control-id-missing", "warning", f"{reader.document} MSH-10", hint))
    refusal = _read_findings(message, reader.document, findings)
    if refusal:
        return _reading(reader, findings, entries=tuple(whole_message(message, reader.elements, refusal)))
    header = message.header
    event, sent = event_of(message), moment(header.time, reader.zone)
    if is_after(sent, latest):
        findings.append(sent_ahead(f"{reader.document} MSH-7"))
        sent = None
    announced = Announced(event, reader.document, header.sending_facility, sender, sent)
    about = tuple([_about(group, reader, announced, tables) for group in groups(message)])
    return _reading(reader, findings, about=about, announced=announced)


def _reading(
    reader: Hl7Reader,
    findings: list[Finding],
    *,
    entries: tuple[Entry, ...] = (),
    about: tuple[About, ...] = (),
    announced: Announced | None = None,
) -> Reading:
    return Reading(
        reader.tables,
        reader.document,
        reader.sender,
        reader.elements,
        len(reader.message.segments),
        reader.count(),
        tuple(findings),
        entries,
        about,
        announced,
    )


def _read_findings(message: Message, document: str, findings: list[Finding]) -> str:
    """Note what the reader of the wire found; the code of that for which nothing of the message is used."""
    for refused in message.findings:
        if refused.code == "segment-end-refused":
            findings.append(Finding("segment-end-refused", "error", f"{document} {refused.place}", refused.hint))
            return refused.code
    findings += [Finding(one.code, "info", f"{document} {one.place}", one.hint) for one in message.findings]
    fault = message.charset_fault()
    if fault is not None:
        hint = f"byte {fault} does not belong to the character set: nothing of the message is used"
        findings.append(Finding("charset", "error", f"{document} byte {fault}", hint))
        return "charset"
    findings += [Finding(one.code, "info", f"{document} {one.place}", one.hint) for one in message.escape_findings()]
    return ""


def _about(group: PatientGroup, reader: Hl7Reader, announced: Announced, tables: Tables) -> About:
    preamble = tuple(_preamble(group, reader, tables))
    above, pid = over_patient(reader.message, group), group.patient
    read = list(reader.segments(group, above))
    placeholders = [] if pid is None else placeholder_findings(pid.field(3), reader.document, announced.sender)
    findings = (*placeholders, *reader.findings)
    reader.findings.clear()
    key = key_of(pid, announced.facility, announced.sender) if pid is not None else None
    if pid is None or key is None:
        return About(group, preamble, tuple([Found(segment, items) for segment, items in read]), findings)
    nothing = Beside((), tables)
    return About(
        group,
        preamble,
        tuple([found(segment, items, nothing, tables) for segment, items in read]),
        findings,
        death_said(pid, reader.document, reader.sender, reader.zone, announced.when),
        key,
        demographics(pid),
        tuple(_birth(pid, reader.document, reader.zone)),
        numbers_of(announced.event, above, pid, tables.events),
    )


def _preamble(group: PatientGroup, reader: Hl7Reader, tables: Tables) -> Iterator[Entry]:
    for segment in group.preamble:
        yield plain_entry(segment, tables)
        yield from skipped_elements(segment, reader.elements, "no-patient")


def _birth(pid: Segment, document: str, zone: tzinfo | None) -> Iterator[Statement]:
    text = pid.text(7, 1)
    if not text:
        return
    origin = Origin("hl7v2", document, f"{pid.address}-7", "birth-date", "", "", *pid.field_span(7))
    when = moment(text, zone)
    if when is None:
        yield Statement("birth_date", Standing.EXCLUDED, None, origin, reason="bad-date")
    else:
        yield Statement("birth_date", Standing.FINAL, Day(when), origin)

"""A message as read: its segments, its header and what the reader found.

Not for grouping segments (groups.py) nor for what their fields mean.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from adapter.hl7v2.charset import UTF8_MARK, first_fault
from adapter.hl7v2.delimiters import Delimiters
from adapter.hl7v2.errors import UndecodableText
from adapter.hl7v2.findings import ReadFinding
from adapter.hl7v2.pieces import Encoding
from adapter.hl7v2.segments import Segment

SegmentEnd = Literal["CR", "LF", "CRLF", "mixed", "none"]


@dataclass(frozen=True, slots=True)
class Header:
    """The MSH fields that say who sends what to whom; what is missing or cannot be decoded is empty text.

    Applications and facilities are the namespace id, else the universal id (HD). `time` is MSH-7 as sent.
    `msh` and `delimiters` are what an acknowledgement echoes. Source: HL7 v2.9.1 section 2.13.9.
    """

    sending_application: str = field(repr=False)
    sending_facility: str = field(repr=False)
    receiving_application: str = field(repr=False)
    receiving_facility: str = field(repr=False)
    time: str
    code: str
    trigger: str
    structure: str
    control_id: str = field(repr=False)
    processing_id: str
    version: str
    accept_ack: str
    application_ack: str
    charsets: tuple[str, ...]
    msh: bytes = field(repr=False)
    delimiters: Delimiters = field(repr=False)
    charset: str


class Message:
    """One HL7 v2 message over its raw bytes; all spans are offsets in `raw`.

    `charset` is the codec of the message, `segment_end` what ended its segments, `findings` what departed
    from the standard. Made by `parse_message`.
    """

    __slots__ = ("_header", "_named", "charset", "delimiters", "findings", "raw", "segment_end", "segments")

    def __init__(
        self,
        raw: bytes,
        encoding: Encoding,
        segments: tuple[Segment, ...],
        named: Mapping[str, list[Segment]],
        segment_end: SegmentEnd,
        findings: tuple[ReadFinding, ...],
    ) -> None:
        self.raw: Final = raw
        self.delimiters: Final = encoding.delimiters
        self.charset: Final = encoding.charset
        self.segments: Final = segments
        self.segment_end: Final = segment_end
        self.findings: Final = findings
        self._named: Final = named
        self._header: Header | None = None

    def __repr__(self) -> str:
        return f"<Message of {len(self.segments)} segments>"

    @property
    def header(self) -> Header:
        """The fields of MSH; never raises."""
        if self._header is None:
            self._header = _read_header(self.segments[0], self.delimiters, self.charset)
        return self._header

    def named(self, name: str) -> tuple[Segment, ...]:
        """The segments of that name, in order."""
        return tuple(self._named.get(name, ()))

    def escape_findings(self) -> Iterator[ReadFinding]:
        """Escape sequences that were kept as text, each code once for a field; MSH-2 only declares them."""
        escape = self.delimiters.escape
        if not escape or self.raw.find(escape, self.segments[0].span[1]) < 0:
            return
        for segment in self.segments[1:]:
            for part in segment.fields() if escape in segment.raw else ():
                found: dict[str, ReadFinding] = {}
                for fault in part.escape_findings():
                    found.setdefault(fault.code, fault)
                yield from found.values()

    def charset_fault(self) -> int | None:
        """Offset in `raw` of the first byte that the character set does not have; None if all can be decoded.

        A message with a fault belongs in quarantine: reading an element that holds such a byte raises
        UndecodableText, no byte is ever replaced.
        """
        if not self.raw.startswith(UTF8_MARK):
            return first_fault(self.raw, self.charset)
        skipped = len(UTF8_MARK)
        fault = first_fault(self.raw[skipped:], self.charset)
        return None if fault is None else fault + skipped


def _read_header(msh: Segment, delimiters: Delimiters, charset: str) -> Header:
    return Header(
        sending_application=_designator(msh, 3),
        sending_facility=_designator(msh, 4),
        receiving_application=_designator(msh, 5),
        receiving_facility=_designator(msh, 6),
        time=_component(msh, 7),
        code=_component(msh, 9),
        trigger=_component(msh, 9, 2),
        structure=_component(msh, 9, 3),
        control_id=_whole(msh, 10),
        processing_id=_component(msh, 11),
        version=_component(msh, 12),
        accept_ack=_component(msh, 15),
        application_ack=_component(msh, 16),
        charsets=_repetitions(msh, 18),
        msh=msh.raw,
        delimiters=delimiters,
        charset=charset,
    )


def _component(msh: Segment, number: int, component: int = 1) -> str:
    try:
        return msh.text(number, component)
    except UndecodableText:
        return ""


def _designator(msh: Segment, number: int) -> str:
    return _component(msh, number, 1) or _component(msh, number, 2)


def _whole(msh: Segment, number: int) -> str:
    try:
        return msh.text(number)
    except UndecodableText:
        return ""


def _repetitions(msh: Segment, number: int) -> tuple[str, ...]:
    if not msh.raw_field(number):
        return ()
    try:
        return tuple(repetition.text for repetition in msh.field(number).repetitions)
    except UndecodableText:
        return ()

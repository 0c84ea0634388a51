"""Reading one message from bytes: the mark, the delimiters, the character set, the segments.

Not for files of several messages (split.py) nor for MLLP streams (frames.py).
"""

import re
from collections.abc import Iterator
from typing import Final, Literal

from adapter.hl7v2.charset import UTF8_MARK, declared_codec, is_wide, link_codec, switches_sets
from adapter.hl7v2.delimiters import Delimiters, read_delimiters
from adapter.hl7v2.errors import UnusableMessage
from adapter.hl7v2.findings import ReadFinding
from adapter.hl7v2.message import Header, Message, SegmentEnd
from adapter.hl7v2.pieces import Encoding
from adapter.hl7v2.segments import HEADER_NAMES, Segment

SegmentEnds = Literal["any", "CR"]
"""What ends a segment: CR, LF or CRLF, or CR alone (an LF is then part of a field)."""

_LINE: Final = re.compile(rb"[^\r\n]*")
_FIRST: Final = re.compile(rb"[\r\n]*([^\r\n]*)")
_ENDS: Final = re.compile(rb"[\r\n]*")
_NOT_CR: Final = re.compile(rb"\r?\n")
_LINE_IS_SEGMENT: Final = rb"\n(?=[A-Z][A-Z0-9]{2}%s)"
_NAME: Final = re.compile(rb"[A-Z][A-Z0-9]{2}")
_NO_NAME: Final = "?"
_NOTED: Final = HEADER_NAMES | {_NO_NAME}


def parse_message(raw: bytes, *, default_charset: str = "utf-8", segment_ends: SegmentEnds = "any") -> Message:
    """Read one message; its elements are split and decoded when they are asked for.

    Segments end with CR; LF and CRLF are taken and noted. A UTF-8 byte order mark and blank lines are skipped
    and noted. With `segment_ends` CR only CR ends a segment; the finding `segment-end-refused` then tells that
    LF was used as a segment end all the same, so that such a message is not to be used. `default_charset` is
    for messages whose MSH-18 is empty or says ASCII. Raises UnusableMessage for `empty`, `not-hl7`,
    `delimiters` and `charset-unsupported`, and nothing else for any bytes; `ValueError` for a
    `default_charset` that this reader does not have. Source: HL7 v2.9.1 sections 2.5 and 2.6.
    """
    default = link_codec(default_charset)
    if is_wide(raw):
        raise UnusableMessage("charset-unsupported")
    marked = raw.startswith(UTF8_MARK)
    first = len(UTF8_MARK) if marked else 0
    start = _start(raw, first)
    delimiters = read_delimiters(raw, start)
    charset, several = _charset(raw, start, delimiters, default)
    encoding = Encoding(delimiters, charset)
    segment_end = _segment_end(raw)
    findings = _mark_findings(marked, charset)
    findings += _end_findings(raw, segment_end, segment_ends, delimiters)
    segments, named = _segments(raw, first, encoding, findings, segment_ends)
    if several:
        findings.append(ReadFinding("charset-several", "MSH[1]-18", segments[0].field(18).span))
    return Message(raw, encoding, segments, named, segment_end, tuple(findings))


def first_segment(raw: bytes) -> bytes:
    """The first segment of a message, without a byte order mark and blank lines before it."""
    found = _FIRST.match(raw.removeprefix(UTF8_MARK))
    return found[1] if found else b""


def read_header(raw: bytes, *, default_charset: str = "utf-8") -> Header:
    """The header of a message, read from its first segment alone; raises UnusableMessage as `parse_message` does."""
    return parse_message(first_segment(raw) or raw, default_charset=default_charset).header


def _start(raw: bytes, begin: int) -> int:
    """Where MSH begins."""
    ends = _ENDS.match(raw, begin)
    start = ends.end() if ends else begin
    if raw.startswith(b"MSH", start):
        return start
    raise UnusableMessage("not-hl7" if raw[start:].strip() else "empty", start)


def _charset(raw: bytes, start: int, delimiters: Delimiters, default: str) -> tuple[str, bool]:
    """The codec by MSH-18, and whether it names several sets."""
    line = _LINE.match(raw, start)
    msh = line[0].split(delimiters.field, 20) if line else []
    msh_18 = msh[17] if len(msh) > 17 else b""
    parts = msh_18.split(delimiters.repetition) if delimiters.repetition else [msh_18]
    names = [part.decode("latin-1") for part in parts]  # names only, to look up; an odd one is refused
    switched = switches_sets(raw, names, msh[19] if len(msh) > 19 else b"")
    return declared_codec(names, default, switched=switched), len(set(names)) > 1


def _segment_end(raw: bytes) -> SegmentEnd:
    carriage_returns, line_feeds = raw.count(b"\r"), raw.count(b"\n")
    if not line_feeds:
        return "CR" if carriage_returns else "none"
    pairs = raw.count(b"\r\n")
    if pairs == carriage_returns == line_feeds:
        return "CRLF"
    return "mixed" if carriage_returns else "LF"


def _mark_findings(marked: bool, charset: str) -> list[ReadFinding]:
    """Whether there is a byte order mark, and whether the character set says otherwise."""
    found: list[ReadFinding] = []
    if marked:
        found.append(ReadFinding("byte-order-mark", "MSH[1]", (0, len(UTF8_MARK))))
        if charset != "utf-8":
            found.append(ReadFinding("byte-order-mark-contradicts-charset", "MSH[1]-18", (0, len(UTF8_MARK))))
    return found


def _end_findings(
    raw: bytes, segment_end: SegmentEnd, segment_ends: SegmentEnds, delimiters: Delimiters
) -> list[ReadFinding]:
    """Whether LF ends segments; where only CR may, an LF that no segment name follows is part of a field."""
    if segment_end in ("CR", "none"):
        return []
    if segment_ends == "any":
        not_cr = _NOT_CR.search(raw)
        return [ReadFinding("segment-end-not-cr", "MSH[1]", not_cr.span())] if not_cr else []
    segment = re.search(_LINE_IS_SEGMENT % re.escape(delimiters.field), raw)
    return [ReadFinding("segment-end-refused", "MSH[1]", segment.span())] if segment else []


def _segments(
    raw: bytes, first: int, encoding: Encoding, findings: list[ReadFinding], segment_ends: SegmentEnds
) -> tuple[tuple[Segment, ...], dict[str, list[Segment]]]:
    delimiter = encoding.delimiters.field
    named: dict[str, list[Segment]] = {}
    segments: list[Segment] = []
    names: dict[bytes, str] = {}
    at, blank = first, None
    lines = raw[first:].splitlines(keepends=True) if segment_ends == "any" else _lines_by_cr(raw[first:])
    for line in lines:
        content, begin = line.rstrip(b"\r\n"), at
        at += len(line)
        if not content:
            blank = blank or (begin, at)
            continue
        opening = content[:4]
        name = names.get(opening)
        if name is None:
            name = names[opening] = _name(opening, delimiter)
        same = named.get(name)
        if same is None:
            same = named[name] = []
        segment = Segment(name, len(same) + 1, len(segments), content, begin, encoding)
        same.append(segment)
        segments.append(segment)
        if name in _NOTED:
            _note_name(findings, segment)
    if blank is not None:
        findings.append(ReadFinding("blank-segment", "MSH[1]", blank))
    return tuple(segments), named


def _lines_by_cr(raw: bytes) -> Iterator[bytes]:
    """The lines with their CR; a part after the last CR has none.

    The header ends at an LF too: what an acknowledgement echoes of it must never be another segment.
    """
    header = _FIRST.match(raw)
    end = header.end() + 1 if header else 0
    yield from raw[:end].splitlines(keepends=True)
    *ended, last = raw[end:].split(b"\r")
    yield from (line + b"\r" for line in ended)
    if last:
        yield last


def _note_name(findings: list[ReadFinding], segment: Segment) -> None:
    if segment.name == _NO_NAME:
        findings.append(ReadFinding("segment-name", segment.address, segment.span))
    elif segment.position:
        findings.append(ReadFinding("second-header", segment.address, segment.span))


def _name(opening: bytes, delimiter: bytes) -> str:
    """The segment's name from its first 4 bytes; `?` where it has none: content never shows as a name."""
    name, after = opening[:3], opening[3:]
    if after in (delimiter, b"") and _NAME.fullmatch(name):
        return name.decode("ascii")
    if name == b"MSH" and after and not after.isalnum():
        return "MSH"  # the header of another message, with delimiters of its own
    return _NO_NAME

"""Opening what arrived: the MSH of any message, also of one that cannot be read as a whole.

Not for whether it is accepted (acceptance.py) nor for its content (content.py).
"""

import re
from dataclasses import dataclass
from typing import Final

from adapter.hl7v2 import Header, Message, UnusableMessage, parse_message
from adapter.hl7v2.charset import UTF8_MARK
from adapter.server.acceptance import Acceptance

_LINE: Final = re.compile(rb"[\r\n]*([^\r\n]*)")


@dataclass(frozen=True, slots=True)
class Opened:
    """What could be read of the received bytes.

    `header` is None where there is no usable MSH; `message` where it is, but the whole is not, for the reason
    `fault`: a code of UnusableMessage, `too-large` or `too-many-parts`.
    """

    header: Header | None
    message: Message | None = None
    fault: str = ""


def open_message(raw: bytes, acceptance: Acceptance) -> Opened:
    """Read the bytes as far as they can be read and as the limits allow; never raises for any bytes."""
    try:
        header = _header(raw, acceptance.charset)
        if len(raw) > acceptance.most_bytes:
            return Opened(header, None, "too-large")
        if _parts(raw, header) > acceptance.most_parts:
            return Opened(header, None, "too-many-parts")
        message = parse_message(raw, default_charset=acceptance.charset)
    except UnusableMessage as error:
        return _opened_in_part(raw, error)
    return Opened(message.header, message)


def _header(raw: bytes, default_charset: str) -> Header:
    """The header, from the first segment alone."""
    return parse_message(_first_line(raw) or raw, default_charset=default_charset).header


def _parts(raw: bytes, header: Header) -> int:
    repetition = header.delimiters.repetition
    segments = max(raw.count(b"\r"), raw.count(b"\n"))
    return segments + (raw.count(repetition) if repetition else 0)


def _opened_in_part(raw: bytes, error: UnusableMessage) -> Opened:
    """With the header, where it is only the character set that this reader does not have."""
    if error.code != "charset-unsupported":
        return Opened(None, None, error.code)
    line = _first_line(raw)
    fields = line.split(line[3:4]) if line[3:4] else []
    fields[17:] = []  # MSH-18 and what stands after it
    try:
        header = parse_message(line[3:4].join(fields), default_charset="latin-1").header
    except UnusableMessage:
        return Opened(None, None, error.code)
    return Opened(header, None, error.code)


def _first_line(raw: bytes) -> bytes:
    found = _LINE.match(raw.removeprefix(UTF8_MARK))
    return found[1] if found else b""

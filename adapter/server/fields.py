"""Fields of MSH as the journal and the checks need them: raw, or as text fit for an index.

Not for reading MSH in the first place (hl7v2), nor for judging it (acceptance.py).
"""

import re
from typing import Final

from adapter.hl7v2 import Header
from adapter.store import INDEXED_LENGTH

_NULL: Final = b'""'
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def element(header: Header, number: int) -> bytes:
    """A field of MSH as sent, empty where it is absent or the HL7 null."""
    fields = header.msh.split(header.delimiters.field)
    raw = fields[number - 1] if number <= len(fields) else b""
    return b"" if raw == _NULL else raw


def sender(header: Header) -> str:
    """MSH-3 and MSH-4 as one text, `LAB|HOSP`."""
    return indexed(f"{header.sending_application}|{header.sending_facility}")


def control_id(header: Header) -> str:
    """MSH-10 for the index: its text, else its bytes as they are where the character set lacks them."""
    return indexed(header.control_id or element(header, 10).decode("ascii", errors="backslashreplace"))


def type_of(header: Header) -> str:
    """MSH-9 as `ORU^R01`."""
    return indexed("^".join(part for part in (header.code, header.trigger) if part))


def named(header: Header | None) -> dict[str, str]:
    """Who sent what, for a line of the log: sender and type as they stand in the journal; no patient data."""
    return {} if header is None else {"sender": sender(header), "type": type_of(header)}


def indexed(text: str) -> str:
    """A text of the sender made fit for the index: control characters gone, length bounded."""
    return _CONTROLS.sub("", text)[:INDEXED_LENGTH]

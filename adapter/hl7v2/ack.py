"""Acknowledgement messages: MSH, MSA and ERR written from the sender's own MSH.

Not for choosing the answer: the code and the errors are the caller's. Source: HL7 v2.9.1 section 2.8.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Literal

from adapter.hl7v2.charset import codec_of, is_wide
from adapter.hl7v2.delimiters import STANDARD, Delimiters, read_delimiters, usable
from adapter.hl7v2.errors import UnusableMessage
from adapter.hl7v2.message import Header, Message
from adapter.hl7v2.write import Writer

AckCode = Literal["AA", "AE", "AR", "CA", "CE", "CR"]
Severity = Literal["E", "W", "I", "F"]

HL70357: Final[Mapping[str, str]] = {
    "0": "Message accepted",
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "206": "Application record locked",
    "207": "Application internal error",
}
"""Table HL70357, message error condition codes."""

_BLOCK_BYTES: Final = b"\x0b\x1c"
_HEAD: Final = 65536
_MSH: Final = re.compile(rb"(?:\A|(?<=[\r\n\x0b]))(?:\xef\xbb\xbf)?(MSH[^\r\n]*)")
_ADDRESS: Final = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+)(?:\[(\d+)\])?(?:\.(\d+)(?:\.(\d+))?)?)?")
_ERL: Final = re.compile(r"([A-Z][A-Z0-9]{2})(?:\^(\d+)(?:\^(\d+)(?:\^(\d+)(?:\^(\d+)(?:\^(\d+))?)?)?)?)?")
_VERSION: Final = re.compile(rb"\d{1,2}(?:\.\d{1,2}){1,2}")
_NEWEST: Final = (99,)
_SIGNS: Final = "+-"
"""What a time holds besides digits."""


@dataclass(frozen=True, slots=True)
class AckError:
    """One error or warning in an acknowledgement.

    `code` is of table HL70357; `location` is an HL7 address (`MSH[1]-9.1`) or ERL text (`MSH^1^9^1^1`), empty
    for the message as a whole; `severity` is of HL70516; `text` is for people and never holds patient data. A
    code or location of another form is a `ValueError`.
    """

    code: str
    location: str
    severity: Severity
    text: str

    def __post_init__(self) -> None:
        if self.code not in HL70357:
            raise ValueError("not a code of table HL70357")
        if self.location and not self._place():
            raise ValueError("not an HL7 address such as MSH[1]-9.1")

    @property
    def place(self) -> tuple[str, ...]:
        """The location as ERL components: segment, number, field, repetition, component, sub-component."""
        return self._place()

    def _place(self) -> tuple[str, ...]:
        match = _ADDRESS.fullmatch(self.location) or _ERL.fullmatch(self.location)
        if match is None:
            return ()
        segment, number, *inner = match.groups()
        inner = [part or "" for part in inner]
        if any(inner[2:]):
            inner[1] = inner[1] or "1"
        parts = [segment, number or "1", *inner]
        while not parts[-1]:
            parts.pop()
        return tuple(parts)


@dataclass(frozen=True, slots=True)
class _Received:
    """What an answer needs of the received MSH: its fields as bytes, delimiters, a codec for our own text."""

    fields: tuple[bytes, ...]
    delimiters: Delimiters
    codec: str

    @classmethod
    def of(cls, header: Header) -> "_Received":
        """That of a header that could be read."""
        return cls(tuple(header.msh.split(header.delimiters.field)), header.delimiters, header.charset)

    def field(self, number: int) -> bytes:
        """An MSH field as received, without the bytes of MLLP blocks, which would end the answer's frame."""
        raw = self.fields[number - 1] if number <= len(self.fields) else b""
        return raw.translate(None, _BLOCK_BYTES)


@dataclass(frozen=True, slots=True)
class AckForm:
    """An acknowledgement but for its own time and control id and the control id that it answers.

    It serves all messages whose MSH is the same but for its time and control id.
    """

    _parts: tuple[bytes, bytes, bytes, bytes] = field(repr=False)
    _writer: Writer
    _signs_are_plain: bool

    def filled(self, answered: bytes, *, control_id: str, now: datetime) -> bytes:
        """The acknowledgement, unframed; `answered` is MSH-10 as received, `now` is aware. Raises ValueError."""
        offset = now.utcoffset()
        if offset is None:
            raise ValueError("the time of an acknowledgement needs a zone")
        before, between, after, rest = self._parts
        stamp = _time(now.replace(microsecond=0), offset)
        time = stamp if self._signs_are_plain else self._writer.text(stamp.decode("ascii"))
        own = control_id.encode("ascii") if _is_plain(control_id) else self._writer.text(control_id)
        return b"".join((before, time, between, own, after, answered.translate(None, _BLOCK_BYTES), rest))


def _is_plain(text: str) -> bool:
    """Letters and digits of ASCII, none of which is ever a delimiter."""
    return text.isascii() and text.isalnum()


@lru_cache(maxsize=64)
def _time(second: datetime, _offset: timedelta) -> bytes:
    """One second as DTM; the same second of another zone is another text."""
    return second.strftime("%Y%m%d%H%M%S%z").encode("ascii")


def ack_form(
    received: Header,
    *,
    code: AckCode,
    errors: Sequence[AckError] = (),
    expected: int | None = None,
    exchange: bool = False,
) -> AckForm:
    """What `acknowledge` writes for a header, without what is of the one message alone."""
    return _form(_Received.of(received), code, errors, expected, exchange)


def acknowledge(
    received: Message | Header,
    *,
    code: AckCode,
    control_id: str,
    now: datetime,
    errors: Sequence[AckError] = (),
    expected: int | None = None,
    exchange: bool = False,
) -> bytes:
    """The acknowledgement of a message, unframed, segments ended by CR.

    `control_id` is this answer's own MSH-10, `now` (aware) its MSH-7. MSA-2 echoes the bytes of MSH-10. The
    sender's delimiters and character set are used. Errors go to ERR by version: ERR-2, 3, 4, 8 from 2.5 on;
    before, ERR-1, the first text in MSA-3 and (from 2.2 on) its code in MSA-6. `expected` is the sequence
    number of MSA-4. An `exchange` of its own says in MSH-15 and MSH-16 that it wants no answer.
    """
    header = received.header if isinstance(received, Message) else received
    answered = _Received.of(header)
    form = _form(answered, code, errors, expected, exchange)
    return form.filled(answered.field(10), control_id=control_id, now=now)


def acknowledge_unreadable(
    raw: bytes,
    *,
    code: AckCode,
    control_id: str,
    now: datetime,
    errors: Sequence[AckError] = (),
) -> bytes:
    """The acknowledgement of bytes that `parse_message` refused; any bytes give one.

    Echoes of MSH what can be found, MSH-10 above all; MSA-2 is empty where there is none. Where the
    delimiters are unusable the answer uses `|^~\\&`.
    """
    salvaged = _salvage(raw)
    return _form(salvaged, code, errors).filled(salvaged.field(10), control_id=control_id, now=now)


def _salvage(raw: bytes) -> _Received:
    wide = is_wide(raw)
    head = raw[:_HEAD]
    if wide:
        head = head.lstrip(b"\xff\xfe\x00").replace(b"\x00", b"")
    found = _MSH.search(head)
    if found is None:
        return _Received((), STANDARD, "ascii")
    msh = found[1]
    try:
        delimiters = read_delimiters(msh, 0)
    except UnusableMessage:
        delimiters = _fallback(msh[3:4])
    fields = [part if part.isascii() or not wide else b"" for part in msh.split(msh[3:4] or b"|")]
    codec = codec_of(fields[17].decode("latin-1")) if len(fields) > 17 and not wide else None
    if codec is None:
        del fields[17:]  # the answer must not claim a character set that it is not written in
    if delimiters.field != msh[3:4]:
        fields = [part if not _holds_delimiter(part, delimiters) else b"" for part in fields]
    return _Received(tuple(fields), delimiters, codec or "ascii")


def _fallback(field: bytes) -> Delimiters:
    """Usable delimiters for an answer, with the sender's field delimiter where that can serve."""
    if not usable(field) or field in STANDARD.encoding_characters:
        return STANDARD
    return Delimiters(field, b"^", b"~", b"\\", b"&", b"")


def _holds_delimiter(raw: bytes, delimiters: Delimiters) -> bool:
    return any(mark in raw for mark in (delimiters.field, *map(bytes, zip(delimiters.encoding_characters))))


def _form(
    received: _Received,
    code: AckCode,
    errors: Sequence[AckError],
    expected: int | None = None,
    exchange: bool = False,
) -> AckForm:
    delimiters = received.delimiters.completed()
    version = _version(received.field(12), delimiters)
    writer = Writer(delimiters, received.codec)
    before, between, after = _msh(received, writer, version, exchange)
    msa = [b"", *_msa_detail(writer, errors, version, expected)]
    segments = [_trimmed(msa, least=1), *_err(writer, errors, version)]
    opening = [b"MSA", code.encode("ascii"), b""]
    rest = b"".join(writer.segment(segment) for segment in segments)
    join = delimiters.field.join
    parts = (join([*before, b""]), join([b"", *between, b""]), writer.segment([b"", *after]) + join(opening), rest)
    signs_are_plain = writer.text(_SIGNS) == _SIGNS.encode("ascii")
    return AckForm(parts, writer, signs_are_plain)


def _trimmed(fields: list[bytes], least: int) -> list[bytes]:
    """The fields without empty ones at the end; so many are kept in any case."""
    while len(fields) > least and not fields[-1]:
        fields.pop()
    return fields


def _msa_detail(
    writer: Writer, errors: Sequence[AckError], version: tuple[int, ...], expected: int | None
) -> list[bytes]:
    """MSA-3 to MSA-6: the text and the code of the first error before version 2.5, the sequence number expected."""
    old = version < (2, 5) and bool(errors)
    text = writer.text(errors[0].text) if old else b""
    code = writer.composite([writer.text(part) for part in _condition(errors[0])]) if old and version > (2, 1) else b""
    return [text, b"" if expected is None else str(expected).encode("ascii"), b"", code]


def _msh(
    received: _Received, writer: Writer, version: tuple[int, ...], exchange: bool
) -> tuple[list[bytes], list[bytes], list[bytes]]:
    """The fields of the answer's MSH before its time, from there to its control id, and after that."""
    sent = received.field
    before = [b"MSH", writer.delimiters.encoding_characters, sent(5), sent(6), sent(3), sent(4)]
    between = [b"", _message_type(writer, sent(9), version)]
    conditions = [b"NE", b"NE"] if exchange else [b"", b""]
    after = [sent(11), sent(12), b"", b"", *conditions, b"", sent(18)]
    return before, between, _trimmed(after, least=2)


def _message_type(writer: Writer, msh_9: bytes, version: tuple[int, ...]) -> bytes:
    """MSH-9 of the answer: `ACK`, with the trigger from 2.2 and the structure from 2.3.1 on."""
    parts = msh_9.split(writer.delimiters.component)
    trigger = parts[1] if len(parts) > 1 else b""
    if not trigger or trigger == b'""' or version < (2, 2):
        return b"ACK"
    return writer.composite([b"ACK", trigger] if version < (2, 3, 1) else [b"ACK", trigger, b"ACK"])


def _err(writer: Writer, errors: Sequence[AckError], version: tuple[int, ...]) -> list[list[bytes]]:
    if version < (2, 5):
        old = writer.delimiters.repetition.join(_old_error(writer, error) for error in errors)
        return [[b"ERR", old]] if errors else []
    return [_new_error(writer, error) for error in errors]


def _new_error(writer: Writer, error: AckError) -> list[bytes]:
    location = writer.composite([part.encode("ascii") for part in error.place])
    condition = writer.composite([writer.text(part) for part in _condition(error)])
    severity = error.severity.encode("ascii")
    return [b"ERR", b"", location, condition, severity, b"", b"", b"", writer.text(error.text)]


def _old_error(writer: Writer, error: AckError) -> bytes:
    """ERR-1 (ELD): segment, its number, field, and the condition as sub-components."""
    place = [part.encode("ascii") for part in (*error.place, "", "", "")[:3]]
    condition = writer.delimiters.subcomponent.join(writer.text(part) for part in _condition(error))
    return writer.composite([*place, condition])


def _condition(error: AckError) -> tuple[str, str, str]:
    return error.code, HL70357[error.code], "HL70357"


def _version(msh_12: bytes, delimiters: Delimiters) -> tuple[int, ...]:
    """The version as numbers; one that cannot be read counts as the newest."""
    text = msh_12.split(delimiters.component)[0]
    if not _VERSION.fullmatch(text):
        return _NEWEST
    return tuple(int(part) for part in text.split(b"."))

"""Character sets: which one a message declares in MSH-18, and decoding by it without ever replacing a byte.

Only sets that keep ASCII bytes as ASCII are read, since a message is split as bytes; not for escape
sequences.
"""

import codecs
import re
from collections.abc import Sequence
from typing import Final

from adapter.hl7v2.errors import UndecodableText, UnusableMessage

UTF8_MARK: Final = codecs.BOM_UTF8
_WIDE_STARTS: Final = (
    codecs.BOM_UTF16_LE,
    codecs.BOM_UTF16_BE,
    codecs.BOM_UTF32_BE,
    b"M\x00S\x00H\x00",
    b"\x00M\x00S\x00H",
    b"M\x00\x00\x00S\x00\x00\x00",
    b"\x00\x00\x00M\x00\x00\x00S",
)
_ESCAPE_BYTE: Final = b"\x1b"
_UTF8_NAMES: Final = frozenset({"UNICODE UTF-8", "UNICODE", "UTF-8", "UTF8"})
_ASCII_NAMES: Final = frozenset({"", '""', "ASCII", "US-ASCII"})
_WINDOWS_NAMES: Final = frozenset({"WINDOWS-1252", "CP1252"})
_LATIN_NAMES: Final = frozenset({"LATIN-1", "LATIN1"})
_ISO_8859: Final = re.compile(r"(?:ISO[ _-]?)?8859[/-]([1-9]|1[0-5])", re.ASCII)


def is_wide(raw: bytes) -> bool:
    """Whether the bytes are UTF-16 or UTF-32 text, by byte order mark or by NUL bytes in MSH."""
    return raw.startswith(_WIDE_STARTS)


def codec_of(name: str) -> str | None:
    """The Python codec of a character set name (HL70211, or a usual spelling); None if it cannot be read.

    Names of ASCII give `ascii`. UTF-16, UTF-32, the ISO 2022 sets and other sets whose characters may hold
    the byte of a delimiter are not read. ISO 8859 has no part 12.
    """
    spelling = " ".join(name.upper().split())
    if spelling in _UTF8_NAMES:
        return "utf-8"
    if spelling in _ASCII_NAMES:
        return "ascii"
    if spelling in _WINDOWS_NAMES:
        return "cp1252"
    if spelling in _LATIN_NAMES:
        return "latin-1"
    part = _ISO_8859.fullmatch(spelling)
    if part is None or part[1] == "12":
        return None
    return "latin-1" if part[1] == "1" else f"iso8859-{part[1]}"


def link_codec(name: str) -> str:
    """The codec for messages that declare no set; `ValueError` if this reader lacks it (a setting)."""
    codec = codec_of(name)
    if codec is None:
        raise ValueError("default_charset is not a character set that keeps ASCII bytes as ASCII")
    return codec


def declared_codec(msh_18: Sequence[str], default: str, *, switched: bool) -> str:
    """The codec for a message whose MSH-18 repetitions are given; `default` where it says nothing or ASCII.

    `switched` tells that the bytes hold ISO 2022 escapes under a declaration that allows them. Raises
    UnusableMessage `charset-unsupported` where any repetition names a set that is not read: bytes of that set
    may stand anywhere. Source: HL7 v2.9.1 sections 2.6.3 and 2.13.9.18.
    """
    found = [codec_of(name) for name in msh_18]
    if switched or None in found:
        raise UnusableMessage("charset-unsupported")
    first = next((codec for codec in found[:1] if codec is not None), "ascii")
    return default if first == "ascii" else first


def switches_sets(raw: bytes, msh_18: Sequence[str], msh_20: bytes) -> bool:
    """Whether the bytes hold ISO 2022 escapes (0x1B) and MSH-18 or MSH-20 says that these switch the set."""
    return (len(msh_18) > 1 or msh_20 not in (b"", b'""')) and _ESCAPE_BYTE in raw


def decode(raw: bytes, codec: str) -> str:
    """The text of the bytes; UndecodableText (which holds none of them) where the set lacks a byte."""
    try:
        return raw.decode(codec)
    except UnicodeDecodeError as fault:
        offset = fault.start
    raise UndecodableText(offset)  # outside the handler: its context would carry the bytes into a traceback


def first_fault(raw: bytes, codec: str) -> int | None:
    """Offset of the first byte that the character set does not have; None where all can be decoded."""
    if raw.isascii():
        return None
    try:
        decode(raw, codec)
    except UndecodableText as fault:
        return fault.offset
    return None

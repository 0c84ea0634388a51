"""Escape sequences: from the bytes of one element, already split, to its text.

Not for splitting: a delimiter that comes out of an escape is text and never structure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, assert_never

from adapter.hl7v2.charset import decode
from adapter.hl7v2.delimiters import Delimiters
from adapter.hl7v2.errors import UndecodableText
from adapter.hl7v2.findings import FindingCode

_FORMAT: Final = re.compile(rb"\.(br|sp|ce|in|ti|sk|fi|nf)[+-]?\d{0,6}", re.IGNORECASE)
_FORMAT_TEXT: Final = {
    b"br": "\n",
    b"sp": "\n",
    b"ce": "\n",
    b"in": " ",
    b"ti": " ",
    b"sk": " ",
    b"fi": "",
    b"nf": "",
}
_HEX: Final = re.compile(rb"X((?:[0-9A-Fa-f]{2})+)")

_Kind = Literal["delimiter", "highlight", "hex", "format", "local", "charset-switch"]


@dataclass(frozen=True, slots=True)
class _Piece:
    """One stretch of an element: plain bytes (kind None), or an escape body without its escape characters."""

    offset: int
    raw: bytes
    kind: _Kind | None
    fault: FindingCode | None = None


def unescape(raw: bytes, delimiters: Delimiters, charset: str, formatted: bool = False) -> str:
    """The text of one element with its escape sequences resolved.

    `charset` is the codec (`Message.charset`). `formatted` is for FT, TX and CF: line breaks and indents
    (`\\.br\\`, `\\.sp\\`, `\\.in\\` ...) become one newline or blank; elsewhere they stay text. Highlighting
    is dropped; hexadecimal bytes are decoded in the character set; local (`\\Z..\\`), character set
    (`\\C..\\`, `\\M..\\`) and unknown sequences stay as sent. An escape character that opens nothing known is
    text, and the next one may open a sequence. Raises UndecodableText. Source: HL7 v2.9.1 section 2.6.
    """
    if not delimiters.escape or delimiters.escape not in raw:
        return decode(raw, charset)
    return "".join(_text(piece, delimiters, charset, formatted) for piece in _pieces(raw, delimiters))


def escape_faults(raw: bytes, delimiters: Delimiters, charset: str) -> tuple[tuple[FindingCode, tuple[int, int]], ...]:
    """What is wrong with the escape sequences of one element: codes with byte spans in the element."""
    if not delimiters.escape or delimiters.escape not in raw:
        return ()
    found: list[tuple[FindingCode, tuple[int, int]]] = []
    for piece in _pieces(raw, delimiters):
        fault = piece.fault
        if piece.kind == "charset-switch":
            fault = "charset-switch"
        elif piece.kind == "hex" and _hex_text(piece.raw, charset) is None:
            fault = "escape-hex"
        if fault is not None:
            found.append((fault, (piece.offset, piece.offset + len(piece.raw) + (2 if piece.kind else 0))))
    return tuple(found)


def single_line(text: str) -> str:
    """The text with CR and LF (of `\\X0D\\` and `\\X0A\\`) as blanks: for identifiers and codes."""
    return text.replace("\r", " ").replace("\n", " ")


def _pieces(raw: bytes, delimiters: Delimiters) -> Iterator[_Piece]:
    escape = delimiters.escape
    parts = raw.split(escape)
    last = len(parts) - 1
    yield _Piece(0, parts[0], None)
    offset, index = len(parts[0]), 1
    while index <= last:
        body = parts[index]
        kind = _kind(body, delimiters) if index < last else None
        if kind is None:
            yield _Piece(offset, escape + body, None, "escape-unknown" if index < last else "escape-unclosed")
            offset, index = offset + 1 + len(body), index + 1
        else:
            yield _Piece(offset, body, kind)
            after = offset + len(body) + 2
            yield _Piece(after, parts[index + 1], None)
            offset, index = after + len(parts[index + 1]), index + 2


def _kind(body: bytes, delimiters: Delimiters) -> _Kind | None:
    """What sort of escape sequence a body is; None if it is none."""
    match body[:1]:
        case b"F" | b"S" | b"T" | b"R" | b"E" | b"P" if len(body) == 1:
            return "delimiter" if _delimiter(body, delimiters) else None
        case b"H" | b"N" if len(body) == 1:
            return "highlight"
        case b"X" if len(body) > 1:
            return "hex"
        case b"Z":
            return "local"
        case b"C" | b"M" if 5 <= len(body) <= 7 and body[1:].isalnum():
            return "charset-switch"
        case b"." if _FORMAT.fullmatch(body):
            return "format"
        case _:
            return None


def _delimiter(letter: bytes, delimiters: Delimiters) -> bytes:
    """The delimiter that a letter names; empty where the message does not declare it."""
    match letter:
        case b"F":
            return delimiters.field
        case b"S":
            return delimiters.component
        case b"T":
            return delimiters.subcomponent
        case b"R":
            return delimiters.repetition
        case b"E":
            return delimiters.escape
        case _:
            return delimiters.truncation


def _text(piece: _Piece, delimiters: Delimiters, charset: str, formatted: bool) -> str:
    match piece.kind:
        case None:
            return decode(piece.raw, charset)
        case "delimiter":
            return _delimiter(piece.raw, delimiters).decode("ascii")
        case "highlight":
            return ""
        case "hex":
            text = _hex_text(piece.raw, charset)
            return _as_sent(piece, delimiters, charset) if text is None else text
        case "format" if formatted:
            return _FORMAT_TEXT[piece.raw[1:3].lower()]
        case "format" | "local" | "charset-switch":
            return _as_sent(piece, delimiters, charset)
        case _:
            assert_never(piece.kind)


def _as_sent(piece: _Piece, delimiters: Delimiters, charset: str) -> str:
    return decode(delimiters.escape + piece.raw + delimiters.escape, charset)


def _hex_text(body: bytes, charset: str) -> str | None:
    """The text of `X` and pairs of hexadecimal digits; None where they are no characters of the set."""
    digits = _HEX.fullmatch(body)
    if digits is None:
        return None
    try:
        return decode(bytes.fromhex(digits[1].decode("ascii")), charset)
    except UndecodableText:
        return None

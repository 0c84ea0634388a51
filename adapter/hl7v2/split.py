"""Splitting a file or an upload into messages: MLLP frames, bare messages one after another, batch files.

Not for streams (frames.py), and a chunk is not yet known to be readable (read.py).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from adapter.hl7v2.charset import is_wide
from adapter.hl7v2.findings import Span

ChunkKind = Literal["message", "truncated", "batch", "noise"]

_MARK: Final = rb"(?:\xef\xbb\xbf)?"
_BLOCK: Final = re.compile(rb"\x0b(?=[\r\n]{0,8}" + _MARK + rb"(?:MSH|FHS|BHS)[^A-Za-z0-9])|\x1c(?=[\r\n])|\x1c\Z")
_HEADER: Final = re.compile(rb"(?:(?<=[\r\n\x0b\x1c])|\A)" + _MARK + rb"(MSH|FHS|BHS|BTS|FTS)(?=[^A-Za-z0-9]|\Z)")
_LINE_END: Final = re.compile(rb"[\r\n]|\Z")
_BLANK: Final = b" \t\r\n\x0b\x1c"


@dataclass(frozen=True, slots=True)
class Chunk:
    """One stretch of a file: `span` in the file and the bytes there.

    `message` begins with MSH; `truncated` is a message whose MLLP frame has no end block; `batch` is one FHS,
    BHS, BTS or FTS segment; `noise` is anything else. Blanks, line ends and MLLP blocks between chunks belong
    to none.
    """

    kind: ChunkKind
    span: Span
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Region:
    """A part of the file outside of MLLP blocks or within one frame; `open_ended` if the frame never ends."""

    begin: int
    end: int
    open_ended: bool


def split_messages(raw: bytes) -> tuple[Chunk, ...]:
    """The messages of a file in order, with everything that stands between them.

    The spans of the chunks cover every byte that is not blank. A start block counts where a header segment
    follows it; an end block where a line end or the end of the file follows. UTF-16 and UTF-32 files come
    back as one message, for the reader to refuse with its reason. Source: HL7 v2.9.1 section 2.10.3
    (batches).
    """
    if is_wide(raw):
        return (Chunk("message", (0, len(raw)), raw),)
    return tuple(chunk for region in _regions(raw) for chunk in _chunks(raw, region))


def _regions(raw: bytes) -> Iterator[_Region]:
    begin, framed = 0, False
    for block in _BLOCK.finditer(raw):
        starts = block.group() == b"\x0b"
        yield _Region(begin, block.start(), framed and starts)
        begin, framed = block.end(), starts
    yield _Region(begin, len(raw), framed)


def _chunks(raw: bytes, region: _Region) -> Iterator[Chunk]:
    headers = list(_HEADER.finditer(raw, region.begin, region.end))
    bounds = [header.start() for header in headers] + [region.end]
    yield from _trimmed(raw, "noise", region.begin, bounds[0])
    for header, end in zip(headers, bounds[1:], strict=True):
        if header[1] == b"MSH":
            cut = region.open_ended and end == region.end
            yield from _trimmed(raw, "truncated" if cut else "message", header.start(), end)
        else:
            line = _LINE_END.search(raw, header.end(), end)
            line_end = line.start() if line else end
            yield from _trimmed(raw, "batch", header.start(), line_end)
            yield from _trimmed(raw, "noise", line_end, end)


def _trimmed(raw: bytes, kind: ChunkKind, begin: int, end: int) -> Iterator[Chunk]:
    """The chunk without blanks around it; none if there is nothing else."""
    content = raw[begin:end]
    inner = content.lstrip(_BLANK)
    start = begin + len(content) - len(inner)
    inner = inner.rstrip(_BLANK)
    if inner:
        yield Chunk(kind, (start, start + len(inner)), inner)

"""What keeps a peer from reading a message as a whole, and the nearest message that it can read.

Not for single elements and texts (of_python_hl7.py, of_hl7apy.py).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from hl7apy import SUPPORTED_LIBRARIES
from hl7apy.core import Segment
from hl7apy.exceptions import InvalidName

from tests.hl7v2.differential.differences import Compared, Peer
from tests.hl7v2.differential.meaning import Line, Meant, Piece, Reading, encode
from tests.hl7v2.differential.readers import Placed, Refused


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A row of the table, when it is met, how the message is mended for the peer, and what may come of it as it is.

    An outcome is the class of an exception, or `read`.
    """

    row: str
    met: Callable[[Meant], bool]
    mended: Callable[[Meant], Meant]
    outcomes: Collection[str]


def overcome(
    peer: Peer,
    meant: Meant,
    read: Callable[[Meant], Reading | tuple[Placed, ...] | Refused],
    compared: Compared,
) -> Meant:
    """The message without the peer's obstacles, each checked to be one."""
    for obstacle in OBSTACLES[peer]:
        if obstacle.met(meant):
            compared.meet(peer, obstacle.row)
            _check(obstacle, read(meant), meant, compared)
            meant = obstacle.mended(meant)
    return meant


def _check(
    obstacle: Obstacle, outcome: Reading | tuple[Placed, ...] | Refused, meant: Meant, compared: Compared
) -> None:
    said = outcome.reason if isinstance(outcome, Refused) else "read"
    if said not in obstacle.outcomes:
        compared.unexplained.append(f"{obstacle.row}: {said} instead of {sorted(obstacle.outcomes)}")
    if obstacle.row == "segment-end" and isinstance(outcome, tuple):
        names = {segment.name if isinstance(segment, Placed) else segment[0] for segment in outcome}
        if names & {line.name for line in meant.lines[1:]} - {"MSH"}:
            compared.unexplained.append("segment-end: segments were found all the same")


def _without_mark(meant: Meant) -> Meant:
    return replace(meant, byte_order_mark=False)


def _cr_ended(meant: Meant) -> Meant:
    return replace(meant, end="\r")


def _fully_declared(meant: Meant) -> Meant:
    """With delimiters that the message does not use for those that it leaves out."""
    used = encode(meant).decode(meant.codec)
    spare = (mark for mark in "^~\\&!$%@*+;:?=#{}[]()_" if mark not in used)
    marks = meant.marks
    escape, subcomponent = marks.escape or next(spare), marks.subcomponent or next(spare)
    return replace(meant, marks=replace(marks, escape=escape, subcomponent=subcomponent))


def _without_truncation(meant: Meant) -> Meant:
    return replace(meant, marks=replace(meant.marks, truncation=""))


def _with_known_version(meant: Meant) -> Meant:
    known = "2.8.2" if meant.version > "2.8" else "2.7"
    header = meant.lines[0]
    fields = (*header.fields[:9], ((((_plain(known),),),),), *header.fields[10:])
    return replace(meant, lines=(replace(header, fields=fields), *meant.lines[1:]))


def _plain(text: str) -> Piece:
    return Piece("plain", text, text, text)


def _known(meant: Meant, line: Line) -> bool:
    return line.name == "MSH" or _is_segment(meant.version, line.name)


@cache
def _is_segment(version: str, name: str) -> bool:
    try:
        Segment(name, version=version)
    except InvalidName:
        return False
    return True


def _without_unknown_segments(meant: Meant) -> Meant:
    return replace(meant, lines=tuple(line for line in meant.lines if _known(meant, line)))


def _in_the_hole(meant: Meant, line: Line) -> bool:
    return meant.version == "2.7" and line.name == "TQ1" and bool(line.fields) and line.fields[0] != ()


def _without_the_hole(meant: Meant) -> Meant:
    return replace(meant, lines=tuple(line for line in meant.lines if not _in_the_hole(meant, line)))


def _has_unknown_segments(meant: Meant) -> bool:
    return not all(_known(meant, line) for line in meant.lines)


def _has_the_hole(meant: Meant) -> bool:
    return any(_in_the_hole(meant, line) for line in meant.lines)


def _truncates_early(meant: Meant) -> bool:
    return bool(meant.marks.truncation) and meant.version < "2.7"


def _undeclared(meant: Meant) -> bool:
    return not (meant.marks.escape and meant.marks.subcomponent)


def _unread_segment_end(meant: Meant) -> bool:
    """CRLF is read where nothing but a segment stands between two of them."""
    empty_lines = meant.ended or any(line.blank_lines for line in meant.lines)
    return meant.end == "\n" or (meant.end == "\r\n" and empty_lines)


OBSTACLES: Final[dict[Peer, tuple[Obstacle, ...]]] = {
    "python-hl7": (
        Obstacle("byte-order-mark", lambda meant: meant.byte_order_mark, _without_mark, {"ParseException"}),
        Obstacle("undeclared-delimiters", _undeclared, _fully_declared, {"AssertionError", "read"}),
        Obstacle("segment-end", lambda meant: meant.end != "\r", _cr_ended, {"read"}),
    ),
    "hl7apy": (
        Obstacle("byte-order-mark", lambda meant: meant.byte_order_mark, _without_mark, {"ParserError"}),
        Obstacle("undeclared-delimiters", _undeclared, _fully_declared, {"InvalidEncodingChars"}),
        Obstacle("truncation-before-2.7", _truncates_early, _without_truncation, {"InvalidEncodingChars"}),
        Obstacle(
            "segment-end",
            _unread_segment_end,
            _cr_ended,
            {"UnsupportedVersion", "InvalidName", "TypeError", "read"},
        ),
        Obstacle(
            "version",
            lambda meant: meant.version not in SUPPORTED_LIBRARIES,
            _with_known_version,
            {"UnsupportedVersion"},
        ),
        Obstacle("segment-of-another-version", _has_unknown_segments, _without_unknown_segments, {"InvalidName"}),
        Obstacle("hole-in-the-dictionary", _has_the_hole, _without_the_hole, {"TypeError"}),
    ),
}
"""By peer, in the order in which it meets them."""

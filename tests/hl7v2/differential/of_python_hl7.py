"""What python-hl7 is expected to make of a message by the reviewed table, compared with what it does, exactly.

Not for what keeps it from reading at all (obstacles.py).
"""

from typing import Final

from tests.hl7v2.differential.differences import Compared, differing
from tests.hl7v2.differential.meaning import Leaf, Meant, Piece, Reading, encode, literal, written_leaf
from tests.hl7v2.differential.obstacles import overcome
from tests.hl7v2.differential.readers import Refused, python_hl7_reading

_Fields = list[list[list[list[str]]]]


def compare_python_hl7(meant: Meant) -> Compared:
    """Read the message with python-hl7 and compare every element and text."""
    compared = Compared()
    _compare_default_charset(meant, compared)
    meant = overcome("python-hl7", meant, _read, compared)
    predicted, found = _predicted(meant, compared), _read(meant)
    if found != predicted:
        compared.unexplained += [f"python-hl7: {line}" for line in differing(predicted, found)]
    return compared


def _read(meant: Meant) -> Reading | Refused:
    return python_hl7_reading(encode(meant), meant.codec)


def _compare_default_charset(meant: Meant, compared: Compared) -> None:
    """It takes UTF-8 where nobody tells it the character set, whatever MSH-18 says."""
    raw = encode(meant).removeprefix(b"\xef\xbb\xbf")
    try:
        raw.decode()
    except UnicodeDecodeError:
        compared.meet("python-hl7", "character-set")
        if python_hl7_reading(raw) != Refused("UnicodeDecodeError"):
            compared.unexplained.append("python-hl7: took bytes that are no UTF-8")


_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "null": ("null", '""'),
    "truncation": ("truncation-escape", ""),
    "highlight": ("highlight", "_"),
    "hex-broken": ("hex-broken", ""),
    "layout-break": ("layout", "\r"),
    "layout-indent": ("layout", "    "),
    "layout-skip": ("layout", " "),
    "layout-mode": ("layout", ""),
    "local": ("local", ""),
    "charset-switch": ("charset-switch", ""),
    "unknown": ("unknown", ""),
    "unclosed": ("unclosed", ""),
}
"""By kind of piece: the row, and the text that python-hl7 gives for it (layout: once for each that is asked for)."""


def _predicted(meant: Meant, compared: Compared) -> Reading:
    segments: list[tuple[str, _Fields]] = []
    for line in meant.lines:
        fields = [
            [[[_text(leaf, meant, compared) for leaf in component] for component in repetition] for repetition in field]
            or [[[""]]]
            for field in line.fields
        ]
        segments.append((line.name, fields))
        for _ in range(line.blank_lines if line is not meant.lines[-1] else 0):
            compared.meet("python-hl7", "blank-line")
            segments.append(("", []))
    _strip_end(segments, meant, compared)
    marks = (literal(meant.marks.field), literal(meant.marks.encoding))
    return tuple(
        (
            name,
            (*(marks if name == "MSH" else ()), *(tuple(tuple(map(tuple, r)) for r in field) for field in fields)),
        )
        for name, fields in segments
    )


def _strip_end(segments: list[tuple[str, _Fields]], meant: Meant, compared: Compared) -> None:
    """Blanks at the end of the message's text are dropped before it is split."""
    fields = meant.lines[-1].fields
    if not fields or not fields[-1]:
        return
    sent = written_leaf(fields[-1][-1][-1][-1], meant.marks)
    if sent != sent.rstrip():
        compared.meet("python-hl7", "blanks-at-the-end")
        leaf = segments[-1][1][-1][-1][-1]
        leaf[-1] = leaf[-1].rstrip()


def _text(leaf: Leaf, meant: Meant, compared: Compared) -> str:
    return "".join(_piece(piece, meant, compared) for piece in leaf)


def _piece(piece: Piece, meant: Meant, compared: Compared) -> str:
    if piece.kind == "hex-of-set":
        compared.meet("python-hl7", "hex-of-set")
        return bytes.fromhex(piece.body[1:]).decode("latin-1")
    if piece.kind not in _TEXTS:
        return piece.means
    row, text = _TEXTS[piece.kind]
    compared.meet("python-hl7", row)
    return text * int(piece.body[3:] or 1) if row == "layout" else text

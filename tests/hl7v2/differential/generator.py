"""Random messages with a known meaning, the same for the same seed: types, versions, delimiters, escapes, odd fields.

No message makes sense as medicine; each hits what readers get wrong. Hand-made messages are in traps/.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tests.hl7v2.differential.meaning import Field, Kind, Leaf, Line, Marks, Meant, Piece

VERSIONS: Final = ("2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.2", "2.9")
TYPES: Final[dict[str, Sequence[str]]] = {
    "ORU^R01^ORU_R01": ("PID", "NTE", "PV1", "ORC", "OBR", "NTE", "OBX", "OBX", "NTE", "SPM", "OBX"),
    "ADT^A08^ADT_A01": ("EVN", "PID", "PD1", "PV1", "OBX", "AL1", "DG1", "DG1", "PR1", "ZPI"),
    "ADT^A40^ADT_A39": ("EVN", "PID", "MRG", "PID", "MRG"),
    "MDM^T02^MDM_T02": ("EVN", "PID", "PV1", "TXA", "OBX", "OBX"),
    "ORM^O01^ORM_O01": ("PID", "PV1", "ORC", "OBR", "DG1", "ORC", "OBR", "ZOR"),
    "RDE^O11^RDE_O11": ("PID", "ORC", "RXE", "RXR", "RXC", "TQ1", "OBX"),
    "PPR^PC1^PPR_PC1": ("PID", "PV1", "PRB", "NTE", "VAR", "OBX"),
}
CHARSETS: Final = {
    "": ("utf-8", "äé±µ–東"),
    "ASCII": ("ascii", ""),
    "UNICODE UTF-8": ("utf-8", "äé±µ–東"),
    "8859/1": ("latin-1", "äé±µß"),
    "8859/2": ("iso8859-2", "äéłőß"),
    "8859/15": ("iso8859-15", "äé€œß"),
}
"""MSH-18, the codec that it names, and some characters of it."""

_WORDS: Final = ("liver", "lobe", "right", "segment four", "10*3/uL", "a", "0", "007", "1.50", "<0.5", "see note", "no")
_SPARE: Final = "^~\\&!$%@*+;:?=#"
_LAYOUT: Final[dict[str, tuple[Kind, str]]] = {
    ".br": ("layout-break", "\n"),
    ".sp": ("layout-break", "\n"),
    ".sp2": ("layout-break", "\n"),
    ".ce": ("layout-break", "\n"),
    ".in4": ("layout-indent", " "),
    ".ti2": ("layout-indent", " "),
    ".sk3": ("layout-skip", " "),
    ".fi": ("layout-mode", ""),
    ".nf": ("layout-mode", ""),
}
_KEPT: Final[Sequence[tuple[Kind, str]]] = (("local", "Zfrom lab"), ("charset-switch", "C2842"), ("unknown", "Q9"))


@dataclass(frozen=True, slots=True)
class _Style:
    """What one message is made with."""

    marks: Marks
    codec: str
    letters: str


def generate(seed: int) -> Meant:
    """The message of a seed."""
    return _Author(random.Random(seed)).message()


class _Author:
    """Writes one message; every choice comes from its random numbers."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._style = _Style(Marks(), "utf-8", "")

    def message(self) -> Meant:
        chance = self._chance
        version = chance.choice(VERSIONS)
        declared = chance.choice(list(CHARSETS)) if chance.random() < 0.5 else ""
        codec, letters = CHARSETS[declared]
        self._style = _Style(self._marks(version), codec, letters)
        kind = chance.choice(list(TYPES))
        lines = [self._header(kind, version, declared), *self._body(TYPES[kind])]
        end = chance.choices(["\r", "\n", "\r\n"], [8, 1, 1])[0]
        mark = codec == "utf-8" and chance.random() < 0.05
        return Meant(self._style.marks, tuple(lines), codec, end, chance.random() < 0.8, mark)

    def _marks(self, version: str) -> Marks:
        chance = self._chance
        truncates = chance.random() < (0.3 if version >= "2.7" else 0.1)
        marks = Marks(truncation="#" if truncates else "")
        if chance.random() < 0.3:
            field, *others = chance.sample("|" + _SPARE, 6)
            component, repetition, escape, subcomponent, truncation = others
            marks = Marks(field, component, repetition, escape, subcomponent, truncation if truncates else "")
        cut = chance.random()
        if cut < 0.05:
            return replace(marks, subcomponent="", truncation="")
        return replace(marks, escape="", subcomponent="", truncation="") if cut < 0.08 else marks

    def _header(self, kind: str, version: str, charset: str) -> Line:
        chance, marks = self._chance, self._style.marks
        parts = kind.split("^")[: chance.choice([2, 3])] if chance.random() < 0.95 else kind.split("^")[:1]
        texts: list[str | list[str]] = ["LAB", "HOSP", "NELM", "CLINIC", "20260110093000+0100", "", parts]
        texts += [f"A{chance.randrange(10**6)}", chance.choice(["P", "T"]), version]
        if charset:
            texts += ["", "", "", "", "", charset]
        fields = tuple(_of_texts([text] if isinstance(text, str) else text, marks) for text in texts)
        return Line("MSH", fields, self._blank_lines())

    def _body(self, names: Sequence[str]) -> list[Line]:
        chance = self._chance
        chosen = [name for name in names if chance.random() < 0.8] or ["PID"]
        if chance.random() < 0.2:
            chosen.insert(chance.randrange(len(chosen) + 1), chance.choice(["ZZ1", "PRT", "OBX", "PID"]))
        if chance.random() < 0.15:
            chance.shuffle(chosen)
        return [self._segment(name) for name in chosen]

    def _segment(self, name: str) -> Line:
        chance = self._chance
        count = chance.choices([0, chance.randrange(1, 12), 45], [1, 30, 1])[0]
        return Line(name, tuple(self._field() for _ in range(count)), self._blank_lines())

    def _blank_lines(self) -> int:
        return 1 if self._chance.random() < 0.01 else 0

    def _field(self) -> Field:
        chance, marks = self._chance, self._style.marks
        shape = chance.random()
        if shape < 0.3:
            return ()
        if shape < 0.35:
            return (((self._null(),),),)
        repetitions = chance.choice([2, 3]) if shape > 0.85 and marks.repetition else 1
        field = tuple(self._repetition() for _ in range(repetitions))
        return () if field == ((((),),),) else field

    def _repetition(self) -> tuple[tuple[Leaf, ...], ...]:
        count = self._chance.choices([1, 2, 3, 7], [10, 4, 4, 1])[0]
        return tuple(self._component() for _ in range(count))

    def _component(self) -> tuple[Leaf, ...]:
        chance = self._chance
        if chance.random() < 0.03:
            return (self._null(),)
        count = chance.choices([1, 2, 4], [16, 2, 1])[0] if self._style.marks.subcomponent else 1
        return tuple(self._leaf() for _ in range(count))

    def _null(self) -> Leaf:
        return (Piece("null", '""', "", ""),)

    def _leaf(self) -> Leaf:
        chance = self._chance
        if chance.random() < 0.1:
            return ()
        pieces = [self._plain()]
        while self._style.marks.escape and chance.random() < 0.25:
            pieces.append(self._escape())
            if pieces[-1].kind == "unclosed":
                break
            pieces.append(self._plain())
        return tuple(pieces)

    def _plain(self) -> Piece:
        chance = self._chance
        text = chance.choice(_WORDS)
        if self._style.letters and chance.random() < 0.2:
            text += chance.choice(self._style.letters)
        if chance.random() < 0.03:
            text = chance.choice([" ", f" {text}", f"{text} "])
        taken = self._style.marks.field + self._style.marks.encoding
        text = "".join(character for character in text if character not in taken) or "x"
        return Piece("plain", text, text, text)

    def _escape(self) -> Piece:
        chance = self._chance
        match chance.randrange(12):
            case 0 | 1 | 2 | 3:
                return self._delimiter()
            case 4:
                return Piece("highlight", chance.choice("HN"), "", "")
            case 5:
                return _same("hex", "X" + "|a\r\nZ"[chance.randrange(5)].encode().hex().upper(), self._style.codec)
            case 6:
                return self._hex_of_set()
            case 7 | 8:
                return self._layout()
            case 9:
                return self._kept(*chance.choice(_KEPT))
            case 10:
                return self._kept("hex-broken", "XZZ")
            case _:
                return self._kept("unclosed", "rest")

    def _delimiter(self) -> Piece:
        marks = self._style.marks
        named = {"F": marks.field, "S": marks.component, "R": marks.repetition, "E": marks.escape}
        named |= {"T": marks.subcomponent} if marks.subcomponent else {}
        named |= {"P": marks.truncation} if marks.truncation else {}
        letter = self._chance.choice(list(named))
        return Piece("truncation" if letter == "P" else "delimiter", letter, named[letter], named[letter])

    def _hex_of_set(self) -> Piece:
        letter = self._chance.choice(self._style.letters or "a")
        digits = letter.encode(self._style.codec).hex().upper()
        return _same("hex" if letter == "a" else "hex-of-set", f"X{digits}", self._style.codec)

    def _layout(self) -> Piece:
        body = self._chance.choice(list(_LAYOUT))
        kind, formatted = _LAYOUT[body]
        escape = self._style.marks.escape
        return Piece(kind, body, escape + body + escape, formatted)

    def _kept(self, kind: Kind, body: str) -> Piece:
        """An escape sequence that a reader has to leave as it was sent."""
        piece = Piece(kind, body, "", "")
        text = piece.written(self._style.marks.escape)
        return Piece(kind, body, text, text)


def _same(kind: Kind, body: str, codec: str) -> Piece:
    """Hexadecimal bytes, which mean the characters that they are in the character set."""
    text = bytes.fromhex(body[1:]).decode(codec)
    return Piece(kind, body, text, text)


def _of_texts(components: Sequence[str], marks: Marks) -> Field:
    if components == [""]:
        return ()
    return (tuple(_text(text, marks) for text in components),)


def _text(text: str, marks: Marks) -> tuple[Leaf, ...]:
    """A text of the header, whose delimiters are escaped; where that cannot be, they are left out."""
    names = {marks.field: "F", marks.component: "S", marks.repetition: "R", marks.escape: "E", marks.subcomponent: "T"}
    names = {mark: name for mark, name in names.items() if mark}
    pieces = [
        Piece("delimiter", names[character], character, character)
        if character in names
        else Piece("plain", character, character, character)
        for character in text
        if marks.escape or character not in names
    ]
    return (tuple(pieces),)

"""Writing HL7 v2: texts, composites and segments with given delimiters and character set, everything escaped.

Not for what a message says: acknowledgements are in ack.py, advice is in adapter/advice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from adapter.hl7v2.delimiters import STANDARD, Delimiters
from adapter.hl7v2.elements import Repetition

_CR: Final = b"\r"
_CONTROLS: Final = (*range(0x20), *range(0x7F, 0xA0))
_DEEPEST: Final = 6
"""The most sub-components of a component in HL7 v2.5.1 (XAD.1 and FN have fewer)."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes elements with one set of delimiters and one codec."""

    delimiters: Delimiters
    codec: str

    def text(self, text: str) -> bytes:
        """A text with its delimiters escaped; control characters become blanks, foreign characters `?`."""
        return text.translate(_escapes(self.delimiters)).encode(self.codec, errors="replace")

    def composite(self, parts: Sequence[bytes]) -> bytes:
        """Components joined, those at the end left out where they are empty."""
        return self.delimiters.component.join(_shortened(parts))

    def copied(self, repetition: Repetition) -> bytes:
        """One repetition of a received field, written again in these delimiters and this character set."""
        marks = range(1, len(repetition.components) + 1)
        return self.composite([self._component(repetition, number) for number in marks])

    def _component(self, repetition: Repetition, number: int) -> bytes:
        texts = (repetition.subcomponent(number, inner) for inner in range(1, _DEEPEST + 1))
        return self.delimiters.subcomponent.join(_shortened([self.text(text) for text in texts]))

    def segment(self, fields: Sequence[bytes]) -> bytes:
        """A segment from its name and fields, with its end."""
        return self.delimiters.field.join(fields) + _CR

    def numbered(self, name: str, fields: Mapping[int, bytes]) -> bytes:
        """A segment from its fields by number, as the standard counts them; not for MSH."""
        last = max(fields, default=0)
        return self.segment([name.encode("ascii"), *(fields.get(number, b"") for number in range(1, last + 1))])


@lru_cache(maxsize=64)
def _escapes(marks: Delimiters) -> dict[int, str]:
    """What stands for each delimiter, and blanks for control characters."""
    letters = {
        marks.escape: "E",
        marks.field: "F",
        marks.component: "S",
        marks.subcomponent: "T",
        marks.repetition: "R",
    }
    sign = marks.escape.decode("ascii")
    return {**dict.fromkeys(_CONTROLS, " "), **{ord(mark): sign + name + sign for mark, name in letters.items()}}


def _shortened(parts: Sequence[bytes]) -> list[bytes]:
    kept = list(parts)
    while len(kept) > 1 and not kept[-1]:
        kept.pop()
    return kept


UTF8: Final = Writer(STANDARD, "utf-8")
"""What this adapter writes of its own accord: the recommended delimiters, in UTF-8."""

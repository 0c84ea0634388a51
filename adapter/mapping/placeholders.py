"""Placeholders: what senders write where a patient has no number (`000000`, `UNKNOWN`). They are the number of nobody.

Many people have the same one: as the key of a patient it would join their facts. Not for which identifiers may key a
patient (hl7v2_patient.py).
"""

from dataclasses import dataclass
from typing import Final

from adapter.mapping.patterns import fits

WORDS: Final = frozenset(
    {
        "anon",
        "anonymous",
        "dummy",
        "missing",
        "na",
        "nan",
        "new",
        "nil",
        "none",
        "notassigned",
        "notavailable",
        "notknown",
        "null",
        "pending",
        "tba",
        "tbd",
        "temp",
        "temporary",
        "test",
        "testpatient",
        "unassigned",
        "undefined",
        "unk",
        "unkn",
        "unknown",
    }
)
"""Words in place of a number, their letters alone (`n/a` is `na`)."""

SHORTEST_RUN: Final = 4
"""Digits from which on a number of one digit alone (`9999`) is none; of zeros, and of the letter X, one is enough."""


@dataclass(frozen=True, slots=True)
class Placeholders:
    """The placeholders of a sender: the usual ones, `further` ones as patterns, and none of the `real` numbers, which
    look like one and are a patient's."""

    further: tuple[str, ...] = ()
    real: frozenset[str] = frozenset()

    def __contains__(self, number: str) -> bool:
        """Whether a number, as sent, is that of nobody. Letter case, blanks and punctuation do not matter to the usual
        ones; to the site's own only letter case does not."""
        if number in self.real:
            return False
        return _is_usual(number) or fits(number.casefold(), [pattern.casefold() for pattern in self.further])


USUAL: Final = Placeholders()
"""Those of a sender of whom nothing is known."""


def _is_usual(number: str) -> bool:
    letters = "".join(character for character in number.casefold() if character.isalnum())
    if not letters or letters in WORDS:
        return True
    if letters.strip(letters[0]):
        return False  # nearly every number: not all of it is one character
    return letters[0] in "0x" or (letters[0].isdecimal() and len(letters) >= SHORTEST_RUN)

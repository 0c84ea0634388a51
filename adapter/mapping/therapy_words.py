"""The words of therapies (therapies.csv): whether a text may speak of one that the rules read.

They never make a plan: they only keep an order whose code is in no table from being passed over in silence.
"""

import re
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Final

from adapter.case.tables import TableError, read_csv
from adapter.mapping.word_table import any_word, check_word

KINDS: Final = ("liver directed", "act", "liver", "other")
"""What a word names: a liver-directed therapy; an act that is one where the liver is named near it; the liver; another
therapy that the rules read."""

NEAR: Final = 60
"""Most characters between an act and the liver."""


@dataclass(frozen=True, slots=True, eq=False)
class TherapyWords:
    """The words of therapies, as searches in a folded text."""

    liver_directed: re.Pattern[str]
    act_near_liver: re.Pattern[str]
    other: re.Pattern[str]

    def name_liver_directed(self, text: str) -> bool:
        """Whether the text has words of a liver-directed therapy."""
        folded = _folded(text)
        return bool(self.liver_directed.search(folded) or self.act_near_liver.search(folded))

    def name_any(self, text: str) -> bool:
        """Whether the text has words of any therapy that the rules read."""
        return self.name_liver_directed(text) or bool(self.other.search(_folded(text)))


def _folded(text: str) -> str:
    """The text in lower case; the Turkish i with and without its dot is an i."""
    return text.casefold().replace("i\N{COMBINING DOT ABOVE}", "i").replace("\N{LATIN SMALL LETTER DOTLESS I}", "i")


def load_therapy_words(file: Traversable) -> TherapyWords:
    """The table therapies.csv. Raises TableError with file and line for a word that cannot be used."""
    words: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for line, row in read_csv(file, ("word", "names", "note")):
        check_word(file, line, row["word"])
        if row["names"] not in words:
            raise TableError(file.name, line, f"a word names one of: {', '.join(KINDS)}")
        if row["word"] in words[row["names"]]:
            raise TableError(file.name, line, "the word stands twice")
        words[row["names"]].append(row["word"])
    for kind in KINDS:
        if not words[kind]:
            raise TableError(file.name, 1, f"there is no word that names: {kind}")
    act, liver = any_word(words["act"]).pattern, any_word(words["liver"]).pattern
    near = re.compile(f"(?:{act}).{{0,{NEAR}}}(?:{liver})|(?:{liver}).{{0,{NEAR}}}(?:{act})")
    return TherapyWords(any_word(words["liver directed"]), near, any_word(words["other"]))

"""The words of therapies (therapies.csv): whether a text may speak of one that the rules read.

They never make a plan: they only keep an order whose code is in no table from being passed over in silence.
"""

import re
from dataclasses import dataclass
from typing import Final

from adapter.mapping.word_table import any_word, folded, near

KINDS: Final = ("liver directed", "act", "liver", "other")
"""What a word names: a liver-directed therapy; an act that is one where the liver is named near it; the liver; another
therapy that the rules read."""


@dataclass(frozen=True, slots=True, eq=False)
class TherapyWords:
    """The words of therapies, as searches in a folded text."""

    liver_directed: re.Pattern[str]
    act_near_liver: re.Pattern[str]
    other: re.Pattern[str]

    @classmethod
    def of(cls, words: dict[str, list[str]]) -> "TherapyWords":
        """The words by what they name."""
        act = near(any_word(words["act"]), any_word(words["liver"]))
        return cls(any_word(words["liver directed"]), act, any_word(words["other"]))

    def name_liver_directed(self, text: str) -> bool:
        """Whether the text has words of a liver-directed therapy."""
        low = folded(text)
        return bool(self.liver_directed.search(low) or self.act_near_liver.search(low))

    def name_any(self, text: str) -> bool:
        """Whether the text has words of any therapy that the rules read."""
        return self.name_liver_directed(text) or bool(self.other.search(folded(text)))

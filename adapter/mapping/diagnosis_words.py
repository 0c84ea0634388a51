"""The words of diagnoses (diagnoses.csv): whether one that no row reads may be of a tumour that the rules are about.

They never state a fact: they only keep a patient whose diagnosis could not be read from being passed over in silence.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from adapter.mapping.word_table import any_word, folded, near

KINDS: Final = ("neoplasm", "neoplasm code", "spread", "liver code")
"""What a word names: a neuroendocrine neoplasm; one, as a code; the spread of a tumour, which is a liver metastasis
where the liver is named near it; the liver, as the code of a site."""


@dataclass(frozen=True, slots=True, eq=False)
class DiagnosisWords:
    """The words of diagnoses, as searches in a folded text."""

    neoplasm: re.Pattern[str]
    neoplasm_code: re.Pattern[str]
    spread: re.Pattern[str]
    spread_near_liver: re.Pattern[str]
    liver_code: re.Pattern[str]

    @classmethod
    def of(cls, words: dict[str, list[str]], liver: Sequence[str]) -> "DiagnosisWords":
        """The words by what they name; `liver` are those of the liver."""
        spread = any_word(words["spread"])
        return cls(
            any_word(words["neoplasm"]),
            any_word(words["neoplasm code"]),
            spread,
            near(spread, any_word(liver)),
            any_word(words["liver code"]),
        )

    def name_neoplasm(self, texts: Iterable[str], codes: Iterable[str]) -> bool:
        """Whether one of the texts has words of a neuroendocrine neoplasm, or one of the codes is one of its codes."""
        return any(self.neoplasm.search(folded(text)) for text in texts) or any(
            self.neoplasm_code.match(folded(code)) for code in codes
        )

    def name_liver_metastases(self, texts: Sequence[str], sites: Iterable[str] = ()) -> bool:
        """Whether one of the texts has words of liver metastases, or of any where one of the codes of their site is the
        liver's."""
        if any(self.spread_near_liver.search(folded(text)) for text in texts):
            return True
        in_liver = any(self.liver_code.fullmatch(folded(code)) for code in sites)
        return in_liver and any(self.spread.search(folded(text)) for text in texts)

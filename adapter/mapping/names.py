"""The names that come with a code (displays, texts), held against it: `777-3^Hemoglobin` is neither of the two.

A name is never read for its meaning: it speaks against a code where it names another analyte, a sibling of the analyte
("direct" bilirubin) or another specimen. The words are those of names.csv and specimens.csv.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources.abc import Traversable

from adapter.case.tables import TableError, read_csv
from adapter.mapping.word_table import any_word, check_word
from adapter.terminology.codes import Codes

_BLOOD = re.compile(r"\b(?:serum|plasma|blood)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """The words for and against each concept, those of specimens other than blood, and what is measured in blood."""

    words_for: dict[str, re.Pattern[str]]
    words_against: dict[str, re.Pattern[str]]
    elsewhere: re.Pattern[str]
    in_blood: frozenset[str]

    def contradict(self, names: Iterable[str], meant: frozenset[str]) -> bool:
        """Whether one of the names cannot be that of what is meant. What no word names is never contradicted."""
        known = meant & self.words_for.keys()
        return bool(known) and any(self._speaks_against(name, known) for name in names)

    def named(self, names: Iterable[str]) -> frozenset[str]:
        """The concepts that the names agree on: named by one of them, and none of them speaks against it."""
        texts = tuple(names)
        found = frozenset[str]().union(*(_named(self, name) for name in texts))
        return frozenset(one for one in found if not self.contradict(texts, frozenset({one})))

    def of_other_specimen(self, text: str) -> bool:
        """Whether a text names a specimen other than blood: urine, cerebrospinal fluid ..."""
        return bool(self.elsewhere.search(text.casefold()))

    def _speaks_against(self, name: str, meant: frozenset[str]) -> bool:
        named = _named(self, name)
        return (bool(named) and not named & meant) or bool(_spoken_against(self, name) & meant)


# Senders repeat few names: what each says is looked up once.
@lru_cache(maxsize=4096)
def _named(names: Names, name: str) -> frozenset[str]:
    text = name.casefold()
    return frozenset(concept for concept, words in names.words_for.items() if words.search(text))


@lru_cache(maxsize=4096)
def _spoken_against(names: Names, name: str) -> frozenset[str]:
    text = name.casefold()
    against = frozenset(concept for concept, words in names.words_against.items() if words.search(text))
    return against | names.in_blood if names.of_other_specimen(name) else against


def load_names(folder: Traversable, codes: Codes) -> Names:
    """The tables names.csv and specimens.csv. Raises TableError with file and line for a word that cannot be used."""
    sides: dict[str, dict[str, list[str]]] = {"for": defaultdict(list), "against": defaultdict(list)}
    file = folder.joinpath("names.csv")
    for line, row in read_csv(file, ("word", "speaks", "concepts", "note")):
        check_word(file, line, row["word"])
        if row["speaks"] not in sides:
            raise TableError(file.name, line, "a word speaks for or against")
        for concept in row["concepts"].split(" "):
            words = sides[row["speaks"]][concept]
            if concept not in codes.concepts or row["word"] in words:
                raise TableError(
                    file.name, line, f"{concept or 'nothing'} is no concept, or the word stands twice for it"
                )
            words.append(row["word"])
    elsewhere: list[str] = []
    file = folder.joinpath("specimens.csv")
    for line, row in read_csv(file, ("word", "specimen")):
        check_word(file, line, row["word"])
        if row["word"] in elsewhere:
            raise TableError(file.name, line, "the word stands twice")
        elsewhere.append(row["word"])
    compiled = {side: {concept: any_word(words) for concept, words in of.items()} for side, of in sides.items()}
    return Names(compiled["for"], compiled["against"], any_word(elsewhere), _in_blood(codes))


def _in_blood(codes: Codes) -> frozenset[str]:
    """The concepts whose every code is defined in blood, serum or plasma, by the names of the terminology itself."""
    return frozenset(
        concept for concept, found in codes.concepts.items() if all(_BLOOD.search(code.display) for code in found)
    )

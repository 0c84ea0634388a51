"""Words in the tables (names.csv, specimens.csv, therapies.csv, diagnoses.csv): how they are written and searched for.

Not for what the words mean; each table has its own loader. A star at an end of a word means that it may go on there.
"""

import re
from collections.abc import Iterable, Sequence
from importlib.resources.abc import Traversable
from typing import Final

from adapter.case.tables import TableError, read_csv

NEAR: Final = 60
"""Most characters between two words that stand near each other."""


def load_words(file: Traversable, kinds: Sequence[str]) -> dict[str, list[str]]:
    """A table of words (word, names, note) by what they name, one of `kinds`. Raises TableError with file and line for
    a word that cannot be used, and for a kind without any."""
    words: dict[str, list[str]] = {kind: [] for kind in kinds}
    for line, row in read_csv(file, ("word", "names", "note")):
        check_word(file, line, row["word"])
        if row["names"] not in words:
            raise TableError(file.name, line, f"a word names one of: {', '.join(kinds)}")
        if row["word"] in words[row["names"]]:
            raise TableError(file.name, line, "the word stands twice")
        words[row["names"]].append(row["word"])
    for kind in kinds:
        if not words[kind]:
            raise TableError(file.name, 1, f"there is no word that names: {kind}")
    return words


def folded(text: str) -> str:
    """The text in lower case; the Turkish i with and without its dot is an i."""
    return text.casefold().replace("i\N{COMBINING DOT ABOVE}", "i").replace("\N{LATIN SMALL LETTER DOTLESS I}", "i")


def near(one: re.Pattern[str], other: re.Pattern[str]) -> re.Pattern[str]:
    """Words of two kinds near each other, in either order."""
    gap = f".{{0,{NEAR}}}"
    return re.compile(f"(?:{one.pattern}){gap}(?:{other.pattern})|(?:{other.pattern}){gap}(?:{one.pattern})")


def check_word(file: Traversable, line: int, word: str) -> None:
    """Raises TableError with file and line for a word that is not written as words are."""
    bare = word.removeprefix("*").removesuffix("*")
    if not bare.strip() or bare != bare.strip() or "*" in bare or word != word.casefold():
        raise TableError(file.name, line, "a word is in lower case, and has a star at its ends only")


def any_word(words: Iterable[str]) -> re.Pattern[str]:
    """Any of the words, in a casefolded text; where a word has no star it must begin or end there."""
    parts = (
        ("" if word.startswith("*") else r"(?<![^\W_])")
        + re.escape(word.strip("*"))
        + ("" if word.endswith("*") else r"(?![^\W_])")
        for word in words
    )
    return re.compile("|".join(parts) or r"(?!)")

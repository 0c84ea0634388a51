"""Words in the tables (names.csv, specimens.csv, therapies.csv): how one is written, and the search for any of several.

Not for what the words mean; each table has its own loader. A star at an end of a word means that it may go on there.
"""

import re
from collections.abc import Iterable
from importlib.resources.abc import Traversable

from adapter.case.tables import TableError


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

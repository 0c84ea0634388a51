"""Patterns of a site for texts that senders write: `*` and `?` as in file names, every other character is itself."""

import re
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache
from typing import Final

LONGEST_TEXT: Final = 1000
"""A text of more characters fits no pattern but `*`."""


def fits(text: str, patterns: Iterable[str]) -> bool:
    """Whether a text is of one of the patterns; letter case counts."""
    return any(pattern == "*" or (len(text) <= LONGEST_TEXT and _compiled(pattern).match(text)) for pattern in patterns)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern.replace("[", "[[]")))

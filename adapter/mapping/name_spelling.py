"""Spellings of a family name that count as one: senders differ in capitals, accents, umlauts, hyphens and blanks.

Not for telling persons apart (hl7v2_patient.py), and no names that only sound alike.
"""

import unicodedata
from typing import Final

_PLAIN: Final = str.maketrans({"\u00f8": "o", "\u0142": "l", "\u0111": "d", "\u00e6": "ae", "\u0153": "oe"})
"""Letters that Unicode does not take apart, without their strokes."""

_SPELLED_OUT: Final = str.maketrans({"\u00e4": "ae", "\u00f6": "oe", "\u00fc": "ue", "\u00f8": "oe", "\u00e5": "aa"})
"""Letters that are written as two where a system has only ASCII."""


def spellings(name: str) -> frozenset[str]:
    """The name in small letters without accents and anything between them, umlauts dropped and spelled out."""
    small = unicodedata.normalize("NFC", name.casefold())
    return frozenset({_letters(small), _letters(small.translate(_SPELLED_OUT))})


def _letters(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    return "".join(filter(str.isalnum, apart))

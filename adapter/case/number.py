"""Decimal numbers as senders write them, and exact arithmetic on them.

One strict ASCII grammar for both wires; it never guesses (no decimal comma, no blanks, no NaN) and never rounds.
"""

import re
from decimal import Context, Decimal
from functools import lru_cache

MAX_DIGITS = 40
"""Longest number that is read, in characters (safe operation: limits for hostile input)."""

_GRAMMAR = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?", re.ASCII)

# 60 digits: a 40-character number divided by a divisor of the unit table can never be rounded onto a threshold.
EXACT = Context(prec=60)
# Wide enough to write out every number that is read (40 characters, exponent of two digits).
_WIDE = Context(prec=200)


def read_decimal(text: str) -> Decimal | None:
    """The number that the text is, or None when it is anything but one plain ASCII decimal number."""
    return _decimal(text) if len(text) <= MAX_DIGITS else None


# A number is looked at by several readers, and senders repeat many.
@lru_cache(maxsize=4096)
def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if _GRAMMAR.fullmatch(text) else None


def plain(number: Decimal) -> str:
    """The number in plain digits, without exponent and without trailing zeros that conversion added."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text or "0"


def shown(number: Decimal, places: int = 2) -> str:
    """The number for people: at most `places` decimals. For display only, never for a comparison."""
    return plain(number.quantize(Decimal(1).scaleb(-places), context=_WIDE))

"""HL7 numbers: NM with the comparators that laboratories put before it, and SN.

Not for units or rounding: a number stays the text that was sent.
"""

import re
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from adapter.hl7v2.elements import Repetition

Comparator = Literal["", "<", "<=", ">", ">="]
StructuredComparator = Literal["", "=", "<", "<=", ">", ">=", "<>"]
Separator = Literal["", "-", "+", "/", ".", ":"]

_LONGEST: Final = 40
_NM: Final = re.compile(r"(<=|>=|<|>|)([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,2})?)", re.ASCII)
_COMPARATORS: Final[dict[str, Comparator]] = {sign: sign for sign in get_args(Comparator)}
_STRUCTURED: Final[dict[str, StructuredComparator]] = {sign: sign for sign in get_args(StructuredComparator)}
_SEPARATORS: Final[dict[str, Separator]] = {sign: sign for sign in get_args(Separator)}


@dataclass(frozen=True, slots=True)
class StructuredNumeric:
    """An SN value as sent: `<^10`, `^2^-^3` (a range), `^1^:^128` and `^1^/^2` (ratios), `^1^+` (a grade).

    `num1` and `num2` are number texts without comparator; `num2` is empty where there is none. An empty
    comparator means equal. Source: HL7 v2.9.1 section 2A.2.71 (SN).
    """

    comparator: StructuredComparator
    num1: str = field(repr=False)
    separator: Separator
    num2: str = field(repr=False)


def read_nm(text: str) -> tuple[Comparator, str] | None:
    """The comparator and the number text of an NM; None for anything that is not exactly a number.

    ASCII digits with an optional sign, fraction and exponent of up to two digits; blanks around it are
    dropped, at most 40 characters. `1,5`, `1_000`, `.5`, `nan`, `0x10`, `1e999` and `< 5` are not numbers
    here. Source: HL7 v2.9.1 section 2A.2.48 (NM); the comparators and the exponent are tolerance.
    """
    match = _NM.fullmatch(text.strip(" ")) if len(text) <= _LONGEST else None
    return None if match is None else (_COMPARATORS[match[1]], match[2])


def read_sn(repetition: Repetition) -> StructuredNumeric | None:
    """The SN that a repetition holds; None unless it is exactly one.

    A range or ratio needs both numbers, `+` the first; a second number needs a separator, and a comparator
    stands with one number only.
    """
    if len(repetition.components) > 4:
        return None
    sign, first, between, second = (repetition.component(number).strip(" ") for number in (1, 2, 3, 4))
    comparator, separator = _STRUCTURED.get(sign), _SEPARATORS.get(between)
    if comparator is None or separator is None or not _is_number(first):
        return None
    if not _fits(comparator, separator, second):
        return None
    return StructuredNumeric(comparator, first, separator, second)


def _fits(comparator: StructuredComparator, separator: Separator, second: str) -> bool:
    if not separator:
        return not second
    if not second:
        return separator == "+"
    return _is_number(second) and (separator == "+" or comparator in ("", "="))


def _is_number(text: str) -> bool:
    read = read_nm(text)
    return read is not None and not read[0]

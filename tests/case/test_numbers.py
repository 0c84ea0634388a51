"""The one grammar of numbers, against a second reading of it, and numbers written for people.

Not for the numbers of a wire, which bring their own escapes and comparators.
"""

import string
from decimal import Decimal, localcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapter.case.number import EXACT, MAX_DIGITS, plain, read_decimal, shown


def _after_digits(text: str) -> tuple[bool, str]:
    """Whether the text begins with an ASCII digit, and what follows its digits."""
    rest = text.lstrip(string.digits)
    return rest != text, rest


def is_number(text: str) -> bool:
    """The grammar a second time: sign, digits, fraction, exponent of one or two digits; at most 40 characters."""
    if len(text) > 40:
        return False
    whole, rest = _after_digits(text[1:] if text[:1] in ("+", "-") and text else text)
    if not whole:
        return False
    if rest[:1] == ".":
        fraction, rest = _after_digits(rest[1:])
        if not fraction:
            return False
    if rest == "":
        return True
    if rest[0] not in "eE":
        return False
    exponent = rest[1:]
    digits = exponent[1:] if exponent[:1] in ("+", "-") and exponent else exponent
    return 1 <= len(digits) <= 2 and all(digit in string.digits for digit in digits)


likely = st.text(alphabet="0123456789.,eE+- _\n٣", max_size=45)


@pytest.mark.hazard("HZ-V10")
@pytest.mark.hazard("HZ-V11")
@given(likely | st.text() | st.decimals(allow_nan=True).map(str))
@example("1" * 40)
@example("1" * 41)
@example("1.")
@example(".5")
@example("1e5")
@example("1e+05")
@example("1e123")
@example("")
@example("+")
@example("1\n")
def test_only_the_grammar_is_read_and_all_of_it(text: str) -> None:
    number = read_decimal(text)
    assert (number is not None) is is_number(text)
    if number is not None:
        assert number == Decimal(text)


@pytest.mark.hazard("HZ-V10")
@pytest.mark.hazard("HZ-V11")
@pytest.mark.parametrize(
    "text",
    [
        "nan",
        "NaN",
        "inf",
        "-Infinity",
        "1_000",
        "1,5",
        "1,250",
        "1.250,5",
        "1 000",
        "١٢",
        "\uff11\uff12",
        "0x10",
        "1e999",
        "",
        " 1",
        "1 ",
    ],
)
def test_what_is_no_number(text: str) -> None:
    assert read_decimal(text) is None


@pytest.mark.parametrize("text", ["1.50", "0.1000000000000000001", "-0.5", "+7", "007", "1.2E3", "9" * MAX_DIGITS])
def test_a_number_keeps_every_digit(text: str) -> None:
    number = read_decimal(text)
    assert number is not None
    assert number.as_tuple() == Decimal(text).as_tuple()


def test_a_number_does_not_depend_on_the_precision_around_it() -> None:
    with localcontext(prec=3):
        assert read_decimal("1.23456789") == Decimal("1.23456789")
        assert EXACT.divide(Decimal("34.2"), Decimal("17.1")) == 2


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("1.50", "1.5"),
        ("2.0", "2"),
        ("100", "100"),
        ("1E+3", "1000"),
        ("0.00", "0"),
        ("-0.50", "-0.5"),
        ("1E-7", "0.0000001"),
    ],
)
def test_plain_digits(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=8))
def test_plain_digits_mean_the_same_number(number: Decimal) -> None:
    text = plain(number)
    assert Decimal(text) == number
    assert "E" not in text
    assert not ("." in text and text.endswith("0"))


@pytest.mark.parametrize(
    ("number", "places", "text"),
    [("1.994", 2, "1.99"), ("2.00", 2, "2"), ("0.456", 1, "0.5"), ("210", 2, "210"), ("1234.5", 0, "1234")],
)
def test_numbers_for_people_are_rounded(number: str, places: int, text: str) -> None:
    assert shown(Decimal(number), places) == text


def test_numbers_for_people_have_two_decimals() -> None:
    assert shown(Decimal("1.23456")) == "1.23"


def test_every_number_that_is_read_can_be_shown() -> None:
    number = read_decimal("9" * MAX_DIGITS)
    assert number is not None
    assert shown(number) == "9" * MAX_DIGITS

"""NM and SN: what is a number, what is not, and that the text sent is kept."""

import pytest

from adapter.hl7v2 import read_nm, read_sn
from tests.hl7v2.messages import obx, read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("210", ("", "210")),
        ("1.50", ("", "1.50")),
        ("-0.5", ("", "-0.5")),
        ("+7", ("", "+7")),
        ("007", ("", "007")),
        ("<0.2", ("<", "0.2")),
        ("<=0.2", ("<=", "0.2")),
        (">90", (">", "90")),
        (">=90", (">=", "90")),
        (" 210  ", ("", "210")),
        ("1.2e3", ("", "1.2e3")),
        ("1E-10", ("", "1E-10")),
        ("9" * 40, ("", "9" * 40)),
    ],
)
def test_numbers(text: str, expected: tuple[str, str]) -> None:
    assert read_nm(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1,5",
        "1_000",
        "1 000",
        "- 5",
        "< 5",
        "١٢",
        "\uff11\uff12",
        "nan",
        "NaN",
        "inf",
        "-Infinity",
        "0x10",
        "1e999",
        "1e1234",
        "1e",
        ".5",
        "5.",
        "1.2.3",
        "--5",
        "<<5",
        "=5",
        "<>5",
        "≤5",
        "5%",
        "5\n",
        "\t5",
        "see note",
        "9" * 41,
        "1~2",
        "2^3",
        "10-20",
        '""',
    ],
)
def test_not_numbers(text: str) -> None:
    assert read_nm(text) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (">^1000", (">", "1000", "", "")),
        ("^12", ("", "12", "", "")),
        ("=^12", ("=", "12", "", "")),
        ("<>^12", ("<>", "12", "", "")),
        ("^2^-^3", ("", "2", "-", "3")),
        ("^1^:^128", ("", "1", ":", "128")),
        ("^1^/^2", ("", "1", "/", "2")),
        ("^1^+", ("", "1", "+", "")),
        ("^1^.^5", ("", "1", ".", "5")),
        ("^1.50^^", ("", "1.50", "", "")),
    ],
)
def test_structured_numerics(value: str, expected: tuple[str, str, str, str]) -> None:
    read_value = read_sn(read(obx(value, kind="SN")).segments[1].field(5).first)
    assert read_value is not None
    assert (read_value.comparator, read_value.num1, read_value.separator, read_value.num2) == expected
    assert "1000" not in repr(read_value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        '""',
        "12",
        ">",
        ">^",
        "^^-^3",
        "^2^-",
        "^2^:",
        "^2^^3",
        "^2^x^3",
        "~^2",
        "!^2",
        ">^2^-^3",
        "^<2",
        "^1,5",
        "^2^-^3^4",
        "^2^-^x",
        "^1^+^x",
    ],
)
def test_not_structured_numerics(value: str) -> None:
    assert read_sn(read(obx(value, kind="SN")).segments[1].field(5).first) is None

"""Escape sequences: each kind, broken ones, and character sets."""

import pytest

from adapter.hl7v2 import STANDARD, Delimiters, UndecodableText, single_line, unescape

WITH_TRUNCATION = Delimiters(b"|", b"^", b"~", b"\\", b"&", b"#")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (rb"plain", "plain"),
        (rb"\F\\S\\T\\R\\E\ ", "|^&~\\ "),
        (rb"10\S\3/uL", "10^3/uL"),
        (rb"\H\loud\N\ quiet", "loud quiet"),
        (rb"\X41\\X4243\ ", "ABC "),
        (rb"\XC2B5\mol", "µmol"),
        (rb"\E\F\E\ ", "\\F\\ "),
        (rb"\X5C\F\X5C\ ", "\\F\\ "),
        (rb"\XC2\ ", r"\XC2\ "),
        (rb"\X4\ ", r"\X4\ "),
        (rb"\XGG\ ", r"\XGG\ "),
        (rb"\X\ ", r"\X\ "),
        (rb"\Zlocal\x", r"\Zlocal\x"),
        (rb"\C2842\x\M244200\ ", r"\C2842\x\M244200\ "),
        (rb"\Q\ and \F\ ", r"\Q\ and | "),
        (rb"C:\temp\file", r"C:\temp\file"),
        (rb"open\F", r"open\F"),
        (rb"end" + b"\\", "end\\"),
        (b"\\\\", "\\\\"),
        (rb"\.br\ ", r"\.br\ "),
        (rb"\P\ ", r"\P\ "),
        (rb"\f\ ", r"\f\ "),
        (b"", ""),
    ],
)
def test_unescape(raw: bytes, text: str) -> None:
    assert unescape(raw, STANDARD, "utf-8") == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (rb"a\.br\b", "a\nb"),
        (rb"a\.sp\b", "a\nb"),
        (rb"a\.sp999999\b", "a\nb"),
        (rb"a\.ce\b", "a\nb"),
        (rb"a\.in+4\b\.ti-2\c\.sk3\d", "a b c d"),
        (rb"a\.fi\b\.nf\c", "abc"),
        (rb"a\.BR\b", "a\nb"),
        (rb"a\.xx\b", r"a\.xx\b"),
        (rb"a\.br4444444\b", r"a\.br4444444\b"),
    ],
)
def test_formatted(raw: bytes, text: str) -> None:
    assert unescape(raw, STANDARD, "utf-8", formatted=True) == text


def test_truncation_character() -> None:
    assert unescape(rb"\P\ ", WITH_TRUNCATION, "utf-8") == "# "


def test_hexadecimal_bytes_are_of_the_messages_set() -> None:
    assert unescape(rb"\XB5\mol", STANDARD, "latin-1") == "µmol"
    assert unescape(rb"\XB5\mol", STANDARD, "utf-8") == r"\XB5\mol"


def test_other_delimiters() -> None:
    assert unescape(b"!F!!S!!E!\\F\\", Delimiters(b"#", b"$", b"%", b"!", b"@", b""), "utf-8") == "#$!\\F\\"


def test_without_escape_character_nothing_is_an_escape() -> None:
    assert unescape(rb"\F\ ", Delimiters(b"|", b"^", b"", b"", b"", b""), "utf-8") == r"\F\ "


@pytest.mark.parametrize("raw", [b"\xb5", b"\\F\\\xb5", b"\\Z\xb5\\"])
def test_wrong_bytes_are_never_replaced(raw: bytes) -> None:
    with pytest.raises(UndecodableText):
        unescape(raw, STANDARD, "utf-8")


def test_single_line() -> None:
    assert single_line(unescape(rb"777\X0D0A\-3", STANDARD, "utf-8")) == "777  -3"

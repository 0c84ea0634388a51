"""Acknowledgements: ours beside those of python-hl7 for the same messages, read by both and by hl7apy.

Fields of our own (MSH-7, MSH-10, ERR) have no peer.
"""

from datetime import UTC, datetime

import hl7
import pytest
from hl7apy.parser import parse_message as hl7apy_parse

from adapter.hl7v2 import AckError, Message, acknowledge, parse_message

NOW = datetime(2026, 1, 12, 12, tzinfo=UTC)
SHARED = (1, 2, 3, 4, 5, 6, 9, 11, 12)
"""The fields of MSH that an answer derives from the message."""


def header(**fields: str) -> str:
    """An MSH with some fields (`f10="A 1"`) set to other values."""
    parts = [
        r"MSH",
        r"^~\&",
        r"LAB",
        r"HOSP",
        r"NELM",
        r"CLINIC",
        r"20260110093000",
        r"",
        r"ORU^R01^ORU_R01",
        r"A1",
        r"P",
        r"2.5.1",
    ]
    for name, value in fields.items():
        parts[int(name[1:]) - 1] = value
    return "|".join(parts) + "\r"


def ours(text: str) -> Message:
    raw = acknowledge(parse_message(text.encode()), code="AA", control_id="X1", now=NOW)
    return parse_message(raw)


COMMON = [
    header(),
    header(f9="ORU^R01"),
    header(f3="LAB^1.2.3^ISO", f4="HOSP^4.5.6^ISO"),
    header(f10="A 1"),
    header(f10=r"A\T\1"),
    header(f10="x" * 199),
    header(f5="", f6=""),
    header(f12="2.5.1^DEU"),
    header(f11="P^T"),
]


@pytest.mark.parametrize("text", COMMON)
def test_the_header_and_the_echo_are_those_of_python_hl7(text: str) -> None:
    theirs = parse_message(str(hl7.parse(text).create_ack("AA", message_id="X1")).encode())
    found = ours(text)
    for number in SHARED:
        assert found.segments[0].field(number).raw == theirs.segments[0].field(number).raw, number
    assert [found.named("MSA")[0].field(number).raw for number in (1, 2)] == [
        theirs.named("MSA")[0].field(number).raw for number in (1, 2)
    ]


@pytest.mark.hazard("HZ-M06")
@pytest.mark.parametrize(
    ("text", "echo"),
    [
        (header(f9="ORU"), "A1"),
        (header(f6="^^"), "A1"),
        ("MSH|^~\\&|LAB|HOSP|NELM|CLINIC|20260110093000||ORU^R01|A1\r", "A1"),
        ("MSH|^~\\&|LAB|HOSP|NELM|CLINIC|20260110093000||ORU^R01^ORU_R01\r", ""),
        ("MSH|^~\\&|LAB\r", ""),
    ],
)
def test_headers_on_which_python_hl7_builds_no_answer_or_another_one(text: str, echo: str) -> None:
    assert ours(text).named("MSA")[0].field(2).text == echo
    try:
        theirs = str(hl7.parse(text).create_ack("AA", message_id="X1"))
    except (IndexError, KeyError, TypeError):
        return
    assert theirs.split("\r")[0].split("|")[2:6] == ours(text).segments[0].raw.decode().split("|")[2:6]


@pytest.mark.parametrize("version", ["2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8"])
def test_peers_read_our_answer_with_its_error(version: str) -> None:
    error = AckError("101", "PID[1]-3.1", "E", "The identifier is missing: A|B.")
    received = parse_message(header(f12=version).encode())
    text = acknowledge(received, code="AE", control_id="X1", now=NOW, errors=[error]).decode()
    by_python_hl7, by_hl7apy = hl7.parse(text), hl7apy_parse(text, find_groups=False)
    assert str(by_python_hl7.segment("MSA")[1]) == "AE"
    assert [segment.name for segment in by_hl7apy.children] == ["MSH", "MSA", "ERR"]
    err = by_python_hl7.segment("ERR")
    if version >= "2.5":
        assert [str(err[number]) for number in (2, 4)] == ["PID^1^3^1^1", "E"]
        assert by_python_hl7.unescape(str(err[8])) == "The identifier is missing: A|B."
        assert by_hl7apy.err.err_3.cwe_1.to_er7() == "101"
    else:
        assert str(err[1]).startswith("PID^1^3^101&")
        assert by_python_hl7.unescape(str(by_python_hl7.segment("MSA")[3])) == "The identifier is missing: A|B."

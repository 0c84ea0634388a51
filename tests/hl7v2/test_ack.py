"""Acknowledgements: what is echoed, errors by version, other delimiters, and input that cannot be read."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.hl7v2 import AckError, UnusableMessage, acknowledge, acknowledge_unreadable, parse_message
from tests.hl7v2.messages import MSH, PID, msh_with, wire

NOW = datetime(2026, 1, 10, 9, 30, 5, tzinfo=timezone(timedelta(hours=1)))
TYPE_ERROR = AckError("200", "MSH[1]-9.1", "E", "type A|B not used")
FIELD_ERROR = AckError("101", "OBX[3]-5", "W", "value missing")


def answer(raw: bytes, *errors: AckError, code: str = "AA") -> list[bytes]:
    header = parse_message(raw).header
    match code:
        case "AE":
            ack = acknowledge(header, code="AE", control_id="N1", now=NOW, errors=errors)
        case _:
            ack = acknowledge(header, code="AA", control_id="N1", now=NOW, errors=errors)
    assert ack.endswith(b"\r")
    return ack.split(b"\r")[:-1]


def test_a_positive_answer() -> None:
    assert answer(wire(MSH, PID)) == [
        rb"MSH|^~\&|NELM|CLINIC|LAB|HOSP|20260110093005+0100||ACK^R01^ACK|N1|P|2.5.1",
        b"MSA|AA|A1",
    ]


def test_message_and_header_give_the_same() -> None:
    message = parse_message(wire(MSH, PID))
    by_header = acknowledge(message.header, code="CA", control_id="N1", now=NOW)
    assert acknowledge(message, code="CA", control_id="N1", now=NOW) == by_header
    assert b"MSA|CA|A1\r" in by_header


@pytest.mark.parametrize("control_id", ["A 1", r"A\T\1", "x" * 199, "Ä1", "A^1~2&3", ""])
def test_the_control_id_is_echoed_byte_by_byte(control_id: str) -> None:
    raw = wire(msh_with(10, control_id))
    assert answer(raw)[1] == b"MSA|AA|" + control_id.encode()
    unreadable = acknowledge_unreadable(raw, code="AE", control_id="N1", now=NOW)
    assert unreadable.split(b"\r")[1] == b"MSA|AE|" + control_id.encode()


def test_bytes_outside_the_set_are_echoed() -> None:
    raw = b"MSH|^~\\&|L|H|N|C|2026||ADT^A01|\xb5\xff|P|2.5\r"
    assert answer(raw)[1] == b"MSA|AA|\xb5\xff"


def test_odd_receiver_is_swapped_as_sent() -> None:
    assert answer(wire(msh_with(6, "^^")))[0].startswith(rb"MSH|^~\&|NELM|^^|LAB|HOSP|")


def test_cut_header_gives_an_answer_without_control_id() -> None:
    assert answer(rb"MSH|^~\&|LAB|HOSP|NELM|CLINIC|2026||ORU^R01") == [
        rb"MSH|^~\&|NELM|CLINIC|LAB|HOSP|20260110093005+0100||ACK^R01^ACK|N1||",
        b"MSA|AA|",
    ]


def test_the_senders_delimiters() -> None:
    raw = b"MSH#$%!@#LAB#HOSP#NELM#HOSP#20260110##ORU$R01#A1#P#2.5.1\r"
    assert answer(raw, AckError("200", "MSH-9.1", "E", "a#b$c!")) == [
        b"MSH#$%!@#NELM#HOSP#LAB#HOSP#20260110093005+0100##ACK$R01$ACK#N1#P#2.5.1",
        b"MSA#AA#A1",
        b"ERR##MSH$1$9$1$1#200$Unsupported message type$HL70357#E####a!F!b!S!c!E!",
    ]


def test_missing_delimiters_are_filled_in_for_the_answer() -> None:
    lines = answer(b"MSH|~|LAB|HOSP|N|C|2026||ORU~R01|A1|P|2.5\r", TYPE_ERROR)
    assert lines[0].startswith(b"MSH|~^\\&|N|C|")
    assert b"ACK~R01~ACK" in lines[0]
    assert lines[2].startswith(b"ERR||MSH~1~9~1~1|200~Unsupported message type~HL70357|E|")


def test_the_character_set_is_declared_again() -> None:
    raw = wire(msh_with(18, "8859/1"))
    lines = answer(raw, AckError("207", "", "E", "Größe\r☃"), code="AE")
    assert lines[0].endswith(b"|P|2.5.1||||||8859/1")
    assert lines[2] == b"ERR|||207^Application internal error^HL70357|E||||Gr\xf6\xdfe ?"


def test_errors_from_2_5_on() -> None:
    assert answer(wire(MSH), TYPE_ERROR, FIELD_ERROR, code="AE")[1:] == [
        b"MSA|AE|A1",
        rb"ERR||MSH^1^9^1^1|200^Unsupported message type^HL70357|E||||type A\F\B not used",
        rb"ERR||OBX^3^5|101^Required field missing^HL70357|W||||value missing",
    ]


@pytest.mark.parametrize(
    ("version", "message_type"),
    [
        ("2.4", b"ACK^R01^ACK"),
        ("2.3.1", b"ACK^R01^ACK"),
        ("2.3", b"ACK^R01"),
        ("2.2", b"ACK^R01"),
        ("2.1", b"ACK"),
    ],
)
def test_errors_before_2_5(version: str, message_type: bytes) -> None:
    lines = answer(wire(msh_with(12, version)), TYPE_ERROR, FIELD_ERROR, code="AE")
    assert lines[0].split(b"|")[8] == message_type
    condition = b"" if version == "2.1" else b"|||200^Unsupported message type^HL70357"
    assert lines[1:] == [
        rb"MSA|AE|A1|type A\F\B not used" + condition,
        b"ERR|MSH^1^9^200&Unsupported message type&HL70357~OBX^3^5^101&Required field missing&HL70357",
    ]


def test_an_exchange_of_its_own_wants_no_answer_and_the_expected_sequence_number_is_told() -> None:
    header = parse_message(wire(msh_with(18, "8859/1"))).header
    ack = acknowledge(header, code="AA", control_id="N1", now=NOW, exchange=True, expected=-1)
    msh, msa, _ = ack.split(b"\r")
    assert msh.endswith(b"|N1|P|2.5.1|||NE|NE||8859/1")
    assert msa == b"MSA|AA|A1||-1"
    short = acknowledge(parse_message(wire(MSH)), code="AA", control_id="N1", now=NOW, exchange=True)
    assert short.split(b"\r")[0].endswith(b"|P|2.5.1|||NE|NE")


@pytest.mark.parametrize("version", ["", "junk", "2.5", "2.9.1", "2.5.1^DEU", "2.10"])
def test_versions_that_take_the_new_form(version: str) -> None:
    assert answer(wire(msh_with(12, version)), TYPE_ERROR)[2].startswith(b"ERR||MSH^1^9")


@pytest.mark.parametrize(
    ("location", "erl"),
    [
        ("", b""),
        ("PID", b"PID^1"),
        ("OBX[3]", b"OBX^3"),
        ("MSH-9", b"MSH^1^9"),
        ("OBX[3]-5[2]", b"OBX^3^5^2"),
        ("OBX[3]-5[2].1", b"OBX^3^5^2^1"),
        ("OBX[3]-5.1.2", b"OBX^3^5^1^1^2"),
        ("MSH^1^9^1^1", b"MSH^1^9^1^1"),
    ],
)
def test_locations(location: str, erl: bytes) -> None:
    error = AckError("102", location, "E", "")
    assert answer(wire(MSH), error)[2].split(b"|")[2] == erl


@pytest.mark.parametrize(("code", "location"), [("999", ""), ("", ""), ("200", "OBX[3]-"), ("200", "DOE JANE")])
def test_errors_of_another_form_are_our_error(code: str, location: str) -> None:
    with pytest.raises(ValueError, match="HL7"):
        AckError(code, location, "E", "")


def test_a_time_without_zone_is_our_error() -> None:
    with pytest.raises(ValueError, match="zone"):
        acknowledge(parse_message(wire(MSH)), code="AA", control_id="N1", now=datetime(2026, 1, 10))


def test_no_block_bytes_reach_the_answer() -> None:
    ack = acknowledge(parse_message(wire(msh_with(10, "A\x0b1\x1c"))), code="AA", control_id="N\x1c", now=NOW)
    assert ack.endswith(b"MSA|AA|A1\r")
    assert not set(b"\x0b\x1c") & set(ack)


@pytest.mark.parametrize("raw", [b"", b"hello", b"PID|1||P1", b"\xff\xfe", b"MSH"])
def test_nothing_to_echo(raw: bytes) -> None:
    ack = acknowledge_unreadable(raw, code="AR", control_id="N1", now=NOW)
    assert ack == b"MSH|^~\\&|||||20260110093005+0100||ACK|N1||\rMSA|AR|\r"


def test_equal_delimiters_still_echo() -> None:
    raw = b"MSH|^^\\&|LAB|HOSP|NELM|C|2026||ORU^R01|A1|P|2.5.1\r"
    lines = acknowledge_unreadable(raw, code="AR", control_id="N1", now=NOW, errors=(TYPE_ERROR,)).split(b"\r")
    assert lines[0].startswith(b"MSH|^~\\&|NELM|C|LAB|HOSP|")
    assert lines[1] == b"MSA|AR|A1"
    assert lines[2].startswith(b"ERR||MSH^1^9^1^1|200^")


def test_alphanumeric_field_delimiter_falls_back() -> None:
    raw = b"MSHA^~\\&ALABAHOSPAxAyA2026AAORUAC1APA2.5\r"
    lines = acknowledge_unreadable(raw, code="AR", control_id="N1", now=NOW).split(b"\r")
    assert lines[0].startswith(b"MSH|^~\\&|")
    assert lines[1].startswith(b"MSA|AR|")


def test_control_id_of_wide_text_is_found() -> None:
    raw = wire(msh_with(3, "LÄB")).decode("utf-8").encode("utf-16")
    lines = acknowledge_unreadable(raw, code="AR", control_id="N1", now=NOW).split(b"\r")
    assert lines[1] == b"MSA|AR|A1"
    assert lines[0].isascii()


def test_unsupported_character_set_is_not_claimed() -> None:
    raw = wire(msh_with(18, "UNICODE UTF-16"))
    with pytest.raises(UnusableMessage):
        parse_message(raw)
    lines = acknowledge_unreadable(raw, code="AE", control_id="N1", now=NOW).split(b"\r")
    assert (lines[0].count(b"|"), lines[1]) == (11, b"MSA|AE|A1")


@given(st.binary(max_size=80) | st.binary(max_size=60).map(lambda tail: b"MSH" + tail))
def test_any_bytes_get_an_answer(raw: bytes) -> None:
    ack = acknowledge_unreadable(raw, code="AR", control_id="N1", now=NOW.astimezone(UTC))
    assert parse_message(ack).header.code == "ACK"
    assert parse_message(ack).named("MSA")[0].field(1).text == "AR"
    assert not set(b"\x0b\x1c\n") & set(ack)

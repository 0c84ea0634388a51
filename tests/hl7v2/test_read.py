"""Reading a message: delimiters, character sets, segment ends, fatal refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.hl7v2 import UndecodableText, UnusableMessage, parse_message
from tests.hl7v2.messages import MSH, OBR, PID, msh_with, obx, read, wire


def test_header_fields() -> None:
    header = read(PID).header
    assert (header.sending_application, header.sending_facility) == ("LAB", "HOSP")
    assert (header.receiving_application, header.receiving_facility) == ("NELM", "CLINIC")
    assert (header.code, header.trigger, header.structure) == ("ORU", "R01", "ORU_R01")
    assert (header.control_id, header.processing_id, header.version) == ("A1", "P", "2.5.1")
    assert header.time == "20260110093000+0100"
    assert (header.accept_ack, header.application_ack, header.charsets) == ("", "", ())


def test_header_of_a_cut_msh_is_empty_text() -> None:
    header = parse_message(b"MSH|^~\\&|LAB\r").header
    assert (header.code, header.control_id, header.version) == ("", "", "")


def test_universal_id_stands_in_for_a_missing_namespace() -> None:
    assert parse_message(wire(msh_with(3, "^1.2.3^ISO"))).header.sending_application == "1.2.3"


def test_declared_delimiters_are_used() -> None:
    raw = b"MSH#$%!@#LAB#HOSP#NELM#HOSP#20260110##ORU$R01#A1#P#2.5.1\rOBX#1#NM#777-3$P$LN##210!F!~#a@b\r"
    message = parse_message(raw)
    field = message.named("OBX")[0].field(3)
    assert field.first.component(1) == "777-3"
    assert message.named("OBX")[0].field(5).text == "210#~"
    assert message.named("OBX")[0].field(6).first.subcomponent(1, 2) == "b"
    assert message.header.trigger == "R01"


@pytest.mark.parametrize("msh_2", ["^", "^~", "^~\\", "^~\\&", "^~\\&#"])
def test_short_and_long_delimiter_forms(msh_2: str) -> None:
    message = parse_message(f"MSH|{msh_2}|LAB\rOBX|1|NM|a^b\r".encode())
    assert message.delimiters.encoding_characters == msh_2.encode()
    assert message.segments[0].field(2).text == msh_2
    assert message.segments[1].field(3).first.component(2) == "b"


def test_undeclared_delimiters_do_not_split() -> None:
    field = parse_message(b"MSH|^|LAB\rOBX|1|ST|x~y\\F\\z&w\r").named("OBX")[0].field(3)
    assert field.text == "x~y\\F\\z&w"
    assert len(field.repetitions) == 1
    assert field.first.subcomponent(1, 1) == "x~y\\F\\z&w"


@pytest.mark.parametrize(
    "raw",
    [
        b"MSH",
        b"MSH\r",
        b"MSH|\r",
        b"MSH||LAB",
        b"MSH|^^\\&|",
        b"MSH|^~|&|"[:6] + b"^|",
        b"MSH|A~\\&|",
        b"MSHA^~\\&A",
        b"MSH|^~\\ |",
        b"MSH|^~\\&#!|",
        b"MSH|\xe9~\\&|",
        b"MSH ^~\\& ",
    ],
)
def test_unusable_delimiters(raw: bytes) -> None:
    with pytest.raises(UnusableMessage) as refusal:
        parse_message(raw)
    assert refusal.value.code == "delimiters"


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", b"  \t", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"])
def test_empty(raw: bytes) -> None:
    with pytest.raises(UnusableMessage) as refusal:
        parse_message(raw)
    assert refusal.value.code == "empty"


@pytest.mark.parametrize("raw", [b"PID|1||SECRET", b"\x0bMSH|^~\\&|", b"msh|^~\\&|", b" MSH|^~\\&|", b"{}"])
def test_not_hl7(raw: bytes) -> None:
    with pytest.raises(UnusableMessage) as refusal:
        parse_message(raw)
    assert refusal.value.code == "not-hl7"
    assert "SECRET" not in f"{refusal.value!r}{refusal.value}"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_wide_text_is_refused(codec: str) -> None:
    with pytest.raises(UnusableMessage) as refusal:
        parse_message(MSH.encode(codec))
    assert refusal.value.code == "charset-unsupported"


@pytest.mark.parametrize(
    "name",
    [
        "UNICODE UTF-16",
        "UNICODE UTF-32",
        "ISO IR87",
        "~ISO IR87",
        "8859/1~ISO IR159",
        "GB 18030-2000",
        "BIG-5",
        "8859/12",
        "8859/16",
        "8859/0",
        "8859/\u0661",
        "KLINGON",
    ],
)
def test_unsupported_charset_names(name: str) -> None:
    with pytest.raises(UnusableMessage) as refusal:
        parse_message(wire(msh_with(18, name)))
    assert refusal.value.code == "charset-unsupported"


def test_set_switching_by_escape_bytes_is_refused() -> None:
    with pytest.raises(UnusableMessage) as refusal:
        parse_message(wire(msh_with(18, "8859/1~8859/2"), obx("\x1b$B")))
    assert refusal.value.code == "charset-unsupported"


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("8859/1", "latin-1"),
        ("8859/2", "iso8859-2"),
        ("8859/15", "iso8859-15"),
        ("UNICODE UTF-8", "utf-8"),
        ("UNICODE", "utf-8"),
        ("UTF-8", "utf-8"),
        ("", "utf-8"),
        ("ASCII", "utf-8"),
        ('""', "utf-8"),
        ("unicode  utf-8", "utf-8"),
        ("ISO-8859-1", "latin-1"),
    ],
)
def test_charset_by_msh_18(name: str, codec: str) -> None:
    message = parse_message(wire(msh_with(18, name), obx("é mol"), charset=codec))
    assert message.charset_fault() is None
    assert message.named("OBX")[0].field(5).text == "é mol"


@pytest.mark.parametrize("part", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15])
def test_every_part_of_iso_8859_is_read(part: int) -> None:
    message = parse_message(wire(msh_with(18, f"8859/{part}")) + b"NTE|1||\xad")
    expected = b"\xad".decode(f"iso8859-{part}")
    assert message.named("NTE")[0].field(3).text == expected


def test_default_charset_is_for_messages_that_declare_none() -> None:
    raw = wire(MSH, obx("µ"), charset="latin-1")
    assert parse_message(raw, default_charset="8859/1").named("OBX")[0].field(5).text == "µ"
    declared = wire(msh_with(18, "UNICODE UTF-8"), obx("µ"))
    assert parse_message(declared, default_charset="8859/1").named("OBX")[0].field(5).text == "µ"


def test_a_default_charset_that_cannot_be_read_is_our_error() -> None:
    with pytest.raises(ValueError, match="default_charset"):
        parse_message(wire(MSH), default_charset="utf-16")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_wrong_bytes_give_the_offset_and_are_never_replaced(mark: bytes) -> None:
    raw = mark + wire(msh_with(18, "UNICODE UTF-8"), PID, OBR) + b"OBX|1|NM|x||1|\xb5mol/L\r"
    message = parse_message(raw)
    assert message.charset_fault() == raw.index(b"\xb5")
    assert message.named("OBX")[0].field(5).text == "1"
    with pytest.raises(UndecodableText) as refusal:
        message.named("OBX")[0].field(6).first.component(1)
    assert refusal.value.offset == 0
    assert refusal.value.__context__ is None


def test_a_header_with_wrong_bytes_does_not_raise() -> None:
    header = parse_message(b"MSH|^~\\&|L\xffB|HOSP|||||ORU^R01|A\xff|P|2.5.1\r").header
    assert (header.sending_application, header.control_id, header.code) == ("", "", "ORU")


@pytest.mark.parametrize(("end", "name"), [("\r", "CR"), ("\n", "LF"), ("\r\n", "CRLF")])
def test_segment_ends(end: str, name: str) -> None:
    raw = wire(MSH, PID, OBR, obx("1"), end=end)
    message = parse_message(raw)
    assert message.segment_end == name
    assert [segment.name for segment in message.segments] == ["MSH", "PID", "OBR", "OBX"]
    assert all(raw[slice(*segment.span)] == segment.raw for segment in message.segments)
    assert [finding.code for finding in message.findings] == ([] if end == "\r" else ["segment-end-not-cr"])


def test_mixed_segment_ends_and_a_missing_last_one() -> None:
    message = parse_message((MSH + "\r" + PID + "\n" + OBR + "\r\n" + obx("1")).encode())
    assert (message.segment_end, len(message.segments)) == ("mixed", 4)
    assert parse_message(MSH.encode()).segment_end == "none"


def test_occurrence_and_position() -> None:
    message = read(PID, OBR, obx("1"), "NTE|1||n", obx("2"))
    last = message.named("OBX")[1]
    assert (last.occurrence, last.position, last.address) == (2, 5, "OBX[2]")
    assert message.named("ZZZ") == ()


def test_reprs_hold_no_content() -> None:
    message = read(PID, obx("SECRET~SECRET"))
    field = message.named("OBX")[0].field(5)
    shown = [message, message.segments[1], field, field.repetitions[1], message.named("PID")[0].field(5)]
    assert not [text for text in map(repr, shown) if "SECRET" in text or "DOE" in text]
    assert repr(field.repetitions[1]) == "<Repetition OBX[1]-5[2]>"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_link_may_allow_cr_alone_as_segment_end(end: str) -> None:
    message = parse_message(wire(MSH, PID, end=end), segment_ends="CR")
    assert [finding.code for finding in message.findings][:1] == ["segment-end-refused"]
    assert message.header.msh == MSH.encode()


def test_where_only_cr_ends_segments_a_line_feed_is_part_of_its_field() -> None:
    raw = wire(MSH, PID, obx("line 1\nline 2\nOBX of old", kind="TX"), obx("x", number=2))
    message = parse_message(raw, segment_ends="CR")
    assert [segment.name for segment in message.segments] == ["MSH", "PID", "OBX", "OBX"]
    assert message.named("OBX")[0].field(5).text == "line 1\nline 2\nOBX of old"
    assert [raw[slice(*segment.span)] for segment in message.segments] == raw.split(b"\r")[:-1]
    assert message.findings == ()
    assert [segment.name for segment in parse_message(raw).segments].count("?") == 2


@given(st.lists(st.sampled_from(["PID|1", "OBX|1|TX|a", "NTE", ""]), max_size=6))
def test_without_line_feeds_both_ways_read_the_same(segments: list[str]) -> None:
    raw = wire(MSH, *segments)
    one, other = parse_message(raw), parse_message(raw, segment_ends="CR")
    assert [(s.name, s.span, s.raw) for s in one.segments] == [(s.name, s.span, s.raw) for s in other.segments]
    assert one.findings == other.findings

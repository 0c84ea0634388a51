"""Batches: their messages, the counts of their trailers, and the batch of acknowledgements."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.hl7v2 import acknowledge_batch, read_batch, split_messages
from tests.hl7v2.messages import MSH, PID, wire

NOW = datetime(2026, 1, 10, 9, 30, tzinfo=UTC)
ONE, TWO = wire(MSH, PID), wire(MSH.replace("|A1|", "|A2|"), PID)
BHS = b"BHS|^~\\&|LAB|HOSP|NELM|CLINIC|2026||name||B7\r"
FHS = BHS.replace(b"BHS", b"FHS").replace(b"B7", b"F7")


def faults(raw: bytes) -> list[tuple[str, str]]:
    batch = read_batch(raw)
    assert batch is not None
    return list(batch.faults)


@pytest.mark.parametrize("raw", [b"", ONE, b"hello", b"BTS|0\r", b"BHSX\r", b"\x0bBHS|"])
def test_what_is_no_batch(raw: bytes) -> None:
    assert read_batch(raw) is None


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\r\n"])
def test_the_messages_of_a_batch(before: bytes) -> None:
    batch = read_batch(before + BHS + ONE + TWO + b"BTS|2\r")
    assert batch is not None
    assert batch.messages == (ONE.rstrip(b"\r"), TWO.rstrip(b"\r"))
    assert batch.envelope == (BHS.rstrip(b"\r"), b"BTS|2")
    assert (batch.is_file, batch.field(3), batch.field(11), batch.field(40), batch.faults) == (
        False,
        b"LAB",
        b"B7",
        b"",
        (),
    )


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (BHS + ONE + b"BTS|1\r", []),
        (BHS + ONE + b"BTS\r", []),
        (BHS + ONE + b'BTS|""\r', []),
        (BHS + ONE + b"BTS|2\r", [("batch-count", "BTS[1]-1")]),
        (BHS + ONE + b"BTS|one\r", [("batch-count", "BTS[1]-1")]),
        (BHS + ONE + b"BTS|0000000001\r", [("batch-count", "BTS[1]-1")]),
        (BHS + ONE, [("batch-unfinished", "BHS[1]")]),
        (BHS + b"BTS|0\r", []),
        (FHS + BHS + ONE + b"BTS|1\r" + BHS + TWO + b"BTS|1\rFTS|2\r", []),
        (
            FHS + BHS + ONE + b"BTS|1\r" + BHS + TWO + b"BTS|2\rFTS|1\r",
            [("batch-count", "BTS[2]-1"), ("batch-count", "FTS[1]-1")],
        ),
        (FHS + BHS + ONE + b"BTS|1\r", [("batch-unfinished", "FHS[1]")]),
        (FHS + BHS + ONE + BHS + TWO + b"BTS|1\rFTS|2\r", [("batch-unfinished", "BHS[1]")]),
        (FHS + ONE + b"FTS|0\r", []),
    ],
)
def test_counts(raw: bytes, expected: list[tuple[str, str]]) -> None:
    assert faults(raw) == expected


def answer(raw: bytes, *acks: bytes) -> list[bytes]:
    batch = read_batch(raw)
    assert batch is not None
    return acknowledge_batch(batch, acks, control_id=lambda: "N1", now=NOW).split(b"\r")


def test_the_answer_to_a_batch() -> None:
    head = rb"BHS|^~\&|NELM|CLINIC|LAB|HOSP|20260110093000+0000||||N1|B7"
    assert answer(BHS + ONE + TWO + b"BTS|2\r", b"MSH|1\r", b"MSH|2\r") == [head, b"MSH|1", b"MSH|2", b"BTS|2", b""]
    assert answer(BHS + ONE, b"MSH|1\r")[-2] == b"BTS|1|The counts do not hold."


def test_a_file_is_answered_by_a_file() -> None:
    lines = answer(FHS + BHS + ONE + b"BTS|1\rFTS|1\r", b"MSH|1\r")
    assert [line[:3] for line in lines] == [b"FHS", b"BHS", b"MSH", b"BTS", b"FTS", b""]
    assert lines[0].endswith(b"|N1|F7")


def test_each_header_of_a_file_is_answered_from_its_own() -> None:
    file = rb"FHS#$%!@#ENGINE#HUB#LDT#SITE#2026##name##F7" + b"\r"
    lines = answer(file + BHS + ONE + b"BTS|1\rFTS#1\r", b"MSH|1\r")
    assert lines == [
        b"FHS#$%!@#LDT#SITE#ENGINE#HUB#20260110093000+0000####N1#F7",
        rb"BHS|^~\&|NELM|CLINIC|LAB|HOSP|20260110093000+0000||||N1|B7",
        b"MSH|1",
        b"BTS|1",
        b"FTS#1",
        b"",
    ]


OTHER = b"BHS|^~\\&|RIS|CLINIC|NELM|HOSP|2026||name||B8\r"


def test_each_batch_of_a_file_is_answered_by_a_batch() -> None:
    raw = FHS + BHS + ONE + TWO + b"BTS|2\r" + OTHER + ONE + b"BTS|1\rFTS|2\r"
    assert answer(raw, b"MSH|1\r", b"MSH|2\r", b"MSH|3\r")[1:] == [
        rb"BHS|^~\&|NELM|CLINIC|LAB|HOSP|20260110093000+0000||||N1|B7",
        b"MSH|1",
        b"MSH|2",
        b"BTS|2",
        rb"BHS|^~\&|NELM|HOSP|RIS|CLINIC|20260110093000+0000||||N1|B8",
        b"MSH|3",
        b"BTS|1",
        b"FTS|2",
        b"",
    ]


def test_batches_without_a_file_are_answered_one_after_another() -> None:
    lines = answer(BHS + ONE + b"BTS|1\r" + OTHER + ONE + b"BTS|1\r", b"MSH|1\r", b"MSH|2\r")
    assert [line[:5] for line in lines] == [b"BHS|^", b"MSH|1", b"BTS|1", b"BHS|^", b"MSH|2", b"BTS|1", b""]
    assert [lines[0][-2:], lines[3][-2:]] == [b"B7", b"B8"]


def test_a_batch_that_wants_no_answer_has_none_and_an_empty_one_has() -> None:
    raw = FHS + BHS + ONE + b"BTS|1\r" + OTHER + b"BTS|0\rFTS|2\r"
    lines = answer(raw, b"")
    assert [line[:5] for line in lines] == [b"FHS|^", b"BHS|^", b"BTS|0", b"FTS|1", b""]
    assert lines[1].endswith(b"|B8")


def test_the_trailer_of_each_batch_says_whether_its_own_count_held() -> None:
    raw = FHS + BHS + ONE + b"BTS|7\r" + OTHER + ONE + b"BTS|1\rFTS|3\r"
    trailers = [line for line in answer(raw, b"MSH|1\r", b"MSH|2\r") if line[1:3] == b"TS"]
    fault = b"The counts do not hold."
    assert trailers == [b"BTS|1|" + fault, b"BTS|1", b"FTS|2|" + fault]


def test_what_stands_before_or_between_the_batches_is_answered_too() -> None:
    raw = FHS + ONE + BHS + TWO + b"BTS|1\rnoise\r" + OTHER + ONE + b"BTS|1\rFTS|2\r"
    lines = answer(raw, b"MSH|1\r", b"MSH|2\r", b"MSH|noise\r", b"MSH|3\r")
    assert [line.rpartition(b"|")[2] for line in lines[1:-1]] == [
        *(b"F7", b"1", b"1"),
        *(b"B7", b"2", b"noise", b"2"),
        *(b"B8", b"3", b"1"),
        b"3",
    ]


def test_a_file_without_batches_is_answered_by_a_batch_from_its_own_header() -> None:
    lines = answer(FHS + ONE + b"FTS|0\r", b"MSH|1\r")
    assert [line[3:] for line in lines[:2]] == [rb"|^~\&|NELM|CLINIC|LAB|HOSP|20260110093000+0000||||N1|F7"] * 2


def test_the_senders_delimiters_are_used_and_unusable_ones_are_not() -> None:
    assert answer(b"BHS#$%!@#LAB#HOSP#N#C\r")[0] == b"BHS#$%!@#N#C#LAB#HOSP#20260110093000+0000####N1#"
    assert answer(b"BHS$^^\\&$LAB|X$HOSP$N$C\r")[0] == b"BHS|^~\\&|||||20260110093000+0000||||N1|"


def test_no_block_bytes_reach_the_answer() -> None:
    raw = BHS.replace(b"B7", b"B\x0b7\x1c")
    assert answer(raw)[0].endswith(b"|B7")


@given(
    st.binary(max_size=60).map(lambda tail: b"BHS|" + tail) | st.binary(max_size=40).map(lambda tail: FHS + ONE + tail)
)
def test_any_bytes_are_covered_and_answered(raw: bytes) -> None:
    batch = read_batch(raw)
    if batch is None:
        return
    assert len(batch.messages) + len(batch.envelope) == len(split_messages(raw))
    ack = acknowledge_batch(batch, [ONE] * len(batch.messages), control_id=lambda: "N1", now=NOW)
    again = read_batch(ack)
    assert again is not None
    assert (again.messages, again.faults) == ((ONE.rstrip(b"\r"),) * len(batch.messages), ())
    assert [part.messages for part in again.parts] == [part.messages for part in batch.parts]


def test_a_time_without_zone_is_our_error() -> None:
    batch = read_batch(BHS)
    assert batch is not None
    with pytest.raises(ValueError, match="zone"):
        acknowledge_batch(batch, (), control_id=lambda: "N1", now=datetime(2026, 1, 10))

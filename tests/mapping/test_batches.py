"""Batches and files of batches: each message has its own outcome, and the trailers count what came."""

import pytest

from adapter.mapping.hl7v2 import map_hl7v2_bytes
from adapter.mapping.patient import Mapping
from tests.mapping.senders import CLOCK, finding_codes, header, message, obr, platelets

FHS, BHS = r"FHS|^~\&|LAB|HOSP", r"BHS|^~\&|LAB|HOSP"


def oru(number: int, pid: str = "") -> str:
    """One report about a patient of its own."""
    return message(obr(f"R{number}^LAB"), platelets("210"), head=header(f"A{number}"), pid=pid or person(number))


def person(number: int) -> str:
    return f"PID|1||P{number}^^^HOSP^MR||DOE^JANE||19610405|F"


def mapped(*segments: str) -> Mapping:
    text = "".join(segment if segment.endswith("\r") else f"{segment}\r" for segment in segments)
    mapping = map_hl7v2_bytes(text.encode(), "batch")
    assert mapping.whole_ledger.balanced
    return mapping


@pytest.mark.parametrize("trailer", ["BTS|2", "BTS", "BTS|", "BTS|002", "BTS| 2 "])
def test_a_batch_that_counts_right_is_mapped_without_a_word(trailer: str) -> None:
    mapping = mapped(FHS, BHS, oru(1), oru(2), trailer, "FTS|1")
    assert finding_codes(mapping) == []
    assert [patient.subject for patient in mapping.patients] == ["HOSP/MR/P1", "HOSP/MR/P2"]


@pytest.mark.parametrize("trailer", ["BTS|3", "BTS|1", "BTS|x", "BTS|-2", "BTS|99999999999999999999"])
def test_a_batch_that_counts_otherwise_is_said(trailer: str) -> None:
    mapping = mapped(BHS, oru(1), oru(2), trailer)
    assert finding_codes(mapping) == ["batch-count"]
    assert len(mapping.patients) == 2


def test_a_file_counts_its_batches() -> None:
    batch = (BHS, oru(1), "BTS|1")
    assert finding_codes(mapped(FHS, *batch, *batch, "FTS|2")) == []
    assert finding_codes(mapped(FHS, *batch, "FTS|2")) == ["batch-count"]


@pytest.mark.parametrize(
    "segments", [(BHS, oru(1)), (FHS, BHS, oru(1), "BTS|1"), (BHS, oru(1), BHS, oru(2), "BTS|1"), (FHS, FHS, "FTS")]
)
def test_a_header_without_its_trailer_is_said(segments: tuple[str, ...]) -> None:
    assert finding_codes(mapped(*segments)) == ["batch-unfinished"]


def test_a_trailer_without_its_header_counts_what_nobody_began() -> None:
    assert finding_codes(mapped(oru(1), "BTS|1")) == ["batch-count"]
    assert finding_codes(mapped(oru(1), "BTS")) == []


def test_a_cut_message_is_one_of_its_batch() -> None:
    text = f"{BHS}\r".encode() + b"\x0b" + oru(1).encode() + b"\x1c\r\x0b" + oru(2).encode() + b"\x0b"
    mapping = map_hl7v2_bytes(text + oru(3).encode() + b"\x1c\rBTS|3\r", "batch")
    assert finding_codes(mapping) == ["message-truncated"]


def test_the_trailer_is_read_with_its_own_delimiter() -> None:
    assert finding_codes(mapped(BHS.replace("|", "#"), oru(1), "BTS#2")) == ["batch-count"]


@pytest.mark.hazard("HZ-M17")
def test_a_message_without_patient_costs_the_others_nothing() -> None:
    nobody = oru(2).replace(f"{person(2)}\r", "")
    mapping = mapped(BHS, oru(1), nobody, oru(3), "BTS|3")
    assert [patient.subject for patient in mapping.patients] == ["HOSP/MR/P1", "HOSP/MR/P3"]
    assert all(patient.case(CLOCK).known("platelets_10e9_l") is not None for patient in mapping.patients)
    assert finding_codes(mapping) == ["no-patient"]

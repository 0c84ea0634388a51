"""A death that messages tell of, and one that a later registration takes back: in the order of their times."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mapping.hazard_log import PID, log_mapping, log_message, log_platelets, log_report
from tests.mapping.senders import finding_codes

DEAD, BACK, UNCLEAR = ["patient-deceased"], ["death-taken-back"], ["death-unclear"]


def told(tail: str, *, hour: int, message: str = "ADT^A08", control: str = "") -> str:
    """A message of an hour with these fields from PID-29 on; empty text is a PID that ends before."""
    pid = f"{PID}{'|' * 21}{tail}" if tail else PID
    return log_message("EVN||2026", pid, control=control or f"A{hour}", sent=f"2026011009{hour:02}00", message=message)


@pytest.mark.hazard("HZ-P15")
@pytest.mark.parametrize("event", ["A01", "A08", "A31"])
@pytest.mark.parametrize(
    ("said", "taken_back"), [("|Y", "|N"), ("|Y", '|""'), ("20260109|Y", "|N"), ("20260109", "|N")]
)
def test_a_later_registration_takes_a_death_back(said: str, taken_back: str, event: str) -> None:
    dead, back = told(said, hour=1), told(taken_back, hour=2, message=f"ADT^{event}")
    for order in permutations((dead, back)):
        [patient] = log_mapping(*order).patients
        assert [(f.code, f.severity, f.place) for f in patient.findings] == [
            ("death-taken-back", "warning", "A2 PID[1]-30")
        ]


@pytest.mark.hazard("HZ-P15")
@pytest.mark.parametrize(
    ("said", "later", "expected"),
    [
        ("20260109", '""', BACK),
        ("20260109|Y", '""|""', BACK),
        ("20260109|Y", '|""', DEAD),  # the date stands
        ("20260109|Y", '""|', DEAD),  # the indicator stands
        ("|Y", "20260109|N", DEAD),  # contradicts itself
        ("|Y", "", DEAD),
        ("|Y", "|", DEAD),
        ("|Y", "|U", DEAD),
        ("|Y", "|Y", DEAD),
        ("", "|YES", UNCLEAR),
        ("|1", "", UNCLEAR),
        ("|1", "|N", []),
        ("|U", "|Y", DEAD),
    ],
)
def test_what_a_registration_leaves_of_a_death(said: str, later: str, expected: list[str]) -> None:
    found = finding_codes(log_mapping(told(said, hour=1), told(later, hour=2)))
    assert list(dict.fromkeys(found)) == expected


@pytest.mark.hazard("HZ-P15")
def test_an_older_registration_takes_nothing_back() -> None:
    older, dead = told("|N", hour=1), told("|Y", hour=2)
    for order in permutations((older, dead)):
        assert finding_codes(log_mapping(*order)) == DEAD


@pytest.mark.hazard("HZ-P15")
def test_a_result_takes_no_death_back_and_can_tell_of_one() -> None:
    """Laboratories copy the PID; many have `N` in every message."""
    copied = log_report(log_platelets("210"), control="A5", pid=f"{PID}{'|' * 22}N")
    assert finding_codes(log_mapping(told("|Y", hour=1), copied)) == DEAD
    lab = log_report(log_platelets("210"), control="A5", pid=f"{PID}{'|' * 22}Y")
    assert finding_codes(log_mapping(told("|N", hour=1), lab)) == DEAD
    assert finding_codes(log_mapping(lab, told("|N", hour=59))) == BACK


@pytest.mark.hazard("HZ-P15")
def test_a_death_that_is_told_again_holds() -> None:
    messages = [told("|Y", hour=1), told("|N", hour=2), told("|Y", hour=3)]
    for order in permutations(messages):
        [patient] = log_mapping(*order).patients
        assert [(f.code, f.place) for f in patient.findings] == [("patient-deceased", "A3 PID[1]-30")]


@pytest.mark.hazard("HZ-P15")
@given(st.lists(st.sampled_from(["|Y", "|N", '|""', "20260109|Y", '""|', "", "|U"]), max_size=6))
def test_the_last_word_of_a_registration_decides(tails: list[str]) -> None:
    """Y last is a death, N last is none, whatever came before."""
    before = [told(tail, hour=hour) for hour, tail in enumerate(tails, start=1)]
    assert DEAD[0] in finding_codes(log_mapping(*before, told("|Y", hour=50)))
    assert DEAD[0] not in finding_codes(log_mapping(*before, told("|N", hour=50)))

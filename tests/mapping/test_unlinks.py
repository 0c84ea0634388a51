"""Links of patients (ADT^A24) and their undoing (A37): a link joins nothing, and a merge is not undone by an unlink."""

from itertools import permutations

import pytest

from adapter.hl7v2 import parse_message
from adapter.mapping.sender import ANY_SENDER
from adapter.server.content import read_content
from tests.mapping.hazard_log import PID, log_mapping, log_message
from tests.mapping.senders import finding_codes
from tests.mapping.test_merges import counts, merge, result

FIRST = result("P1", "210", "R1")
SECOND = result("P2", "35", "R2", when="20260111080000")


def pair(event: str, *numbers: str, hour: int = 9) -> str:
    """A link or unlink of an hour."""
    people = [PID.replace("P1^", f"{number}^") for number in numbers or ("P1", "P2")]
    return log_message("EVN||2026", *people, control=f"L{hour}", sent=f"20260111{hour:02}0000", message=f"ADT^{event}")


def merged(survivor: str, retired: str, *, hour: int) -> str:
    return merge(survivor, retired, control=f"M{hour}").replace("20260110093000", f"20260111{hour:02}0000")


@pytest.mark.hazard("HZ-P08")
def test_results_are_never_joined_by_a_link_nor_after_it_is_undone() -> None:
    apart = {"HOSP/MR/P1": ["210 10*3/uL"], "HOSP/MR/P2": ["35 10*3/uL"]}
    for order in permutations((FIRST, SECOND, pair("A24", hour=8), pair("A37", hour=9))):
        mapping = log_mapping(*order)
        assert counts(mapping) == apart
        assert (mapping.conflicts, finding_codes(mapping)) == ((), ["patients-linked"] * 2)


@pytest.mark.hazard("HZ-P08")
@pytest.mark.parametrize(
    "merges",
    [
        (merged("P1", "P2", hour=8),),
        (merged("P2", "P1", hour=8),),
        (merged("P3", "P1", hour=7), merged("P3", "P2", hour=8)),
        (merged("P1", "P2", hour=9),),  # at the same time, and before it
    ],
)
def test_an_unlink_of_merged_numbers_is_for_a_person_to_decide(merges: tuple[str, ...]) -> None:
    mapping = log_mapping(FIRST, SECOND, *merges, pair("A37"))
    assert mapping.conflicts == ((3 + len(merges), "unlink-not-applied"),)
    assert [(f.code, f.severity, f.place) for f in mapping.findings] == [
        ("patients-linked", "info", "L9 PID[2]-3"),
        ("unlink-not-applied", "error", "L9 PID[2]-3"),
    ]
    assert len(counts(mapping)) == 1


@pytest.mark.hazard("HZ-P08")
def test_the_times_of_the_messages_say_which_was_first() -> None:
    older, newer = merged("P1", "P2", hour=8), merged("P1", "P2", hour=10)
    for order in permutations((FIRST, SECOND, older, pair("A37"))):
        assert [code for _, code in log_mapping(*order).conflicts] == ["unlink-not-applied"]
    for order in permutations((FIRST, SECOND, newer, pair("A37"))):
        assert log_mapping(*order).conflicts == ()
    assert log_mapping(FIRST, SECOND, older, newer, pair("A37")).conflicts == ()


def test_a_merge_that_was_refused_is_not_in_the_way() -> None:
    other = SECOND.replace("DOE^JANE||19610405|F", "ROE^MAX||19990101|M")
    unlink = pair("A37").replace("P2^^^HOSP^MR||DOE^JANE||19610405|F", "P2^^^HOSP^MR")
    mapping = log_mapping(FIRST, other, merged("P1", "P2", hour=8), unlink)
    assert mapping.conflicts == ((3, "identity-conflict"),)


def test_a_merge_of_others_is_not_in_the_way() -> None:
    assert log_mapping(merged("P1", "P3", hour=8), pair("A37")).conflicts == ()


@pytest.mark.parametrize("numbers", [("P1",), ("P1", "P1")])
@pytest.mark.hazard("HZ-P08")
def test_an_unlink_that_does_not_name_two_is_quarantined(numbers: tuple[str, ...]) -> None:
    text = pair("A37", *numbers)
    assert "unlink-not-applied" in finding_codes(log_mapping(text))
    content = read_content(parse_message(text.encode()), ANY_SENDER)
    assert (content.state, content.reason) == ("quarantined", "unlink-not-applied")


def test_a_link_of_one_number_with_itself_is_harmless() -> None:
    content = read_content(parse_message(pair("A24", "P1", "P1").encode()), ANY_SENDER)
    assert content.state == "received"

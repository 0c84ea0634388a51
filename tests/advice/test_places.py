"""Where a fact came from, in words: the place of its date first, and none that is not counted."""

from datetime import UTC, datetime

from adapter.advice.facts import fact_line
from adapter.advice.wording import place_of, source_of
from adapter.case.catalogue import catalogue
from adapter.case.fact import Standing, Statement
from adapter.case.merge import Clock, merge
from adapter.case.moment import Moment
from adapter.case.origin import Origin
from adapter.case.value import Flag

CLOCK = Clock(datetime(2026, 1, 12, 12, tzinfo=UTC))


def message(name: str, place: str = "DG1[1]-3") -> Origin:
    return Origin("hl7v2", name, place, source="LAB HOSP")


def test_two_places_are_named_and_the_others_counted() -> None:
    places = [message(name) for name in ("A1", "A2", "A3", "A4")]
    two = "DG1[1]-3 of message A1 from LAB HOSP; DG1[1]-3 of message A2 from LAB HOSP"
    assert [place_of(places[:count]) for count in (2, 3, 4)] == [two, f"{two} and 1 more", f"{two} and 2 more"]


def test_places_that_read_alike_are_one() -> None:
    assert place_of([Origin("case", "a.json", name) for name in ("x", "y", "z")]) == "case file"


def test_a_message_is_named_and_the_others_counted() -> None:
    places = [message("A1", "DG1[1]-3"), message("A1", "DG1[2]-3"), message("A2"), message("A3")]
    assert source_of(places[:2]) == "message A1"
    assert source_of(places) == "message A1 and 2 more"
    assert source_of([]) == ""


def test_of_a_fact_from_three_messages_the_one_of_the_date_is_named_first() -> None:
    """The oldest message has the first name."""
    days = {"A1": "2024-03-01", "A2": "2025-06-30", "A3": "2026-01-10"}
    said = [
        Statement(
            "prior_prrt",
            Standing.FINAL,
            Flag(True),
            message(name),
            Moment.at(datetime.fromisoformat(f"{day}T08:00+00:00")),
        )
        for name, day in days.items()
    ]
    line = fact_line(merge(catalogue()["prior_prrt"], said, CLOCK))
    assert "yes, 2026-01-10 (DG1[1]-3 of message A3 from LAB HOSP; " in line
    assert line.endswith(" and 1 more)")

"""The states of a fact: which one a set of statements gives, what it keeps, and that only PRESENT is known.

Not for ages at their limit nor for corrections, which have files of their own.
"""

import pytest

from adapter.case.catalogue import NO_EXPIRY, Kind, catalogue
from adapter.case.fact import Fact, Standing, State, Statement
from adapter.case.origin import Origin
from adapter.case.value import Members, Value
from tests.case.statements import (
    AS_OF,
    CLOCK,
    HISTORY,
    JUDGEMENT,
    NO,
    RESULT,
    YES,
    amount,
    at,
    case,
    defined,
    event,
    fact,
    merged,
    on,
    says,
    these_only,
)

RECENT = at("2026-01-10T08:00Z")
OLD = at("2024-01-10T08:00Z")


def test_a_final_dated_recent_value_is_present() -> None:
    found = merged(RESULT, says("x", amount("210"), RECENT))
    assert (found.state, found.known, found.when) == (State.PRESENT, amount("210"), RECENT)
    assert [origin.place for origin in found.origins] == ["OBX[1]-5"]


@pytest.mark.hazard("HZ-C12")
@pytest.mark.parametrize("name", catalogue().facts)
def test_a_fact_that_nobody_spoke_of_is_absent_and_unknown(name: str) -> None:
    found = case().facts[name]
    assert found.state is State.ABSENT
    assert found.known is None
    assert found.on_record is None
    assert found.reason


def test_every_fact_of_the_catalogue_stands_in_the_case() -> None:
    assert case().facts.keys() == catalogue().facts.keys()


@pytest.mark.parametrize("value", [amount("0"), amount("210"), None])
def test_a_result_that_is_absent_has_no_value_whatever_came_with_it(value: Value | None) -> None:
    found = merged(RESULT, says("x", value, RECENT, standing=Standing.ABSENT, reason="not-obtained"))
    assert (found.state, found.reason, found.known) == (State.ABSENT, "not-obtained", None)


def test_absence_of_a_list_is_not_an_empty_list() -> None:
    found = merged(HISTORY, says("x", None, RECENT, standing=Standing.ABSENT, reason="unanswered"))
    assert found.known is None


def test_only_an_explicit_answer_empties_a_list() -> None:
    assert merged(HISTORY, says("x", these_only(), RECENT)).known == Members(frozenset(), complete=True)


def test_recorded_events_leave_a_list_open() -> None:
    known = merged(HISTORY, says("x", event("a"), RECENT)).known
    assert isinstance(known, Members)
    assert not known.complete


@pytest.mark.hazard("HZ-V13")
def test_zero_is_a_value() -> None:
    found = merged(RESULT, says("x", amount("0.0"), RECENT))
    assert (found.state, found.known) == (State.PRESENT, amount("0"))


def test_no_is_a_value() -> None:
    found = merged(JUDGEMENT, says("x", NO, RECENT))
    assert (found.state, found.known) == (State.PRESENT, NO)


@pytest.mark.parametrize("reason", ["entered-in-error", "status-unknown", "unit-missing"])
def test_an_excluded_value_keeps_its_reason_and_decides_nothing(reason: str) -> None:
    found = merged(RESULT, says("x", amount("35"), RECENT, standing=Standing.EXCLUDED, reason=reason))
    assert (found.state, found.reason, found.known) == (State.EXCLUDED, reason, None)


@pytest.mark.hazard("HZ-S01")
def test_a_preliminary_value_is_shown_and_decides_nothing() -> None:
    found = merged(RESULT, says("x", amount("35"), RECENT, standing=Standing.PRELIMINARY))
    assert (found.state, found.reason, found.known) == (State.PRELIMINARY, "preliminary", None)
    assert found.on_record == amount("35")
    assert found.when == RECENT


def test_the_sender_s_reason_for_a_preliminary_value_is_kept() -> None:
    found = merged(RESULT, says("x", amount("35"), RECENT, standing=Standing.PRELIMINARY, reason="registered"))
    assert found.reason == "registered"


def test_a_newer_preliminary_value_stands_beside_the_final_one() -> None:
    found = merged(
        RESULT,
        says("x", amount("210"), at("2026-01-09T08:00Z"), place="final"),
        says("x", amount("35"), RECENT, place="preliminary", standing=Standing.PRELIMINARY),
    )
    assert found.known == amount("210")
    assert [(item.state, item.when, item.origin.place) for item in found.unused] == [
        (State.PRELIMINARY, RECENT, "preliminary")
    ]


@pytest.mark.hazard("HZ-T02")
def test_an_old_value_is_stale_and_shown_with_its_date() -> None:
    found = merged(RESULT, says("x", amount("210"), OLD))
    assert (found.state, found.reason, found.known) == (State.STALE, "stale", None)
    assert (found.on_record, found.when) == (amount("210"), OLD)


@pytest.mark.hazard("HZ-T10")
def test_an_undated_value_with_an_expiry_is_undated() -> None:
    found = merged(RESULT, says("x", amount("210")))
    assert (found.state, found.reason, found.known) == (State.UNDATED, "undated", None)
    assert found.on_record == amount("210")


def test_a_statement_is_not_enduring_unless_it_says_so() -> None:
    statement = Statement("x", Standing.FINAL, amount("210"), Origin("hl7v2", "A1", "OBX[1]-5"))
    assert merged(RESULT, statement).state is State.UNDATED


def test_an_undated_value_without_expiry_is_present() -> None:
    assert merged(defined(Kind.QUANTITY, max_age=NO_EXPIRY), says("x", amount("210"))).known == amount("210")


def test_what_holds_until_it_is_changed_needs_no_date() -> None:
    assert merged(JUDGEMENT, says("x", YES, enduring=True)).known == YES
    assert merged(JUDGEMENT, says("x", YES, OLD, enduring=True)).known == YES


@pytest.mark.hazard("HZ-T07")
def test_two_results_of_one_moment_with_different_values_conflict() -> None:
    found = merged(
        RESULT,
        says("x", amount("0.9"), RECENT, place="a"),
        says("x", amount("2.4"), RECENT, place="b"),
    )
    assert (found.state, found.reason, found.known) == (State.CONFLICTING, "conflicting-values", None)
    assert found.on_record is None
    assert [origin.place for origin in found.origins] == ["a", "b"]


def test_two_results_of_one_moment_with_the_same_value_agree() -> None:
    found = merged(
        RESULT,
        says("x", amount("0.9"), RECENT, place="a"),
        says("x", amount("0.90"), RECENT, place="b"),
    )
    assert found.known == amount("0.9")
    assert [origin.place for origin in found.origins] == ["a", "b"]


def _set_aside(standing: Standing, place: str) -> Statement:
    return says("x", amount("1"), RECENT, place=place, standing=standing, reason=place)


@pytest.mark.parametrize(
    ("leading", "others"),
    [
        (State.PRELIMINARY, ["stale", "undated", "excluded", "absent"]),
        (State.STALE, ["undated", "excluded", "absent"]),
        (State.UNDATED, ["excluded", "absent"]),
        (State.EXCLUDED, ["absent"]),
    ],
)
def test_without_a_usable_value_the_most_telling_state_leads(leading: State, others: list[str]) -> None:
    statements = {
        "preliminary": _set_aside(Standing.PRELIMINARY, "preliminary"),
        "stale": says("x", amount("2"), OLD, place="stale"),
        "undated": says("x", amount("3"), place="undated"),
        "excluded": _set_aside(Standing.EXCLUDED, "excluded"),
        "absent": _set_aside(Standing.ABSENT, "absent"),
    }
    given = [statements[name] for name in [*reversed(others), leading.value]]
    found = merged(RESULT, *given)
    assert found.state is leading
    assert found.origins[0].place == leading.value
    assert {item.state.value for item in found.unused} == set(others)


def test_of_several_values_of_one_state_the_newest_is_shown() -> None:
    older, newer = at("2023-05-01T08:00Z"), OLD
    found = merged(RESULT, says("x", amount("1"), older, place="a"), says("x", amount("2"), newer, place="b"))
    assert (found.on_record, found.when) == (amount("2"), newer)
    assert [item.when for item in found.unused] == [older]


def test_what_is_set_aside_is_listed_newest_first() -> None:
    found = merged(
        RESULT,
        says("x", amount("5"), RECENT, place="used"),
        says("x", amount("4"), place="undated"),
        says("x", amount("1"), on("2023-05-01"), place="older"),
        says("x", amount("2"), on("2024-05-01"), place="newer"),
    )
    assert [item.origin.place for item in found.unused] == ["newer", "older", "undated"]


@pytest.mark.parametrize("state", [state for state in State if state is not State.PRESENT])
def test_only_a_present_fact_is_known(state: State) -> None:
    assert Fact("x", state, on_record=amount("35")).known is None
    assert Fact("x", State.PRESENT, on_record=amount("35")).known == amount("35")


def test_the_case_knows_only_what_is_present() -> None:
    statements = [
        says("bilirubin_mg_dl", amount("1.1"), RECENT),
        says("albumin_g_dl", amount("4"), RECENT, standing=Standing.PRELIMINARY),
    ]
    made = case(*statements)
    assert made.known("bilirubin_mg_dl") == amount("1.1")
    assert made.known("albumin_g_dl") is None
    assert made.as_of == AS_OF == CLOCK.as_of
    assert fact("albumin_g_dl", statements).state is State.PRELIMINARY

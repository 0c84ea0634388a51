"""How several usable statements become one fact: latest, earliest, any, union, largest, and narrowing answers.

Not for statements that time or status sets aside.
"""

import pytest

from adapter.case.catalogue import NO_EXPIRY, FactDefinition, Kind, Merge
from adapter.case.fact import State
from adapter.case.value import Members, Quantity
from tests.case.statements import (
    ANSWER,
    AS_OF,
    DIAGNOSIS,
    HISTORY,
    NO,
    RESULT,
    SIZE,
    YES,
    amount,
    at,
    between,
    code,
    defined,
    event,
    merged,
    on,
    one_of,
    says,
    these_only,
)

EARLIEST = defined(Kind.QUANTITY, Merge.EARLIEST)
LASTING = defined(Kind.QUANTITY, max_age=NO_EXPIRY)
PLANNED = defined(Kind.LIST, Merge.UNION, "P14D")
NINTH, TENTH = at("2026-01-09T08:00Z"), at("2026-01-10T08:00Z")


@pytest.mark.hazard("HZ-T08")
@pytest.mark.parametrize("reverse", [False, True])
def test_the_latest_is_by_effective_time_not_by_arrival(reverse: bool) -> None:
    statements = [says("x", amount("35"), NINTH, place="a"), says("x", amount("210"), TENTH, place="b")]
    found = merged(RESULT, *(reversed(statements) if reverse else statements))
    assert (found.known, found.when) == (amount("210"), TENTH)
    assert [origin.place for origin in found.origins] == ["b"]


@pytest.mark.parametrize("reverse", [False, True])
def test_the_earliest_is_by_effective_time(reverse: bool) -> None:
    statements = [says("x", amount("35"), NINTH, place="a"), says("x", amount("210"), TENTH, place="b")]
    found = merged(EARLIEST, *(reversed(statements) if reverse else statements))
    assert (found.known, found.when) == (amount("35"), NINTH)


@pytest.mark.hazard("HZ-T07")
@pytest.mark.parametrize(("definition", "expected"), [(RESULT, "2.4"), (EARLIEST, "0.9")])
def test_of_two_results_of_one_moment_the_issue_decides(definition: FactDefinition, expected: str) -> None:
    found = merged(
        definition,
        says("x", amount("0.9"), TENTH, issued=at("2026-01-10T09:00Z"), place="a"),
        says("x", amount("2.4"), TENTH, issued=at("2026-01-10T10:00Z"), place="b"),
    )
    assert found.known == amount(expected)


def test_a_date_and_a_time_on_that_date_cannot_be_ordered() -> None:
    found = merged(
        RESULT, says("x", amount("1"), on("2026-01-10"), place="a"), says("x", amount("2"), TENTH, place="b")
    )
    assert found.state is State.CONFLICTING


@pytest.mark.hazard("HZ-T03")
def test_a_month_that_spans_a_later_day_cannot_be_ordered_before_it() -> None:
    found = merged(
        LASTING, says("x", amount("1"), on("2025-12"), place="a"), says("x", amount("2"), on("2025-12-20"), place="b")
    )
    assert found.state is State.CONFLICTING


def test_the_day_after_a_month_is_later_than_the_month() -> None:
    found = merged(
        LASTING, says("x", amount("1"), on("2025-12"), place="a"), says("x", amount("2"), on("2026-01-01"), place="b")
    )
    assert found.known == amount("2")


def test_an_undated_result_without_expiry_cannot_be_outdated() -> None:
    found = merged(LASTING, says("x", amount("1"), place="a"), says("x", amount("2"), TENTH, place="b"))
    assert found.state is State.CONFLICTING


@pytest.mark.parametrize(("older", "newer"), [(True, False), (False, True)])
def test_what_holds_until_changed_is_neither_outdated_nor_outdates(older: bool, newer: bool) -> None:
    answer = defined(Kind.FLAG)
    first = says("x", YES, NINTH, enduring=older, place="a")
    assert merged(answer, first, says("x", NO, TENTH, enduring=newer, place="b")).state is State.CONFLICTING


def test_a_stale_value_does_not_conflict_with_a_current_one() -> None:
    found = merged(
        DIAGNOSIS.model_copy(update={"max_age": "P3M"}), says("x", NO, on("2024-01-01")), says("x", YES, TENTH)
    )
    assert found.known == YES


def test_an_interval_conflicts_with_another_value_of_the_same_moment() -> None:
    found = merged(RESULT, says("x", between("2", "3"), TENTH, place="a"), says("x", amount("5"), TENTH, place="b"))
    assert found.state is State.CONFLICTING


def test_a_diagnosis_is_contradicted_by_an_older_statement_too() -> None:
    found = merged(DIAGNOSIS, says("x", NO, on("2019-01-01"), place="a"), says("x", YES, TENTH, place="b"))
    assert (found.state, found.when) == (State.CONFLICTING, TENTH)


def test_statements_of_a_diagnosis_that_agree_are_one() -> None:
    found = merged(DIAGNOSIS, says("x", YES, on("2019-01-01"), place="a"), says("x", YES, TENTH, place="b"))
    assert (found.known, found.when) == (YES, TENTH)
    assert [origin.place for origin in found.origins] == ["b", "a"], "first the one whose date the fact has"


# Narrowing: a statement that leaves several answers possible.


def test_two_narrowing_statements_leave_what_both_allow() -> None:
    found = merged(ANSWER, says("x", code("a", "b"), NINTH, place="1"), says("x", code("b", "c"), TENTH, place="2"))
    assert found.known == code("b")


def test_three_narrowing_statements_with_nothing_in_common_conflict() -> None:
    pairs = [code("a", "b"), code("b", "c"), code("c", "a")]
    found = merged(ANSWER, *(says("x", pair, TENTH, place=str(n)) for n, pair in enumerate(pairs)))
    assert found.state is State.CONFLICTING


def test_an_answer_that_stays_narrowed_is_present_with_all_that_remains() -> None:
    found = merged(ANSWER, says("x", code("a", "b"), TENTH))
    assert (found.state, found.known) == (State.PRESENT, code("a", "b"))


@pytest.mark.parametrize("narrowing", [NINTH, TENTH])
def test_a_narrowing_statement_that_allows_the_answer_keeps_it(narrowing: object) -> None:
    moment = NINTH if narrowing == NINTH else TENTH
    found = merged(ANSWER, says("x", code("a", "b"), moment, place="1"), says("x", code("a"), NINTH, place="2"))
    assert found.known == code("a")


def test_a_newer_narrowing_statement_does_not_replace_the_answer_but_contradicts_it() -> None:
    found = merged(ANSWER, says("x", code("a", "b"), TENTH, place="1"), says("x", code("c"), NINTH, place="2"))
    assert found.state is State.CONFLICTING


def test_among_answers_beside_a_narrowing_statement_the_latest_counts() -> None:
    found = merged(
        ANSWER,
        says("x", code("a", "b"), NINTH, place="1"),
        says("x", code("c"), NINTH, place="2"),
        says("x", code("a"), TENTH, place="3"),
    )
    assert found.known == code("a")


# Union: lists to which every statement adds.


def test_recorded_events_add_up() -> None:
    found = merged(HISTORY, says("x", event("a"), NINTH, place="1"), says("x", event("b"), TENTH, place="2"))
    assert (found.known, found.when) == (event("a", "b"), TENTH)
    assert [origin.place for origin in found.origins] == ["2", "1"], "first the one whose date the fact has"


def test_an_event_after_an_explicit_none_is_added() -> None:
    found = merged(HISTORY, says("x", these_only(), NINTH, place="1"), says("x", event("a"), TENTH, place="2"))
    assert found.known == these_only("a")


@pytest.mark.parametrize("when", ["2026-01-08", "2026-01-09", "2026", "", "2025"])
def test_an_event_that_an_explicit_list_leaves_out_contradicts_it(when: str) -> None:
    found = merged(
        HISTORY,
        says("x", these_only("b"), NINTH, place="1"),
        says("x", event("a"), on(when) if when else None, place="2"),
    )
    assert (found.state, found.known) == (State.CONFLICTING, None)
    assert [origin.place for origin in found.origins] == ["1", "2"]


def test_an_undated_explicit_none_contradicts_every_event() -> None:
    found = merged(HISTORY, says("x", these_only(), place="1"), says("x", event("a"), TENTH, place="2"))
    assert found.state is State.CONFLICTING


def test_an_older_event_that_the_explicit_list_holds_agrees_with_it() -> None:
    found = merged(HISTORY, says("x", event("a"), NINTH, place="1"), says("x", these_only("a", "b"), TENTH, place="2"))
    assert found.known == these_only("a", "b")


def test_an_older_event_of_unknown_kind_agrees_with_a_list_that_holds_one_of_its_kinds() -> None:
    found = merged(HISTORY, says("x", one_of("a", "b"), NINTH, place="1"), says("x", these_only("a"), TENTH, place="2"))
    assert found.known == these_only("a")


def test_an_older_event_of_unknown_kind_contradicts_a_list_that_holds_none_of_its_kinds() -> None:
    found = merged(HISTORY, says("x", one_of("a", "b"), NINTH, place="1"), says("x", these_only("c"), TENTH, place="2"))
    assert found.state is State.CONFLICTING


def test_two_sessions_one_of_unknown_kind_keep_the_other_kind_possible() -> None:
    """Y-90 of unknown extent in June and lobar Y-90 in July, none before: the first may have been whole-liver."""
    found = merged(
        HISTORY,
        says("x", these_only(), on("2025-05-01"), place="1"),
        says("x", one_of("a", "b"), on("2025-06-01"), place="2"),
        says("x", event("a"), on("2025-07-01"), place="3"),
    )
    assert isinstance(found.known, Members)
    assert found.known.has_any(frozenset({"b"})).value == "unknown"
    assert found.known.has_any(frozenset({"a"})).value == "true"
    assert found.known.has_any(frozenset({"c"})).value == "false"


@pytest.mark.hazard("HZ-A09")
def test_several_contradictions_of_an_explicit_none_are_named_whatever_the_order() -> None:
    none = says("x", these_only(), TENTH, place="none")
    first, second = says("x", event("a"), NINTH, place="1"), says("x", event("b"), on("2026-01-08"), place="2")
    assert merged(HISTORY, none, first, second) == merged(HISTORY, second, none, first)


def test_a_newer_explicit_list_of_the_present_replaces_older_statements() -> None:
    found = merged(
        PLANNED,
        says("x", event("a"), at("2026-01-08T08:00Z"), place="0"),
        says("x", these_only("b"), NINTH, place="1"),
        says("x", these_only("c"), TENTH, place="2"),
    )
    assert found.known == these_only("c")


def test_an_explicit_list_of_the_past_is_never_replaced() -> None:
    found = merged(HISTORY, says("x", these_only("a"), NINTH, place="1"), says("x", these_only(), TENTH, place="2"))
    assert found.state is State.CONFLICTING


def test_an_event_of_unknown_kind_after_an_explicit_list_may_be_of_either_kind() -> None:
    found = merged(HISTORY, says("x", these_only("a"), NINTH, place="1"), says("x", one_of("a", "b"), TENTH, place="2"))
    assert isinstance(found.known, Members)
    assert found.known.has_any(frozenset({"b"})).value == "unknown"


# Largest: the largest measurement of the newest day.


def test_the_largest_of_the_newest_day_counts() -> None:
    found = merged(
        SIZE,
        says("x", amount("9"), on("2026-01-08"), place="1"),
        says("x", amount("2.3"), at("2026-01-10T07:00Z"), place="2"),
        says("x", amount("4.1"), on("2026-01-10"), place="3"),
        says("x", amount("3"), at("2026-01-10T09:00Z"), place="4"),
    )
    assert found.known == amount("4.1")
    assert [origin.place for origin in found.origins] == ["3", "2", "4"], "first the one whose value it is"


def test_an_interval_among_several_sizes_of_a_day_is_not_compared() -> None:
    found = merged(SIZE, says("x", between("2", "6"), TENTH, place="1"), says("x", amount("4"), TENTH, place="2"))
    assert found.state is State.CONFLICTING


def test_a_single_size_known_as_an_interval_stays_one() -> None:
    found = merged(SIZE, says("x", Quantity(amount("5").low, None, low_open=True), TENTH))
    assert found.known == Quantity(amount("5").low, None, low_open=True)


@pytest.mark.hazard("HZ-T03")
def test_a_size_dated_by_its_month_is_not_taken_for_older_than_a_day_of_that_month() -> None:
    lasting = SIZE.model_copy(update={"max_age": "P3M"})
    found = merged(
        lasting,
        says("x", amount("6"), on("2025-12"), place="1"),
        says("x", amount("3"), on("2025-12-10"), place="2"),
    )
    assert found.known != amount("3")


def test_sizes_of_one_day_in_two_zones_are_of_one_study() -> None:
    found = merged(
        SIZE,
        says("x", amount("4"), at("2026-01-10T01:00+09:00"), place="1"),
        says("x", amount("3"), at("2026-01-10T20:00-05:00"), place="2"),
    )
    assert found.known == amount("4")


def test_remarks_on_the_values_that_decide_are_kept() -> None:
    first, second = says("x", amount("1"), TENTH, place="1"), says("x", amount("1"), TENTH, place="2")
    older = says("x", amount("1"), NINTH, place="3")._replace(remark="other")
    found = merged(RESULT, first._replace(remark="flag-contradicts-value"), second._replace(remark="b"), older)
    assert found.remarks == ("b", "flag-contradicts-value")


def test_future_tolerance_and_expiry_apply_before_merging() -> None:
    found = merged(RESULT, says("x", amount("1"), at("2099-01-01T08:00Z"), place="1"), says("x", amount("2"), TENTH))
    assert (found.known, AS_OF.year) == (amount("2"), 2026)

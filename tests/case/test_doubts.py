"""Withdrawals that name no result: which results they may be meant for, found without comparing each with each."""

from hypothesis import given
from hypothesis import strategies as st

from adapter.case.doubts import Doubts
from adapter.case.fact import Standing, State, Statement
from adapter.case.moment import Moment
from tests.case.statements import HISTORY, RESULT, amount, at, event, fact, merged, on, says

WHEN = at("2026-01-10T08:00Z")
MOMENTS = (None, WHEN, at("2026-01-10T09:00Z"), on("2026-01-10"), on("2026-01-09"), on("2026-01"), on("2026"))


def result(number: str, when: Moment | None = WHEN, **more: str) -> Statement:
    return says("x", amount(number), when, identity=more.get("identity", number), place=more.get("place", number))


def lost(when: Moment | None = WHEN, concept: str = "", arrival: int = 9) -> Statement:
    """A withdrawal of which it is known that it found nothing."""
    made = says("x", None, when, identity="elsewhere", standing=Standing.WITHDRAWN, reason="deleted", place="lost")
    return made._replace(unmatched=True, arrival=arrival, origin=made.origin._replace(concept=concept))


def test_a_result_that_may_have_been_taken_back_conflicts() -> None:
    found = merged(RESULT, result("35"), lost())
    assert (found.state, found.reason, found.known) == (State.CONFLICTING, "withdrawal-unmatched", None)
    assert [origin.place for origin in found.origins] == ["35"]


def test_a_doubt_about_an_older_result_makes_no_odds() -> None:
    newer = result("210", at("2026-01-11T08:00Z"))
    found = merged(RESULT, result("35"), newer, lost())
    assert found.known == amount("210")


def test_a_doubt_about_one_of_two_that_agree_makes_no_odds() -> None:
    other = result("35", identity="b", place="b")._replace(origin=result("35").origin._replace(concept="LN|26515-7"))
    found = merged(RESULT, result("35"), other, lost())
    assert found.known == amount("35")


def test_a_doubt_about_a_newer_result_is_one_about_the_older_one_that_would_count() -> None:
    older = result("210", at("2026-01-09T08:00Z"))
    assert merged(RESULT, older, result("35"), lost()).state is State.CONFLICTING


def test_a_result_that_comes_after_the_withdrawal_is_not_in_doubt() -> None:
    later = result("35")._replace(arrival=10)
    assert merged(RESULT, lost(), later).known == amount("35")
    assert merged(RESULT, lost(), later._replace(arrival=8)).state is State.CONFLICTING


def test_a_list_with_a_member_in_doubt_conflicts() -> None:
    first, second = (says("x", event(one), WHEN, identity=one, place=one) for one in "ab")
    second = second._replace(origin=second.origin._replace(concept="SCT|1"))
    assert merged(HISTORY, first, second, lost(concept="SCT|1")).reason == "withdrawal-unmatched"


def test_what_is_derived_from_a_result_in_doubt_conflicts() -> None:
    counts = [
        says(name, amount(number), WHEN, identity=name) for name, number in (("neutrophils", "6"), ("lymphocytes", "2"))
    ]
    session = says("prior_liver_directed", event("ctace"), at("2026-01-11T08:00Z"), identity="session")
    doubt = lost()._replace(fact="neutrophils")
    assert fact("nlr_baseline", [*counts, session]).known == amount("3")
    assert fact("nlr_baseline", [*counts, session, doubt]).reason == "withdrawal-unmatched"


PLACES = st.tuples(st.integers(0, 5), st.integers(0, 5), st.sampled_from(MOMENTS))


@given(st.lists(PLACES, max_size=6), PLACES)
def test_it_is_as_comparing_with_each(
    withdrawals: list[tuple[int, int, Moment | None]], one: tuple[int, int, Moment | None]
) -> None:
    position, arrival, when = one
    doubts = Doubts((n, lost(other, arrival=came)) for n, came, other in withdrawals)
    expected = any(
        (position < n or arrival < came)
        and (when is None or other is None or (when.earliest < other.latest and other.earliest < when.latest))
        for n, came, other in withdrawals
    )
    assert doubts.concern(position, result("35", when)._replace(arrival=arrival)) is expected
    assert not doubts.concern(position, lost(when)._replace(arrival=arrival))

"""The neutrophil-to-lymphocyte ratio before a TACE and six months after it.

Not for the counts as facts of their own.
"""

from datetime import UTC, datetime

import pytest

from adapter.case.fact import Fact, Standing, State, Statement
from adapter.case.moment import Moment
from adapter.case.value import Value
from tests.case.statements import amount, at, between, event, fact, on, says

AS_OF = datetime(2026, 2, 1, 12, tzinfo=UTC)
TACE = "2025-06-20"


def session(code: str = "ctace", when: str = TACE, place: str = "PR1[1]") -> Statement:
    return says("prior_liver_directed", event(code), on(when), place=place)


def _moment(when: str) -> Moment | None:
    return None if not when else at(when) if "T" in when else on(when)


def counts(neutrophils: str, lymphocytes: str, when: str, share: str = "") -> list[Statement]:
    """Both counts of one blood sample, absolute or (`share="_percent"`) as percentages."""
    return [
        says(f"{name}{share}", amount(number), _moment(when), place=f"{name}{share} {when} {number}")
        for name, number in (("neutrophils", neutrophils), ("lymphocytes", lymphocytes))
    ]


def baseline(*statements: Statement) -> Fact:
    return fact("nlr_baseline", statements, AS_OF)


def six_months(*statements: Statement) -> Fact:
    return fact("nlr_6_months", statements, AS_OF)


def test_the_ratio_is_exact_and_names_both_counts() -> None:
    found = baseline(session(), *counts("4.2", "1.4", "2025-06-10"))
    assert (found.state, found.known, found.when) == (State.PRESENT, amount("3"), on("2025-06-10"))
    assert [origin.place for origin in found.origins] == [
        "lymphocytes 2025-06-10 1.4",
        "neutrophils 2025-06-10 4.2",
    ]


def test_percentages_give_the_same_ratio() -> None:
    assert baseline(session(), *counts("60", "20", "2025-06-10", "_percent")).known == amount("3")


@pytest.mark.parametrize(
    ("when", "counted"),
    [("2025-06-05", False), ("2025-06-06", True), ("2025-06-19", True), ("2025-06-20", True), ("2025-06-21", False)],
)
def test_before_the_session_means_at_most_14_days(when: str, counted: bool) -> None:
    found = baseline(session(), *counts("4", "2", when))
    assert (found.known is not None) is counted
    assert found.reason == ("" if counted else "no-paired-counts-before-tace")


def test_the_last_ratio_before_the_session_counts() -> None:
    found = baseline(session(), *counts("4", "2", "2025-06-10"), *counts("6", "2", "2025-06-18"))
    assert found.known == amount("3")


def test_the_last_tace_counts() -> None:
    found = baseline(
        session("ctace", "2025-06-20", "PR1[1]"),
        session("deb_tace", "2025-09-20", "PR1[2]"),
        *counts("4", "2", "2025-06-10"),
        *counts("6", "2", "2025-09-18"),
    )
    assert found.known == amount("3")


@pytest.mark.parametrize("code", ["tae", "tare_lobar", "resection"])
def test_only_a_tace_is_a_tace(code: str) -> None:
    statements = [session(code), *counts("4", "2", "2025-06-10"), *counts("4", "2", "2025-12-20")]
    assert baseline(*statements).known is None
    assert (six_months(*statements).known, six_months(*statements).reason) == (None, "no-dated-tace")


@pytest.mark.parametrize(
    ("when", "counted"),
    [
        ("2025-11-19", False),
        ("2025-11-20", True),
        ("2025-12-20", True),
        ("2026-01-20", True),
        ("2026-01-21", False),
    ],
)
def test_at_6_months_means_5_to_7_calendar_months_after(when: str, counted: bool) -> None:
    found = six_months(session(), *counts("4", "2", when))
    assert (found.known is not None) is counted
    assert found.reason == ("" if counted else "no-paired-counts-at-6-months")


def test_of_several_ratios_the_one_nearest_to_6_months_counts() -> None:
    found = six_months(
        session(), *counts("4", "2", "2025-11-25"), *counts("6", "2", "2025-12-24"), *counts("8", "2", "2026-01-10")
    )
    assert found.known == amount("3")


def test_before_a_first_tace_the_current_ratio_is_the_baseline() -> None:
    assert baseline(*counts("4", "2", "2026-01-25")).known == amount("2")
    assert baseline(*counts("60", "20", "2026-01-25", "_percent")).known == amount("3")


def test_before_a_first_tace_a_ratio_of_more_than_14_days_ago_is_none() -> None:
    assert baseline(*counts("4", "2", "2026-01-15")).known is None


def test_before_a_first_tace_contradicting_counts_give_no_ratio() -> None:
    found = baseline(*counts("4", "2", "2026-01-25"), *counts("9", "2", "2026-01-25"))
    assert (found.known, found.reason) == (None, "counts-not-current")


@pytest.mark.hazard("HZ-T07")
def test_contradicting_counts_of_one_moment_give_no_ratio_before_a_session() -> None:
    found = baseline(session(), *counts("4", "2", "2025-06-10"), *counts("9", "2", "2025-06-10"))
    assert (found.state, found.reason, found.known) == (State.CONFLICTING, "conflicting-values", None)
    assert len(found.origins) == 3


def test_counts_and_percentages_of_one_sample_differ_by_rounding_only_and_the_counts_decide() -> None:
    found = baseline(session(), *counts("4.2", "1.4", "2025-06-10"), *counts("61", "20", "2025-06-10", "_percent"))
    assert found.known == amount("3")


@pytest.mark.hazard("HZ-T07")
def test_contradicting_counts_of_one_moment_give_no_ratio_at_6_months() -> None:
    found = six_months(session(), *counts("4", "2", "2025-12-20"), *counts("9", "2", "2025-12-20"))
    assert (found.state, found.reason, found.known) == (State.CONFLICTING, "conflicting-values", None)


def test_of_two_ratios_equally_near_to_6_months_the_earlier_counts() -> None:
    found = six_months(session(), *counts("4", "2", "2025-12-15"), *counts("9", "2", "2025-12-25"))
    assert found.known == amount("2")


@pytest.mark.hazard("HZ-T03")
def test_a_session_dated_by_its_year_has_no_ratio_before_nor_after_it() -> None:
    statements = [session("ctace", "2025"), *counts("4", "2", "2024-12-28"), *counts("6", "2", "2025-07-01")]
    for found in (baseline(*statements), six_months(*statements)):
        assert (found.state, found.reason, found.known) == (State.ABSENT, "tace-date-imprecise", None)


def test_an_undated_tace_beside_a_dated_one_leaves_open_which_was_the_last() -> None:
    undated = says("prior_liver_directed", event("ctace"), None, place="PR1[2]")
    statements = [session(), undated, *counts("4", "2", "2025-06-10"), *counts("4", "2", "2025-12-20")]
    assert (baseline(*statements).known, six_months(*statements).known) == (None, None)


@pytest.mark.hazard("HZ-T03")
def test_counts_dated_by_their_month_are_not_known_to_precede_a_session_in_it() -> None:
    assert baseline(session("ctace", "2025-06-10"), *counts("4", "2", "2025-06")).known is None


def test_counts_of_different_samples_make_no_ratio() -> None:
    neutrophils, _ = counts("4", "2", "2025-06-10T08:00Z")
    _, lymphocytes = counts("4", "2", "2025-06-10T09:00Z")
    assert baseline(session(), neutrophils, lymphocytes).known is None


def test_undated_counts_make_no_ratio() -> None:
    assert baseline(session(), *counts("4", "2", "")).known is None


def test_an_absolute_count_is_never_divided_by_a_percentage() -> None:
    neutrophils, _ = counts("4", "2", "2025-06-10")
    _, lymphocytes = counts("60", "20", "2025-06-10", "_percent")
    assert baseline(session(), neutrophils, lymphocytes).known is None


@pytest.mark.hazard("HZ-V13")
def test_no_lymphocytes_make_no_ratio() -> None:
    assert baseline(session(), *counts("4", "0", "2025-06-10")).known is None
    assert baseline(session(), *counts("0", "2", "2025-06-10")).known == amount("0")


@pytest.mark.hazard("HZ-V09")
def test_a_censored_count_makes_no_ratio() -> None:
    _, lymphocytes = counts("4", "2", "2025-06-10")
    censored: Value = between("1", "2")
    assert baseline(session(), says("neutrophils", censored, on("2025-06-10")), lymphocytes).known is None


@pytest.mark.hazard("HZ-S01")
@pytest.mark.parametrize("standing", [standing for standing in Standing if standing is not Standing.FINAL])
def test_a_count_that_is_not_final_makes_no_ratio(standing: Standing) -> None:
    _, lymphocytes = counts("4", "2", "2025-06-10")
    neutrophils = says("neutrophils", amount("4"), on("2025-06-10"), standing=standing, reason="r")
    assert baseline(session(), neutrophils, lymphocytes).known is None


@pytest.mark.hazard("HZ-S02")
def test_a_corrected_count_corrects_the_ratio() -> None:
    when = on("2025-06-10")
    found = baseline(
        session(),
        says("neutrophils", amount("40"), when, identity="R1|751-8"),
        says("neutrophils", amount("4"), when, identity="R1|751-8"),
        says("lymphocytes", amount("2"), when),
    )
    assert found.known == amount("2")


def test_a_stated_ratio_that_differs_from_the_counts_conflicts() -> None:
    found = baseline(session(), *counts("4", "2", "2025-06-10"), says("nlr_baseline", amount("5"), on("2025-06-10")))
    assert found.state is State.CONFLICTING

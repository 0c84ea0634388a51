"""Corrections, withdrawals and promotions: later statements under the identity of an earlier result.

Not for different results of the same analyte, which are merged by time.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.case.catalogue import NO_EXPIRY
from adapter.case.fact import Standing, State, Statement
from adapter.case.merge import effective_versions
from adapter.case.moment import Moment
from adapter.case.versions import Versions
from tests.case.statements import HISTORY, RESULT, amount, at, event, merged, says

WHEN = at("2026-01-10T08:00Z")
FIRST, SECOND = at("2026-01-10T09:00Z"), at("2026-01-10T15:00Z")
R1 = "R1|777-3|1"


@pytest.mark.hazard("HZ-S02")
def test_a_correction_replaces_what_it_corrects() -> None:
    found = merged(
        RESULT,
        says("x", amount("35"), WHEN, identity=R1, place="first"),
        says("x", amount("135"), WHEN, identity=R1, place="correction"),
    )
    assert found.known == amount("135")
    assert [origin.place for origin in found.origins] == ["correction"]
    assert found.unused == ()


@pytest.mark.hazard("HZ-S02")
def test_a_correction_also_replaces_the_date() -> None:
    found = merged(
        RESULT,
        says("x", amount("35"), WHEN, identity=R1),
        says("x", amount("35"), at("2024-01-10T08:00Z"), identity=R1),
    )
    assert found.state is State.STALE


def test_an_older_message_that_comes_late_does_not_undo_a_correction() -> None:
    found = merged(
        RESULT,
        says("x", amount("135"), WHEN, issued=SECOND, identity=R1),
        says("x", amount("35"), WHEN, issued=FIRST, identity=R1),
    )
    assert found.known == amount("135")


def test_of_two_versions_issued_together_the_later_arrival_counts() -> None:
    found = merged(
        RESULT,
        says("x", amount("35"), WHEN, issued=FIRST, identity=R1),
        says("x", amount("135"), WHEN, issued=FIRST, identity=R1),
    )
    assert found.known == amount("135")


@pytest.mark.parametrize(("first", "second"), [(FIRST, None), (None, FIRST)])
def test_without_both_issue_times_the_later_arrival_counts(first: object, second: object) -> None:
    found = merged(
        RESULT,
        says("x", amount("35"), WHEN, issued=FIRST if first else None, identity=R1),
        says("x", amount("135"), WHEN, issued=FIRST if second else None, identity=R1),
    )
    assert found.known == amount("135")


@pytest.mark.hazard("HZ-S03")
@pytest.mark.hazard("HZ-P16")
@pytest.mark.parametrize("reason", ["deleted", "posted-as-wrong", "nulled"])
def test_a_withdrawn_result_is_absent(reason: str) -> None:
    found = merged(
        RESULT,
        says("x", amount("35"), WHEN, identity=R1, place="first"),
        says("x", None, WHEN, identity=R1, place="withdrawal", standing=Standing.WITHDRAWN, reason=reason),
    )
    assert (found.state, found.reason, found.known, found.on_record) == (State.ABSENT, reason, None, None)


@pytest.mark.hazard("HZ-S03")
def test_a_withdrawal_at_the_address_of_the_result_does_not_show_the_withdrawn_value() -> None:
    """One FHIR resource id twice in one input: both versions have the same address."""
    found = merged(
        RESULT,
        says("x", amount("35"), WHEN, identity=R1, place="Observation/o1#valueQuantity.value"),
        says(
            "x",
            None,
            WHEN,
            identity=R1,
            place="Observation/o1#valueQuantity.value",
            standing=Standing.WITHDRAWN,
            reason="deleted",
        ),
    )
    assert (found.state, found.on_record) == (State.ABSENT, None)


def test_a_correction_at_the_address_of_the_result_shows_the_value_that_counts() -> None:
    place = "Observation/o1#valueQuantity.value"
    found = merged(
        RESULT,
        says("x", amount("210"), WHEN, identity=R1, place=place),
        says("x", amount("205"), WHEN, identity=R1, place=place, standing=Standing.PRELIMINARY),
    )
    assert (found.state, found.on_record) == (State.PRELIMINARY, amount("205"))


def test_a_withdrawal_of_a_result_never_seen_is_absent() -> None:
    found = merged(RESULT, says("x", None, WHEN, identity=R1, standing=Standing.WITHDRAWN, reason="deleted"))
    assert (found.state, found.reason) == (State.ABSENT, "deleted")


def test_a_withdrawal_takes_only_its_own_result() -> None:
    found = merged(
        RESULT,
        says("x", amount("35"), WHEN, identity=R1),
        says("x", amount("210"), at("2026-01-09T08:00Z"), identity="R2|777-3|1"),
        says("x", None, WHEN, identity=R1, standing=Standing.WITHDRAWN, reason="deleted"),
    )
    assert found.known == amount("210")
    assert [item.reason for item in found.unused] == ["deleted"]


def test_a_final_result_promotes_the_preliminary_one() -> None:
    found = merged(
        RESULT,
        says("x", amount("205"), WHEN, identity=R1, standing=Standing.PRELIMINARY),
        says("x", amount("210"), WHEN, identity=R1),
    )
    assert found.known == amount("210")
    assert found.unused == ()


def test_a_result_taken_back_to_preliminary_no_longer_decides() -> None:
    found = merged(
        RESULT,
        says("x", amount("210"), WHEN, issued=FIRST, identity=R1, place="final"),
        says("x", amount("205"), WHEN, issued=SECOND, identity=R1, place="again", standing=Standing.PRELIMINARY),
    )
    assert (found.state, found.on_record) == (State.PRELIMINARY, amount("205"))


@pytest.mark.hazard("HZ-S05")
def test_a_procedure_entered_in_error_leaves_the_list() -> None:
    found = merged(
        HISTORY,
        says("x", event("a"), WHEN, identity="Procedure/p1"),
        says("x", event("b"), WHEN, identity="Procedure/p2"),
        says("x", None, WHEN, identity="Procedure/p1", standing=Standing.EXCLUDED, reason="entered-in-error"),
    )
    assert found.known == event("b")


# A status change to final (OBX-11 U) carries no value of its own.


@pytest.mark.hazard("HZ-S07")
def test_a_promotion_makes_the_preliminary_value_final() -> None:
    found = merged(
        RESULT,
        says("x", amount("210"), WHEN, identity=R1, standing=Standing.PRELIMINARY, reason="preliminary"),
        says("x", None, WHEN, identity=R1, standing=Standing.PROMOTED),
    )
    assert (found.state, found.known, found.when) == (State.PRESENT, amount("210"), WHEN)


@pytest.mark.hazard("HZ-S07")
def test_a_promotion_with_nothing_to_promote_invents_nothing() -> None:
    found = merged(RESULT, says("x", None, WHEN, identity=R1, standing=Standing.PROMOTED))
    assert (found.state, found.reason, found.known) == (State.ABSENT, "nothing-to-promote", None)


@pytest.mark.hazard("HZ-S07")
def test_a_promotion_that_comes_twice_has_one_effect() -> None:
    found = merged(
        RESULT,
        says("x", amount("210"), WHEN, identity=R1, standing=Standing.PRELIMINARY),
        says("x", None, WHEN, identity=R1, standing=Standing.PROMOTED, place="first"),
        says("x", None, WHEN, identity=R1, standing=Standing.PROMOTED, place="resent"),
    )
    assert found.known == amount("210")


def test_a_promotion_of_a_final_result_leaves_it() -> None:
    found = merged(
        RESULT,
        says("x", amount("210"), WHEN, identity=R1),
        says("x", None, WHEN, identity=R1, standing=Standing.PROMOTED),
    )
    assert found.known == amount("210")


@pytest.mark.hazard("HZ-S03")
def test_a_promotion_does_not_revive_a_deleted_result() -> None:
    found = merged(
        RESULT,
        says("x", amount("210"), WHEN, identity=R1, standing=Standing.PRELIMINARY),
        says("x", None, WHEN, identity=R1, standing=Standing.WITHDRAWN, reason="deleted"),
        says("x", None, WHEN, identity=R1, standing=Standing.PROMOTED),
    )
    assert found.known is None


# A withdrawal that names no order takes back what the same sender said under the same code for the same time.


def _unnamed(number: str | None, when: Moment, source: str = "LAB", concept: str = "LN|777-3") -> Statement:
    made = says("x", amount(number) if number else None, when, place=f"{number} {source} {concept}")
    made = made._replace(origin=made.origin._replace(source=source, concept=concept))
    return made if number else made._replace(standing=Standing.WITHDRAWN, reason="deleted")


@pytest.mark.hazard("HZ-S03")
def test_a_withdrawal_without_order_takes_back_what_it_names() -> None:
    found = merged(RESULT, _unnamed("35", WHEN), _unnamed(None, WHEN))
    assert (found.state, found.reason, found.known) == (State.ABSENT, "deleted", None)


@pytest.mark.parametrize(
    ("source", "concept", "when"),
    [("OTHER", "LN|777-3", WHEN), ("LAB", "LN|26515-7", WHEN), ("LAB", "LN|777-3", at("2026-01-09T08:00Z"))],
)
def test_a_withdrawal_without_order_leaves_what_it_does_not_name(source: str, concept: str, when: Moment) -> None:
    assert merged(RESULT, _unnamed("210", when, source, concept), _unnamed(None, WHEN)).known == amount("210")


def test_a_result_that_comes_after_the_withdrawal_counts() -> None:
    assert merged(RESULT, _unnamed("35", WHEN), _unnamed(None, WHEN), _unnamed("135", WHEN)).known == amount("135")


def test_a_withdrawal_without_order_leaves_an_undated_result() -> None:
    lasting = RESULT.model_copy(update={"max_age": NO_EXPIRY})
    undated = _unnamed("210", WHEN)._replace(when=None)
    assert merged(lasting, undated, _unnamed(None, WHEN)).known == amount("210")


def test_an_undated_withdrawal_without_order_takes_back_nothing() -> None:
    undated = _unnamed(None, WHEN)._replace(when=None)
    assert merged(RESULT, _unnamed("210", WHEN), undated).known == amount("210")


def test_statements_without_identity_never_replace_each_other() -> None:
    statements = [says("x", amount(number), WHEN) for number in ("35", "135")]
    assert effective_versions(statements) == statements


@st.composite
def _versions(draw: st.DrawFn) -> list[Statement]:
    """A few statements about a few results: new ones, corrections, withdrawals, what promotes and what is unsaid."""
    return [
        says(
            "x",
            amount(str(number)),
            WHEN,
            place=f"OBX[{number}]-5",
            standing=draw(st.sampled_from(Standing)),
            identity=draw(st.sampled_from(["", "a", "b", "c", "d"])),
        )._replace(replaces=draw(st.booleans()), series=draw(st.sampled_from(["", "s"])), arrival=number)
        for number in range(draw(st.integers(0, 4)))
    ]


@given(_versions())
def test_results_that_nothing_corrects_stand_as_all_versions_looked_through_would_have_them(
    statements: list[Statement],
) -> None:
    versions = Versions()
    for number, statement in enumerate(statements):
        versions.take(statement, f"#{number}")
    assert effective_versions(statements) == versions.current()

"""Merging as a function of what was stated, not of the order in which it came.

Not for corrections, whose order of arrival means something.
"""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.case.catalogue import NO_EXPIRY, FactDefinition, Kind, Merge
from adapter.case.fact import Fact, Standing, State, Statement
from adapter.case.merge import merge
from adapter.case.value import Coded, Flag, Members, Value
from tests.case.statements import CLOCK, amount, at, between, defined, on, says

MOMENTS = [
    None,
    on("2024-05-01"),
    on("2025"),
    on("2025-12"),
    on("2026-01-08"),
    on("2026-01-09"),
    at("2026-01-09T08:00Z"),
    at("2026-01-10T08:00Z"),
    on("2099-01-01"),
]
ISSUED = [None, at("2026-01-10T09:00Z"), at("2026-01-11T09:00Z")]
CODES = st.frozensets(st.sampled_from("abcd"), max_size=2)
GROUPS = st.frozensets(st.frozensets(st.sampled_from("abcd"), min_size=2, max_size=2), max_size=1)

VALUES: dict[Kind, st.SearchStrategy[Value]] = {
    Kind.FLAG: st.builds(Flag, st.booleans()),
    Kind.CODED: st.builds(Coded, st.frozensets(st.sampled_from("abc"), min_size=1, max_size=2)),
    Kind.QUANTITY: st.sampled_from([amount("1"), amount("1.0"), amount("2"), between("1", "2")]),
    Kind.LIST: st.builds(Members, CODES, GROUPS, st.booleans()),
}
KINDS = {
    Merge.LATEST: Kind.CODED,
    Merge.EARLIEST: Kind.QUANTITY,
    Merge.ANY: Kind.CODED,
    Merge.UNION: Kind.LIST,
    Merge.LARGEST: Kind.QUANTITY,
}
DEFINITIONS = [defined(KINDS[how], how, age) for how in Merge for age in (NO_EXPIRY, "P30D")]


@st.composite
def statements(draw: st.DrawFn, definition: FactDefinition) -> list[Statement]:
    """Up to five results of one fact, none of which corrects another."""
    return [
        says(
            "x",
            draw(VALUES[definition.kind]),
            draw(st.sampled_from(MOMENTS)),
            place=f"OBX[{number}]-5",
            standing=draw(st.sampled_from([Standing.FINAL] * 4 + [Standing.PRELIMINARY, Standing.EXCLUDED])),
            issued=draw(st.sampled_from(ISSUED)),
            reason="reason",
            enduring=draw(st.sampled_from([False, False, False, True])),
        )
        for number in range(draw(st.integers(1, 5)))
    ]


def _named(definition: FactDefinition) -> str:
    return f"{definition.merge.value}, {definition.max_age}"


@pytest.mark.hazard("HZ-A09")
@pytest.mark.parametrize("definition", DEFINITIONS, ids=_named)
@settings(deadline=None)
@given(data=st.data())
def test_the_order_of_results_does_not_matter(definition: FactDefinition, data: st.DataObject) -> None:
    given_order = data.draw(statements(definition))
    other_order = data.draw(st.permutations(given_order))
    assert merge(definition, given_order, CLOCK) == merge(definition, other_order, CLOCK)


def _sent_aside(definition: FactDefinition, given: Sequence[Statement], excluded: Statement) -> tuple[Fact, Fact]:
    return merge(definition, given, CLOCK), merge(definition, [*given, excluded], CLOCK)


@pytest.mark.hazard("HZ-S05")
@pytest.mark.parametrize("standing", [standing for standing in Standing if standing is not Standing.FINAL])
@pytest.mark.parametrize("definition", DEFINITIONS, ids=_named)
@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_what_may_not_decide_never_changes_a_present_value(
    standing: Standing, definition: FactDefinition, data: st.DataObject
) -> None:
    given_statements = data.draw(statements(definition))
    value, when = data.draw(VALUES[definition.kind]), data.draw(st.sampled_from(MOMENTS))
    # With an identity of its own: a withdrawal without one takes back what it names by sender, code and time.
    aside = says("x", value, when, place="aside", standing=standing, reason="reason", identity="R9")
    before, after = _sent_aside(definition, given_statements, aside)
    if before.state is State.PRESENT:
        assert (after.state, after.on_record, after.when, after.origins) == (
            before.state,
            before.on_record,
            before.when,
            before.origins,
        )
        assert len(after.unused) == len(before.unused) + 1
    else:
        assert after.known is None


@pytest.mark.parametrize("definition", DEFINITIONS, ids=_named)
@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_no_statement_gets_lost(definition: FactDefinition, data: st.DataObject) -> None:
    """What decides nothing is among the unused; what may decide is not."""
    given_statements = data.draw(statements(definition))
    found = merge(definition, given_statements, CLOCK)
    aside = {item.origin for item in found.unused}
    leading = set(found.origins)
    assert aside | leading <= {statement.origin for statement in given_statements}
    not_final = {s.origin for s in given_statements if s.standing is not Standing.FINAL}
    assert not_final <= aside | leading
    assert not (aside & leading)

"""Counting what became of cards: each card once, under every rule that fired for it and every reason that was given."""

from hypothesis import given
from hypothesis import strategies as st

from adapter.store import CardFate, CardOutcome, CardReport, Reason
from adapter.toolchain.acceptance import Acceptance, Tally, Why, acceptance
from tests.store.issued import card, report

DISAGREE = Reason("disagree", "urn:reasons")
LATER = Reason("later", "urn:reasons")


def fate(outcome: CardOutcome | None, *rules: str, reasons: tuple[Reason, ...] = (), rule_set: str = "r|1") -> CardFate:
    issued = card(rules=rules)
    said = None if outcome is None else report(outcome, reasons=reasons)
    return CardFate(type(issued)(issued.id, issued.issued_at, rule_set, "info", rules), said)


def why(reason: Reason) -> Why:
    return Why("code", reason.code, reason.system)


def test_no_card_is_no_rule() -> None:
    assert acceptance([]) == Acceptance(Tally(0, 0, 0, ()), ())


def test_cards_count_under_each_of_their_rules_and_once_in_all() -> None:
    found = acceptance(
        [fate("accepted", "A", "B"), fate("overridden", "B", reasons=(LATER,)), fate(None, "B", "B"), fate(None)]
    )
    assert found.cards == Tally(4, 1, 1, ((why(LATER), 1),))
    assert found.cards.unanswered == 2
    assert [(one.rule, one.tally) for one in found.rules] == [
        ("B", Tally(3, 1, 1, ((why(LATER), 1),))),
        ("A", Tally(1, 1, 0, ())),
    ]


def test_the_same_rule_of_two_editions_is_two() -> None:
    found = acceptance([fate("accepted", "A", rule_set="r|2"), fate("overridden", "A", rule_set="r|1")])
    assert [(one.rule_set, one.tally.accepted) for one in found.rules] == [("r|1", 0), ("r|2", 1)]


def test_reasons_are_counted_by_what_was_said_the_most_frequent_first() -> None:
    words, vendor = Reason(comment="no"), Reason(extension="{}")
    found = acceptance(
        [
            fate("overridden", reasons=(DISAGREE, LATER, DISAGREE)),
            fate("overridden", reasons=(LATER, words)),
            fate("overridden", reasons=(vendor,)),
            fate("overridden", reasons=(Reason("later", "urn:other"),)),
            fate("overridden"),
        ]
    )
    other = Why("code", "later", "urn:other")
    assert found.cards.reasons[0] == (why(LATER), 2)
    assert dict(found.cards.reasons) == {
        why(LATER): 2,
        why(DISAGREE): 1,
        Why("words"): 1,
        Why("extension"): 1,
        other: 1,
        Why("none"): 1,
    }


def test_a_reason_beside_an_acceptance_is_no_reason_of_an_override() -> None:
    assert acceptance([fate("accepted", reasons=(DISAGREE,))]).cards.reasons == ()


def _report(outcome: CardOutcome | None) -> CardReport | None:
    return None if outcome is None else report(outcome)


@given(st.lists(st.tuples(st.sampled_from(["accepted", "overridden", None]), st.sets(st.sampled_from("ABC")))))
def test_counts_add_up(shown: list[tuple[CardOutcome | None, set[str]]]) -> None:
    found = acceptance(CardFate(card(rules=tuple(rules)), _report(outcome)) for outcome, rules in shown)
    assert found.cards.shown == len(shown)
    assert sum(one.tally.shown for one in found.rules) == sum(len(rules) for _, rules in shown)
    for tally in (found.cards, *(one.tally for one in found.rules)):
        assert tally.shown == tally.accepted + tally.overridden + tally.unanswered
        assert tally.unanswered >= 0
        assert sum(count for _, count in tally.reasons) == tally.overridden

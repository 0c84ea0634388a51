"""The book of cards: each card and each report once, the newest report holds, and whose answer is whose."""

import asyncio
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.store import Answer, CardReport, IssuedCard, Reason, Store, StoreUnavailable, init_store, open_store
from adapter.store import card_book as book
from tests.store.issued import card, minutes, report

WORDS = Reason("disagree", "urn:reasons", "Zebra \x00 \U0001f993\nsays no", '{"com.example.why": 1.50}')


def note(store: Store, *issued: IssuedCard) -> None:
    store.cards.note(issued).result()


def keep(store: Store, *reports: CardReport) -> None:
    asyncio.run(store.cards.keep(reports))


def held(store: Store) -> list[str | None]:
    """For each card the outcome that holds."""
    return [fate.report.outcome if fate.report else None for fate in store.cards.fates()]


def test_a_card_without_feedback_has_none(store: Store) -> None:
    note(store, card("c1"), card("c2"))
    keep(store, report(on=card("c2")))
    assert held(store) == [None, "overridden"]
    assert [fate.card for fate in store.cards.fates()] == [card("c1"), card("c2")]


def test_the_same_card_again_is_one_card(store: Store) -> None:
    note(store, card())
    note(store, card(at=minutes(1)))
    assert [fate.card.issued_at for fate in store.cards.fates()] == [minutes(0)]


def test_the_same_report_again_is_one_report(store: Store) -> None:
    keep(store, report(), report())
    keep(store, report())
    assert list(store.cards.reports()) == [report()]


def test_everything_of_a_report_comes_back(url: str) -> None:
    sent = report(reasons=(WORDS, Reason()))
    with open_store(url) as store:
        note(store, card())
        keep(store, sent)
    with open_store(url) as again:
        assert list(again.cards.reports()) == [sent]
        assert [fate.report for fate in again.cards.fates()] == [sent]


def test_nothing_is_no_row(store: Store) -> None:
    note(store)
    keep(store)
    assert (list(store.cards.fates()), list(store.cards.reports()), store.cards.unknown()) == ([], [], 0)


def test_the_newest_report_by_the_clients_clock_holds_in_whatever_order_they_come(store: Store) -> None:
    note(store, card())
    keep(store, report("accepted", minutes(2)), report("overridden", minutes(1)))
    assert held(store) == ["accepted"]
    keep(store, report("overridden", minutes(3)))
    assert held(store) == ["overridden"]
    assert len(list(store.cards.reports())) == 3


def test_of_two_reports_of_one_moment_the_last_that_came_holds(store: Store) -> None:
    note(store, card())
    keep(store, report("overridden"), report("accepted"))
    assert held(store) == ["accepted"]


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_order_and_repetition_of_reports_change_nothing(data: st.DataObject) -> None:
    outcomes = data.draw(st.lists(st.sampled_from(["accepted", "overridden"]), min_size=1, max_size=4))
    reports = [report(outcome, minutes(number)) for number, outcome in enumerate(outcomes)]  # type: ignore[arg-type]
    again = data.draw(st.lists(st.sampled_from(reports), max_size=3))
    batches = data.draw(st.permutations(reports + again))
    with TemporaryDirectory() as folder:
        init_store(f"sqlite:///{folder}/x.db")
        with open_store(f"sqlite:///{folder}/x.db") as store:
            note(store, card())
            for one in batches:
                keep(store, one)
            assert [fate.report for fate in store.cards.fates()] == [reports[-1]]
            assert len(list(store.cards.reports())) == len(reports)


@pytest.mark.parametrize(
    "other", [card(issuer="other"), card(tenant="other"), card(service="other"), card("other")], ids=str
)
def test_a_report_on_a_card_of_somebody_else_says_nothing_about_this_one(store: Store, other: IssuedCard) -> None:
    note(store, card())
    keep(store, report(on=other))
    assert held(store) == [None]
    assert store.cards.answer("reader", "advice") is None
    assert store.cards.unknown() == 1
    keep(store, report("accepted", on=other), report())
    assert (held(store), store.cards.unknown()) == (["overridden"], 1)


def test_the_last_answer_of_a_reader_to_an_advice_over_all_its_cards(store: Store) -> None:
    note(store, card("c1"), card("c2"), card("c3", reader="other"), card("c4", advice="other"))
    assert store.cards.answer("reader", "advice") is None
    late = minutes(10)
    first, second = (("accepted", minutes(3), "c1"), ("overridden", minutes(5), "c2"))
    keep(store, *(report(what, at, on=card(uuid), received=late) for what, at, uuid in (second, first)))  # type: ignore[arg-type]
    keep(store, *(report("accepted", minutes(9), on=card(uuid), received=late) for uuid in ("c3", "c4")))
    assert store.cards.answer("reader", "advice") == Answer("overridden", minutes(5))
    assert store.cards.answer("other", "advice") == Answer("accepted", minutes(9))
    assert store.cards.answer("nobody", "advice") is None


def test_an_answer_of_the_future_was_given_when_it_came(store: Store) -> None:
    note(store, card())
    keep(store, report(at=minutes(600), received=minutes(1)))
    assert store.cards.answer("reader", "advice") == Answer("overridden", minutes(1))


def test_an_unknown_reader_or_advice_has_no_answer(store: Store) -> None:
    note(store, card("c1", reader=""), card("c2", advice=""))
    keep(store, report(on=card("c1")), report(on=card("c2")))
    assert store.cards.answer("", "advice") is None
    assert store.cards.answer("reader", "") is None


@pytest.mark.parametrize("change", [{"advice": "later"}, {"reader": "later"}])
def test_a_uuid_that_was_given_out_twice_answers_for_neither(store: Store, change: dict[str, str]) -> None:
    note(store, card(), card(rules=("LDT-009",), **change))  # type: ignore[arg-type]
    keep(store, report())
    assert store.cards.answer("reader", "advice") is None
    assert store.cards.answer(change.get("reader", "reader"), change.get("advice", "advice")) is None
    (fate,) = store.cards.fates()
    assert fate.card.rules == ("LDT-009",)
    assert fate.report == report()


def test_from_a_time_on(store: Store) -> None:
    note(store, card("c1"), card("c2", at=minutes(10)))
    keep(store, report(on=card("c1"), reasons=(WORDS,)), report(on=card("c9")))
    assert [fate.card.id.card for fate in store.cards.fates(minutes(1))] == ["c2"]
    assert [fate.card.id.card for fate in store.cards.fates(minutes(10))] == ["c2"]
    assert (store.cards.unknown(minutes(0)), store.cards.unknown(minutes(1))) == (1, 0)
    assert (len(list(store.cards.reports(minutes(0)))), list(store.cards.reports(minutes(1)))) == (2, [])


def test_all_pages_are_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "PAGE", 2)
    issued = [card(f"c{number}") for number in range(5)]
    note(store, *issued)
    keep(store, *(report(on=one) for one in issued))
    assert [fate.card for fate in store.cards.fates()] == issued
    assert [one.id for one in store.cards.reports()] == [one.id for one in issued]


def test_what_cannot_be_written_is_refused_whole(store: Store, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "store" / "messages.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="SQLITE_BUSY"):
        keep(store, report(), report("accepted"))
    with pytest.raises(StoreUnavailable, match="SQLITE_BUSY"):
        note(store, card())
    other.close()
    assert (list(store.cards.fates()), list(store.cards.reports())) == ([], [])
    keep(store, report())
    assert list(store.cards.reports()) == [report()]


@pytest.mark.hazard("HZ-X10")
def test_no_repr_shows_words_reader_or_advice() -> None:
    shown = repr([card(reader="CANARY", advice="CANARY"), report(reasons=(Reason("x", "y", "CANARY", "CANARY"),))])
    assert "CANARY" not in shown

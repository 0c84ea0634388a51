"""Cards and feedback that are old leave the store; what is kept is counted as before."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import ValidationError
from structlog.testing import capture_logs

from adapter.server.behind import working_behind
from adapter.server.forgetting import Forgetting
from adapter.server.intake import Intake
from adapter.server.settings import Settings
from adapter.store import CardReport, IssuedCard, Store, init_store, open_store
from adapter.store import card_book as book
from tests.store.issued import card, minutes, report

CUT = minutes(60)


def note(store: Store, *issued: IssuedCard) -> None:
    store.cards.note(issued).result()


def keep(store: Store, *reports: CardReport) -> None:
    asyncio.run(store.cards.keep(reports))


def forget(store: Store) -> int:
    return asyncio.run(Forgetting(store.cards, timedelta(minutes=60)).once(minutes(120)))


def left(store: Store) -> list[str]:
    return [fate.card.id.card for fate in store.cards.fates()]


def test_old_cards_go_with_all_that_was_reported_of_them(store: Store) -> None:
    note(store, card("old"), card("told"), card("new", at=minutes(60)))
    keep(store, report(on=card("told")), report(on=card("new"), received=minutes(1)))
    with capture_logs() as lines:
        assert forget(store) == 3
    assert [(line["event"], line["count"]) for line in lines] == [("feedback_forgotten", 3)]
    assert left(store) == ["new"]
    assert [one.id.card for one in store.cards.reports()] == ["new"]
    assert store.cards.unknown() == 0
    assert forget(store) == 0


def test_a_card_that_was_reported_on_or_left_again_since_stays_whole(store: Store) -> None:
    note(store, card("late"), card("again"), card("again", advice="other", at=minutes(70)))
    keep(store, report(at=minutes(0), on=card("late")), report(at=minutes(1), on=card("late"), received=minutes(90)))
    assert forget(store) == 0
    assert left(store) == ["late", "again"]
    assert len(list(store.cards.reports())) == 2


def test_old_reports_on_cards_that_are_not_known_go_too(store: Store) -> None:
    keep(store, report(on=card("a")), report(on=card("b")), report("accepted", on=card("b"), received=minutes(61)))
    assert forget(store) == 1
    assert [one.id.card for one in store.cards.reports()] == ["b", "b"]
    assert store.cards.unknown() == 1


def test_it_is_done_in_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "PAGE", 2)
    note(store, *(card(f"c{number}") for number in range(5)))
    keep(store, *(report(on=card(f"c{number}")) for number in range(7)))
    assert forget(store) == 12
    assert (left(store), list(store.cards.reports())) == ([], [])


def test_no_report_ever_outlives_its_card(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "PAGE", 1)
    note(store, card())
    keep(store, report(at=minutes(0)), report(at=minutes(1)), report(at=minutes(2)))
    asyncio.run(store.cards.forget(CUT))
    assert (left(store), store.cards.unknown()) == ([], 0)


TIMES = st.integers(0, 120)


@hypothesis_settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), TIMES, st.sampled_from(["x", "y"])), max_size=6),
    st.lists(st.tuples(st.sampled_from("abcd"), TIMES), max_size=6),
)
def test_what_is_kept_is_counted_as_before(issued: list[tuple[str, int, str]], told: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder:
        init_store(f"sqlite:///{folder}/x.db")
        with open_store(f"sqlite:///{folder}/x.db") as store:
            note(store, *(card(name, at=minutes(at), advice=advice) for name, at, advice in issued))
            keep(store, *(report(at=minutes(at), on=card(name), received=minutes(at)) for name, at in told))
            before = list(store.cards.fates())
            recent = list(store.cards.fates(CUT)), store.cards.unknown(CUT), list(store.cards.reports(CUT))
            forget(store)
            after = list(store.cards.fates())
            assert (list(store.cards.fates(CUT)), store.cards.unknown(CUT), list(store.cards.reports(CUT))) == recent
            assert [fate for fate in before if fate in after] == after
            kept = {fate.card.id for fate in after}
            old = {fate.card.id for fate in before} - kept
            assert all(one.id not in old for one in store.cards.reports())


def test_a_running_server_forgets_at_its_start(store: Store, tmp_path: Path) -> None:
    note(store, card("old"))
    settings = Settings.model_validate({"store": f"sqlite:///{tmp_path}/x.db", "feedback_days": 90})

    async def started() -> None:
        async with working_behind(settings, store, Intake(store), ()), asyncio.timeout(20):
            while left(store):
                await asyncio.sleep(0.01)

    asyncio.run(started())


def test_where_the_store_fails_the_next_day_has_more_to_do(store: Store) -> None:
    store.close()

    async def run() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                await Forgetting(store.cards, timedelta(minutes=60)).run()

    with capture_logs() as lines:
        asyncio.run(run())
    assert [line["event"] for line in lines] == ["forgetting_postponed"]


@pytest.mark.parametrize("told", [{"feedback_days": 89}, {"feedback_days": 90, "quiet_hours": 2161}])
def test_nothing_goes_while_it_may_still_be_reported_on_or_count(told: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match="feedback_days"):
        Settings.model_validate(told)

"""Appending and reading back: stored once, by number, with everything that was said, before the receipt."""

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from adapter.store import Arrival, Judgement, Noted, Receipt, Store, StoreError, StoreUnavailable, open_store
from adapter.store.store import LARGE
from tests.store.arrivals import RECEIVED, arrival


def count(tmp_path: Path) -> int:
    """How many messages another program sees in the file."""
    connection = sqlite3.connect(f"file:{tmp_path}/store/messages.db?mode=ro", uri=True)
    (number,) = connection.execute("SELECT count(*) FROM messages").fetchone()
    connection.close()
    return int(number)


@pytest.mark.hazard("HZ-M01")
def test_the_receipt_comes_after_the_commit(store: Store, tmp_path: Path) -> None:
    for number in range(1, 21):
        assert store.append(arrival(f"A{number}")) == Receipt(number)
        assert count(tmp_path) == number


def test_what_was_stored_is_read_back(store: Store) -> None:
    sent = arrival(
        "A1",
        b"MSH|\x00\xff\r",
        state="quarantined",
        reason="no-authority",
        findings=(Noted("no-authority", "PID[1]-3"), Noted("charset", "byte 5")),
        patients=("HOSP/MR/P2", "HOSP/MR/P1"),
    )
    number = store.append(sent).message
    found = store.message(number)
    assert (found.id, found.received_at, found.sender, found.control_id) == (1, RECEIVED, "LAB|HOSP", "A1")
    assert (found.type, found.sha256, found.state, found.reason) == (
        "ORU^R01",
        sent.sha256,
        "quarantined",
        "no-authority",
    )
    assert found.findings == sent.findings
    assert found.patient_keys == ("HOSP/MR/P1", "HOSP/MR/P2")
    assert store.raw(number) == sent.raw


def test_it_is_there_after_opening_again(url: str) -> None:
    with open_store(url) as store:
        store.append(arrival())
    with open_store(url) as store:
        assert [message.control_id for message in store.messages()] == ["A1"]
        assert store.append(arrival("A2")) == Receipt(2)


@pytest.mark.parametrize("hours", [-5, 0, 2])
def test_times_are_kept_as_utc(store: Store, hours: int) -> None:
    local = RECEIVED.astimezone(timezone(timedelta(hours=hours)))
    sent = Arrival(b"x", local, "", "A1", "ORU^R01")
    found = store.message(store.append(sent).message).received_at
    assert (found, found.tzinfo) == (RECEIVED, UTC)


@pytest.mark.hazard("HZ-M02")
def test_the_same_message_again_is_stored_once(store: Store) -> None:
    first = store.append(arrival("A1"))
    store.append(arrival("A2"))
    assert store.append(arrival("A1")) == Receipt(first.message, duplicate=True)
    assert [message.control_id for message in store.messages()] == ["A1", "A2"]


@pytest.mark.hazard("HZ-M02")
def test_the_same_message_twice_in_one_transaction_is_stored_once(store: Store, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "store" / "messages.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = [store.submit(arrival("A1")) for _ in range(3)]
        other.execute("ROLLBACK")
    other.close()
    assert sorted((future.result().message, future.result().duplicate) for future in waiting) == [
        (1, False),
        (1, True),
        (1, True),
    ]


@pytest.mark.hazard("HZ-M02")
def test_a_discarded_message_that_comes_again_stays_discarded_and_says_so_once(store: Store) -> None:
    store.append(arrival("A1", findings=(Noted("x", "OBX[1]"),)))
    store.discard(1, "a test")
    for _ in range(2):
        assert store.append(arrival("A1")) == Receipt(1, duplicate=True, discarded=True)
        found = store.message(1)
        assert (found.state, found.reason) == ("discarded", "a test")
        assert found.findings == (Noted("x", "OBX[1]"), Noted("sent-again", ""))
    store.replay([1])
    store.judge([Judgement(1, "received")])
    assert store.append(arrival("A1")) == Receipt(1, duplicate=True)
    assert store.message(1).findings == ()


@pytest.mark.hazard("HZ-M03")
def test_the_same_control_id_with_other_bytes_is_another_message(store: Store) -> None:
    store.append(arrival("A1", b"one"))
    assert store.append(arrival("A1", b"two", findings=(Noted("x", "OBX[1]"),))) == Receipt(2, control_id_reused=True)
    found = store.message(2)
    assert found.findings == (Noted("x", "OBX[1]"), Noted("control-id-reused", "MSH[1]-10"))
    assert (store.raw(1), store.raw(2)) == (b"one", b"two")
    assert store.message(1).findings == ()


def test_another_sender_may_use_the_same_control_id(store: Store) -> None:
    store.append(arrival("A1", b"one"))
    assert store.append(arrival("A1", b"two", sender="PATH|HOSP")) == Receipt(2)
    assert store.append(arrival("A1", b"one", sender="PATH|HOSP")) == Receipt(3, control_id_reused=True)


def test_no_control_id_is_no_reused_one(store: Store) -> None:
    store.append(arrival("", b"one"))
    assert store.append(arrival("", b"two")) == Receipt(2)
    assert store.append(arrival("", b"two")) == Receipt(2, duplicate=True)


def test_messages_of_a_state_and_of_a_patient(store: Store) -> None:
    store.append(arrival("A1", patients=("HOSP/MR/P1",)))
    store.append(arrival("A2", patients=("HOSP/MR/P2", "HOSP/MR/P1")))
    store.append(arrival("A3", state="quarantined", reason="no-patient", patients=()))

    def ids(**wanted: str) -> list[str]:
        return [message.control_id for message in store.messages(**wanted)]  # type: ignore[arg-type]

    assert ids() == ["A1", "A2", "A3"]
    assert ids(state="received") == ["A1", "A2"]
    assert ids(state="quarantined") == ["A3"]
    assert ids(patient_key="HOSP/MR/P1") == ["A1", "A2"]
    assert ids(patient_key="HOSP/MR/P2", state="received") == ["A2"]
    assert ids(patient_key="HOSP/MR/P") == []
    assert [message.id for message in store.messages(after=2)] == [3]


def test_more_messages_than_a_page(store: Store) -> None:
    waiting = [store.submit(arrival(f"A{number}")) for number in range(1203)]
    assert [future.result().message for future in waiting] == list(range(1, 1204))
    found = [(message.id, message.control_id) for message in store.messages()]
    assert found == [(number + 1, f"A{number}") for number in range(1203)]


def test_numbers_that_are_not_there(store: Store) -> None:
    store.append(arrival())
    for number in (0, 2):
        with pytest.raises(KeyError):
            store.message(number)
        with pytest.raises(KeyError):
            store.raw(number)


@pytest.mark.hazard("HZ-M18")
def test_bytes_that_were_changed_in_the_file_are_not_given_out(store: Store, tmp_path: Path) -> None:
    store.append(arrival("A1", b"platelets 210"))
    with sqlite3.connect(tmp_path / "store" / "messages.db") as other:
        other.execute("UPDATE messages SET raw = CAST('platelets 21' AS BLOB)")
    other.close()
    with pytest.raises(StoreError, match="message 1 is damaged"):
        store.raw(1)


@pytest.mark.hazard("HZ-M18")
def test_messages_are_read_together_but_for_those_that_are_damaged_or_large(store: Store, tmp_path: Path) -> None:
    for number, raw in enumerate((b"first", b"second", b"x" * LARGE, b"x" * (LARGE + 1)), 1):
        store.append(arrival(f"A{number}", raw))
    with sqlite3.connect(tmp_path / "store" / "messages.db") as other:
        other.execute("UPDATE messages SET raw = CAST('other' AS BLOB) WHERE id = 2")
    other.close()
    found = store.taken([1, 2, 3, 4, 5])
    assert [(one.id, len(one.raw), one.received_at, one.profile) for one in found] == [
        (1, 5, RECEIVED, ""),
        (3, LARGE, RECEIVED, ""),
    ]


def test_what_waits_is_told_in_order_after_a_number(store: Store) -> None:
    for number in range(1, 5):
        store.append(arrival(f"A{number}", state="quarantined" if number == 2 else "received"))
    assert (store.waiting(10), store.waiting(1), store.waiting(2, 1)) == ([1, 3, 4], [1], [3, 4])


def test_appending_without_a_waiting_thread(store: Store) -> None:
    async def both() -> tuple[Receipt, Receipt]:
        return await asyncio.gather(store.append_async(arrival("A1")), store.append_async(arrival("A2")))

    assert sorted(receipt.message for receipt in asyncio.run(both())) == [1, 2]


def test_health(store: Store) -> None:
    store.append(arrival("A1"))
    store.append(arrival("A2", state="quarantined", reason="charset"))
    health = store.check()
    assert health.healthy
    assert (health.messages, health.quarantined, health.synchronous) == (2, 1, 2)
    assert health.sqlite_version == sqlite3.sqlite_version


def test_a_closed_store_takes_nothing(url: str) -> None:
    store = open_store(url)
    store.append(arrival("A1"))
    store.close()
    with pytest.raises(StoreUnavailable):
        store.append(arrival("A2"))
    assert not store.check().healthy
    store.close()


def test_closing_finishes_what_waits(url: str, tmp_path: Path) -> None:
    store = open_store(url)
    waiting = [store.submit(arrival(f"A{number}")) for number in range(100)]
    store.close()
    assert [future.result().message for future in waiting] == list(range(1, 101))
    assert not (tmp_path / "store" / "messages.db-wal").exists()
    assert count(tmp_path) == 100


@pytest.mark.parametrize(
    "broken",
    [
        lambda: Arrival(b"", datetime(2026, 1, 10), "", "", ""),
        lambda: arrival("A" * 256),
        lambda: arrival("A\udc80", b"x"),
        lambda: arrival(patients=("P" * 256,)),
    ],
)
def test_arrivals_that_do_not_fit(broken: Callable[[], Arrival]) -> None:
    with pytest.raises(ValueError, match=r"zone|index"):
        broken()


def test_nothing_about_a_patient_in_what_is_shown(store: Store) -> None:
    sent = arrival("ID-4711", b"DOE^JANE", sender="LAB|SECRET", patients=("HOSP/MR/4711",))
    store.append(sent)
    shown = repr(sent) + repr(store.message(1)) + repr(store.submit(sent).result())
    assert not [word for word in ("4711", "DOE", "SECRET") if word in shown]

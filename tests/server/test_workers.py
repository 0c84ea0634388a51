"""Casework in processes of their own says what it says in place, of whatever messages it is asked about together."""

import asyncio
import pickle
import sqlite3
from pathlib import Path

import pytest

from adapter.mapping.hl7v2_patient import Demographics
from adapter.mapping.hl7v2_plain import Plain
from adapter.server.casework import TOGETHER
from adapter.server.seen import Seen
from adapter.server.workers import Workers, WorkSettings
from adapter.store import Judgement, Noted, Store
from tests.server.casework import InPlace
from tests.server.feeds import adt, oru, stored

GLUCOSE = "OBX|1|NM|2345-7^Glucose^LN||5.4|mmol/L|||||F|||20260110"


@pytest.mark.hazard("HZ-M18")
def test_large_and_damaged_messages_are_judged_among_others(store: Store, tmp_path: Path) -> None:
    numbers = [stored(store, oru(GLUCOSE, control_id=f"A{number}")) for number in range(TOGETHER + 1)]
    numbers.append(stored(store, adt("NTE|1||" + "x" * 70_000, control_id="LARGE")))
    with sqlite3.connect(tmp_path / "store" / "messages.db") as other:
        other.execute("UPDATE messages SET raw = CAST('other' AS BLOB) WHERE id = 2")
    other.close()

    async def judged() -> list[Seen]:
        url = f"sqlite:///{tmp_path}/store/messages.db"
        workers = Workers(WorkSettings(url, None, (), "https://ldt-adapter.example.org/fhir", True), nicer=0)
        try:
            return await workers.judge(numbers)
        finally:
            workers.close()

    found = asyncio.run(judged())
    assert found == asyncio.run(InPlace(store).judge(numbers))
    assert [one.judgement.message for one in found] == numbers
    assert (found[1].judgement.state, found[1].judgement.reason, found[1].plain) == ("quarantined", "damaged", None)
    assert all(one.plain is not None for one in found if one.judgement.message != 2)


PLAIN = Plain("HOSP/MR/P1", Demographics("19610405", "F", "doe"), frozenset({"diagnosis"}))
JUDGED = Judgement(7, "received", patient_keys=(PLAIN.key,))


@pytest.mark.parametrize(
    ("judgement", "plain", "noted"),
    [
        (JUDGED, PLAIN, False),
        (JUDGED, None, True),
        (Judgement(7, "received", "", (Noted("bad-date", "PID[1]-7"),), (PLAIN.key,)), PLAIN, True),
        (Judgement(7, "received", patient_keys=(PLAIN.key, "HOSP/MR/P2")), PLAIN, True),
    ],
)
def test_what_is_seen_of_a_message_arrives_as_it_was(judgement: Judgement, plain: Plain | None, *, noted: bool) -> None:
    seen = Seen.of(judgement, plain)
    arrived: Seen = pickle.loads(pickle.dumps(seen))  # noqa: S301  our own bytes
    assert (arrived, arrived.judgement, arrived.plain) == (seen, judgement, plain)
    assert (arrived.noted is not None) == noted

"""Servers whose calls are joined with stored HL7 v2 messages, looked up in the test's own process.

Not a test itself.
"""

from starlette.testclient import TestClient

from adapter.ldt import rule_set
from adapter.mapping.hl7v2_patient import PatientKey
from adapter.mapping.tables import tables
from adapter.server.app import build_app
from adapter.server.hooks.stored import Recall
from adapter.server.intake import Intake
from adapter.server.recall import Recalled, recall
from adapter.server.settings import Settings
from adapter.store import Arrival, Store
from tests.server.casework import InPlace, judge_all
from tests.server.feeds import NOW
from tests.server.hooks.calling import Json

SYSTEM = "https://hosp.example.org/mrn"
NUMBERS = [{"system": SYSTEM, "authority": "HOSP"}]
PERSON = "Whitfield^George||19600303|M"
"""The patient of patient-view-07, whose number is 8852017."""
NUMBER = "8852017"


def in_place(store: Store) -> Recall:
    """Looks up what is stored without another process."""

    async def look(keys: tuple[PatientKey, ...]) -> Recalled:
        return recall(InPlace(store).casework, keys)

    return look


def joining(store: Store, recall: Recall | None = None) -> TestClient:
    """A server on this store that joins stored facts, as of the day of the examples."""
    told = {"as_of": "2026-01-12", "stored_facts": NUMBERS}
    app = build_app(
        Settings.model_validate(told), store, Intake(store), tables(), rule_set(), recall=recall or in_place(store)
    )
    return TestClient(app, raise_server_exceptions=False)


def take(store: Store, *messages: bytes) -> None:
    """Receive messages and judge them, as a running server does."""
    for raw in messages:
        fields = raw.split(b"\r")[0].split(b"|")
        kind = b"^".join(fields[8].split(b"^")[:2]).decode()
        store.append(Arrival(raw, NOW, f"{fields[2].decode()}|{fields[3].decode()}", fields[9].decode(), kind))
    judge_all(store)


def without_results(request: Json, *kept: str) -> Json:
    """The call without the results whose ids do not stand here."""
    observations = request["prefetch"]["observations"]
    observations["entry"] = [one for one in observations["entry"] if one["resource"]["id"] in kept]
    observations["total"] = len(observations["entry"])
    return request

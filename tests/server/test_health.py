"""Health and metrics: what waits and what is stuck is counted, a warning is no failure, and nobody is named."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from adapter.ldt import rule_set
from adapter.mapping.tables import tables
from adapter.server.app import build_app
from adapter.server.circuit import Circuit
from adapter.server.delivery import Deliverer, Schedule
from adapter.server.intake import Intake
from adapter.server.settings import Settings
from adapter.store import Arrival, Effect, Evaluated, Settled, Store, init_store, open_store
from tests.server.test_delivery import Scripted

NOW = datetime.now(UTC)
CANARY = "Zyxwvutsson"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'ldt.db'}"
    init_store(url)
    with open_store(url) as opened:
        yield opened


@pytest.fixture
def fhir(store: Store) -> Deliverer:
    return Deliverer(store, Scripted(), Schedule(3, 1.0, 1.0), Circuit(1, timedelta(hours=1)))


@pytest.fixture
def client(store: Store, fhir: Deliverer) -> TestClient:
    settings = Settings.model_validate({"as_of": "2026-01-12"})
    return TestClient(build_app(settings, store, Intake(store), tables(), rule_set(), deliverers=(fhir,)))


def arrive(store: Store, number: int, *, ago: float = 0.0, state: Any = "received") -> int:
    arrival = Arrival(
        f"MSH|{CANARY}{number}".encode(),
        datetime.now(UTC) - timedelta(seconds=ago),
        CANARY,
        f"{CANARY}{number}",
        "ORU^R01",
        state,
        patient_keys=(f"HOSP/MR/{CANARY}",),
    )
    return store.append(arrival).message


def evaluate(store: Store, number: int, destination: str) -> int:
    made = Evaluated(str(number), "rules", "info", b"{}")
    key = f"HOSP/MR/{CANARY}{number}"
    store.record(Effect(((number, key),), NOW, {key: made}, (destination,)))
    store.settle_all([Settled(number, "evaluated")])
    return store.deliveries()[-1].id


def health(client: TestClient, status: int = 200) -> dict[str, Any]:
    response = client.get("/healthz")
    assert response.status_code == status
    assert CANARY not in response.text
    body: dict[str, Any] = response.json()
    return body


def gauges(client: TestClient) -> dict[tuple[str, ...], float]:
    text = client.get("/metrics").text
    assert CANARY not in text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if family.name.startswith("ldt_") and family.type == "gauge"
    }


def test_an_empty_store_is_well(client: TestClient) -> None:
    body = health(client)
    assert (body["status"], body["warnings"]) == ("ok", [])
    assert (body["messages"], body["waiting"], body["oldest_waiting_seconds"]) == (0, 0, 0.0)
    assert body["deliveries"] == {"waiting": 0, "dead": 0}
    assert body["circuits"] == {"fhir": "closed"}


def test_acknowledgements_that_wait_are_counted(client: TestClient, store: Store) -> None:
    for destination, answers in (("one:1", b"a"), ("one:1", b"b"), ("two:2", b"a")):
        asyncio.run(store.acks.put(destination, answers, CANARY.encode()))
    assert (health(client)["acknowledgements"], health(client)["status"]) == (3, "ok")
    assert gauges(client)[("ldt_application_acks_waiting",)] == 3


def test_what_waits_is_counted_with_the_age_of_the_oldest_and_is_no_warning(client: TestClient, store: Store) -> None:
    for number, ago in enumerate((90.0, 30.0)):
        arrive(store, number, ago=ago)
    evaluate(store, arrive(store, 3), "fhir")
    body = health(client)
    assert (body["status"], body["messages"], body["waiting"]) == ("ok", 3, 2)
    assert body["states"] == {"received": 2, "evaluated": 1}
    passed = (datetime.now(UTC) - NOW).total_seconds()
    assert 90.0 <= body["oldest_waiting_seconds"] <= 90.1 + passed  # told to the tenth of a second
    assert body["deliveries"] == {"waiting": 1, "dead": 0}
    found = gauges(client)
    assert found[("ldt_messages", "received")] == 2
    assert found[("ldt_messages", "quarantined")] == 0
    assert 90.0 <= found[("ldt_oldest_waiting_seconds",)] < 150.0
    assert found[("ldt_deliveries", "fhir", "waiting")] == 1
    assert found[("ldt_store_up",)] == 1


@pytest.mark.hazard("HZ-M19")
def test_a_quarantined_message_is_a_warning_and_no_failure(client: TestClient, store: Store) -> None:
    arrive(store, 1, state="quarantined")
    body = health(client)
    assert (body["status"], body["warnings"], body["quarantined"]) == ("warning", ["quarantined messages"], 1)
    assert gauges(client)[("ldt_messages", "quarantined")] == 1


def test_a_dead_delivery_is_a_warning_and_no_failure(client: TestClient, store: Store) -> None:
    store.settle_delivery(evaluate(store, arrive(store, 1), "fhir"), "dead", NOW, "status 422")
    body = health(client)
    assert (body["status"], body["warnings"]) == ("warning", ["dead deliveries"])
    assert gauges(client)[("ldt_deliveries", "fhir", "dead")] == 1


def test_an_open_circuit_is_a_warning(client: TestClient, fhir: Deliverer) -> None:
    fhir.circuit.failed(datetime.now(UTC))
    body = health(client)
    assert (body["status"], body["circuits"]) == ("warning", {"fhir": "open"})
    assert body["warnings"] == ["circuit of fhir is open"]
    found = gauges(client)
    assert [found[("ldt_circuit", "fhir", state)] for state in ("closed", "half-open", "open")] == [0, 0, 1]
    fhir.now = lambda: datetime.now(UTC) + timedelta(hours=2)
    body = health(client)
    assert (body["status"], body["circuits"]) == ("ok", {"fhir": "half-open"})


def test_deliveries_that_nobody_makes_are_a_warning(client: TestClient, store: Store) -> None:
    evaluate(store, arrive(store, 1), "hl7v2")
    assert health(client)["warnings"] == ["deliveries wait for a destination that is not set"]


def test_patients_to_be_evaluated_again_are_counted(client: TestClient, store: Store) -> None:
    store.discard(arrive(store, 1), CANARY)
    assert health(client)["patients_to_review"] == 1
    assert gauges(client)[("ldt_patients_to_review",)] == 1


def test_a_store_that_cannot_be_written_is_a_failure(client: TestClient, store: Store) -> None:
    store.close()
    assert health(client, 503)["status"] == "store unavailable"
    assert gauges(client)[("ldt_store_up",)] == 0

"""Feedback to the running application: kept in the store, from whom it may come, and what a failing store answers."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from adapter.ldt import rule_set
from adapter.mapping.tables import tables
from adapter.server.app import build_app
from adapter.server.intake import Intake
from adapter.server.issued import reader_of
from adapter.server.log import ALLOWED
from adapter.server.settings import Settings
from adapter.store import CardFate, CardOutcome, Store, init_store, open_store
from cds_hooks import Client, HookContext, HookRequest, OrderDispatch, PatientView, read_request
from tests.cds_hooks.calls import call_body, encoded, service
from tests.cds_hooks.tokens import BASE, ISSUER, es384, jwk_set, token
from tests.repository import ROOT

HOOK = "/cds-services/ldt-patient-view"
FEEDBACK = f"{HOOK}/feedback"
ORIGIN = "https://ehr.example.org"
OTHER = "https://other.example.org"
CANARY = "ZEBRA-7731-CANARY"
REASON = {"code": "disagree", "system": "https://ldt-adapter.example.org/fhir/CodeSystem/ldt-override"}


def application(store: Store, clients: Mapping[str, Any] | None = None) -> TestClient:
    told = {"as_of": "2026-01-12", "clients": clients or {}, "cors_origins": [ORIGIN]}
    app = build_app(Settings.model_validate(told), store, Intake(store), tables(), rule_set())
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture
def client(store: Store) -> TestClient:
    return application(store)


@pytest.fixture
def clients(tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "keys.json"
    path.write_bytes(jwk_set())
    issuers = [{"issuer": name, "key_file": str(path)} for name in (ISSUER, OTHER)]
    return {"public_urls": [BASE], "issuers": issuers}


def bearer(path: str, **claims: Any) -> dict[str, str]:
    now = int(time.time())
    made = token(**{"aud": BASE + path, "iat": now, "exp": now + 300, "jti": str(time.perf_counter_ns()), **claims})
    return {"authorization": f"Bearer {made}"}


def shown(client: TestClient, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The card of the example call."""
    body = (ROOT / "fixtures/hooks/patient-view-07.json").read_bytes()
    answer = client.post(HOOK, content=body, headers={"content-type": "application/json", **(headers or {})})
    assert answer.status_code == 200, answer.text
    (card,) = answer.json()["cards"]
    found: dict[str, Any] = card
    return found


def item(card: str, outcome: CardOutcome = "overridden", at: str = "2026-01-12T12:00:00Z") -> dict[str, Any]:
    extra: dict[str, Any] = {"overrideReason": {"reason": REASON, "userComment": CANARY}}
    if outcome == "accepted":
        extra = {"acceptedSuggestions": [{"id": "s1"}]}
    return {"card": card, "outcome": outcome, "outcomeTimestamp": at, **extra}


def report(client: TestClient, *items: object, headers: Mapping[str, str] | None = None) -> int:
    return client.post(FEEDBACK, json={"feedback": list(items)}, headers=dict(headers or {})).status_code


def fates(store: Store) -> list[CardFate]:
    """The cards with what holds for each, also those that were noted a moment ago: the one writer keeps their order."""
    store.cards.note(()).result()
    return list(store.cards.fates())


def held(store: Store) -> list[str | None]:
    return [fate.report.outcome if fate.report else None for fate in fates(store)]


def test_B1_feedback_joins_the_card_that_was_shown_and_the_rules_behind_it(store: Store, client: TestClient) -> None:
    card = shown(client)
    assert held(store) == [None]
    assert report(client, item(card["uuid"])) == 200
    (fate,) = fates(store)
    assert fate.report is not None
    assert (fate.report.outcome, fate.report.reasons[0].code) == ("overridden", "disagree")
    assert fate.report.reasons[0].comment == CANARY
    assert (fate.card.id.service, fate.card.indicator) == ("ldt-patient-view", card["indicator"])
    assert fate.card.rule_set == f"{rule_set().id}|{rule_set().edition}"
    options = [row for row in card["detail"].splitlines() if row.startswith("| ")]
    named = {rule for rule in rule_set().rules if any(f" {rule} " in row for row in options)}
    assert named <= set(fate.card.rules) <= set(rule_set().rules)
    assert 0 < len(named) < len(fate.card.rules) < len(rule_set().rules)


def test_B2_the_same_report_again_is_one_and_a_later_one_holds(store: Store, client: TestClient) -> None:
    uuid = shown(client)["uuid"]
    assert [report(client, item(uuid), item(uuid)), report(client, item(uuid))] == [200, 200]
    assert len(list(store.cards.reports())) == 1
    later, earlier = item(uuid, "accepted", "2026-01-12T12:05:00Z"), item(uuid, at="2026-01-12T11:00:00Z")
    assert report(client, later, earlier) == 200
    assert held(store) == ["accepted"]
    assert len(list(store.cards.reports())) == 3


def test_a_report_of_the_future_counts_from_its_arrival_and_is_noted(store: Store, client: TestClient) -> None:
    uuid = shown(client)["uuid"]
    with capture_logs() as lines:
        assert report(client, item(uuid, "accepted", "2999-01-01T00:00:00Z")) == 200
        assert report(client, item(uuid, "accepted", "2999-01-01T00:00:00Z")) == 200
    assert [(one["event"], one["count"]) for one in lines if one["event"] == "feedback_ahead"] == [
        ("feedback_ahead", 1)
    ] * 2
    (kept,) = store.cards.reports()
    assert kept.outcome_at == kept.received_at
    later = (kept.received_at + timedelta(minutes=1)).isoformat()
    with capture_logs() as lines:
        assert report(client, item(uuid, at=later)) == 200
    assert not any(one["event"] == "feedback_ahead" for one in lines)  # clocks may be some minutes apart
    assert held(store) == ["overridden"]


def test_B3_a_vendors_form_is_kept_whole(store: Store, client: TestClient) -> None:
    vendor = {"overrideReasons": [{"extension": {"com.example.reason": 1}}, {"reason": REASON}]}
    bare = {"card": "not-a-uuid", "outcome": "overridden", "outcomeTimestamp": "2026-01-12T13:00:00+01:00"}
    assert report(client, {**bare, **vendor}) == 200
    (kept,) = store.cards.reports()
    assert [json.loads(one.extension or "null") for one in kept.reasons] == [{"com.example.reason": 1}, None]
    assert [one.code for one in kept.reasons] == ["", "disagree"]
    assert (kept.outcome_at.isoformat(), store.cards.unknown()) == ("2026-01-12T12:00:00+00:00", 1)


def test_the_same_call_again_is_one_card(store: Store, client: TestClient) -> None:
    assert shown(client)["uuid"] == shown(client)["uuid"]
    assert held(store) == [None]


def test_a_silent_answer_leaves_no_card(store: Store, client: TestClient) -> None:
    body = (ROOT / "fixtures/hooks/patient-view-09.json").read_bytes()
    answer = client.post(HOOK, content=body, headers={"content-type": "application/json"})
    assert answer.json() == {"cards": []}
    assert held(store) == []


@pytest.mark.hazard("HZ-X10")
def test_nothing_of_the_patient_or_the_user_is_kept_with_a_card_or_logged(store: Store, client: TestClient) -> None:
    body = json.loads((ROOT / "fixtures/hooks/patient-view-07.json").read_bytes())
    user, patient = body["context"]["userId"], body["context"]["patientId"]
    with capture_logs() as lines:
        uuid = shown(client)["uuid"]
        assert report(client, item(uuid), {**item(uuid), "outcome": CANARY}) == 400
    (fate,) = fates(store)
    kept = str([getattr(fate.card, name) for name in type(fate.card).__slots__])
    assert not any(text in kept for text in (user, patient, user.partition("/")[2], body["hookInstance"]))
    assert fate.card.reader
    assert CANARY not in str(lines)


@contextmanager
def restarted(store_url: str, clients: Mapping[str, Any]) -> Iterator[tuple[Store, TestClient]]:
    with open_store(store_url) as store:
        yield store, application(store, clients)


@pytest.mark.hazard("HZ-X05")
def test_J6_a_used_token_is_refused_after_a_restart(tmp_path: Path, clients: dict[str, Any]) -> None:
    url = f"sqlite:///{tmp_path}/ldt.db"
    init_store(url)
    call, feedback = bearer(HOOK), bearer(FEEDBACK)
    with restarted(url, clients) as (store, client):
        uuid = shown(client, call)["uuid"]
        assert report(client, item(uuid), headers=feedback) == 200
    with restarted(url, clients) as (store, client), capture_logs() as lines:
        assert client.post(HOOK, json={}, headers=call).status_code == 401
        assert report(client, item(uuid, "accepted"), headers=feedback) == 401
        assert [(line["error"], line["called"]) for line in lines] == [
            ("replayed", "service"),
            ("replayed", "feedback"),
        ]
        assert report(client, item(uuid, "accepted", "2026-01-12T13:00:00Z"), headers=bearer(FEEDBACK)) == 200
        assert held(store) == ["accepted"]


def test_B1_feedback_needs_a_token_for_its_own_address(store: Store, clients: dict[str, Any]) -> None:
    client = application(store, clients)
    forged = bearer(FEEDBACK, sign=es384())
    for headers in ({}, bearer(HOOK), bearer(FEEDBACK, iss="https://nobody.example.org")):
        answer = client.post(FEEDBACK, content=b"{", headers=headers)
        assert (answer.status_code, answer.content) == (401, b"")
    assert list(store.cards.reports()) == []
    assert report(client, item("c1"), headers=forged) == 200


def test_B1_what_one_client_was_sent_no_other_can_answer(store: Store, clients: dict[str, Any]) -> None:
    client = application(store, clients)
    uuid = shown(client, bearer(HOOK))["uuid"]
    assert report(client, item(uuid), headers=bearer(FEEDBACK, iss=OTHER)) == 200
    assert report(client, item(uuid), headers=bearer(FEEDBACK, tenant="north")) == 200
    assert (held(store), store.cards.unknown()) == ([None], 2)
    assert report(client, item(uuid), headers=bearer(FEEDBACK)) == 200
    assert held(store) == ["overridden"]


def test_B1_without_a_store_feedback_is_503_and_advice_goes_on(store: Store, client: TestClient) -> None:
    store.close()
    with capture_logs() as lines:
        answer = client.post(FEEDBACK, json={"feedback": [item("c1")]}, headers={"origin": ORIGIN})
        assert shown(client)["uuid"]
    assert answer.status_code == 503
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.json()["issue"][0]["details"]["coding"][0]["code"] == "store-unavailable"
    assert sorted(line["event"] for line in lines) == [
        "call_refused",
        "card_not_noted",
        "service_called",
    ]
    assert all(line.keys() - {"log_level"} <= ALLOWED for line in lines)


def test_J6_without_a_store_no_token_lets_anybody_in(store: Store, clients: dict[str, Any]) -> None:
    client = application(store, clients)
    store.close()
    answers = [
        client.post(HOOK, json={}, headers={"origin": ORIGIN, **bearer(HOOK)}),
        client.get("/cds-services", headers={"origin": ORIGIN, **bearer("/cds-services")}),
    ]
    assert [answer.status_code for answer in answers] == [503, 503]
    assert {answer.headers["access-control-allow-origin"] for answer in answers} == {ORIGIN}


def request_of(client: Client | None, context: HookContext) -> HookRequest:
    made = read_request(encoded(call_body()), service(), client=client)
    return HookRequest(made.hook, made.hook_instance, context, None, None, made.prefetch, None, client)


def test_readers_are_told_apart_by_user_and_client_alone() -> None:
    views = [PatientView("Practitioner/1", patient, None) for patient in ("P1", "P2")]
    ehr, other = Client(ISSUER, token_id="t1"), Client(ISSUER, "north", token_id="t2")
    same = {reader_of(request_of(Client(ISSUER, token_id=str(n)), view)) for n, view in enumerate(views)}
    assert len(same) == 1
    colleague = reader_of(request_of(ehr, PatientView("Practitioner/2", "P1", None)))
    readers = {*same, colleague, reader_of(request_of(other, views[0])), reader_of(request_of(None, views[0]))}
    assert len(readers) == 4
    assert reader_of(request_of(ehr, OrderDispatch("P1", (), "Organization/o1", ()))) == ""

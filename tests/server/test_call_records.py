"""Each call leaves one record: who called, where the data came from, what came of it; the log has no patient in it."""

import asyncio
from dataclasses import replace

import pytest
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from adapter.server.ehr import CallRecord, EhrReader, KeyRecord, LogAudit, Outcome, ReadingHandler
from adapter.server.hooks.services import SERVICES
from adapter.server.log import ALLOWED
from adapter.store import Store
from cds_hooks import Client
from tests.server.fhir_servers import OUTCOME, bundle, fhir_server, linked
from tests.server.reading_app import HOOK, PATIENT, TOKEN, Records, application, example, grant, lacking, parsed

SERVICE = SERVICES[0]


def recorded(client: TestClient, records: Records, request: dict[str, object], status: int = 200) -> CallRecord:
    records.calls.clear()
    assert client.post(HOOK, json=request).status_code == status
    (call,) = records.calls
    return call


@pytest.mark.hazard("HZ-X16")
@pytest.mark.hazard("HZ-A03")
def test_J8_a_record_says_for_each_key_its_class_and_where_it_came_from(store: Store) -> None:
    records = Records()
    with fhir_server() as server, application(store, server, audit=records) as client:
        request = lacking(server, "observations", "procedures", "statements")
        server.give("Procedure", OUTCOME, status=403)
        prefetch = request["prefetch"]
        prefetch["administrations"] = OUTCOME
        prefetch["responses"] = bundle(link=linked("self", "https://e/?patient={{context.patientId}}"))
        server.give("QuestionnaireResponse", bundle())
        server.give("MedicationStatement", bundle(link=linked("next", "https://elsewhere.example.org/")))
        call = recorded(client, records, request)
    assert call.keys == (
        KeyRecord("patient", "provided", False, None),
        KeyRecord("conditions", "provided", False, None),
        KeyRecord("observations", "provided", True, None),
        KeyRecord("procedures", "not-provided", False, "forbidden"),
        KeyRecord("administrations", "client-error", False, None),
        KeyRecord("statements", "partial", True, "next-elsewhere"),
        KeyRecord("responses", "nothing", True, None),
    )
    assert (call.service, call.hook, str(call.invocation)) == (SERVICE.id, "patient-view", example()["hookInstance"])
    assert (call.outcome, call.patient, call.user) == (Outcome("cards", 1), f"Patient/{PATIENT}", "Practitioner/demo")
    assert PATIENT not in repr(call)
    assert "demo" not in repr(call)


@pytest.mark.hazard("HZ-X16")
def test_J8_every_way_out_is_recorded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    records = Records()
    with application(store, audit=records) as client:
        silent = {**example(), "prefetch": {**example()["prefetch"], "conditions": None, "observations": None}}
        assert recorded(client, records, silent).outcome == Outcome("silent")
        refused = {**example(), "prefetch": {}}
        assert recorded(client, records, refused, 412).outcome == Outcome(
            "refused", code="data-unavailable", place="prefetch.conditions", status=412
        )
        other = {**example(), "fhirServer": "https://e.example.org", "fhirAuthorization": grant(patient="x")}
        assert recorded(client, records, other, 412).outcome == Outcome(
            "refused", code="other-patient", place="fhirAuthorization.patient", status=412
        )

        def broken(*_: object, **__: object) -> None:
            raise ValueError

        monkeypatch.setattr("adapter.advice.assessment.evaluate", broken)
        assert recorded(client, records, example(), 500).outcome == Outcome("failed", status=500)


@pytest.mark.hazard("HZ-X16")
def test_a_call_that_cannot_be_recorded_is_not_answered(store: Store) -> None:
    class Full:
        async def record(self, call: CallRecord) -> None:
            raise OSError

    with application(store, audit=Full()) as client:
        response = client.post(HOOK, json=example())
        assert response.status_code == 500
        assert "cards" not in response.json()


@pytest.mark.hazard("HZ-X10")
def test_the_log_has_one_line_for_each_call_and_nothing_of_the_patient(store: Store) -> None:
    with fhir_server() as server, application(store, server) as client, capture_logs() as lines:
        request = lacking(server, "observations", "procedures")
        server.give("Procedure", OUTCOME)
        client.post(HOOK, json=request)
        client.post(HOOK, json={**request, "fhirAuthorization": grant(patient="somebody-else")})
    first, second = (line for line in lines if line["event"] == "service_called")
    assert first["keys"]["observations"] == "provided/own"
    assert first["keys"]["procedures"] == "not-provided/outcome"
    assert (first["outcome"], first["count"], second["outcome"], second["code"]) == (
        "cards",
        1,
        "refused",
        "other-patient",
    )
    for line in (first, second):
        assert line.keys() - {"log_level"} <= ALLOWED
        assert not any(text in str(line) for text in (PATIENT, TOKEN, "somebody-else", "demo", "Practitioner"))


def test_the_log_names_the_client_by_what_it_proved() -> None:
    async def run() -> None:
        async def judge(*_: object) -> tuple[()]:
            return ()

        handler = ReadingHandler(SERVICE, judge, EhrReader(), LogAudit())
        client = Client("https://ehr.example.org", "north", "s", "jti-1")
        await handler(replace(parsed(example()), client=client))

    with capture_logs() as lines:
        asyncio.run(run())
    (line,) = lines
    assert (line["issuer"], line["tenant"], line["token_id"]) == ("https://ehr.example.org", "north", "jti-1")
    assert line["outcome"] == "silent"

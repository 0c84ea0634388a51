"""The HTTP routes as clients see them: answers, errors, and silence only where there is nothing to say."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from adapter.ldt import rule_set, site_rule_set
from adapter.mapping.tables import tables
from adapter.server.app import build_app
from adapter.server.certificates import Expiry
from adapter.server.intake import Intake
from adapter.server.mllp_events import MllpEvent
from adapter.server.settings import Settings
from adapter.store import Store, init_store, open_store
from cds_hooks import check_response
from tests.cds_hooks.invariants import broken_in_response
from tests.ldt.sites import site_folder
from tests.repository import ROOT

HOOK = "/cds-services/ldt-patient-view"
APPLY = "/fhir/PlanDefinition/ldt-nelm/$apply"
ORU = (ROOT / "fixtures/hooks/oru-07.hl7").read_bytes()
CANARY = "Zyxwvutsson"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'ldt.db'}"
    init_store(url)
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def client(store: Store) -> TestClient:
    settings = Settings.model_validate({"as_of": "2026-01-12"})
    app = build_app(settings, store, Intake(store), tables(), rule_set())
    return TestClient(app, raise_server_exceptions=False)


def _request(number: str = "07") -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / f"fixtures/hooks/patient-view-{number}.json").read_bytes())
    return loaded


def _cards(client: TestClient, request: dict[str, Any]) -> list[dict[str, Any]]:
    response = client.post(HOOK, json=request)
    assert response.status_code == 200, response.text
    assert check_response(response.content) == []
    assert broken_in_response(response.json()) == []
    cards: list[dict[str, Any]] = response.json()["cards"]
    return cards


def _outcome(response: Any, status: int) -> str:
    assert response.status_code == status, response.text
    body = response.json()
    assert body["resourceType"] == "OperationOutcome"
    return str(body["issue"][0]["details"])


@pytest.mark.parametrize("path", ["/", "/fhir/Patient/Zyxwvutsson", "/index.html?name=Zyxwvutsson"])
def test_an_address_that_is_not_there_is_answered_with_those_that_are(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert "no-such-route" in _outcome(response, 404)
    assert CANARY not in response.text
    told = response.json()["issue"][0]["details"]["text"].partition("; there is ")[2].split(", ")
    named = [one.split(" ") for one in told]
    assert len(named) == 7
    for method, route in named:
        answer = client.request(method, route.replace("/ID", "/ldt-patient-view"), content=b"")
        assert answer.status_code not in (404, 405), route
    assert "; there is GET /cds-services, " in _outcome(client.put("/hl7v2"), 405)


def test_discovery_names_the_service_with_its_prefetch(client: TestClient) -> None:
    service = client.get("/cds-services").json()["services"][0]
    assert service["id"] == "ldt-patient-view"
    assert service["hook"] == "patient-view"
    assert set(service["prefetch"]) == set(_request()["prefetch"])


def test_the_example_patient_gets_one_card_with_its_missing_fact(client: TestClient) -> None:
    (card,) = _cards(client, _request())
    assert card["indicator"] == "warning"
    assert "Portal vein: not recorded" in card["detail"]
    assert "Data that could not be had" not in card["detail"]


def test_the_topic_of_a_card_stands_under_the_canonical_base(store: Store) -> None:
    base = "https://hospital.example.org/ldt"
    settings = Settings.model_validate({"as_of": "2026-01-12", "base": base})
    app = build_app(settings, store, Intake(store), tables(), rule_set())
    (card,) = _cards(TestClient(app, raise_server_exceptions=False), _request())
    assert card["source"]["topic"]["system"] == f"{base}/CodeSystem/ldt-topic"


def test_the_same_call_again_gives_the_same_card(client: TestClient) -> None:
    assert _cards(client, _request()) == _cards(client, _request())


def test_a_patient_without_a_neuroendocrine_tumour_gets_silence(client: TestClient) -> None:
    response = client.post(HOOK, json=_request("09"))
    assert response.json() == {"cards": []}


@pytest.mark.parametrize("value", [None, {"resourceType": "Bundle", "type": "searchset", "total": 0, "entry": []}])
def test_explicitly_no_conditions_is_silence(client: TestClient, value: object) -> None:
    request = _request()
    request["prefetch"]["conditions"] = value
    request["prefetch"]["observations"] = None
    assert client.post(HOOK, json=request).json() == {"cards": []}


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize(
    "value",
    [
        "missing",
        {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]},
        {
            "resourceType": "Bundle",
            "type": "searchset",
            "link": [{"relation": "self", "url": "https://e/Condition?patient={{context.patientId}}"}],
            "entry": [],
        },
        {
            "resourceType": "Bundle",
            "type": "searchset",
            "link": [{"relation": "next", "url": "https://e/Condition?page=2"}],
            "entry": [],
        },
    ],
)
def test_conditions_that_could_not_be_had_are_412_and_never_silence(client: TestClient, value: object) -> None:
    request = _request()
    if value == "missing":
        del request["prefetch"]["conditions"]
    else:
        request["prefetch"]["conditions"] = value
    assert "data-unavailable" in _outcome(client.post(HOOK, json=request), 412)


@pytest.mark.hazard("HZ-A03")
def test_other_data_that_could_not_be_had_are_named_on_the_card(client: TestClient) -> None:
    request = _request()
    del request["prefetch"]["observations"]
    (card,) = _cards(client, request)
    assert "observations: not provided by the EHR" in card["detail"]
    assert "no advice" in card["summary"]


@pytest.mark.hazard("HZ-P01")
def test_another_patient_as_the_patient_is_412_without_any_id(client: TestClient, store: Store) -> None:
    request = _request()
    request["prefetch"]["patient"]["id"] = "somebody-else"
    response = client.post(HOOK, json=request)
    assert "other-patient" in _outcome(response, 412)
    assert "somebody-else" not in response.text
    assert request["context"]["patientId"] not in response.text
    assert list(store.messages()) == []


@pytest.mark.hazard("HZ-P02")
def test_one_foreign_result_stops_the_evaluation(client: TestClient) -> None:
    request = _request()
    first = request["prefetch"]["observations"]["entry"][0]["resource"]
    first["subject"] = {"reference": "Patient/somebody-else"}
    assert "other-patient" in _outcome(client.post(HOOK, json=request), 412)


@pytest.mark.hazard("HZ-A02")
def test_a_fault_in_the_rules_is_500_and_never_silence(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError(CANARY)

    monkeypatch.setattr("adapter.advice.assessment.evaluate", broken)
    response = client.post(HOOK, json=_request())
    assert response.status_code == 500
    assert response.json()["resourceType"] == "OperationOutcome"
    assert CANARY not in response.text
    bundle = (ROOT / "fixtures/patients/07-not-avid-g2/bundle.json").read_bytes()
    response = client.post(APPLY, content=bundle, headers={"content-type": "application/fhir+json"})
    assert "internal" in _outcome(response, 500)
    assert CANARY not in response.text


def _apply(client: TestClient, body: object, kind: str = "application/fhir+json") -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(APPLY, content=content, headers={"content-type": kind})


def _bundle() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "fixtures/patients/07-not-avid-g2/bundle.json").read_bytes())
    return loaded


def test_apply_answers_a_care_plan_of_the_patient(client: TestClient) -> None:
    response = _apply(client, _bundle())
    assert response.status_code == 200
    plan = response.json()
    patient = next(e["resource"]["id"] for e in _bundle()["entry"] if e["resource"]["resourceType"] == "Patient")
    assert (plan["resourceType"], plan["status"], plan["intent"]) == ("CarePlan", "draft", "proposal")
    assert plan["subject"] == {"reference": f"Patient/{patient}"}


def test_apply_takes_parameters_with_a_subject_and_a_bundle(client: TestClient) -> None:
    patient = next(e["resource"]["id"] for e in _bundle()["entry"] if e["resource"]["resourceType"] == "Patient")
    parameters = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "subject", "valueString": f"Patient/{patient}"},
            {"name": "data", "resource": _bundle()},
        ],
    }
    plain, with_parameters = _apply(client, _bundle()).json(), _apply(client, parameters).json()
    assert with_parameters["activity"] == plain["activity"]


def test_apply_answers_in_full_about_a_patient_of_whom_nothing_is_known(client: TestClient) -> None:
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "subject", "valueString": "Patient/p"}]}
    plan = _apply(client, parameters).json()
    assert plan["subject"] == {"reference": "Patient/p"}
    assert any("Diagnosis" in activity["detail"]["description"] for activity in plan["activity"])


def test_apply_says_what_it_could_not_read_and_that_further_pages_exist(client: TestClient) -> None:
    bundle = _bundle()
    patient = next(e["resource"]["id"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient")
    bundle["entry"].append({"resource": {**UNREAD, "subject": {"reference": f"Patient/{patient}"}}})
    bundle["link"] = [{"relation": "next", "url": "https://ehr.example.org/fhir?page=2"}]
    notes = [note["text"] for note in _apply(client, bundle).json()["note"]]
    assert any(note.startswith("Data that could not be had: ") and "further pages" in note for note in notes)
    assert any(note.startswith("Data problem: newer result unmapped") for note in notes)


def test_a_hook_says_what_it_could_not_read(client: TestClient) -> None:
    request = _request()
    subject = {"reference": f"Patient/{request['context']['patientId']}"}
    request["prefetch"]["observations"]["entry"].append({"resource": {**UNREAD, "subject": subject}})
    (card,) = _cards(client, request)
    assert "newer result unmapped" in card["detail"]


def test_apply_refuses_a_second_patient_and_evaluates_nothing(client: TestClient) -> None:
    bundle = _bundle()
    bundle["entry"].append(
        {"resource": {"resourceType": "Condition", "id": "x", "subject": {"reference": "Patient/other"}}}
    )
    response = _apply(client, bundle)
    assert "other-patient" in _outcome(response, 412)
    assert "activity" not in response.text


UNREAD = {
    "resourceType": "Observation",
    "id": "local-1",
    "status": "final",
    "code": {"coding": [{"system": "urn:example:lab", "code": "BILI", "display": "Bilirubin"}]},
    "effectiveDateTime": "2026-01-12T07:00:00Z",
    "valueQuantity": {"value": 4.1, "system": "http://unitsofmeasure.org", "code": "mg/dL"},
}
REPLACED = {"active": False, "link": [{"other": {"reference": "Patient/P9"}, "type": "replaced-by"}]}


@pytest.mark.hazard("HZ-P15")
def test_a_closed_record_gets_one_info_card_that_says_so(client: TestClient, store: Store) -> None:
    request = _request()
    request["prefetch"]["patient"].update(REPLACED)
    (card,) = _cards(client, request)
    assert card["indicator"] == "info"
    assert "another record has replaced this one" in card["summary"]
    assert "suggestions" not in card
    assert "preferred" not in card["detail"]
    assert list(store.messages()) == []


@pytest.mark.hazard("HZ-P15")
def test_a_closed_record_of_somebody_else_s_patients_stays_silent(client: TestClient) -> None:
    request = _request("09")
    request["prefetch"]["patient"].update(REPLACED)
    assert client.post(HOOK, json=request).json() == {"cards": []}


@pytest.mark.hazard("HZ-P15")
def test_apply_makes_no_plan_on_a_closed_record(client: TestClient) -> None:
    bundle = _bundle()
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == "Patient":
            entry["resource"]["deceasedBoolean"] = True
    response = _apply(client, bundle)
    assert "patient-closed" in _outcome(response, 412)
    assert "has died" in response.text
    assert "activity" not in response.text


def test_apply_refuses_a_subject_that_is_not_the_patient(client: TestClient) -> None:
    parameters = {
        "resourceType": "Parameters",
        "parameter": [{"name": "subject", "valueString": "Patient/other"}, {"name": "data", "resource": _bundle()}],
    }
    assert "other-patient" in _outcome(_apply(client, parameters), 412)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/fhir+json", 400),
        (b"", "application/fhir+json", 400),
        (b'{"a": NaN}', "application/fhir+json", 400),
        (b'{"resourceType":"Bundle","resourceType":"Bundle"}', "application/fhir+json", 400),
        (b'{"resourceType":"Bundle"}', "application/fhir+json", 400),
        (b"<Bundle/>", "application/fhir+xml", 415),
    ],
)
def test_apply_refuses_what_is_no_usable_fhir_json(client: TestClient, body: bytes, kind: str, status: int) -> None:
    _outcome(_apply(client, body, kind), status)


@pytest.mark.hazard("HZ-X09")
def test_errors_never_repeat_the_request(client: TestClient) -> None:
    for response in (
        _apply(client, {"resourceType": "Bundle", "entry": [{"resource": {"name": CANARY}}]}),
        client.post(HOOK, json={"hook": "patient-view", "x": CANARY}),
        client.post(HOOK, content=CANARY.encode(), headers={"content-type": "application/json"}),
        client.post("/hl7v2", content=CANARY.encode(), headers={"content-type": "text/plain"}),
    ):
        assert CANARY not in response.text
        assert CANARY not in str(response.headers)


def test_hl7v2_is_stored_and_then_acknowledged(client: TestClient, store: Store) -> None:
    response = client.post("/hl7v2", content=ORU, headers={"content-type": "application/hl7-v2"})
    assert response.status_code == 200
    assert b"\rMSA|AA|900000018840" in response.content
    (stored,) = store.messages()
    assert store.raw(stored.id) == ORU


def test_hl7v2_without_a_store_may_be_sent_again(client: TestClient, store: Store) -> None:
    store.close()
    response = client.post("/hl7v2", content=ORU, headers={"content-type": "application/hl7-v2"})
    assert response.status_code == 503
    assert b"\rMSA|AR|" in response.content


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "application/json"}, 415),
        ({"content-type": "text/plain", "content-encoding": "gzip"}, 415),
        ({"content-type": "text/plain", "content-length": "99999999999999999999"}, 413),
    ],
)
def test_hl7v2_refuses_other_types_encodings_and_sizes(
    client: TestClient, headers: dict[str, str], status: int
) -> None:
    _outcome(client.post("/hl7v2", content=ORU, headers=headers), status)


def test_a_body_above_the_limit_is_refused_while_it_arrives(store: Store) -> None:
    settings = Settings.model_validate({"hl7v2_bytes": 1024})
    client = TestClient(build_app(settings, store, Intake(store), tables(), rule_set()))

    def chunks() -> Iterator[bytes]:
        yield from [b"MSH|" + b"x" * 900] * 3

    response = client.post("/hl7v2", content=chunks(), headers={"content-type": "text/plain"})
    _outcome(response, 413)


def test_health_names_versions_and_fails_with_the_store(client: TestClient, store: Store) -> None:
    body = client.get("/healthz").json()
    assert body["status"] == "ok"
    assert body["rule_set"].startswith("ldt-nelm|")
    store.close()
    assert client.get("/healthz").status_code == 503


def test_health_warns_of_a_certificate_that_ends_soon(store: Store) -> None:
    ends = (
        Expiry("mllp_tls_cert", datetime(2026, 2, 1, tzinfo=UTC)),
        Expiry("mllp_tls_ca", datetime(9999, 1, 1, tzinfo=UTC)),
    )
    app = build_app(Settings(), store, Intake(store), tables(), rule_set(), certificates=ends)
    response = TestClient(app).get("/healthz")
    assert (response.status_code, response.json()["warnings"]) == (200, ["mllp_tls_cert ends on 2026-02-01"])


def test_a_character_set_of_the_content_type_that_contradicts_the_message_quarantines_it(
    client: TestClient, store: Store
) -> None:
    raw = ORU.replace(b"Whitfield", "Weißfeld".encode())
    for charset in ("iso-8859-1", "utf-8"):
        response = client.post(
            "/hl7v2",
            content=raw.replace(b"900000018840", charset.encode()),
            headers={"content-type": f'text/plain; Charset="{charset}"'},
        )
        assert response.status_code == 200
    assert [found.reason for found in store.messages()] == ["charset", ""]


def test_metrics_count_what_became_of_messages_and_connections(store: Store) -> None:
    events: Counter[MllpEvent] = Counter()
    app = build_app(Settings(), store, Intake(store), tables(), rule_set(), events=events)
    events["cut-frames"] += 3  # the listener counts in what was empty at the start
    client = TestClient(app)
    client.post("/hl7v2", content=ORU, headers={"content-type": "text/plain"})
    text = client.get("/metrics").text
    assert 'ldt_hl7v2_messages_total{outcome="received"} 1.0' in text
    assert 'ldt_mllp_events_total{event="cut-frames"} 3.0' in text


@pytest.mark.hazard("HZ-X11")
def test_metrics_count_routes_and_hold_no_patient_data(client: TestClient) -> None:
    request = _request()
    request["prefetch"]["patient"]["name"] = [{"family": CANARY}]
    _cards(client, request)
    client.post("/hl7v2", content=ORU.replace(b"Whitfield", CANARY.encode()), headers={"content-type": "text/plain"})
    text = client.get("/metrics").text
    assert 'ldt_hl7v2_answers_total{code="AA"} 1.0' in text
    assert 'route="/hl7v2"' in text
    assert CANARY not in text
    assert request["context"]["patientId"] not in text


@pytest.fixture
def site_client(store: Store, tmp_path: Path) -> TestClient:
    site_folder(
        tmp_path,
        switches=[{"item": "R-201", "mode": "off"}, {"item": "3.2", "mode": "shadow"}],
    )
    settings = Settings.model_validate({"as_of": "2026-01-12", "site": str(tmp_path)})
    app = build_app(
        settings,
        store,
        Intake(store),
        tables(),
        site_rule_set(settings.site),
    )
    return TestClient(app, raise_server_exceptions=False)


def test_the_rules_of_the_site_are_used_shown_and_rules_in_shadow_only_logged(
    site_client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    (card,) = _cards(site_client, _request())
    assert "R-107" not in card["detail"]
    assert "Switched off by the site, but it would speak here" in card["detail"]
    assert "3.2 Table 1 and modality preference is in shadow" in card["detail"].replace("\\", "")
    logged = capsys.readouterr()
    assert "R-107" in logged.out + logged.err
    assert _request()["context"]["patientId"] not in logged.out + logged.err
    assert site_client.get("/healthz").json()["rule_set"] == "ldt-nelm|2026.1.0+7"

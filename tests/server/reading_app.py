"""The application with listed FHIR servers, and the calls that lack what those servers have.

Not a test itself.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from starlette.testclient import TestClient

from adapter.ldt import rule_set
from adapter.mapping.tables import tables
from adapter.server.app import build_app
from adapter.server.ehr import Audit, CallRecord, KeyReading, Reading
from adapter.server.hooks.services import SERVICES
from adapter.server.intake import Intake
from adapter.server.settings import Settings
from adapter.store import Store
from cds_hooks import HookRequest, read_request
from tests.repository import ROOT
from tests.server.fhir_servers import FhirServer

SERVICE = SERVICES[0]

HOOK = "/cds-services/ldt-patient-view"
TOKEN = "Canary-4711.token+~/abcdef=="
TYPES = {
    "patient": "Patient/gw-60",
    "conditions": "Condition",
    "observations": "Observation",
    "procedures": "Procedure",
    "administrations": "MedicationAdministration",
    "statements": "MedicationStatement",
    "responses": "QuestionnaireResponse",
}
PATIENT = "gw-60"


class Records:
    """An audit that keeps the records."""

    def __init__(self) -> None:
        self.calls: list[CallRecord] = []

    async def record(self, call: CallRecord) -> None:
        self.calls.append(call)


def example(number: str = "07") -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / f"fixtures/hooks/patient-view-{number}.json").read_bytes())
    return loaded


def grant(**members: object) -> dict[str, object]:
    """A token that may read everything of the patient of the example; None leaves a member out."""
    told = {
        "access_token": TOKEN,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "openid launch patient/*.read",
        "subject": "ldt",
        "patient": PATIENT,
        **members,
    }
    return {name: value for name, value in told.items() if value is not None}


def lacking(server: FhirServer, *keys: str, **members: object) -> dict[str, Any]:
    """The example call without these prefetch keys; the server has what they held, and the call a token for it."""
    request = example()
    for key in keys:
        server.give(TYPES[key], request["prefetch"].pop(key))
    return request | {"fhirServer": server.base, "fhirAuthorization": grant()} | members


@contextmanager
def application(
    store: Store, *listed: FhirServer | Mapping[str, object], audit: Audit | None = None, **reads: object
) -> Iterator[TestClient]:
    """A client of the application that may read from the listed servers."""
    servers = [{"base": server.base} if isinstance(server, FhirServer) else server for server in listed]
    told = {"as_of": "2026-01-12", "reads": {"servers": servers, "deadline": 5.0, **reads}}
    app = build_app(Settings.model_validate(told), store, Intake(store), tables(), rule_set(), audit=audit)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def card(client: TestClient, request: Mapping[str, object]) -> str:
    """The detail of the one card that the call gets."""
    response = client.post(HOOK, json=request)
    assert response.status_code == 200, response.text
    (one,) = response.json()["cards"]
    detail: str = one["detail"]
    return detail


def parsed(request: Mapping[str, object]) -> HookRequest:
    return read_request(json.dumps(request).encode(), SERVICE)


def reading_of(request: Mapping[str, object], **changed: KeyReading) -> Reading:
    return Reading.as_sent(parsed(request), SERVICE).replaced(changed)

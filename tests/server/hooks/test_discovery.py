"""The services as clients find them: ids, hooks, and templates that ask for nothing that no rule reads."""

import re

import pytest
from starlette.testclient import TestClient

from adapter.mapping.tables import tables
from adapter.server.hooks.services import CONDITIONS, OBSERVATIONS, ORDERS, RECORD, SERVICES
from cds_hooks import HOOK_NAMES
from tests.repository import ROOT

TEMPLATES = {key: template for service in SERVICES for key, template in service.prefetch.items()}
READ_IN_THEIR_OWN_WAY = {"Patient": "the date of birth", "QuestionnaireResponse": "answers to the own form"}


def test_D3_every_hook_has_a_service_with_an_id_of_its_own(client: TestClient) -> None:
    listed = client.get("/cds-services").json()["services"]
    assert [entry["id"] for entry in listed] == [f"ldt-{entry['hook']}" for entry in listed]
    assert {entry["hook"] for entry in listed} == HOOK_NAMES
    assert len({entry["id"] for entry in listed}) == len(listed) == 6
    assert all(entry["title"] and entry["description"] and entry["prefetch"] for entry in listed)


@pytest.mark.parametrize("key", TEMPLATES)
def test_every_key_feeds_a_source_that_a_row_reads(key: str) -> None:
    resource = TEMPLATES[key].partition("?")[0].partition("/")[0]
    kinds = {source.kind for source in tables().sources.fhir if source.resource == resource}
    read = {row.kind for row in tables().rows}
    assert kinds & read or resource in READ_IN_THEIR_OWN_WAY


@pytest.mark.parametrize("key", TEMPLATES)
def test_P4_templates_ask_by_the_patient_alone_and_without_a_date(key: str) -> None:
    template = TEMPLATES[key]
    assert re.findall(r"\{\{(.*?)\}\}", template) == ["context.patientId"]
    parameters = [part.partition("=")[0] for part in template.partition("?")[2].split("&") if part]
    assert set(parameters) <= {"patient", "_sort", "status"}
    assert len(parameters) == len(set(parameters))


def test_only_dispatch_asks_for_orders() -> None:
    for service in SERVICES:
        wanted = set(RECORD) | (set(ORDERS) if service.hook == "order-dispatch" else set())
        assert set(service.prefetch) == wanted
    assert {CONDITIONS, OBSERVATIONS} <= set(RECORD)


def test_the_documentation_names_every_service_and_every_key() -> None:
    page = (ROOT / "docs/cds-hooks.md").read_text(encoding="utf-8")
    services = page.split("| service | hook |")[1].split("\n\n")[0]
    listed = re.findall(r"^\| `([a-z-]+)` \| ([a-z-]+) \|", services, re.MULTILINE)
    assert sorted(listed) == sorted((service.id, service.hook) for service in SERVICES)
    keys = page.split("| prefetch key |")[1].split("\n\n")[0]
    assert re.findall(r"^\| `([a-z]+)` \|", keys, re.MULTILINE) == list(TEMPLATES)

"""A page in Chromium sends what the official CDS Hooks sandbox sends, from another origin; every exchange is judged.

What the sandbox sends was seen there: preflights, ES384 tokens, Bundles without type, an object in place of an array.
"""

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from cds_hooks import OrderSelect, OrderSign, Provided, check_response
from tests.browser.chart import Chart
from tests.browser.ehr import ISSUER, JKU, ORDERS, Ehr
from tests.browser.order_services import CARD, OrderServices, order_services
from tests.browser.server import Server
from tests.browser.wire import Exchange, Preflight, Wire
from tests.cds_hooks.invariants import broken_in_feedback, broken_in_request, broken_in_response
from tests.cds_hooks.tokens import KID

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

LABELS = [order["label"] for order in ORDERS]
# `ldt serve` has no store for feedback yet: it says that there is no such address.
FEEDBACK_STATUS = 200


@pytest.fixture(scope="module")
def orders(ehr: Ehr, origin: str) -> Iterator[OrderServices]:
    with order_services(ehr.key_set, origin) as running:
        yield running


def wire_to(page: Page, url: str) -> Wire:
    return Wire(page, urlsplit(url).netloc)


def judge_preflight(preflight: Preflight, origin: str, method: str, headers: str) -> None:
    assert preflight.sent["origin"] == origin
    assert preflight.sent["access-control-request-method"] == method
    assert preflight.sent["access-control-request-headers"] == headers
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == origin
    assert preflight.headers["access-control-allow-headers"] == "authorization, content-type"


def judge_token(exchange: Exchange, audience: str) -> None:
    header, claims = exchange.token
    assert header == {"alg": "ES384", "typ": "JWT", "kid": KID, "jku": JKU}
    assert claims.keys() == {"iss", "aud", "exp", "iat", "jti"}
    assert (claims["iss"], claims["aud"]) == (ISSUER, audience)
    assert claims["exp"] == claims["iat"] + 300
    assert abs(claims["iat"] - time.time()) < 120


def judge_call(exchange: Exchange, origin: str, hook: str) -> None:
    """A call as the sandbox makes it, and an answer that a browser and the specification accept."""
    assert exchange.sent["origin"] == origin
    assert exchange.sent["content-type"] == "application/json"
    assert exchange.headers["access-control-allow-origin"] == origin
    assert exchange.body.keys() <= {"hookInstance", "hook", "fhirServer", "context", "prefetch"}
    assert (exchange.body["hook"], exchange.body["fhirServer"]) == (hook, f"{origin}/fhir")
    assert exchange.body["context"]["userId"] == "Practitioner/COREPRACTITIONER1"
    assert broken_in_request(exchange.body) == []
    assert (exchange.status, exchange.headers["content-type"]) == (200, "application/json")
    assert broken_in_response(exchange.json) == []
    assert check_response(exchange.answer) == []


def calls(wire: Wire, hook: str) -> list[Exchange]:
    return [one for one in wire.exchanges if one.body and one.body.get("hook") == hook]


def test_discovery_begins_with_a_preflight(page: Page, origin: str, server: Server) -> None:
    chart, wire = Chart(page, origin), wire_to(page, server.url)
    assert chart.connect(server.services).startswith("200: ldt-patient-view (patient-view)")
    [preflight] = wire.preflights
    judge_preflight(preflight, origin, "GET", "authorization")
    [discovery] = wire.exchanges
    assert (discovery.method, discovery.url, discovery.sent["accept"]) == ("GET", server.services, "application/json")
    judge_token(discovery, server.services)
    assert discovery.status == 200
    assert discovery.headers["access-control-allow-origin"] == origin
    services = discovery.json["services"]
    assert len({service["id"] for service in services}) == len(services) >= 1


def test_patient_view_is_answered_from_its_prefetch(page: Page, origin: str, server: Server) -> None:
    chart = Chart(page, origin)
    chart.connect(server.services)
    wire = wire_to(page, server.url)
    assert chart.open("07-not-avid-g2") == "ldt-patient-view answered 200 with 1 card(s)"
    [preflight] = wire.preflights
    judge_preflight(preflight, origin, "POST", "authorization,content-type")
    [call] = wire.exchanges
    judge_call(call, origin, "patient-view")
    judge_token(call, f"{server.services}/ldt-patient-view")
    assert call.body["context"] == {"patientId": "gw-60", "userId": "Practitioner/COREPRACTITIONER1"}
    assert {value["resourceType"] for value in call.body["prefetch"].values()} == {"Patient", "Bundle"}
    assert [] in [value.get("entry") for value in call.body["prefetch"].values()], (
        "no match is a Bundle without entries"
    )
    [card] = call.json["cards"]
    assert "TAE, cTACE" in card["summary"]


@pytest.mark.parametrize("label", LABELS)
def test_every_service_for_orders_takes_what_the_sandbox_drafts(
    page: Page, origin: str, server: Server, label: str
) -> None:
    """Of the hooks that the sandbox knows, those that discovery names."""
    chart = Chart(page, origin)
    offered = chart.connect(server.services)
    wire = wire_to(page, server.url)
    page.select_option("#patient", label="07-not-avid-g2")
    chart.select(label)
    chart.sign()
    for hook in ("order-select", "order-sign"):
        made = calls(wire, hook)
        assert len(made) == offered.count(f"({hook})")
        for call in made:
            judge_call(call, origin, hook)


@pytest.mark.parametrize("label", LABELS)
def test_drafts_of_the_sandbox_are_read_leniently(page: Page, origin: str, orders: OrderServices, label: str) -> None:
    chart, url = Chart(page, origin), f"{orders.url}/cds-services"
    wire = wire_to(page, orders.url)
    assert chart.connect(url) == "200: test-order-select (order-select), test-order-sign (order-sign)"
    page.select_option("#patient", label="01-progressive-on-ssa")
    orders.asked.clear()
    assert chart.select(label) == "test-order-select answered 200 with 1 card(s)"
    assert chart.sign() == "test-order-sign answered 200 with 1 card(s)"
    for hook in ("order-select", "order-sign"):
        [call] = calls(wire, hook)
        judge_call(call, origin, hook)
        judge_token(call, f"{url}/test-{hook}")
        [entry] = call.body["context"]["draftOrders"]["entry"]
        assert "type" not in call.body["context"]["draftOrders"]
        assert "intent" not in entry["resource"]
        assert isinstance(entry["resource"].get("category", {}), dict)
    assert [preflight.status for preflight in wire.preflights] == [204, 204, 204]
    selected, signed = orders.asked
    assert isinstance(selected.context, OrderSelect)
    assert isinstance(signed.context, OrderSign)
    assert selected.context.selections == ("MedicationRequest/request-123",)
    assert all(isinstance(asked.prefetch["patient"], Provided) for asked in orders.asked)
    assert all(asked.client and asked.client.issuer == ISSUER for asked in orders.asked)


def test_every_edit_of_an_order_is_a_call_of_its_own(page: Page, origin: str, orders: OrderServices) -> None:
    chart, wire = Chart(page, origin), wire_to(page, orders.url)
    chart.connect(f"{orders.url}/cds-services")
    for label in LABELS:
        chart.select(label)
    assert len(wire.preflights) == 2, "the browser keeps the answer to a preflight"
    assert len({call.body["hookInstance"] for call in calls(wire, "order-select")}) == len(LABELS)
    assert len({exchange.token[1]["jti"] for exchange in wire.exchanges}) == len(LABELS) + 1


def test_a_slash_at_the_end_of_the_address_is_forgiven(page: Page, origin: str, server: Server) -> None:
    chart, wire = Chart(page, origin), wire_to(page, server.url)
    chart.connect(f"{server.services}/")
    assert chart.open("10-sparse") == "ldt-patient-view answered 200 with 1 card(s)"
    [call] = calls(wire, "patient-view")
    assert call.url == f"{server.services}//ldt-patient-view"
    judge_call(call, origin, "patient-view")
    judge_token(call, call.url)


def test_accepting_a_suggestion_is_reported(page: Page, origin: str, orders: OrderServices) -> None:
    chart, wire, before = Chart(page, origin), wire_to(page, orders.url), len(orders.feedback.kept)
    chart.connect(f"{orders.url}/cds-services")
    chart.sign()
    assert chart.click(".suggestion") == "feedback on test-order-sign answered 200"
    sent = wire.exchanges[-1]
    judge_token(sent, f"{orders.url}/cds-services/test-order-sign/feedback")
    [item] = sent.body["feedback"]
    assert broken_in_feedback(sent.body) == []
    assert (item["card"], item["outcome"]) == (str(CARD.uuid), "accepted")
    assert item["acceptedSuggestions"] == [{"id": str(CARD.suggestions[0].uuid)}]
    assert sent.headers["access-control-allow-origin"] == origin
    assert len(orders.feedback.kept) == before + 1


def test_dismissing_a_card_is_reported_with_its_reason(page: Page, origin: str, orders: OrderServices) -> None:
    chart, wire, before = Chart(page, origin), wire_to(page, orders.url), len(orders.feedback.kept)
    chart.connect(f"{orders.url}/cds-services")
    chart.sign()
    page.locator(".dismissal select").select_option(label="Another plan")
    assert chart.click(".dismiss") == "feedback on test-order-sign answered 200"
    [item] = wire.exchanges[-1].body["feedback"]
    reason = CARD.override_reasons[1]
    assert item["outcome"] == "overridden"
    assert item["overrideReason"] == {"reason": {"code": reason.code, "system": reason.system}}
    assert len(orders.feedback.kept) == before + 1


def test_feedback_on_an_advice_reaches_the_server(page: Page, origin: str, server: Server) -> None:
    chart, wire = Chart(page, origin), wire_to(page, server.url)
    chart.connect(server.services)
    chart.open("07-not-avid-g2")
    chart.click(".dismiss")
    sent = wire.exchanges[-1]
    assert (sent.url, sent.status) == (f"{server.services}/ldt-patient-view/feedback", FEEDBACK_STATUS)
    assert sent.headers["access-control-allow-origin"] == origin
    assert sent.body["feedback"][0]["card"] == calls(wire, "patient-view")[0].json["cards"][0]["uuid"]


def test_a_refused_token_is_seen_as_401_and_not_as_silence(page: Page, origin: str, server: Server) -> None:
    """The page signs for the name `localhost`, which is not the public URL of the server."""
    chart = Chart(page, origin)
    wire = wire_to(page, server.url.replace("127.0.0.1", "localhost"))
    assert chart.connect(server.services.replace("127.0.0.1", "localhost")).startswith("401")
    [refused] = wire.exchanges
    assert (refused.status, refused.answer) == (401, b"")
    assert refused.headers["access-control-allow-origin"] == origin
    assert server.log("client_refused")[-1]["error"] == "audience"


@pytest.mark.hazard("HZ-X14")
def test_a_page_of_another_origin_gets_nothing(page: Page, ehr: Ehr, origin: str, server: Server) -> None:
    """The same page under another name: the browser keeps the answer to the preflight from it."""
    chart = Chart(page, origin.replace("127.0.0.1", "localhost"))
    wire = wire_to(page, server.url)
    assert chart.connect(server.services).startswith("failed: ")
    [preflight] = wire.preflights
    assert preflight.sent["origin"] == origin.replace("127.0.0.1", "localhost")
    assert "access-control-allow-origin" not in preflight.headers

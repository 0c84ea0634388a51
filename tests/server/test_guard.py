"""The edge of HTTP around any application: failures before and amid an answer, and what is counted.

Not for the routes; those are tested in test_http.py.
"""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from adapter.ldt import rule_set
from adapter.server.guard import Guard, Meters
from adapter.server.health import Health
from adapter.store import Store
from tests.cds_hooks.calls import CANARY


class Unforeseen(Exception):
    """Nobody expected it."""


async def _well(_request: Request) -> Response:
    return PlainTextResponse("well")


async def _fails(_request: Request) -> Response:
    raise Unforeseen(CANARY)


async def _breaks_off(_request: Request) -> Response:
    def parts() -> Iterator[str]:
        yield "half an "
        raise Unforeseen(CANARY)

    return StreamingResponse(parts())


@pytest.fixture
def meters(store: Store) -> Meters:
    return Meters(Health(store, rule_set()))


@pytest.fixture
def client(meters: Meters) -> TestClient:
    routes = [Route("/cds-services/well", _well), Route("/fails", _fails), Route("/breaks-off", _breaks_off)]
    app = Starlette(routes=routes)
    app.add_middleware(Guard, meters=meters)
    return TestClient(app)


def _counted(meters: Meters, route: str, status: int) -> float | None:
    labels = {"route": route, "status": str(status)}
    return meters.registry.get_sample_value("ldt_http_requests_total", labels)


def test_an_answer_passes_and_is_counted_by_its_route(client: TestClient, meters: Meters) -> None:
    assert client.get("/cds-services/well").text == "well"
    assert _counted(meters, "/cds-services", 200) == 1


def test_what_nobody_expected_is_500_without_its_text(client: TestClient, meters: Meters) -> None:
    response = client.get("/fails")
    assert (response.status_code, response.json()["resourceType"]) == (500, "OperationOutcome")
    assert CANARY not in response.text
    assert _counted(meters, "/fails", 500) == 1


def test_an_answer_that_has_begun_is_ended_and_not_begun_again(client: TestClient, meters: Meters) -> None:
    with pytest.raises(Unforeseen):
        client.get("/breaks-off")
    assert _counted(meters, "/breaks-off", 200) == 1

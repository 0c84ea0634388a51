"""A Patient that comes twice: what closes the record counts, unless the other version is certainly the newer one."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.server.hooks.calling import card, example

CLOSING: list[dict[str, Any]] = [
    {"deceasedBoolean": True},
    {"deceasedDateTime": "2026-01-01"},
    {"active": False},
    {"link": [{"type": "replaced-by", "other": {"reference": "Patient/9"}}]},
]
OLDER, NEWER = {"lastUpdated": "2026-01-01T00:00:00Z"}, {"lastUpdated": "2026-01-02T00:00:00Z"}


def with_included(client: TestClient, first: dict[str, Any], included: dict[str, Any]) -> dict[str, Any]:
    """The card of a call whose Patient has these members and comes again, with those, among the conditions."""
    request = example("order-sign-tace-portal-vein-occluded")
    sent = request["prefetch"]
    sent["conditions"]["entry"].append({"resource": sent["patient"] | included, "search": {"mode": "include"}})
    sent["patient"] = sent["patient"] | first
    return card(client, request)


@pytest.mark.hazard("HZ-P15")
@pytest.mark.parametrize("closing", CLOSING, ids=["died", "died on", "inactive", "replaced"])
@pytest.mark.parametrize(("own", "other"), [({}, {}), ({}, {"meta": NEWER}), ({"meta": NEWER}, {})])
def test_a_record_that_one_of_two_versions_closes_is_closed(
    client: TestClient, closing: dict[str, Any], own: dict[str, Any], other: dict[str, Any]
) -> None:
    for first, second in ((closing | own, other), (other, closing | own)):
        found = with_included(client, first, second)
        assert "no advice" in found["summary"]
        assert "suggestions" not in found


@pytest.mark.hazard("HZ-P15")
@pytest.mark.parametrize("closing", CLOSING, ids=["died", "died on", "inactive", "replaced"])
def test_a_newer_version_opens_a_record_again(client: TestClient, closing: dict[str, Any]) -> None:
    found = with_included(client, closing | {"meta": OLDER}, {"meta": NEWER})
    assert found["indicator"] == "critical"

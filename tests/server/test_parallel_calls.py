"""Calls about several patients at the same time: each answer is that of its own request."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from adapter.ldt import rule_set
from adapter.mapping.tables import tables
from adapter.server.app import build_app
from adapter.server.intake import Intake
from adapter.server.settings import Settings
from adapter.store import Store
from tests.repository import ROOT

HOOK = "/cds-services/ldt-patient-view"
CALLS = 200


def request(number: str, instance: int) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / f"fixtures/hooks/patient-view-{number}.json").read_bytes())
    return {**loaded, "hookInstance": f"d1577c69-dfbe-44ad-ba6d-{instance:012d}"}


@pytest.mark.hazard("HZ-P14")
def test_answers_of_parallel_calls_are_not_crossed(store: Store) -> None:
    settings = Settings.model_validate({"as_of": "2026-01-12"})
    app = build_app(settings, store, Intake(store), tables(), rule_set())
    bodies = [request(("07", "09")[number % 2], number // 2) for number in range(CALLS)]

    async def answers(client: httpx.AsyncClient, parallel: bool) -> Sequence[bytes]:
        calls = (client.post(HOOK, json=body) for body in bodies)
        answered = await asyncio.gather(*calls) if parallel else [await call for call in calls]
        assert {answer.status_code for answer in answered} == {200}
        return [answer.content for answer in answered]

    async def run() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
            alone = await answers(client, parallel=False)
            # One patient gets a card with a uuid of its own for each call, the other is none of ours.
            assert len(set(alone)) == CALLS // 2 + 1
            assert await answers(client, parallel=True) == alone

    asyncio.run(run())

"""A service that lets answered cards rest: silence only for the user who answered, and the log tells of it."""

import json
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from adapter.advice.repeats import Quiet, advice_key
from adapter.ldt import rule_set
from adapter.mapping.tables import tables
from adapter.server.ehr import Reading
from adapter.server.hooks.answer import HookService
from adapter.server.hooks.judge import Judge
from adapter.server.hooks.services import SERVICES
from adapter.server.settings import Settings
from cds_hooks import HookRequest, OrderDispatch, read_request
from tests.server.hooks.calling import example

SETTINGS = Settings.model_validate({"as_of": "2026-01-12"})
JUDGE = Judge(tables(), rule_set())
BY_HOOK = {service.hook: service for service in SERVICES}


def call(name: str) -> HookRequest:
    request = example(name)
    return read_request(json.dumps(request).encode(), BY_HOOK[request["hook"]])


def resting(name: str, user: str) -> HookService:
    """The service of the example, whose advice this user answered yesterday."""
    request = call(name)
    judged = JUDGE(
        request.context, Reading.as_sent(request, BY_HOOK[request.hook]), SETTINGS.now(), request.fhir_server or ""
    )
    answered = advice_key(judged.assessment)

    def answers(call: HookRequest, _advice: str) -> list[tuple[str, datetime]]:
        is_own = not isinstance(call.context, OrderDispatch) and call.context.user_id == user
        return [(answered, SETTINGS.now() - timedelta(days=1))] if is_own else []

    return HookService(BY_HOOK[request.hook], SETTINGS, JUDGE, quiet=Quiet(timedelta(days=7)), answers=answers)


@pytest.mark.hazard("HZ-A13")
def test_an_answered_card_is_not_shown_to_its_user_again_and_the_log_says_so() -> None:
    service, request = resting("encounter-start", "Practitioner/ir-7"), call("encounter-start")
    with capture_logs() as logged:
        assert [service.judged(request, Reading.as_sent(request, BY_HOOK[request.hook])) for _ in range(5)] == [
            None
        ] * 5
    assert [entry["event"] for entry in logged] == ["card_at_rest"] * 5


@pytest.mark.parametrize(
    ("name", "user"),
    [
        ("encounter-start", "Practitioner/other"),
        ("order-sign-tace-portal-vein-occluded", "Practitioner/ir-7"),
        ("order-dispatch-unknown-order", ""),
    ],
    ids=["another user", "critical", "no user"],
)
def test_everybody_else_and_every_danger_is_shown(name: str, user: str) -> None:
    request = call(name)
    assert resting(name, user).judged(request, Reading.as_sent(request, BY_HOOK[request.hook])) is not None

"""A clock that cannot be right shows in the health of the server."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from adapter.ldt import rule_set
from adapter.mapping.sender import Sender
from adapter.mapping.site import Profile, Site
from adapter.mapping.tables import tables
from adapter.server.app import build_app
from adapter.server.intake import Intake
from adapter.server.settings import Settings
from adapter.store import Store
from tests.hl7v2.messages import MSH, OBR, PID, msh_with, obx, wire

SENT = datetime(2026, 1, 10, 14, 30, tzinfo=UTC)
"""09:30 in New York, as MSH-7 says without a zone."""


def warnings(store: Store, ahead: timedelta, *messages: bytes) -> list[str]:
    """What /healthz says of the clock after these messages, to a server whose clock is so far behind them."""
    profile = Profile(sender=Sender(zone=ZoneInfo("America/New_York")))
    intake = Intake(store, Site(tables(), (), profile), now=lambda: SENT - ahead)
    for message in messages:
        asyncio.run(intake.receive(message))
    said = TestClient(build_app(Settings(), store, intake, tables(), rule_set())).get("/healthz").json()
    assert said["status"] == ("warning" if said["warnings"] else "ok")
    return [warning for warning in said["warnings"] if warning.startswith("clock")]


def message(time: str, application: str = "LAB") -> bytes:
    return wire(msh_with(7, time).replace("|LAB|", f"|{application}|"), PID, OBR, obx("210"))


@pytest.mark.hazard("HZ-T12")
def test_a_message_that_is_days_ahead_of_us_is_told(store: Store) -> None:
    said = warnings(store, timedelta(days=3), message("20260110093000"), message("20260110093000", "RIS"))
    assert said == ["clock: messages of 2 sender(s) are up to 259200 s ahead of this server"]


@pytest.mark.hazard("HZ-T12")
@pytest.mark.parametrize(("seconds", "told"), [(-86400, False), (0, False), (120, False), (121, True)])
def test_two_minutes_are_nothing(store: Store, seconds: int, told: bool) -> None:
    assert bool(warnings(store, timedelta(seconds=seconds), message("20260110093000"))) == told


def test_the_warning_ends_with_a_message_in_time(store: Store) -> None:
    late = message("20260110093000")
    assert warnings(store, timedelta(0), message("20260110103000"), late) == []


@pytest.mark.parametrize("time", ["", "2026", "20261399", "20260110"])
def test_a_time_that_says_too_little_says_nothing(store: Store, time: str) -> None:
    assert warnings(store, timedelta(0), message(time)) == []


def test_the_words_name_no_sender(store: Store) -> None:
    assert "LAB" not in "".join(
        warnings(store, timedelta(days=3), wire(MSH.replace("20260110093000", "20260110093000")))
    )

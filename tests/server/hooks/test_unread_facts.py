"""A fact whose data did not come could not be read; "not recorded" is said only where somebody looked."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from adapter.mapping.tables import tables
from adapter.server.hooks.services import OBSERVATIONS, RECORD
from adapter.server.hooks.unread import DRAFTS, keys_of
from tests.server.hooks.calling import card, example

VIEW = "patient-view-07"
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}


def told(client: TestClient, **changed: Any) -> tuple[str, str]:
    """Summary and text of the card of the example with other values for keys; `...` leaves one out."""
    request = example(VIEW)
    for key, value in changed.items():
        if value is ...:
            del request["prefetch"][key]
        else:
            request["prefetch"][key] = value
    found = card(client, request)
    return found["summary"], found["detail"]


def test_what_somebody_looked_for_is_not_recorded(client: TestClient) -> None:
    summary, text = told(client)
    assert "Portal vein: not recorded" in text
    assert "1 fact missing" in summary
    assert "could not be read" not in text + summary
    summary, text = told(client, observations=None)
    assert "Differentiation: not recorded" in text
    assert "could not be read" not in text


@pytest.mark.hazard("HZ-A03")
@pytest.mark.parametrize("failed", [..., OUTCOME, {"resourceType": "Bundle", "entry": 7}], ids=["none", "error", "bad"])
def test_what_did_not_come_could_not_be_read_and_the_summary_says_so(client: TestClient, failed: Any) -> None:
    summary, text = told(client, observations=failed)
    assert "Differentiation: could not be read" in text
    assert "not recorded" not in text
    assert summary.endswith("until these are known: differentiation (could not be read)")


@pytest.mark.hazard("HZ-A04")
def test_of_a_part_it_is_not_known_whether_the_fact_is_in_the_rest(client: TestClient) -> None:
    observations = example(VIEW)["prefetch"]["observations"]
    summary, text = told(client, observations={**observations, "total": 500})
    assert "Portal vein: not in the part that could be read" in text
    assert "1 fact missing (1 could not be read)" in summary


@pytest.mark.hazard("HZ-A03")
def test_another_key_says_nothing_about_the_fact(client: TestClient) -> None:
    _, text = told(client, statements=...)
    assert "Portal vein: not recorded" in text
    assert "statements: not provided by the EHR" in text


@pytest.mark.hazard("HZ-A03")
def test_a_scope_fact_that_could_not_be_read_is_asked_for_as_such(client: TestClient) -> None:
    summary, text = told(client, patient=...)
    assert "(could not be read)" in summary
    assert "Age: could not be read" in text


def test_every_fact_has_keys_that_bring_it() -> None:
    known = tables()
    for name in known.catalogue.facts:
        assert keys_of(name, known) <= {*RECORD, DRAFTS}
    assert keys_of("bilirubin_mg_dl", known) == {OBSERVATIONS}
    assert keys_of("prior_liver_directed", known) == {OBSERVATIONS, "procedures"}
    assert keys_of("liver_reserve", known) == {OBSERVATIONS, "responses"}
    assert keys_of("planned_therapies", known) == {DRAFTS}
    assert keys_of("age_years", known) == {"patient"}


def test_what_came_without_a_patient_is_said_beside_what_is_missing(client: TestClient) -> None:
    """A result that names nobody is used for nobody; the fact is not simply "not recorded" then."""
    bundle = example(VIEW)["prefetch"]["observations"]
    for entry in bundle["entry"][-2:]:
        del entry["resource"]["subject"]
    line = (
        "2 resources came without a patient who can be told, and could not be used; what is missing may be among them"
    )
    (without, silent), (summary, text) = told(client), told(client, observations=bundle)
    assert "without a patient" not in without + silent
    assert line in text
    assert "some data not used" in summary
    assert "some data could not be had or used" in text

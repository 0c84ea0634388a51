"""Whose stored messages join a call: a number in use, of somebody who agrees in something and differs in nothing."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from adapter.store import Store
from tests.server.feeds import LIVER, NET, adt, oru, own
from tests.server.hooks.calling import answer, card, cards, example, refused
from tests.server.hooks.storing import NUMBER, PERSON, SYSTEM, joining, take

PATENT = own("portal_vein_status", "patent")
JOINED = "received by the adapter before: 1 stored HL7 v2 message"
Json = dict[str, Any]


def about(person: str = PERSON) -> bytes:
    return oru(PATENT, control_id="A1", patient=NUMBER, person=person)


def called(store: Store, **patient: object) -> str:
    """The detail of a card on the patient of the examples, with these members."""
    request = example("patient-view-07")
    request["prefetch"]["patient"] |= patient
    detail: str = card(joining(store), request)["detail"]
    return detail.replace("\\", "")


@pytest.mark.hazard("HZ-P11")
@pytest.mark.parametrize(
    ("number", "joined"),
    [
        ({}, True),
        ({"period": {"start": "2020-01-01"}}, True),
        ({"period": {"start": "2020-01-01", "end": "2026-01-12"}}, True),
        ({"period": {"end": "2026"}}, True),
        ({"period": {"end": "2026-01-11"}}, False),
        ({"period": {"end": "2025-12"}}, False),
        ({"period": {"end": "2026-01-11T12:00:00Z"}}, False),
        ({"period": {"start": "2026-02-01"}}, False),
        ({"period": {"end": "11.1.2026"}}, False),
        ({"period": {"end": 7}}, False),
        ({"period": "2020"}, False),
        ({"use": "old"}, False),
        ({"use": "official"}, True),
    ],
)
def test_only_a_number_in_use_leads_to_stored_messages(store: Store, number: Json, joined: bool) -> None:
    take(store, about())
    shown = called(store, identifier=[{"system": SYSTEM, "value": NUMBER, **number}])
    assert (JOINED in shown) is joined
    assert (
        "none could be joined, since the Patient has no current number of a configured system" in shown
    ) is not joined


@pytest.mark.hazard("HZ-P11")
@pytest.mark.parametrize(
    ("sent", "family", "joined"),
    [
        ("M\u00fcller", "MUELLER", True),
        ("Mueller", "M\u00fcller", True),
        ("M\u00fcller", "MULLER", True),
        ("Meyer-Schmidt", "MEYER SCHMIDT", True),
        ("O\u2019Neill", "ONEILL", True),
        ("S\u00f8rensen", "Sorensen", True),
        ("Gro\u00df", "GROSS", True),
        ("Mueller", "Miller", False),
        ("Smith", "Smithson", False),
        ("-", "Smith", True),
    ],
)
def test_the_spelling_of_a_name_keeps_nobody_apart(store: Store, sent: str, family: str, joined: bool) -> None:
    take(store, about(f"{family}^George||19600303|M"))
    assert (JOINED in called(store, name=[{"family": sent}])) is joined


def without_anything(request: Json) -> Json:
    """The call with nothing on record, so that it would be silent."""
    for key in ("conditions", "observations"):
        request["prefetch"][key] = None
    return request


@pytest.mark.hazard("HZ-A03")
@pytest.mark.hazard("HZ-P11")
@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("Smith^George||19600303|M", 412),
        ("Whitfield^George||19600303|F", 412),
        ("Whitfield^George||19600304|M", 412),
        ("|||", 412),
        ("Smith^Anna||19600303|F", 200),
    ],
)
def test_a_tumour_of_probably_the_same_person_is_no_silence(store: Store, person: str, status: int) -> None:
    take(store, adt(NET, LIVER, control_id="D1", patient=NUMBER, person=person))
    response = answer(joining(store), without_anything(example("patient-view-07")))
    if status == 412:
        assert refused(response, 412) == "data-unavailable"
        assert "not joined" in response.text
    else:
        assert response.json() == {"cards": []}


def test_messages_of_probably_the_same_person_without_a_tumour_are_silence(store: Store, client: TestClient) -> None:
    take(store, about("Smith^George||19600303|M"))
    assert cards(joining(store), without_anything(example("patient-view-07"))) == []

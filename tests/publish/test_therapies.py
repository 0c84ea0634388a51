"""ActivityDefinitions against the table of therapies: all of them, with their words, without dose."""

import re

import pytest

from adapter.ldt import rule_set
from adapter.mapping.tables import tables
from tests.mapping.senders import by_fhir, medication, order
from tests.mapping.senders import known as known_value
from tests.publish.published import FACT, of_kind, one

THERAPIES = rule_set().therapies
ACTIVITIES = {a["code"]["coding"][0]["code"]: a for a in of_kind("ActivityDefinition")}


def test_every_therapy_and_drug_has_its_definition_and_no_other() -> None:
    assert list(ACTIVITIES) == list(THERAPIES)
    assert len(THERAPIES) == 39


@pytest.mark.parametrize("code", THERAPIES)
def test_a_definition_says_what_the_table_says(code: str) -> None:
    therapy, activity = THERAPIES[code], ACTIVITIES[code]
    assert activity["id"] == f"ldt-{code.replace('_', '-')}"
    assert (activity["title"], activity["description"]) == (therapy.name, f"{therapy.role}.")
    for text in (therapy.status, therapy.evidence, therapy.positive, therapy.limits):
        assert text in activity["usage"]
    own = activity["code"]["coding"][0]
    assert (own["system"], own["display"]) == (FACT, therapy.name)


@pytest.mark.parametrize("code", THERAPIES)
def test_a_definition_proposes_and_doses_nothing(code: str) -> None:
    activity = ACTIVITIES[code]
    assert (activity["intent"], activity["doNotPerform"]) == ("proposal", False)
    assert not {"dosage", "quantity", "timingTiming", "transform", "priority", "participant"} & activity.keys()


@pytest.mark.parametrize("code", THERAPIES)
def test_a_drug_is_requested_as_a_medication_and_a_procedure_as_a_service(code: str) -> None:
    activity = ACTIVITIES[code]
    drug = THERAPIES[code].kind in ("systemic", "drug", "adjunct")
    assert activity["kind"] == ("MedicationRequest" if drug else "ServiceRequest")
    assert activity.get("productCodeableConcept") == (activity["code"] if drug else None)


STANDARD = {code: a["code"]["coding"][1:] for code, a in ACTIVITIES.items() if len(a["code"]["coding"]) > 1}


def test_standard_codes_stand_only_where_they_mean_the_therapy() -> None:
    found = {code: [coding["code"] for coding in codings] for code, codings in STANDARD.items()}
    assert found == {
        "resection": ["107963000"],
        "liver_transplant": ["18027006"],
        "everolimus": ["141704"],
        "sunitinib": ["357977"],
        "epinephrine": ["3992"],
        "norepinephrine": ["7512"],
    }


@pytest.mark.parametrize("code", STANDARD)
def test_a_draft_with_the_standard_code_is_read_as_the_therapy(code: str) -> None:
    for coding in STANDARD[code]:
        drug = ACTIVITIES[code]["kind"] == "MedicationRequest"
        send = medication("MedicationRequest", coding["code"]) if drug else order(coding["code"])
        fact = "planned_vasopressors" if code.endswith("epinephrine") else "planned_therapies"
        assert known_value(by_fhir(send), fact) == {"has": [code], "one_of": [], "complete": False}


def test_no_standard_code_carries_a_strength_of_a_drug() -> None:
    shown = [coding.get("display", "") for codings in STANDARD.values() for coding in codings]
    assert [text for text in shown if re.search(r"\d", text)] == []
    assert len(tables().codes.by_code) > 400


def test_a_part_of_a_combination_is_named() -> None:
    usage = one("ActivityDefinition", "ldt-captem-plus-tare")["usage"]
    assert "Planned, it counts as captem and tare_lobar too." in usage

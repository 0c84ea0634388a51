"""A newer result that could not be read is said on card and CarePlan, and takes the answer its "info"."""

import json
from typing import Any

from adapter.advice.card import cards, full
from adapter.advice.careplan import care_plan
from tests.advice.assessments import of_fhir
from tests.advice.parts import parts, shown
from tests.ldt.patients import FIXTURES


def bundle(*more: dict[str, Any]) -> bytes:
    """A fixture patient whose card is info, with these resources."""
    whole = json.loads((FIXTURES / "patients/01-progressive-on-ssa/bundle.json").read_bytes())
    subject = next(e["resource"] for e in whole["entry"] if e["resource"]["resourceType"] == "Patient")["id"]
    whole["entry"] += [{"resource": {**one, "subject": {"reference": f"Patient/{subject}"}}} for one in more]
    return json.dumps(whole).encode()


UNREAD = {
    "resourceType": "Observation",
    "id": "local-1",
    "status": "final",
    "code": {"coding": [{"system": "urn:example:lab", "code": "BILI", "display": "Bilirubin"}]},
    "effectiveDateTime": "2026-01-12T07:00:00Z",
    "valueQuantity": {"value": 4.1, "system": "http://unitsofmeasure.org", "code": "mg/dL"},
}
LINE = (
    "newer result unmapped (a result whose name is that of Total bilirubin has a code that no table knows, "
    "and is as new as any used or newer): Observation/local-1#code"
)


def test_a_newer_result_that_nobody_could_read_is_on_the_card_and_in_the_plan() -> None:
    assessment = of_fhir(bundle(UNREAD))
    assert LINE in parts(full(assessment)).sections["Data problems"]
    notes: Any = care_plan(assessment)["note"]
    assert f"Data problem: {LINE}" in [shown(note["text"]) for note in notes]


def test_it_raises_info_to_warning_and_the_summary_says_so() -> None:
    [without], [with_it] = cards(of_fhir(bundle())), cards(of_fhir(bundle(UNREAD)))
    assert (without.indicator, with_it.indicator) == ("info", "warning")
    assert with_it.summary == f"{without.summary}; some data not used"

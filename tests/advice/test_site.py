"""What a site has changed is on every card, CarePlan, table and report, beside the rule set's own value."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from adapter.advice.assessment import Assessment, assess_case
from adapter.advice.card import cards, full
from adapter.advice.careplan import care_plan
from adapter.advice.report import report
from adapter.cli.console import show
from adapter.fhir.check import check_resource
from adapter.fhir.write import write_json
from cds_hooks import check_response
from tests.advice.assessments import PATIENTS, fixture
from tests.advice.parts import parts
from tests.ldt.patients import ROW_1, patient
from tests.ldt.sites import site_rules

CHANGES: dict[str, list[dict[str, Any]]] = {
    "thresholds": [{"where": "R-214", "threshold": "platelets_10e9_l <= 100", "number": "120"}],
    "ages": [{"fact": "bilirubin_mg_dl", "max_age": "P14D", "reason": "repeated *before* every board"}],
    "wording": [{"item": "mdt_review", "text": "Present on <b>Thursday</b>."}],
    "switches": [{"item": "R-201", "mode": "off"}, {"item": "3.9", "mode": "shadow"}],
}
SHOWN = (
    "R-214: Platelets <= 120 x 10^9/L here, in the rule set Platelets <= 100 x 10^9/L (Dr A. Example, 2026-12-01: local policy)",
    "maximum age of Total bilirubin: 14 days here, in the rule set 30 days (Dr A. Example, 2026-12-01: repeated *before* every board)",
    "mdt_review reads 'Present on <b>Thursday</b>.' here, in the rule set 'Bring the case to a multidisciplinary "
    "discussion; every recommendation is input to it.' (Dr A. Example, 2026-12-01: local policy)",
    "R-201 is switched off (Dr A. Example, 2026-12-01: local policy)",
    "3.9 Investigational is in shadow: evaluated and logged, not shown (Dr A. Example, 2026-12-01: local policy)",
)
SILENCED = "R-201 Portal vein occlusion would contraindicate TAE, cTACE, DEB-TACE"


@pytest.fixture
def occluded(tmp_path: Path) -> Assessment:
    rules = site_rules(tmp_path, **CHANGES)
    return assess_case(patient(ROW_1, portal_vein_status="occluded", planned_therapies=["tae"]), rules)


def test_a_card_shows_every_change_and_every_silenced_guard(occluded: Assessment) -> None:
    (card,) = cards(occluded)
    assert check_response({"cards": [card.to_json()]}) == []
    found = parts(full(occluded)).sections
    assert (card.detail or "").endswith(full(occluded))
    assert found["Changed by the site"] == SHOWN
    (line,) = found["Switched off by the site, but it would speak here"]
    assert line.startswith(SILENCED)
    assert card.indicator == "warning"
    assert card.source.label.endswith("+7")


def test_words_that_tell_the_rule_sets_own_number_say_that_the_site_has_another(tmp_path: Path) -> None:
    rules = site_rules(tmp_path, **CHANGES)
    found = parts(full(assess_case(patient(ROW_1, platelets_10e9_l=110), rules)))
    (caution,) = (line for line in found.sections["Cautions"] if "Platelets" in line)
    assert caution.endswith("(R-214, by the site: Platelets <= 120 x 10^9/L; in doubt: X-3)")
    assert "R-214 Platelets, by the site: Platelets <= 120 x 10^9/L" in {
        rule for row in found.rows for rule in row.rules
    }


def test_a_care_plan_shows_every_change_and_every_silenced_guard(occluded: Assessment) -> None:
    plan = care_plan(occluded)
    check_resource(plan)
    notes = [note["text"].replace("\\", "") for note in json.loads(write_json(plan))["note"]]
    assert [note for note in notes if note.startswith("Changed by")] == [f"Changed by the site: {one}" for one in SHOWN]
    assert any(note.startswith(f"Switched off by the site, but it would speak here: {SILENCED}") for note in notes)


def test_the_table_shows_every_change_and_every_silenced_guard(occluded: Assessment) -> None:
    console = Console(file=StringIO(), width=400)
    show(console, occluded)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for line in (*SHOWN, SILENCED):
        assert line in text


def test_the_report_has_the_changes_as_data(occluded: Assessment) -> None:
    site: Any = report(occluded)["site"]
    assert (site["name"], site["version"]) == ("Example", "7")
    assert [one["kind"] for one in site["overrides"]] == ["threshold", "age", "wording", "off", "shadow"]
    assert site["silenced"] == [{"rule": "R-201", "answer": "true", "against": ["tae", "ctace", "deb_tace"]}]


@pytest.mark.parametrize("name", [path.name for path in PATIENTS])
def test_without_a_site_nothing_speaks_of_one(name: str) -> None:
    assessment = fixture(name, "fhir")
    assert report(assessment)["site"] is None
    assert "by the site" not in full(assessment)

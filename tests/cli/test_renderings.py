"""The renderings of an answer say the same: what stands on the card stands in the text of `ldt evaluate` too.

That it stands in the CarePlan is tested with it, over the same patients (tests/advice/test_careplan.py).
"""

import re
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from rich.console import Console

from adapter.advice.assessment import Assessment, assess_case
from adapter.advice.card import full
from adapter.advice.careplan import care_plan
from adapter.advice.indicator import indicator
from adapter.advice.parts import PRINTED, SILENCED, basis
from adapter.advice.summary import summary
from adapter.advice.wording import markdown
from adapter.cli.console import show
from adapter.ldt import rule_set
from tests.advice.assessments import everyone, messages, of_facts, of_hl7
from tests.advice.parts import parts, shown
from tests.ldt.patients import ROW_1, patient
from tests.ldt.sites import site_rules
from tests.repository import ROOT

ODD = (
    "OBX|5|NM|1751-7^^LN||3.9|furlong|||||F",
    "DG1|3||K72.90^^I10C|||F",
    "DG1|4||K74.60^^I10C|||F",
    "DG1|5||Z33.1^^I10C|||F",
    "PR1|1||99999^^C4||20250101",
    "NTE|1|L|a report",
)


def changed_by_the_site() -> Assessment:
    """A patient for whom a contraindication would speak that a site has switched off."""
    with TemporaryDirectory() as folder:
        rules = site_rules(Path(folder), switches=[{"item": "R-201", "mode": "off"}])
        return assess_case(patient(ROW_1, portal_vein_status="occluded", planned_therapies=["tae"]), rules)


EVERYONE = {
    **everyone(),
    "changed by the site": changed_by_the_site(),
    "odd data": of_hl7(messages(*ODD)),
    "no population": of_facts(diagnosis="hcc"),
    "thrombosis": of_hl7(messages("DG1|3||I81^^I10C|||F")),
    "dead": of_hl7(messages("PID|1||77^^^HOSP^MR||DOE^J||19600101" + "|" * 23 + "Y")),
}
names = pytest.mark.parametrize("name", EVERYONE)


def text_of(assessment: Assessment) -> str:
    """What the command prints, on a terminal so wide that nothing is wrapped."""
    out = StringIO()
    show(Console(file=out, width=100_000), assessment)
    return out.getvalue()


def sections(text: str) -> dict[str, list[str]]:
    """The lines of each list by the title above it."""
    found: dict[str, list[str]] = {}
    title = ""
    for line in text.splitlines():
        if line.startswith("  - "):
            found.setdefault(title, []).append(shown(markdown(line.removeprefix("  - "))))
        else:
            title = line.strip()
    return found


@names
def test_the_text_has_every_section_of_the_card_with_its_lines(name: str) -> None:
    text = text_of(EVERYONE[name])
    card, found = parts(full(EVERYONE[name])).sections, sections(text)
    assert found.pop(PRINTED, []) or "The documents disagree" not in card
    listed = {title: lines for title, lines in card.items() if lines}
    assert list(found) == list(listed)
    assert {title: tuple(lines) for title, lines in found.items()} == listed
    assert [line for line in text.splitlines() if line in card] == list(card)


@names
def test_the_text_has_every_option_of_the_card(name: str) -> None:
    assessment = EVERYONE[name]
    rows = [re.split(r" {2,}", line.strip()) for line in text_of(assessment).splitlines()]
    for therapy in assessment.advice.therapies:
        short = rule_set().therapies[therapy.code].short
        [row] = [row for row in rows if short in row[:2]]
        rules = "; ".join(f"{rating.rule} {rule_set().rules[rating.rule].row.title}" for rating in therapy.because)
        assert re.sub(r" +", " ", rules) in re.sub(r" +", " ", " ".join(row))
        assert therapy.strength.value.replace("_", " ") in row[-2]
        assert ("planned" in row) is (therapy.planned.value == "true")


@names
def test_the_text_has_summary_indicator_and_basis_of_the_card(name: str) -> None:
    text = text_of(EVERYONE[name])
    for said in (summary(EVERYONE[name]), indicator(EVERYONE[name]), basis(EVERYONE[name])):
        assert said in text


def test_every_section_that_a_card_can_have_is_compared() -> None:
    """The titles are those in the source: a new section fails here until a patient above has it."""
    source = (ROOT / "adapter/advice/parts.py").read_text(encoding="utf-8")
    titles = {SILENCED, PRINTED, *re.findall(r'Part\(\s*"([^"]+)"', source)} - {"Options"}
    named = len(re.findall(r"\bPart\((?:[A-Z\"](?!\"))", source))
    assert named - 2 == len(titles) >= 15
    assert {title for found in EVERYONE.values() for title in parts(full(found)).sections} >= titles - {PRINTED}


DIAGNOSES = "diagnoses that decide nothing here, for the reader to weigh: "


def test_diagnoses_that_decide_nothing_are_named_in_all_three() -> None:
    assessment = EVERYONE["odd data"]
    [line] = [text for text in parts(full(assessment)).sections["Data problems"] if text.startswith(DIAGNOSES)]
    assert line == DIAGNOSES + (
        "ICD-10-CM K72.90 (liver reserve is a judgement); ICD-10-CM K74.60 (liver reserve is a judgement); "
        "ICD-10-CM Z33.1 (the papers are silent)"
    )
    assert line in sections(text_of(assessment))["Data problems"]
    notes = re.sub(r"\\(.)", r"\1", str(care_plan(assessment)["note"]))
    assert f"Data problem: {line}" in notes.replace("\\", "")

"""The first screen of a card and the counted lines below it: what must be seen at once, and what is at least named."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter.advice.assessment import Assessment, assess_case
from adapter.advice.card import IN_FULL, cards, detail, full
from adapter.advice.facts import deciding_facts, set_aside_lines
from adapter.advice.folded import FOLDED
from adapter.advice.names import in_sentence
from adapter.advice.parts import INTENDED, PRINTED
from adapter.advice.parts import parts as all_parts
from adapter.advice.weight import MOST_CAUTIONS, MOST_FACTS, MOST_GAPS
from adapter.advice.wording import plain, value_of
from adapter.case.catalogue import catalogue
from adapter.case.merge import Clock
from adapter.ldt import Scope, Strength, rule_set
from cds_hooks import Link, check_response
from tests.advice.assessments import PATIENTS, everyone, extreme, fixture, gold, messages, of_facts, of_fhir, of_hl7
from tests.advice.parts import Parts, parts, shown
from tests.ldt.patients import FIXTURES, ROW_1, patient
from tests.ldt.sites import site_rules

EVERYONE = everyone()
RULE_SET = rule_set()
LINK = Link("Why and why not", "https://ldt.example.org/explain/ticket", "absolute")
names = pytest.mark.parametrize("name", EVERYONE)


def text(assessment: Assessment) -> str:
    return shown(detail(assessment, linked=True))


def screen(assessment: Assessment) -> Parts:
    """The first screen alone."""
    return parts(detail(assessment, linked=True).split(f"\n\n**{FOLDED}**")[0] + "\n\n.")


def lines(assessment: Assessment) -> int:
    return sum(len(found) or 1 for found in screen(assessment).sections.values())


@names
def test_a_card_with_a_link_conforms_to_cds_hooks(name: str) -> None:
    [card] = cards(EVERYONE[name], links=(LINK,))
    assert check_response({"cards": [card.to_json()]}) == []
    assert card.detail == detail(EVERYONE[name], linked=True)


@pytest.mark.parametrize("name", [folder.name for folder in PATIENTS])
@pytest.mark.parametrize("wire", ["fhir", "hl7v2"])
def test_the_first_screen_of_an_example_patient_is_short(name: str, wire: str) -> None:
    assessment = fixture(name, wire)
    assert lines(assessment) <= 17
    assert len(detail(assessment, linked=True)) < 0.65 * len(full(assessment)) + 400


def test_the_first_screen_does_not_grow_with_what_is_on_record() -> None:
    assert lines(extreme(Strength.PREFERRED)) - len(extreme(Strength.PREFERRED).advice.therapies) < 40


@names
def test_what_is_advised_stands_first_with_its_strength_and_whether_it_is_provisional(name: str) -> None:
    assessment = EVERYONE[name]
    advised = screen(assessment).sections.get("Advised now", ())
    for therapy in assessment.advice.therapies:
        if therapy.strength.offered:
            [line] = [one for one in advised if re.search(rf"[ ,]{re.escape(short(therapy.code))}[ ,;]", one)]
            mark = ", provisional" if therapy.provisional else ""
            assert line.startswith(
                f"{'preferred (+++)' if therapy.strength is Strength.PREFERRED else 'reasonable (+)'}{mark}: "
            )
            assert all(rating.rule in line for rating in therapy.because)


def short(code: str) -> str:
    return plain(RULE_SET.therapies[code].short)


@names
def test_what_must_not_be_done_is_named_with_the_rules_against_it(name: str) -> None:
    assessment = EVERYONE[name]
    found = screen(assessment).sections
    against = [line for title in ("Danger", "Contraindicated", "Not recommended (-)") for line in found.get(title, ())]
    for therapy in assessment.advice.therapies:
        if not therapy.strength.offered:
            said = [line for line in against if short(therapy.code) in line]
            assert any(all(rating.rule in line for rating in therapy.because) for line in said), therapy.code


@pytest.mark.hazard("HZ-A08")
def test_a_danger_stands_before_everything_else_with_its_reason_and_its_facts() -> None:
    found = screen(of_facts(planned_therapies=["ctace"], portal_vein_status="occluded")).sections
    assert next(iter(found)) == "Danger"
    assert found["Danger"] == ("cTACE: planned, but contraindicated: Portal vein occlusion (R-201)",)
    assert found["What decides"][0] == "Portal vein: occluded, 2026-01-12 (case file)"
    assert "cTACE" not in " ".join(found["Contraindicated"]), "it is not said twice"
    assert found["How certain"][0].startswith("the danger holds whatever is missing; ")


def test_in_an_active_crisis_what_to_do_stands_with_the_danger() -> None:
    found = screen(of_facts(carcinoid_crisis_active=True)).sections["Danger"]
    assert found[0].startswith("active carcinoid crisis")
    assert any("500 mcg IV" in line for line in found)


@pytest.mark.hazard("HZ-A06")
@names
def test_a_missing_fact_that_could_exclude_what_is_advised_is_never_folded(name: str) -> None:
    assessment = EVERYONE[name]
    found = " / ".join(screen(assessment).sections.get("Missing", ()))
    for mark in assessment.advice.cautions:
        verdict = assessment.advice.therapy(code := mark.code.removeprefix("provisional_"))
        if code == mark.code or (verdict is not None and not verdict.strength.offered):
            continue
        for fact in mark.facts:
            pattern = rf"{re.escape(plain(in_sentence(fact)))}[^/]*could exclude [^/]*{re.escape(short(code))}"
            assert re.search(pattern, found, re.IGNORECASE), fact


@pytest.mark.hazard("HZ-A06")
def test_however_many_missing_facts_could_exclude_all_stand_on_the_first_screen() -> None:
    old = (
        "OBX|5|NM|2160-0^^LN||0.9|mg/dL|||||F",
        "OBX|6|NM|777-3^^LN||210|10*9/L|||||F",
        "OBX|7|NM|1920-8^^LN||30|U/L|||||F",
        "OBX|8|CWE|disease_distribution^^99LDT||liver_only^^99LDT||||||F",
        "OBX|9|CWE|disease_trajectory^^99LDT||progressive^^99LDT||||||F",
    )
    clock = Clock(datetime(2026, 3, 20, 12, tzinfo=UTC))
    missing = screen(of_hl7(messages(*old), clock=clock)).sections["Missing"]
    excluding = [line for line in missing if "could exclude cTACE, TAE" in line]
    assert len(excluding) > MOST_GAPS
    for name in ("Total bilirubin", "Creatinine", "Platelets", "AST"):
        assert any(line.startswith(f"{name}: too old: ") for line in excluding), name
    assert missing[-1].endswith("; none of them could exclude what is advised")


def test_the_other_missing_facts_are_counted_on_the_first_screen_and_named_below() -> None:
    assessment = of_hl7(messages())
    *shown_lines, count = screen(assessment).sections["Missing"]
    assert len(shown_lines) == MOST_GAPS
    assert count == "29 more, named below"
    [line] = [one for one in text(assessment).splitlines() if one.startswith("- 29 more missing: ")]
    assert "portal vein, " in line
    assert line.endswith(" (not recorded)")


def test_what_only_tells_that_the_guideline_applies_makes_room_for_what_decides() -> None:
    found = screen(of_facts(planned_therapies=["deb_tace", "tare_whole_liver"], portal_vein_status="occluded")).sections
    assert found["What decides"][0] == "Portal vein: occluded, 2026-01-12 (case file)"


@pytest.mark.hazard("HZ-A06")
@names
def test_every_missing_fact_is_named_at_least(name: str) -> None:
    assessment = EVERYONE[name]
    assert [
        one.name
        for one in assessment.advice.missing
        if plain(in_sentence(one.name)).lower() not in text(assessment).lower()
    ] == []


def test_what_is_on_record_and_cannot_be_used_comes_before_what_was_never_recorded() -> None:
    clock = Clock(datetime(2026, 3, 20, 12, tzinfo=UTC))
    missing = screen(of_hl7(messages("OBX|5|NM|1742-6^ALT^LN||9|U/L|||||F"), clock=clock)).sections["Missing"]
    assert missing[0].startswith("Total bilirubin: too old: 2 mg/dL of 2026-01-10, 69 days ago")


@pytest.mark.hazard("HZ-S01")
def test_a_newer_result_that_may_not_be_used_yet_is_in_doubt_on_the_first_screen() -> None:
    newer = "OBX|5|NM|14631-6^^LN||90|umol/L|||||P|||20260111080000+0000"
    avid = "OBX|6|CWE|disease_distribution^^99LDT||liver_only^^99LDT||||||F"
    course = "OBX|7|CWE|disease_trajectory^^99LDT||progressive^^99LDT||||||F"
    found = screen(of_hl7(messages(newer, avid, course))).sections["In doubt"]
    assert any(
        line.startswith("Total bilirubin: a statement of 2026-01-11 (5.26 mg/dL) was not used (preliminary;")
        for line in found
    )


def test_what_a_newer_result_may_change_is_not_called_settled() -> None:
    whole = (FIXTURES / "patients/01-progressive-on-ssa/bundle.json").read_bytes()
    settled = of_fhir(whole)
    assert "no missing fact could exclude what is advised" in screen(settled).sections["How certain"][0]
    bundle = json.loads(whole)
    [bilirubin] = [e["resource"] for e in bundle["entry"] if "14631-6" in json.dumps(e["resource"])]
    newer = {**bilirubin, "id": "newer", "status": "preliminary", "effectiveDateTime": "2026-01-11T08:00:00Z"}
    same = of_fhir(json.dumps({**bundle, "entry": [*bundle["entry"], {"resource": newer}]}).encode())
    assert "no missing fact could exclude what is advised" in screen(same).sections["How certain"][0]
    newer["valueQuantity"] = {**bilirubin["valueQuantity"], "value": 90}
    doubted = of_fhir(json.dumps({**bundle, "entry": [*bundle["entry"], {"resource": newer}]}).encode())
    assert (
        screen(doubted)
        .sections["How certain"][0]
        .startswith("open: 1 newer result that could not be used may change it (in doubt)")
    )


@pytest.mark.hazard("HZ-V22")
def test_a_fact_that_was_used_with_a_remark_is_among_those_that_decide() -> None:
    assessment = EVERYONE["01-progressive-on-ssa fhir"]
    facts = {
        n: replace(f, remarks=("flag-contradicts-value",)) if n == "resectability" else f
        for n, f in assessment.case.facts.items()
    }
    odd = replace(assessment, case=replace(assessment.case, facts=facts))
    decides = screen(odd).sections["What decides"]
    assert "; flag contradicts value" in decides[-1]
    assert not any(line.startswith("Resectability") for line in screen(assessment).sections["What decides"])


@pytest.mark.hazard("HZ-A06")
@names
def test_every_fact_that_decided_is_on_the_card_with_value_day_and_origin(name: str) -> None:
    assessment = EVERYONE[name]
    said = text(assessment)
    for fact in deciding_facts(assessment):
        value = plain(f"{value_of(fact, catalogue()[fact.name])}")
        label = plain(catalogue()[fact.name].label)
        first = f"{label}: {value}" in said
        [start] = [m.start() for m in re.finditer(re.escape(f"{plain(in_sentence(fact.name))} {value}"), said)][:1] or [
            -1
        ]
        assert first or start >= 0, fact.name
        if fact.when:
            assert fact.when.day in said
        assert any(word in said for word in ("case file", "Observation/", "message "))


@names
def test_the_facts_that_decide_are_few_and_tell_more_than_that_the_guideline_applies(name: str) -> None:
    found = screen(EVERYONE[name]).sections.get("What decides", ())
    assert len(found) <= MOST_FACTS
    if EVERYONE[name].advice.scope is Scope.APPLIES and any(
        t.strength is Strength.PREFERRED for t in EVERYONE[name].advice.therapies
    ):
        assert not any(line.startswith(("Diagnosis:", "Liver metastases:")) for line in found)


def test_the_fact_of_a_row_of_its_own_is_among_those_that_decide() -> None:
    found = screen(fixture("06-progression-after-prrt", "fhir")).sections["What decides"]
    assert any(line.startswith("Progression after PRRT: yes, 2026-01-09") for line in found)


@pytest.mark.hazard("HZ-A06")
@names
def test_what_is_not_used_sources_and_what_nobody_signed_are_named(name: str) -> None:
    assessment = EVERYONE[name]
    said = text(assessment)
    assert [line for line in set_aside_lines(assessment) if plain(line) not in said] == []
    assert "Not signed by a clinician: " in said
    assert "maximum ages of facts" in said
    cited = {
        source.document
        for t in assessment.advice.therapies
        for r in t.because
        for source in RULE_SET.rules[r.rule].row.sources
    }
    for document in RULE_SET.documents:
        if document.code in cited:
            assert f"{document.code} ({document.short}), " in said


@pytest.mark.hazard("HZ-T14")
@names
def test_day_version_and_intended_use_close_the_card(name: str) -> None:
    assessment = EVERYONE[name]
    day = f"{assessment.case.as_of:%Y-%m-%d}"
    assert text(assessment).endswith(f"Data as of {day}. Rule set {RULE_SET.id} {RULE_SET.version}. {INTENDED}")


@pytest.mark.hazard("HZ-A04")
def test_data_that_could_not_be_had_and_the_call_stand_on_the_first_screen_whole() -> None:
    assessment = EVERYONE["of a call"]
    found = screen(assessment).sections
    assert found["Data that could not be had"] == ("observations: incomplete (1 of 40)",)
    assert found["About this call"] == assessment.call
    assert "some data could not be had or used" in found["How certain"][0]
    assert "Where the data came from: sent with the call: patient, conditions; read by the adapter" in text(assessment)


@names
def test_cautions_and_steps_beyond_the_first_are_counted(name: str) -> None:
    assessment = EVERYONE[name]
    found, advice = screen(assessment).sections.get("Cautions", ()), assessment.advice
    given = [one for one in advice.cautions if not one.code.startswith("provisional_")]
    assert len(found) == min(len(given), MOST_CAUTIONS)
    more = len(given) - len(found)
    assert (f"{more} more caution" in text(assessment)) is bool(more)
    for remark in given:
        assert all(rule in text(assessment) for rule in remark.rules)
    steps = [one for one in advice.actions if RULE_SET.codes[one.code].kind != "stop"]
    assert (f"To do ({len(steps)} step" in text(assessment)) is bool(steps)


def test_what_is_certain_beside_a_danger_is_said_without_contradiction() -> None:
    """A danger is never provisional; only what is advised is."""
    planned = of_facts(portal_vein_status=None, planned_therapies=["tare_whole_liver"])
    assert planned.advice.dangers
    assert planned.advice.offered
    [certain] = screen(planned).sections["How certain"]
    told = "what is advised or planned is provisional: 1 missing fact could exclude it; "
    assert certain.startswith(f"the danger holds whatever is missing; {told}")


def test_a_reason_that_stands_above_is_said_to() -> None:
    line = next(one for one in text(fixture("01-progressive-on-ssa", "fhir")).splitlines() if "TARE (lobar):" in one)
    assert "TARE (lobar): as said above (R-101); " in line


def test_steps_for_the_procedure_of_this_patient_are_named_first() -> None:
    [line] = [
        one for one in text(fixture("02-stable-severe-syndrome", "fhir")).splitlines() if one.startswith("- To do")
    ]
    assert line.startswith(
        "- To do (8 steps): Schedule the procedure with anaesthesia support. (R-502) Give peri-procedural"
    )
    assert "H1 or H2 blocker" in line, "both regimens stand beside the step"


def test_nothing_offered_for_want_of_facts_is_not_told_as_nothing_to_offer() -> None:
    sparse = screen(of_hl7(messages())).sections
    assert sparse["Advised now"] == ("no therapy yet: what is known is not enough to offer one",)
    assert sparse["How certain"][0].startswith("open: ")


def test_outside_of_the_population_the_reason_stands_first() -> None:
    found = screen(of_facts(diagnosis="hcc")).sections
    assert next(iter(found)) == "Advised now"
    assert found["Advised now"][0] == "nothing: the guideline does not apply to this patient"
    assert found["Advised now"][1].startswith("R-001 ")


def test_what_a_site_changed_or_switched_off_stays_on_the_card(tmp_path: Path) -> None:
    rules = site_rules(tmp_path, switches=[{"item": "R-201", "mode": "off"}])
    assessment = assess_case(patient(ROW_1, portal_vein_status="occluded", planned_therapies=["tae"]), rules)
    [line] = screen(assessment).sections["Switched off by the site, but it would speak here"]
    assert line.startswith("R-201 Portal vein occlusion would contraindicate TAE, cTACE, DEB-TACE")
    assert "Changed by the site (1): R-201 is switched off" in text(assessment)


@names
def test_without_a_link_the_whole_answer_follows_the_first_screen(name: str) -> None:
    assessment = EVERYONE[name]
    [card] = cards(assessment)
    first, whole = (card.detail or "").split(f"\n\n**{IN_FULL}**\n\n")
    assert whole == full(assessment)
    assert parts(first + "\n\n.").sections == screen(assessment).sections


@names
def test_no_card_shows_what_is_written_for_those_who_check_the_rules(name: str) -> None:
    [unlinked], said = cards(EVERYONE[name]), text(EVERYONE[name])
    for conflict in RULE_SET.conflicts.values():
        assert plain(conflict.policy) not in f"{said} {shown(unlinked.detail or '')}"
    assert "ditorial slips" not in f"{said} {unlinked.detail}"


def test_what_is_left_off_the_cards_stands_in_the_whole_answer() -> None:
    assessment = fixture("08-rapid-bilobar-biliary-stent", "fhir")
    [printed] = [part for part in all_parts(assessment) if part.title == PRINTED]
    assert any(line.startswith("C-38 Editorial slips") for line in printed.lines)


def test_a_disagreement_is_told_in_the_words_of_a_clinician() -> None:
    for conflict in RULE_SET.conflicts.values():
        assert re.findall(r"\b[RCX]-?\d+|\bP\d+|\brow[s]? \d|'[+-]'|polic|fires|card|output", conflict.plainly) == []
        assert conflict.plainly == "" or conflict.plainly.endswith(".")
        assert len(conflict.plainly) < 340
    assert {name for name, conflict in RULE_SET.conflicts.items() if not conflict.plainly} == {"C-37", "C-38"}


def test_the_disagreements_are_counted_by_title() -> None:
    said = text(gold()["GC-13"])
    [line] = [one for one in said.splitlines() if one.startswith("- The two papers disagree on ")]
    told = parts(full(gold()["GC-13"])).sections["The documents disagree"]
    assert line.startswith(f"- The two papers disagree on {len(told)} point")
    assert "upper burden limit" in line


def test_the_card_is_json_that_reads_back() -> None:
    [card] = cards(EVERYONE["of a call"], links=(LINK,))
    assert json.loads(json.dumps(card.to_json()))["links"][0]["label"] == LINK.label

"""Cards: everything that a reader needs to check an answer is in every card, and in the right place."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapter.advice.assessment import Assessment, assess_case
from adapter.advice.card import cards, full
from adapter.advice.names import in_sentence
from adapter.advice.options import STRENGTHS
from adapter.advice.parts import INTENDED, PRINTED
from adapter.advice.parts import parts as all_parts
from adapter.advice.remarks import remark_line
from adapter.advice.wording import plain
from adapter.case.catalogue import catalogue
from adapter.case.merge import Clock
from adapter.case.truth import Truth
from adapter.ldt import Indicator, Scope, Strength, rule_set
from cds_hooks import Link, check_response
from tests.advice.assessments import everyone, extreme, gold, messages, of_facts, of_hl7
from tests.advice.parts import Parts, parts
from tests.ldt.patients import FIXTURES, patient

EVERYONE = everyone()
RULE_SET = rule_set()
LINK = Link("Why and why not", "https://ldt.example.org/explain/ticket", "absolute")
names = pytest.mark.parametrize("name", EVERYONE)


def of(name: str) -> tuple[Assessment, Parts]:
    return EVERYONE[name], parts(full(EVERYONE[name]))


@names
def test_a_card_conforms_to_cds_hooks(name: str) -> None:
    response = {"cards": [card.to_json() for card in cards(EVERYONE[name])]}
    assert check_response(json.dumps(response).encode()) == []


@pytest.mark.parametrize("strength", Strength)
def test_a_card_as_long_as_can_be_conforms_too(strength: Strength) -> None:
    for links in ((), (LINK,)):
        [card] = cards(extreme(strength), links=links)
        assert check_response({"cards": [card.to_json()]}) == []
    assert len(parts(full(extreme(strength))).rows) == len(RULE_SET.therapies)


@pytest.mark.hazard("HZ-A06")
@names
def test_a_card_says_for_whom_it_is_and_on_which_rules_and_day(name: str) -> None:
    assessment, found = of(name)
    assert INTENDED in found.basis
    assert f"Data as of {assessment.case.as_of:%Y-%m-%d}." in found.basis
    assert f"Rule set {RULE_SET.id} {RULE_SET.version}, drawn from two narrative reviews" in found.basis
    assert "without formal grading of evidence" in found.basis
    assert "Not signed by a clinician: " in found.basis
    assert "maximum ages of facts (all are assumptions)." in found.basis
    for document in RULE_SET.documents:
        assert plain(f"{document.code}: {document.citation}") in found.basis
    assert RULE_SET.version in cards(assessment)[0].source.label


@pytest.mark.hazard("HZ-T14")
def test_the_date_on_the_card_is_the_day_of_the_data() -> None:
    clock = Clock(datetime(2026, 1, 10, 23, 30, tzinfo=UTC))
    found = parts(full(of_hl7(messages(), clock=clock)))
    assert "Data as of 2026-01-10." in found.basis
    assert RULE_SET.version in found.basis


def _names(code: str) -> str:
    short, name = RULE_SET.therapies[code].short, RULE_SET.therapies[code].name
    return name if name.lower().startswith(short.lower()) else f"{short}: {name}"


@pytest.mark.hazard("HZ-A06")
@names
def test_a_card_lists_every_rated_therapy_with_its_strength_and_rules(name: str) -> None:
    assessment, found = of(name)
    rows = {row.therapy: row for row in found.rows}
    assert len(rows) == len(found.rows) == len(assessment.advice.therapies)
    for therapy in assessment.advice.therapies:
        row = rows[plain(_names(therapy.code))]
        assert row.strength == STRENGTHS[therapy.strength] + (", provisional" if therapy.provisional else "")
        assert row.planned is (therapy.planned is Truth.TRUE)
        assert row.rules == tuple(
            plain(f"{because.rule} {RULE_SET.rules[because.rule].row.title}") for because in therapy.because
        )


@pytest.mark.hazard("HZ-A06")
@names
def test_a_card_names_every_missing_fact_how_it_stands_and_what_waits_for_it(name: str) -> None:
    assessment, found = of(name)
    lines = found.sections.get("Missing", ())
    facts = [line for line in lines if "narrative report" not in line]
    assert len(facts) == len(assessment.advice.missing)
    for missing, line in zip(assessment.advice.missing, facts, strict=True):
        assert line.startswith(plain(f"{catalogue()[missing.name].label}: "))
        assert f"Waiting: {', '.join(missing.rules)}" in line
        for code in missing.therapies:
            assert plain(RULE_SET.therapies[code].short) in line


@pytest.mark.hazard("HZ-A06")
@names
def test_a_card_names_every_caution_and_step(name: str) -> None:
    assessment, found = of(name)
    marks = [caution for caution in assessment.advice.cautions if caution.code.startswith("provisional_")]
    given = [caution for caution in assessment.advice.cautions if caution not in marks]
    lines = found.sections.get("Still open", ())
    assert list(found.sections.get("Cautions", ())) == [plain(remark_line(assessment, caution)) for caution in given]
    assert len(lines) == len(marks)
    for mark, line in zip(marks, lines, strict=True):
        short = RULE_SET.therapies[mark.code.removeprefix("provisional_")].short
        assert line.startswith(plain(f"{short} is provisional: unknown "))
        assert all(plain(in_sentence(fact)) in line for fact in mark.facts)
    steps = found.sections.get("To do", ())
    assert list(steps) == [plain(remark_line(assessment, action)) for action in assessment.advice.actions]


@pytest.mark.hazard("HZ-A06")
@names
def test_a_card_cites_the_sources_of_every_verdict_and_caution(name: str) -> None:
    assessment, found = of(name)
    lines = found.sections.get("Sources", ())
    rules = {because.rule for therapy in assessment.advice.therapies for because in therapy.because}
    rules |= {r for c in assessment.advice.cautions if not c.code.startswith("provisional_") for r in c.rules}
    for rule in rules:
        for source in RULE_SET.rules[rule].row.sources:
            begin = plain(f"{source.document}, {source.section} (")
            assert any(line.startswith(begin) and re.search(rf"\b{rule}\b", line) for line in lines), rule


@pytest.mark.hazard("HZ-A06")
@names
def test_a_card_shows_every_known_fact_behind_a_verdict_with_value_date_and_origin(name: str) -> None:
    assessment, found = of(name)
    lines = found.sections.get("Facts that decided", ())
    behind = {fact for therapy in assessment.advice.therapies for fact in therapy.facts}
    for fact in (assessment.case.facts[name] for name in behind):
        if fact.known is None:
            continue
        [line] = [line for line in lines if line.startswith(plain(f"{catalogue()[fact.name].label}: "))]
        assert not fact.when or f", {fact.when.day}" in line
        origin = fact.origins[0]
        assert ("case file" if origin.wire == "case" else plain(origin.place)) in line


@pytest.mark.hazard("HZ-A06")
def test_values_are_shown_with_their_units_and_the_message_they_came_in() -> None:
    found = parts(full(of_hl7(messages("OBX|5|NM|liver_burden_percent^^99LDT||91.5|%|||||F", control_id="MSG7"))))
    line = next(line for line in found.sections["Facts that decided"] if line.startswith("Liver tumour burden"))
    assert line == "Liver tumour burden: 91.5 %, 2026-01-10 (OBX[5]-5 of message MSG7 from LAB HOSP)"


@pytest.mark.hazard("HZ-A06")
@names
def test_what_a_clinician_has_not_signed_is_marked(name: str) -> None:
    assessment, found = of(name)
    shown = {because.rule for therapy in assessment.advice.therapies for because in therapy.because}
    policy = sorted(rule for rule in shown if "POLICY" in RULE_SET.rules[rule].row.basis)
    match = re.search(r"of which strength or wording by project policy: ([^;]*);", found.basis)
    assert set(policy) <= set(match[1].split(", ") if match else ())
    for line in found.sections.get("The documents disagree", ()):
        assert re.search(r"\(project's choice, unsigned; C-\d\d\)$", line)


@pytest.mark.hazard("HZ-A06")
def test_a_danger_shows_its_facts_and_source_while_the_scope_is_unknown() -> None:
    found = parts(full(of_facts(diagnosis=None, liver_burden_percent=95, planned_therapies=["tae"])))
    assert found.sections["Danger"] == ("TAE: planned, but tumour replaces more than 90 % of the liver",)
    assert any(line.startswith("Liver tumour burden: 95 %") for line in found.sections.get("Facts that decided", ()))
    assert any("R-011" in line for line in found.sections.get("Sources", ()))


@pytest.mark.hazard("HZ-A06")
def test_cautions_and_steps_name_their_rules() -> None:
    assessment = gold()["GC-11"]
    found = parts(full(assessment))
    for title, remarks in (("Cautions", assessment.advice.cautions), ("To do", assessment.advice.actions)):
        for remark, line in zip(remarks, found.sections[title], strict=True):
            assert all(rule in line for rule in remark.rules), line


@pytest.mark.hazard("HZ-A06")
def test_a_step_that_quotes_a_dose_is_cited() -> None:
    found = parts(full(of_facts(carcinoid_crisis_active=True)))
    assert any("500 mcg" in line for line in found.sections["To do"])
    assert any("R-506" in line for line in found.sections["Sources"])


@pytest.mark.hazard("HZ-A08")
def test_a_contraindication_and_the_recommendation_it_outranks_are_one_answer_and_the_danger_comes_first() -> None:
    assessment = gold()["GC-11"]
    found = parts(full(assessment))
    ctace = assessment.advice.therapy("ctace")
    assert ctace is not None
    assert ctace.strength is Strength.CONTRAINDICATED
    assert {r.rule for r in ctace.set_aside} == {"R-021"} or ctace.set_aside
    assert found.titles[0] == "Danger"
    assert found.sections["Danger"] == ("cTACE: planned, but contraindicated",)
    [row] = [row for row in found.rows if row.therapy.startswith("cTACE: ")]
    assert (row.strength, row.planned) == ("contraindicated", True)
    assert "preferred" not in cards(assessment)[0].summary


@pytest.mark.hazard("HZ-A08")
def test_the_recommendation_that_is_outranked_is_shown_beside_the_contraindication() -> None:
    assessment = gold()["GC-11"]
    ctace = assessment.advice.therapy("ctace")
    assert ctace is not None
    for rating in ctace.set_aside:
        assert rating.rule in full(assessment)


def test_both_positions_of_a_disagreement_are_shown_with_the_unsigned_choice() -> None:
    lines = parts(full(gold()["GC-13"])).sections["The documents disagree"]
    conflict = RULE_SET.conflicts["C-05"]
    [line] = [line for line in lines if "; C-05)" in line]
    assert line == plain(f"{conflict.title}: {conflict.plainly} (project's choice, unsigned; C-05)")
    [printed] = [part for part in all_parts(gold()["GC-13"]) if part.title == PRINTED]
    [line] = [line for line in printed.lines if line.startswith("C-05 ")]
    for said in (conflict.position_a, conflict.position_b, conflict.policy):
        assert said in line


@pytest.mark.parametrize("case", [entry["id"] for entry in json.loads((FIXTURES / "cases/cases.json").read_text())])
def test_the_indicator_is_that_of_the_worked_case(case: str) -> None:
    expected = {
        entry["id"]: entry["expect"]["indicator"] for entry in json.loads((FIXTURES / "cases/cases.json").read_text())
    }
    assert cards(gold()[case])[0].indicator == expected[case]


# Policy P12, thought out from its text: what is planned or missing, and the indicator that follows.
@pytest.mark.parametrize(
    ("facts", "indicator"),
    [
        ({"carcinoid_crisis_active": True}, "critical"),
        ({"planned_therapies": ["tare_whole_liver"]}, "critical"),
        ({"planned_therapies": ["ctace"], "portal_vein_status": "occluded"}, "critical"),
        ({"planned_therapies": ["deb_tace"], "lvef_poor": True, "planned_tace_agent": "doxorubicin"}, "critical"),
        ({"planned_therapies": ["tae"], "liver_burden_percent": 90.1}, "critical"),
        ({"planned_therapies": ["tae"], "liver_burden_percent": 90}, "warning"),
        ({"planned_therapies": ["tare_lobar"], "ssa_status": "progressed"}, "warning"),
        ({"bilirubin_mg_dl": None}, "warning"),
        ({"diagnosis": None}, "warning"),
        ({"diagnosis": "hcc", "carcinoid_crisis_active": True}, "info"),
    ],
)
def test_the_indicator_follows_policy_p12(facts: dict[str, object], indicator: str) -> None:
    [card] = cards(of_facts(**facts))
    assert card.indicator == indicator


def test_facts_on_record_that_may_not_be_used_are_named_with_their_reason() -> None:
    clock = Clock(datetime(2026, 3, 20, 12, tzinfo=UTC))
    found = parts(full(of_hl7(messages("OBX|5|NM|1742-6^ALT^LN||9|U/L|||||F"), clock=clock)))
    lines = found.sections["Missing"] + found.sections.get("On record but not used", ())
    [line] = [line for line in lines if line.startswith("Total bilirubin: ")]
    assert line.startswith("Total bilirubin: too old: 2 mg/dL of 2026-01-10, 69 days ago, may be 30 days old at most")


def test_the_age_that_was_applied_while_a_procedure_is_signed_is_the_one_named() -> None:
    clock = Clock(datetime(2026, 1, 28, 12, tzinfo=UTC), procedure=True)
    [line] = [line for line in full(of_hl7(messages(), clock=clock)).splitlines() if "Total bilirubin" in line]
    assert "may be 14 days old at most" in line


def test_a_newer_statement_that_was_passed_over_is_named() -> None:
    newer = "OBX|5|NM|14631-6^^LN||90|umol/L|||||P|||20260111080000+0000"
    found = parts(full(of_hl7(messages(newer))))
    assert any(
        line.startswith("Total bilirubin: a statement of 2026-01-11 (5.26 mg/dL) was not used (preliminary;")
        for line in found.sections["On record but not used"]
    )


def test_a_narrative_that_was_not_read_is_named_only_where_its_facts_are_missing() -> None:
    note = "NTE|1|L|Ki-67 is 12 percent"
    [line] = [line for line in parts(full(of_hl7(messages(note)))).sections["Missing"] if "narrative" in line]
    assert line == (
        "1 narrative report came with the data and was not read; it may state: Ki-67 index, WHO grade, liver tumour burden"
    )
    known = "OBX|5|NM|29593-1^^LN||12|%|||||F", "OBX|6|CWE|who_grade^^99LDT||G2^^99LDT||||||F"
    burden = "OBX|7|NM|liver_burden_percent^^99LDT||40|%|||||F"
    assert "narrative report" not in full(of_hl7(messages(*known, burden, note)))


def test_a_narrative_result_is_counted_once() -> None:
    found = parts(full(of_hl7(messages("OBX|5|TX|18748-4^^LN||a report||||||F"))))
    assert any(line.startswith("1 narrative report came") for line in found.sections["Missing"])


def test_data_that_could_not_be_had_are_named() -> None:
    found = parts(full(replace(of_facts(), gaps=("observations: only 1 of 40 were sent",))))
    assert found.sections["Data that could not be had"] == ("observations: only 1 of 40 were sent",)


def test_outside_of_the_population_only_the_reason_is_given() -> None:
    found = parts(full(of_facts(diagnosis="hcc")))
    assert found.rows == ()
    assert found.titles[0] == "The guideline does not apply to this patient"
    [line] = found.sections[found.titles[0]]
    assert line.startswith("R-001 ")


def test_an_unknown_scope_offers_nothing_and_says_so() -> None:
    assessment = of_facts(diagnosis=None)
    assert assessment.advice.scope is Scope.UNKNOWN
    found = parts(full(assessment))
    assert found.titles[0] == "Whether the guideline applies is not known; no therapy is offered until it is."
    assert found.rows == ()
    assert cards(assessment)[0].indicator == Indicator.WARNING.value


@pytest.mark.hazard("HZ-A07")
@names
def test_a_card_asks_for_nothing_to_be_done_without_a_decision(name: str) -> None:
    [card] = cards(EVERYONE[name])
    assert card.to_json().keys() == {"uuid", "summary", "detail", "indicator", "source"}


def test_the_topic_of_a_card_is_alphanumeric_and_the_same_for_all() -> None:
    topics = {json.dumps(cards(assessment)[0].to_json()["source"]) for assessment in EVERYONE.values()}
    assert len(topics) == 1
    topic = cards(of_facts())[0].source.topic
    assert topic is not None
    assert re.fullmatch(r"[A-Za-z0-9]{1,100}", topic.code)


def test_the_uuid_is_that_of_the_invocation() -> None:
    one, again, other = (cards(of_facts(), invocation=text)[0].uuid for text in ("a|1", "a|1", "a|2"))
    assert one == again
    assert one != other


def test_our_own_words_lose_no_character_on_their_way_to_the_card() -> None:
    """Unusual characters are dropped from what senders write; the rule set may not hold one of them."""
    own = [text for rule in RULE_SET.rules.values() for text in (rule.row.title, rule.row.statement)]
    own += [f"{s.document}, {s.section}" for rule in RULE_SET.rules.values() for s in rule.row.sources]
    own += [code.text for code in RULE_SET.codes.values()]
    own += [text for therapy in RULE_SET.therapies.values() for text in (therapy.name, therapy.short)]
    own += [t for c in RULE_SET.conflicts.values() for t in (c.title, c.plainly, c.position_a, c.position_b, c.policy)]
    own += [document.short for document in RULE_SET.documents]
    own += [document.citation for document in RULE_SET.documents]
    own += [fact.label for fact in catalogue().facts.values()]
    assert [text for text in own if any(not plain(character) for character in text)] == []


def test_a_worked_case_is_the_reference_profile_with_changes() -> None:
    """The builder of these tests makes the same patients as the worked cases."""
    assert assess_case(patient(), RULE_SET).advice.scope is Scope.APPLIES

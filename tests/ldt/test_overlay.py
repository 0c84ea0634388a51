"""The overlay of a site: what it may change and how that shows, and what it may not."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapter.advice.assessment import assess_case
from adapter.advice.sources import cited
from adapter.advice.wording import plain
from adapter.case.case import build_case
from adapter.case.casefile import case_of
from adapter.case.fact import Standing, State, Statement
from adapter.case.moment import Moment
from adapter.case.origin import Origin
from adapter.case.truth import Truth
from adapter.case.value import Quantity
from adapter.ldt import Indicator, RuleSet, RuleSetError, Scope, Silenced, Strength, evaluate, rule_set, site_rule_set
from adapter.ldt.guarded import is_guarded
from adapter.ldt.thresholds import thresholds
from tests.ldt.patients import B0, CLOCK, ROW_1, number, patient
from tests.ldt.sites import WHY, site_rules
from tests.repository import ROOT

PLATELETS = {"where": "R-214", "threshold": "platelets_10e9_l <= 100"}
GUARDED = [
    (rule.id, threshold.text)
    for rule in rule_set().rules.values()
    if is_guarded(rule_set(), rule)
    for threshold in thresholds(rule.row.when)
]


def refused(folder: Path, **parts: list[dict[str, Any]]) -> list[str]:
    with pytest.raises(RuleSetError) as refusal:
        site_rules(folder, **parts)
    return [str(problem) for problem in refusal.value.problems]


def verdict(rules: RuleSet, therapy: str, **facts: Any) -> Strength | None:
    found = evaluate(patient({**ROW_1, **facts}), rules).therapy(therapy)
    return found.strength if found else None


def test_the_rule_set_as_it_ships_has_no_site(tmp_path: Path) -> None:
    assert rule_set().site is None
    assert rule_set().edition == rule_set().version
    assert site_rule_set(None) is rule_set()
    (tmp_path / "units.csv").write_text("")
    assert site_rule_set(tmp_path).site is None  # a site folder without rules.yaml


def test_a_site_folder_without_any_of_its_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rule.yaml").write_text('site: "misspelt"\n')
    with pytest.raises(RuleSetError, match="holds none of its files"):
        site_rule_set(tmp_path)


def test_another_number_decides_and_stands_beside_the_rule_sets_own(tmp_path: Path) -> None:
    rules = site_rules(tmp_path, thresholds=[{**PLATELETS, "number": "120"}])
    assert rules.edition == f"{rules.version}+7"
    assert verdict(rule_set(), "tae", platelets_10e9_l=110) is Strength.PREFERRED
    assert verdict(rules, "tae", platelets_10e9_l=110) is Strength.NOT_RECOMMENDED
    assert verdict(rules, "tae", platelets_10e9_l=121) is Strength.PREFERRED
    assert rules.site is not None
    (override,) = rules.site.overrides
    assert (override.kind, override.about) == ("threshold", "R-214")
    assert (override.source, override.here) == ("platelets_10e9_l <= 100", "platelets_10e9_l <= 120")
    assert (override.reason, override.by, override.day) == tuple(WHY.values())


def test_a_number_of_a_predicate_changes_every_rule_that_uses_it(tmp_path: Path) -> None:
    change = {"where": "embo_deferral", "threshold": "liver_burden_percent <= 10", "number": "15"}
    rules = site_rules(tmp_path, thresholds=[change])
    small = {"liver_burden_percent": 14, "largest_target_lesion_cm": 2.5, "largest_lesion_cm": 2.5}
    assert "R-012" not in evaluate(patient({**ROW_1, **small}), rule_set()).fired
    assert "R-012" in evaluate(patient({**ROW_1, **small}), rules).fired


def test_a_number_written_first_and_a_number_that_stands_twice_are_found(tmp_path: Path) -> None:
    window = {"where": "R-010", "threshold": "liver_burden_percent >= 10", "number": "20"}
    rules = site_rules(tmp_path, thresholds=[window])
    assert rules.rules["R-010"].row.when.startswith("20 <= liver_burden_percent")
    twice = {"where": "lr_ablation", "threshold": "largest_lesion_cm < 5.0", "number": "4.5"}
    changed = site_rules(tmp_path, thresholds=[twice]).predicates["lr_ablation"].when
    assert changed == rule_set().predicates["lr_ablation"].when.replace("< 5.0", "< 4.5")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"where": "R-999"}, "R-999 is neither a rule nor a predicate"),
        (
            {"threshold": "platelets_10e9_l < 100"},
            "R-214 does not say platelets_10e9_l < 100; it has platelets_10e9_l <= 100",
        ),
        ({"where": "R-201"}, "R-201 does not say platelets_10e9_l <= 100; it has no thresholds"),
    ],
)
def test_a_number_that_stands_nowhere_is_refused_with_its_line(
    tmp_path: Path, change: dict[str, str], message: str
) -> None:
    assert refused(tmp_path, thresholds=[{**PLATELETS, "number": "75", **change}]) == [f"rules.yaml:4: {message}"]


@pytest.mark.parametrize("wrong", ["", "75 or True", "-1", "1e3", "NaN"])
def test_a_number_is_a_plain_number(tmp_path: Path, wrong: str) -> None:
    (problem,) = refused(tmp_path, thresholds=[{**PLATELETS, "number": wrong}])
    assert problem.startswith("rules.yaml:4: thresholds.0.number: ")


def test_a_number_outside_of_what_the_fact_can_be_is_refused(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, thresholds=[{**PLATELETS, "number": "100000"}])
    assert problem == "rules.yaml:4: 100000 is outside what platelets_10e9_l can be"


def test_there_are_guards_with_numbers() -> None:
    assert ("R-004", "age_years < 18") in GUARDED


@pytest.mark.parametrize(("where", "threshold"), [*GUARDED, ("burden_above_90", "liver_burden_percent > 90")])
def test_a_number_may_tighten_a_guard_and_never_loosen_it(tmp_path: Path, where: str, threshold: str) -> None:
    _, comparison, written = threshold.split(" ")
    up, down = str(int(float(written)) + 1), str(int(float(written)) - 1)
    tighter, looser = (up, down) if comparison in ("<", "<=") else (down, up)
    change = {"where": where, "threshold": threshold}
    assert site_rules(tmp_path, thresholds=[{**change, "number": tighter}]).site is not None
    (problem,) = refused(tmp_path, thresholds=[{**change, "number": looser}])
    assert "a site cannot loosen" in problem


def three_weeks_old(rules: RuleSet, *, procedure: bool = False) -> State:
    """How a bilirubin of 20 days ago stands."""
    when = Moment.at(CLOCK.as_of - timedelta(days=20))
    origin = Origin("case", "test", "facts.bilirubin_mg_dl")
    statement = Statement("bilirubin_mg_dl", Standing.FINAL, Quantity.of(Decimal("0.8")), origin, when)
    case = build_case("test", [statement], replace(CLOCK, procedure=procedure), rules.facts)
    return case.facts["bilirubin_mg_dl"].state


def test_another_age_makes_a_value_stale_or_keeps_it(tmp_path: Path) -> None:
    shorter = site_rules(tmp_path, ages=[{"fact": "bilirubin_mg_dl", "max_age": "P14D"}])
    assert three_weeks_old(rule_set()) is State.PRESENT
    assert three_weeks_old(shorter) is State.STALE
    longer = site_rules(tmp_path, ages=[{"fact": "bilirubin_mg_dl", "max_age_procedure": "P21D"}])
    assert three_weeks_old(rule_set(), procedure=True) is State.STALE
    assert three_weeks_old(longer, procedure=True) is State.PRESENT
    assert longer.site is not None
    (override,) = longer.site.overrides
    assert (override.source, override.here) == ("P14D", "P21D")


@pytest.mark.parametrize("age", ["no expiry", "P", "P0D", "30 days", "PT1H"])
def test_an_age_is_a_duration_and_cannot_be_abolished(tmp_path: Path, age: str) -> None:
    (problem,) = refused(tmp_path, ages=[{"fact": "bilirubin_mg_dl", "max_age": age}])
    assert problem == "rules.yaml:4: an age is an ISO 8601 duration longer than nothing, such as P30D"


def test_an_age_of_no_fact_and_no_age_of_a_fact_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, ages=[{"fact": "weight", "max_age": "P1D"}]) == ["rules.yaml:4: there is no fact weight"]
    (problem,) = refused(tmp_path, ages=[{"fact": "bilirubin_mg_dl"}])
    assert "an age is given" in problem


def test_other_words_for_a_code_a_rule_and_a_therapy(tmp_path: Path) -> None:
    rules = site_rules(
        tmp_path,
        wording=[
            {"item": "mdt_review", "text": "Thursday board."},
            {"item": "R-102", "text": "Severe hormones"},
            {"item": "tae", "text": "Bland embolisation"},
        ],
    )
    assert rules.codes["mdt_review"].text == "Thursday board. [words of the site]"
    assert rules.rules["R-102"].row.title == "Severe hormones [words of the site]"
    assert rules.therapies["tae"].name == "Bland embolisation [words of the site]"
    assert rules.site is not None
    assert [one.source for one in rules.site.overrides] == [
        rule_set().codes["mdt_review"].text,
        rule_set().rules["R-102"].row.title,
        rule_set().therapies["tae"].name,
    ]
    assert all(rules.rules[rule].row.sources == rule_set().rules[rule].row.sources for rule in rules.rules)
    (problem,) = refused(tmp_path, wording=[{"item": "nothing", "text": "x"}])
    assert "nothing is no rule, therapy, caution, action or note" in problem


# A citation has no key in the overlay, a change without reason, name or date is none, and nothing is guessed.
@pytest.mark.parametrize(
    ("part", "row"),
    [
        ("thresholds", {**PLATELETS, "number": "120", "sources": "none"}),
        ("thresholds", {**PLATELETS, "number": "120", "reason": ""}),
        ("switches", {"item": "R-601", "mode": "off", "by": ""}),
        ("switches", {"item": "R-601", "mode": "off", "day": "soon"}),
        ("switches", {"item": "R-601", "mode": "hidden"}),
        ("switches", {"item": "follow-up", "mode": "off"}),
        ("sources", {"rule": "R-201"}),
    ],
)
def test_what_is_not_of_the_form_is_refused(tmp_path: Path, part: str, row: dict[str, Any]) -> None:
    (problem,) = refused(tmp_path, **{part: [row]})
    assert problem.startswith("rules.yaml:4: ")


@pytest.mark.parametrize("mode", ["off", "shadow"])
def test_a_switched_rule_says_nothing(tmp_path: Path, mode: str) -> None:
    case = patient(ROW_1)
    assert "R-402" in evaluate(case, rule_set()).fired
    found = evaluate(case, site_rules(tmp_path, switches=[{"item": "R-402", "mode": mode}]))
    assert "R-402" not in found.fired
    assert "R-402" not in found.undecided
    assert found.therapy("prrt_iv") is None
    assert found.shadow == (("R-402",) if mode == "shadow" else ())
    assert found.silenced == ()


def test_a_whole_section_can_be_switched(tmp_path: Path) -> None:
    rules = site_rules(tmp_path, switches=[{"item": "3.9", "mode": "off"}])
    left = {rule.id for rule in (*rules.scope, *rules.first, *rules.second)}
    investigational = {rule.id for rule in rules.rules.values() if rule.section.startswith("3.9 ")}
    assert investigational
    assert left == rules.rules.keys() - investigational
    assert rules.site is not None
    assert [one.about for one in rules.site.overrides] == ["3.9 Investigational"]


@pytest.mark.parametrize("item", ["R-999", "3.99"])
def test_a_switch_of_nothing_is_refused(tmp_path: Path, item: str) -> None:
    assert refused(tmp_path, switches=[{"item": item, "mode": "off"}]) == [
        f"rules.yaml:4: there is no rule or section {item}"
    ]


def test_a_rule_is_switched_once(tmp_path: Path) -> None:
    switches = [{"item": "R-121", "mode": "off"}, {"item": "3.2", "mode": "shadow"}]
    assert refused(tmp_path, switches=switches) == ["rules.yaml:5: switched twice: R-121"]


@pytest.mark.parametrize("mode", ["off", "shadow"])
def test_a_switched_contraindication_is_told_wherever_it_would_speak(tmp_path: Path, mode: str) -> None:
    rules = site_rules(tmp_path, switches=[{"item": "R-201", "mode": mode}])
    occluded = evaluate(patient(ROW_1, portal_vein_status="occluded", planned_therapies=["tae"]), rules)
    assert occluded.therapy("tae").strength is Strength.PREFERRED  # type: ignore[union-attr]
    assert occluded.silenced == (Silenced("R-201", Truth.TRUE, ("tae", "ctace", "deb_tace")),)
    assert occluded.indicator is not Indicator.INFO
    unknown = evaluate(patient(ROW_1, portal_vein_status=None), rules)
    assert [one.answer for one in unknown.silenced] == [Truth.UNKNOWN]
    assert evaluate(patient(ROW_1, portal_vein_status="patent"), rules).silenced == ()


def test_nothing_is_loosened_in_two_steps_and_nothing_is_changed_twice(tmp_path: Path) -> None:
    up = {"where": "R-004", "threshold": "age_years < 18", "number": "19"}
    down = {"where": "R-004", "threshold": "age_years < 19", "number": "1"}
    assert "R-004 does not say age_years < 19" in refused(tmp_path, thresholds=[up, down])[0]
    assert "is given another number twice" in refused(tmp_path, thresholds=[up, up])[0]
    age = {"fact": "bilirubin_mg_dl", "max_age": "P60D"}
    assert "is given another age twice" in refused(tmp_path, ages=[age, age])[0]
    words = {"item": "mdt_review", "text": "Board."}
    assert "is given other words twice" in refused(tmp_path, wording=[words, words])[0]


def test_facts_that_do_not_age_stay_so_and_ages_have_a_longest(tmp_path: Path) -> None:
    assert "does not age" in refused(tmp_path, ages=[{"fact": "biliary_instrumentation", "max_age": "P1M"}])[0]
    assert "4 times as old" in refused(tmp_path, ages=[{"fact": "bilirubin_mg_dl", "max_age": "P121D"}])[0]
    assert "4 times as old" in refused(tmp_path, ages=[{"fact": "bilirubin_mg_dl", "max_age": "P9000Y"}])[0]


@pytest.mark.parametrize(
    ("item", "text", "message"),
    [
        ("R-214", "fine", "R-214 tells an exclusion or the scope and keeps its words"),
        ("R-001", "Eligible", "R-001 tells an exclusion or the scope and keeps its words"),
        ("guideline_not_applicable", "Offer TACE", "tells an exclusion or the scope and keeps its words"),
        ("ctace", "tare (lobar)", "ctace cannot have the name of another therapy"),
    ],
)
def test_words_that_would_mislead_are_refused(tmp_path: Path, item: str, text: str, message: str) -> None:
    assert message in refused(tmp_path, wording=[{"item": item, "text": text}])[0]


@pytest.mark.parametrize("text", [" ", "...", "\u0422\u0430\u0431\u043b", "\u2260 5", "250 \u00b5g", "tab\there"])
def test_words_that_no_answer_could_show_whole_are_refused(tmp_path: Path, text: str) -> None:
    assert "wording.0.text" in refused(tmp_path, wording=[{"item": "mdt_review", "text": text}])[0]


def test_words_of_other_languages_in_latin_letters_are_shown_whole(tmp_path: Path) -> None:
    rules = site_rules(
        tmp_path, wording=[{"item": "mdt_review", "text": "In der Tumorkonferenz für Übergänge vorstellen."}]
    )
    assert plain(rules.codes["mdt_review"].text) == rules.codes["mdt_review"].text


def test_a_crisis_rule_that_is_switched_off_is_told_and_not_cited(tmp_path: Path) -> None:
    rules = site_rules(tmp_path, switches=[{"item": "R-506", "mode": "off"}])
    assessment = assess_case(patient(ROW_1, carcinoid_crisis_active=True), rules)
    assert [one.rule for one in assessment.advice.silenced] == ["R-506"]
    assert not any("R-506" in line for line in cited(assessment))


def test_a_laboratory_limit_is_a_guard_too(tmp_path: Path) -> None:
    loose = {"where": "R-215", "threshold": "bilirubin_mg_dl >= 2", "number": "3"}
    assert "a site cannot loosen R-215" in refused(tmp_path, thresholds=[loose])[0]
    rules = site_rules(tmp_path, switches=[{"item": "3.3", "mode": "shadow"}])
    silenced = {one.rule for one in evaluate(patient(ROW_1, bilirubin_mg_dl=2), rules).silenced}
    assert "R-215" in silenced


def test_a_switched_guard_of_the_scope_is_told_too(tmp_path: Path) -> None:
    rules = site_rules(tmp_path, switches=[{"item": "R-004", "mode": "off"}])
    child = evaluate(patient(ROW_1, age_years=16), rules)
    assert child.scope is Scope.APPLIES
    assert child.silenced == (Silenced("R-004", Truth.TRUE, ()),)
    assert evaluate(patient(ROW_1, age_years=16), rule_set()).scope is Scope.NOT_APPLICABLE


def test_a_switched_crisis_rule_is_told_while_the_scope_is_unknown(tmp_path: Path) -> None:
    rules = site_rules(tmp_path, switches=[{"item": "R-505", "mode": "off"}])
    found = evaluate(patient(diagnosis=None, carcinoid_crisis_active=True), rules)
    assert found.scope is Scope.UNKNOWN
    assert found.indicator is Indicator.CRITICAL
    assert [one.rule for one in found.silenced] == ["R-505"]


def test_a_changed_rule_counts_as_unsigned(tmp_path: Path) -> None:
    rules = site_rules(tmp_path, thresholds=[{**PLATELETS, "number": "120"}])
    changed = [item for item, digest in rules.digests.items() if digest != rule_set().digests[item]]
    assert changed == ["R-214"]


def test_a_site_folder_that_is_missing_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleSetError, match="there is no such site folder"):
        site_rule_set(tmp_path / "nowhere")
    (tmp_path / "rules.yaml").write_bytes(b"site: \xff")
    with pytest.raises(RuleSetError, match="the file is not UTF-8"):
        site_rule_set(tmp_path)


def test_the_example_of_the_documentation_can_be_used() -> None:
    rules = site_rule_set(ROOT / "fixtures/site")
    assert rules.site is not None
    assert {one.kind for one in rules.site.overrides} == {"threshold", "age", "wording", "shadow"}
    case = case_of("test", {name: number(value) for name, value in B0.items()}, CLOCK, rules.facts)
    assert evaluate(case, rules).scope is Scope.APPLIES

"""The guard itself: it reports what no case notices, says what is refused, and refuses to work with failing cases."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from adapter.case.catalogue import catalogue
from adapter.ldt import evaluate, rule_set, summary
from adapter.ldt.loader import read_sheets
from adapter.toolchain.alteration import Alteration
from adapter.toolchain.alterations import alterations
from adapter.toolchain.altered import altered, original
from adapter.toolchain.casebook import Casebook
from adapter.toolchain.expectation import WorkedCase
from adapter.toolchain.guard import CasesFail, guard, touches
from adapter.toolchain.survivors import Survivor, SurvivorsError, judged, read_survivors
from tests.ldt.folders import change, copy_of_rules
from tests.toolchain.shipped import casebook, guarded, rules

NAMED = {alteration.name: alteration for alteration in alterations(rules().sheets, rules().rules.facts)}
R_019 = [alteration for alteration in NAMED.values() if alteration.owner == "R-019"]
OVER_50 = NAMED["R-019: liver_burden_percent >= 50 made > 50"]


def without(unwanted: Callable[[WorkedCase], bool]) -> Casebook:
    return Casebook(tuple(case for case in casebook().cases if not unwanted(case)))


def at_50(case: WorkedCase) -> bool:
    """Cases with a burden of exactly 50 %, the only ones that can tell >= 50 from > 50."""
    value = case.case.known("liver_burden_percent")
    return value is not None and getattr(value, "exact", None) == 50


def test_a_noticed_alteration_names_the_case() -> None:
    outcome = guard(rules(), casebook()).outcome(OVER_50)
    assert outcome.fate == "noticed"
    assert outcome.by == "R-019 fires at liver_burden_percent 50.0 (eligibility < 50)"


def test_an_alteration_that_the_cases_cannot_notice_is_reported() -> None:
    ready = guard(rules(), without(at_50))
    outcomes = list(ready.outcomes(R_019))
    assert [one.alteration for one in outcomes if one.fate == "survived"] == [OVER_50]
    report = judged(outcomes, {})
    assert not report.clean
    assert [one.alteration.name for one in report.unexplained] == [OVER_50.name]
    assert report.noticed == len(R_019) - 1


def test_without_cases_everything_survives_or_is_refused() -> None:
    ready = guard(rules(), Casebook(()))
    fates = {one.alteration.words: (one.fate, one.by) for one in ready.outcomes(R_019)}
    fate, problem = fates["the rule left out"]
    assert fate == "refused"
    assert problem.startswith("codes.yaml:")
    assert fates["liver_burden_percent >= 50 made > 50"] == ("survived", "")
    assert fates["effect left out: caution burden_not_below_50"][0] == "refused"


def test_a_condition_that_cannot_be_read_is_refused() -> None:
    alteration = NAMED["R-233: nlr_baseline > 0 made > -1"]
    outcome = guard(rules(), casebook()).outcome(alteration)
    assert outcome.fate == "refused"
    assert "nlr_baseline > -1" in outcome.by


def test_what_loading_refuses_is_not_asked_before_the_cases() -> None:
    dropped = NAMED["R-019: the rule left out"]
    assert guard(rules(), casebook()).outcome(dropped).fate == "noticed"


def test_cases_that_fail_already_prove_nothing() -> None:
    [case] = [case for case in casebook().cases if case.about == "GC-23"]
    wrong = replace(case, expect=replace(case.expect, exactly={**case.expect.exactly, "indicator": "critical"}))
    with pytest.raises(CasesFail, match=r"cases\.json: GC-23: indicator is info, expected: critical"):
        guard(rules(), Casebook((wrong,)))


def test_a_rule_set_that_was_changed_by_mistake_fails_its_cases(tmp_path: Path) -> None:
    folder = copy_of_rules(tmp_path)
    change(folder, "01-eligibility.yaml", '"liver_burden_percent >= 50"', '"liver_burden_percent > 50"')
    with pytest.raises(CasesFail, match=r"boundaries\.csv:\d+: R-019 does not fire, expected: fires"):
        guard(original(read_sheets(folder), catalogue()), casebook())


def test_recompiling_changes_no_advice() -> None:
    for case in casebook().cases[::7]:
        assert evaluate(case.case, rules().rules) == evaluate(case.case, rule_set())


@pytest.mark.parametrize(
    "name",
    [
        "R-019: liver_burden_percent >= 50 made > 50",
        "R-101: tae left out of preferred",
        "avid: sstr_status == 'avid' made != 'avid'",
        "resolution: R-110 left out of after_prrt_vetoes",
        "safety: high_burden_when: burden_above_90 made not burden_above_90",
        "mwa: no longer counts as thermal_ablation when planned",
    ],
)
def test_the_quick_way_gives_the_advice_of_the_altered_files(name: str, tmp_path: Path) -> None:
    """The alteration made in the files, loaded as at every start, against the alteration made by the guard."""
    old, new, file = {
        "R-019": ('"liver_burden_percent >= 50"', '"liver_burden_percent > 50"', "01-eligibility.yaml"),
        "avid": ("\"sstr_status == 'avid'\"", "\"sstr_status != 'avid'\"", "00-policy.yaml"),
        "resolution": ('after_prrt_vetoes: ["R-110"]', "after_prrt_vetoes: []", "00-policy.yaml"),
        "safety": ('high_burden_when: "burden_above_90"', 'high_burden_when: "not burden_above_90"', "00-policy.yaml"),
        "R-101": ("", "", "02-modality.yaml"),
        "mwa": ("", "", "therapies.yaml"),
    }[name.partition(": ")[0]]
    folder = copy_of_rules(tmp_path)
    if old:
        change(folder, file, old, new)
    else:
        _change_in_row(folder / file, name)
    loaded = original(read_sheets(folder), catalogue()).rules
    quick = altered(rules(), NAMED[name].change).rules
    for case in casebook().cases[::5]:
        assert evaluate(case.case, quick) == evaluate(case.case, loaded)


def _change_in_row(path: Path, name: str) -> None:
    text = path.read_text(encoding="utf-8")
    start, old, new = {
        "R-101: tae left out of preferred": ('- id: "R-101"', 'preferred: ["tae", "ctace"]', 'preferred: ["ctace"]'),
        "mwa: no longer counts as thermal_ablation when planned": (
            '- code: "mwa"',
            'parts: ["thermal_ablation"]',
            "parts: []",
        ),
    }[name]
    place = text.index(start)
    assert old in text[place : place + 900]
    path.write_text(text[:place] + text[place:].replace(old, new, 1), encoding="utf-8")


def test_a_case_that_an_alteration_does_not_touch_keeps_its_advice() -> None:
    """The guard asks only the cases whose altered condition is answered otherwise: the others cannot tell."""
    untouched = 0
    for alteration in list(NAMED.values())[::101]:
        changed = altered(rules(), alteration.change)
        for watch in guarded().watches[::9]:
            if not touches(changed, watch.frame):
                untouched += 1
                after, before = (evaluate(watch.worked.case, one) for one in (changed.rules, rules().rules))
                assert summary(after) == summary(before)
                assert (after.undecided, after.dangers, after.offered) == (
                    before.undecided,
                    before.dangers,
                    before.offered,
                )
    assert untouched > 1000


# Known survivors


def listed(*alterations: Alteration) -> dict[str, Survivor]:
    return {one.name: Survivor(one.name, "2026-11-21", "a reason", "survivors.yaml:1") for one in alterations}


def test_a_listed_survivor_is_explained() -> None:
    report = judged(guard(rules(), without(at_50)).outcomes(R_019), listed(OVER_50))
    assert report.clean
    assert [survivor.alteration for survivor in report.explained] == [OVER_50.name]
    assert report.unexplained == ()


def test_a_listed_survivor_that_a_case_notices_is_outdated() -> None:
    report = judged(guard(rules(), casebook()).outcomes(R_019), listed(OVER_50))
    assert not report.clean
    assert [survivor.alteration for survivor in report.outdated] == [OVER_50.name]


def test_a_listed_survivor_that_nobody_can_make_is_outdated() -> None:
    gone = {"R-019: x": Survivor("R-019: x", "2026-11-21", "a reason", "survivors.yaml:1")}
    report = judged(guard(rules(), casebook()).outcomes(R_019), gone)
    assert [survivor.alteration for survivor in report.outdated] == ["R-019: x"]


FILE = """survivors:
  - date: "{day}"
    reason: "{reason}"
    alterations:
      - "R-019: the rule left out"
      - "{second}"
"""


def test_a_list_of_survivors_is_read_with_day_reason_and_line(tmp_path: Path) -> None:
    path = tmp_path / "survivors.yaml"
    path.write_text(FILE.format(day="2026-11-21", reason="why", second="avid: x"), encoding="utf-8")
    known = read_survivors(path)
    assert known["avid: x"] == Survivor("avid: x", "2026-11-21", "why", "survivors.yaml:6")
    assert [survivor.owner for survivor in known.values()] == ["R-019", "avid"]


@pytest.mark.parametrize(
    ("day", "reason", "second", "fault"),
    [
        ("2026-13-21", "why", "avid: x", "survivors.yaml:2: .*month must be in"),
        ("21.11.2026", "why", "avid: x", "survivors.yaml:2: String should match pattern"),
        ("2026-11-21", "", "avid: x", "survivors.yaml:3: String should have at least 1 character"),
        ("2026-11-21", "why", "R-019: the rule left out", "survivors.yaml:6: R-019: the rule left out stands twice"),
    ],
)
def test_a_survivor_without_day_or_reason_is_refused(
    tmp_path: Path, day: str, reason: str, second: str, fault: str
) -> None:
    path = tmp_path / "survivors.yaml"
    path.write_text(FILE.format(day=day, reason=reason, second=second), encoding="utf-8")
    with pytest.raises(SurvivorsError, match=fault):
        read_survivors(path)


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SurvivorsError, match=r"survivors\.yaml: No such file"):
        read_survivors(tmp_path / "survivors.yaml")

"""The alterations of the shipped rule set: every kind is there, each has a name and the line that it would change."""

from importlib.resources import files

import pytest

from adapter.ldt.rule import Rated, ratings_of
from adapter.toolchain.alteration import Alteration, RuleChanged, RuleDropped
from adapter.toolchain.alterations import alterations
from adapter.toolchain.effect_edits import TURNED, effect_edits
from tests.toolchain.shipped import rules

ALL = alterations(rules().sheets, rules().rules.facts)
NAMES = {alteration.name: alteration for alteration in ALL}


def of(owner: str) -> list[Alteration]:
    return [alteration for alteration in ALL if alteration.owner == owner]


def test_every_alteration_has_a_name_of_its_own() -> None:
    assert len(NAMES) == len(ALL) > 1900


def test_the_order_never_changes() -> None:
    assert alterations(rules().sheets, rules().rules.facts) == ALL


def test_every_rule_and_predicate_and_every_therapy_with_parts_is_altered() -> None:
    owners = {alteration.owner for alteration in ALL}
    therapies = {code for code, therapy in rules().rules.therapies.items() if therapy.parts}
    assert owners == {*rules().rules.rules, *rules().rules.predicates, *therapies, "resolution", "safety"}
    assert [one.owner for one in ALL if isinstance(one.change, RuleDropped)] == list(rules().rules.rules)


@pytest.mark.parametrize(
    ("name", "file", "text"),
    [
        ("R-019: liver_burden_percent >= 50 made > 50", "01-eligibility.yaml", 'when: "liver_burden_percent >= 50"'),
        ("embo_deferral: liver_burden_percent <= 10 made < 10", "00-policy.yaml", 'when: "liver_burden_percent <= 10 '),
        (
            "R-204: effect left out: contraindicated tae, ctace, deb_tace",
            "03-contraindications.yaml",
            "contraindicated",
        ),
        ("R-101: tare_lobar: not recommended made reasonable", "02-modality.yaml", 'not_recommended: ["tare_lobar"]'),
        ("resolution: R-110 left out of after_prrt_vetoes", "00-policy.yaml", "after_prrt_vetoes:"),
        ("safety: tare_whole_liver left out of always_critical", "00-policy.yaml", "always_critical:"),
        ("safety: agent_matters_when: lvef_poor made not lvef_poor", "00-policy.yaml", "agent_matters_when:"),
        ("mwa: no longer counts as thermal_ablation when planned", "therapies.yaml", 'parts: ["thermal_ablation"]'),
    ],
)
def test_an_alteration_names_the_line_that_it_would_change(name: str, file: str, text: str) -> None:
    alteration = NAMES[name]
    assert alteration.place == f"{file}:{alteration.line}"
    lines = files("adapter.ldt").joinpath("rules", file).read_text(encoding="utf-8").splitlines()
    assert text in lines[alteration.line - 1]


def test_each_effect_and_each_therapy_is_left_out_and_each_strength_turned() -> None:
    assert {one.words for one in of("R-018")} >= {
        "effect left out: downgrade ctace, tare_lobar",
        "effect left out: caution burden_70_90",
        "ctace left out of downgrade",
        "tare_lobar left out of downgrade",
    }
    assert {one.words for one in of("R-022") if one.words.startswith("tae")} == {
        "tae left out of support",
        "tae: support made preferred",
        "tae: support made reasonable",
    }


@pytest.mark.parametrize("rule", list(rules().rules.rules))
def test_an_edit_of_effects_changes_what_the_rule_says_of_one_therapy_or_one_effect(rule: str) -> None:
    row = rules().rules.rules[rule].row
    before = {rating.therapy: rating.rated for rating in ratings_of(rule, row.effects)}
    for edit in effect_edits(row.effects):
        after = {rating.therapy: rating.rated for rating in ratings_of(rule, edit.effects)}
        changed = {therapy for therapy in before if after.get(therapy) != before[therapy]}
        assert changed <= before.keys()
        if " made " in edit.words:
            [therapy] = changed
            assert after[therapy] in TURNED[before[therapy]]
        elif edit.words.startswith("effect left out"):
            assert len(edit.effects) == len(row.effects) - 1
        else:
            [therapy] = changed
            assert therapy not in after


def test_every_strength_but_a_downgrade_can_be_mistaken() -> None:
    assert TURNED.keys() == set(Rated)
    assert [rated for rated, others in TURNED.items() if not others] == [Rated.DOWNGRADE]


def test_an_alteration_changes_its_own_rule_and_nothing_else_of_it() -> None:
    for alteration in of("R-215"):
        if isinstance(alteration.change, RuleChanged):
            row, before = alteration.change.row, rules().rules.rules["R-215"].row
            assert (row.when != before.when) is not (row.effects != before.effects)
            assert row.model_copy(update={"when": before.when, "effects": before.effects}) == before

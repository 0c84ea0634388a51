"""A rule set that is wrong anywhere is refused as a whole, and file and line are named."""

from pathlib import Path

import pytest

from adapter.ldt import RuleSetError, load_rule_set, rule_set
from tests.ldt.folders import copy_of_rules

ELIGIBILITY, MODALITY, POLICY = "01-eligibility.yaml", "02-modality.yaml", "00-policy.yaml"
CODES, THERAPIES, CONFLICTS, TABLE = "codes.yaml", "therapies.yaml", "conflicts.yaml", "table1.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_of_rules(tmp_path)


def broken(folder: Path, file: str, old: str, new: str) -> tuple[int, list[str]]:
    """Make the change; the 1-based line of it, and the problems that loading names."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    line = text[: text.index(old)].count("\n") + 1
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RuleSetError) as refused:
        load_rule_set(folder)
    return line, [str(problem) for problem in refused.value.problems]


def test_the_shipped_rule_set_loads_whole(folder: Path) -> None:
    loaded = load_rule_set(folder)
    assert len(loaded.rules) == 150
    assert (len(loaded.scope), len(loaded.first) + len(loaded.second)) == (4, 146)
    assert len(loaded.therapies) == 39
    assert len(loaded.conflicts) == 38
    assert loaded.version == rule_set().version == "2026.1.0"
    assert "150 rules" in repr(loaded)


# What YAML would quietly make of a value that is not quoted.
@pytest.mark.parametrize("value", ["NO", "1.10", "012", "12:30", "2026-01-12", "~", "plain words", ""])
def test_a_value_that_is_not_a_quoted_text_is_refused(folder: Path, value: str) -> None:
    line, problems = broken(folder, ELIGIBILITY, 'basis: "source"', f"basis: {value}")
    assert problems == [f"{ELIGIBILITY}:{line}: the value must be a quoted text: {value if value else ''}"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title: "Not a', 'no: "Not a', "a key that YAML does not read as text must be quoted"),
        ('    basis: "source"', '    basis: "source"\n    basis: "POLICY"', "key basis stands twice"),
        ('basis: "source"', 'basis: !!python/object:os.system "source"', "the value must be a quoted text: source"),
        ('basis: "source"', 'basis: &b "source"\n    x: *b', "anchors and aliases are not allowed"),
        ('title: "Not a', '<<: "Not a', "a key that YAML does not read as text must be quoted"),
        ('ask: ["diagnosis"]', 'ask: !!set {"diagnosis"}', "tag tag:yaml.org,2002:set is not allowed"),
        ('title: "Not a', "title: [", "while parsing a flow"),
    ],
)
def test_what_yaml_could_surprise_with_is_refused(folder: Path, old: str, new: str, message: str) -> None:
    line, problems = broken(folder, ELIGIBILITY, old, new)
    assert any(message in problem for problem in problems)
    near = {f"{ELIGIBILITY}:{line}:", f"{ELIGIBILITY}:{line + 1}:"}
    assert any(problem.startswith(tuple(near)) for problem in problems) or "parsing" in message


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (ELIGIBILITY, '    basis: "source"', '    bases: "source"', "unknown key"),
        (ELIGIBILITY, 'stage: "scope"', 'stage: "3"', "must be 'scope', '1' or '2'"),
        (ELIGIBILITY, 'id: "R-001"', 'id: "R1"', "must match pattern"),
        (ELIGIBILITY, 'id: "R-002"', 'id: "R-001"', "rule R-001 stands twice"),
        (ELIGIBILITY, "diagnosis != 'nen'", "diagnose != 'nen'", "unknown fact or predicate: diagnose"),
        (ELIGIBILITY, "diagnosis != 'nen'", "diagnosis != 'net'", "'net' is not a value of diagnosis"),
        (ELIGIBILITY, "age_years < 18", "age_years < 'x'", "age_years cannot be compared with 'x'"),
        (ELIGIBILITY, "age_years < 18", "age_years < 180", "180 a is outside what age_years can be"),
        (
            ELIGIBILITY,
            "any_available(('tae','ctace','tare_lobar'))",
            "any_available(('tace',))",
            "'tace' is not a therapy",
        ),
        (ELIGIBILITY, '- action: "mdt_review"', '- action: "mdt"', "unknown action mdt"),
        (ELIGIBILITY, '- action: "mdt_review"', '- caution: "mdt_review"', "unknown caution mdt_review"),
        (ELIGIBILITY, '- support: ["thermal_ablation"', '- support: ["ablation"', "unknown therapy ablation"),
        (ELIGIBILITY, '- action: "mdt_review"', '- action: "mdt_review"\n        note: "x"', "exactly one key"),
        (ELIGIBILITY, 'document: "Rabei2023"', 'document: "Rabei"', "unknown document Rabei"),
        (ELIGIBILITY, 'ask: ["diagnosis"]', 'ask: ["age_years"]', "R-001 asks for diagnosis"),
        (ELIGIBILITY, 'silent: ["bulk_symptoms"]', "silent: []", "R-006 is silent without bulk_symptoms"),
        (ELIGIBILITY, 'conflicts: ["C-20"]', 'conflicts: ["C-99"]', "unknown conflict C-99"),
        (ELIGIBILITY, 'related_rules: ["R-006"]', 'related_rules: ["R-999"]', "unknown rule R-999"),
        (ELIGIBILITY, "sources: []", 'sources: "x"', "must be a list"),
        (MODALITY, 'stage: "1"', 'stage: "2"', "R-101 reads facts only: not stage 2"),
        (MODALITY, '- not_recommended: ["tare_lobar"]', '- support: ["tae"]', "R-101 rates tae twice"),
        (MODALITY, '- preferred: ["tae", "ctace"]', '- stop: "guideline_not_applicable"', "rules of stage scope"),
        (POLICY, "\"sstr_status == 'avid'\"", "\"offered('tae')\"", "a predicate reads facts only"),
        (POLICY, 'name: "avid"', 'name: "ascites"', "ascites is already a predicate or a fact"),
        (POLICY, 'exceptions: ["R-108"', 'exceptions: ["R-998"', "unknown rule R-998"),
        (POLICY, 'always_critical: ["tare_whole_liver"]', 'always_critical: ["tare"]', "unknown therapy tare"),
        (POLICY, 'agent: "doxorubicin"', 'agent: "doxo"', "planned_tace_agent cannot be doxo"),
        (
            POLICY,
            'planned_drugs_fact: "planned_vasopressors"',
            'planned_drugs_fact: "ascites"',
            "ascites is not a list",
        ),
        (
            POLICY,
            'crisis_when: "carcinoid_crisis_active"',
            'crisis_when: "crisis"',
            "unknown fact or predicate: crisis",
        ),
        (POLICY, 'version: "2026.1.0"', 'version: "1.10"', "must match pattern"),
        (CODES, 'set_by: ["R-502"]', 'set_by: ["R-503"]', "anaesthesia_support is set by R-502"),
        (CODES, 'code: "anaesthesia_support"', 'code: "anaesthesia"', "anaesthesia is set by nothing"),
        (CODES, 'code: "consider_fdopa_or_htp_pet"', 'code: "anaesthesia_support"', "anaesthesia_support stands twice"),
        (THERAPIES, 'code: "ctace"', 'code: "tae"', "tae stands twice"),
        (THERAPIES, 'code: "pei"', 'code: "ethanol"', "ethanol is no value of planned_therapies"),
        (THERAPIES, 'parts: ["thermal_ablation"]', 'parts: ["ablation"]', "unknown therapy ablation"),
        (THERAPIES, 'member_of: "targeted_agent"', 'member_of: "targeted"', "unknown therapy targeted"),
        (THERAPIES, 'code: "epinephrine"', 'code: "adrenaline"', "adrenaline is used by no rule"),
        (CONFLICTS, '"R-030", "R-114"', '"R-114"', "C-01 and R-030 do not name each other"),
        (CONFLICTS, 'id: "C-02"', 'id: "C-01"', "C-01 stands twice"),
        (CONFLICTS, 'rules: ["R-502", "R-503"]', 'rules: ["R-996"]', "unknown rule R-996"),
        (TABLE, 'rule: "R-101"', 'rule: "R-997"', "unknown rule R-997"),
        (TABLE, 'tare: "–"', 'tare: "-"', "must be '+++', '+' or '–'"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(folder: Path, file: str, old: str, new: str, message: str) -> None:
    line, problems = broken(folder, file, old, new)
    matching = [problem for problem in problems if message in problem]
    assert matching
    named = int(matching[0].split(":")[1])
    assert matching[0].startswith(file)
    assert 0 <= named - line <= 12 or 0 <= line - named <= 12


def test_the_line_is_that_of_the_mistake(folder: Path) -> None:
    line, problems = broken(folder, ELIGIBILITY, "age_years < 18", "age_yeers < 18")
    assert problems[0] == f"{ELIGIBILITY}:{line}: unknown fact or predicate: age_yeers"


def test_a_predicate_that_nothing_uses_is_refused(folder: Path) -> None:
    extra = 'predicates:\n  - name: "spare"\n    when: "ascites"\n    meaning: "nothing"\n'
    line, problems = broken(folder, POLICY, "predicates:\n", extra)
    assert problems == [f"{POLICY}:{line + 1}: predicate spare is not used"]


def test_a_stage_2_rule_may_not_offer_what_other_rules_ask_about(folder: Path) -> None:
    old, new = '- reasonable: ["captem_plus_tare"]', '- reasonable: ["tae"]'
    _, problems = broken(folder, "05-systemic.yaml", old, new)
    assert any("R-409 offers tae, which other rules ask about" in problem for problem in problems)


def test_every_problem_of_a_file_is_named(folder: Path) -> None:
    path = folder / ELIGIBILITY
    path.write_text(path.read_text(encoding="utf-8").replace('basis: "source"', "basis: no"), encoding="utf-8")
    with pytest.raises(RuleSetError) as refused:
        load_rule_set(folder)
    assert len(refused.value.problems) > 20
    assert len(str(refused.value).splitlines()) == len(refused.value.problems)


@pytest.mark.parametrize("name", [POLICY, CODES, THERAPIES, CONFLICTS, TABLE])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(RuleSetError) as refused:
        load_rule_set(folder)
    assert f"{name}:1: the file is missing" in str(refused.value)


def test_a_missing_rule_file_is_no_smaller_rule_set(folder: Path) -> None:
    (folder / "07-followup.yaml").unlink()
    with pytest.raises(RuleSetError) as refused:
        load_rule_set(folder)
    assert "followup_ct_3_6_months is set by nothing" in str(refused.value)


def test_a_file_that_is_no_rule_file_is_refused(folder: Path) -> None:
    (folder / "notes.txt").write_text("to do", encoding="utf-8")
    (folder / "10-empty.yaml").write_text("", encoding="utf-8")
    (folder / "11-latin.yaml").write_bytes(b'section: "\xe9"')
    (folder / "12-control.yaml").write_text('section: "\x07"', encoding="utf-8")
    with pytest.raises(RuleSetError) as refused:
        load_rule_set(folder)
    assert {problem.file for problem in refused.value.problems} == {
        "notes.txt",
        "10-empty.yaml",
        "11-latin.yaml",
        "12-control.yaml",
    }

"""`ldt rules`: reading the rule set, asking why, asking what if."""

from pathlib import Path

import pytest

from adapter.ldt import rule_set
from tests.cli.running import AS_OF, DIAGNOSES, FIXTURES, Ran, ldt, message, write
from tests.ldt.folders import change as change_file
from tests.ldt.folders import copy_of_rules
from tests.ldt.sites import site_folder

PATIENT = FIXTURES / "patients/07-not-avid-g2/messages.hl7"
SPARSE = FIXTURES / "patients/10-sparse/messages.hl7"
CASES = FIXTURES / "cases/cases.json"


def rules(*arguments: str | Path) -> Ran:
    return ldt("rules", *arguments)


def test_list_has_every_rule_once_and_says_that_nobody_has_signed() -> None:
    ran = rules("list")
    assert ran.status == 0
    lines = [line for line in ran.out.splitlines() if line.startswith("R-")]
    assert [line.split()[0] for line in lines] == list(rule_set().rules)
    assert all(line.rstrip().endswith("unsigned") for line in lines)
    assert "150 of 150 rules of ldt-nelm 2026.1.0" in ran.out


def test_list_can_be_narrowed() -> None:
    ran = rules("list", "--section", "3.3", "--therapy", "tae", "--fact", "portal_vein_status")
    assert [line.split()[0] for line in ran.out.splitlines() if line.startswith("R-")] == ["R-201"]
    assert rules("list", "--section", "9.9").status == 1
    assert rules("list", "--therapy", "nothing").status == 2
    assert rules("list", "--fact", "nothing").status == 2


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (
            "R-012",
            ("embo_deferral", "liver tumour burden: at most 10 %", "Rabei2023, Choosing", "C-03", "unsigned; digest"),
        ),
        ("tae", ("Transarterial (bland) embolisation", "R-101 Table 1 row 1", "preferred (+++)")),
        ("C-07", ("Row 6 stands", "R-126", "unsigned")),
        ("P4", ("set aside", "unsigned; digest")),
        ("embo_deferral", ("R-012, R-016, R-017", "liver_burden_percent <= 10")),
        ("mdt_review", ("multidisciplinary", "R-005")),
    ],
)
def test_show_tells_everything_about_an_item(item: str, words: tuple[str, ...]) -> None:
    ran = rules("show", item)
    assert ran.status == 0
    for text in words:
        assert text in ran.out


@pytest.mark.parametrize("kind", ["rules", "therapies", "conflicts", "predicates", "codes"])
def test_everything_in_the_rule_set_can_be_shown(kind: str) -> None:
    for item in getattr(rule_set(), kind):
        ran = rules("show", item)
        assert (ran.status, ran.err) == (0, "")
        assert item in ran.out


def test_show_of_nothing_says_where_to_look() -> None:
    ran = rules("show", "R-999")
    assert ran.status == 1
    assert "the rule set has no R-999" in ran.err


def test_explain_leads_from_the_verdict_to_the_segment_and_the_paper() -> None:
    ran = rules("explain", PATIENT, "--therapy", "tae", *AS_OF)
    assert ran.status == 0
    assert "Transarterial (bland) embolisation: preferred (+++), provisional" in ran.out
    decides = ran.out.split("What decides")[1].split("What speaks too")[0]
    assert "R-107 Table 1 row 7: not DOTA-avid: preferred (+++)" in decides
    assert "Somatostatin-receptor status: not avid, 2025-11-06 (OBX[2]-5 of message 900000011305" in decides
    assert "Rabei2023, Table 1: Not DOTA-avid" in decides
    waits = ran.out.split("What waits for a fact")[1].split("What does not apply")[0]
    assert "R-201" in waits
    assert "Portal vein: not recorded" in waits


def test_explain_shows_what_decides_and_on_request_everything() -> None:
    short, whole = (rules("explain", PATIENT, "--therapy", "tae", *AS_OF, *more).out for more in ((), ("--whole",)))
    assert len(whole.splitlines()) > len(short.splitlines())
    assert "R-011" in short


def test_explain_tells_first_that_the_scope_is_not_settled() -> None:
    ran = rules("explain", SPARSE, "--therapy", "tae", *AS_OF)
    assert "Whether the guideline applies" in ran.out
    assert "What is not asked while the scope is not settled" in ran.out
    assert "What decides" not in ran.out


def test_the_site_is_asked_too(tmp_path: Path) -> None:
    folder = site_folder(tmp_path, switches=[{"item": "R-107", "mode": "off"}])
    ran = rules("explain", PATIENT, "--therapy", "tae", *AS_OF, "--site", folder)
    assert "What the site has switched off" in ran.out


def test_what_if_tells_what_would_be_different() -> None:
    ran = rules(
        "what-if", PATIENT, *AS_OF, "--set", "portal_vein_status=occluded", "--set", "planned_therapies=tae,ctace"
    )
    assert ran.status == 0
    assert "assumed: portal_vein_status occluded (was not known)" in ran.out
    assert "TAE: preferred (+++), provisional -> contraindicated" in ran.out
    assert "indicator: warning -> critical" in ran.out
    assert "+ rule fired: R-201" in ran.out


@pytest.mark.parametrize(
    ("assumption", "shown"),
    [
        ("liver_burden_percent=95", "assumed: liver_burden_percent 95 % (was 22.5 %)"),
        ("liver_burden_percent=unknown", "assumed: liver_burden_percent not known (was 22.5 %)"),
        ("ascites=yes", "assumed: ascites yes"),
        ("prior_liver_directed=none", "assumed: prior_liver_directed none"),
    ],
)
def test_assumptions_are_written_as_people_write(assumption: str, shown: str) -> None:
    assert shown in rules("what-if", PATIENT, *AS_OF, "--set", assumption).out


def test_an_assumption_without_effect_says_so_and_one_that_cannot_be_right_too() -> None:
    same = rules("what-if", PATIENT, *AS_OF, "--set", "sstr_status=not_avid")
    assert "nothing would be different" in same.out
    odd = rules("what-if", PATIENT, *AS_OF, "--set", "target_lesion_count=99")
    assert "together these cannot be right: the target lesions exceed all lesions" in odd.out


@pytest.mark.parametrize(
    "assumption",
    ["portal_vein_status", "nothing=1", "birth_date=1960-01-01", "ascites=maybe", "liver_burden_percent=lots",
     "liver_burden_percent=101", "liver_burden_percent=NaN", "portal_vein_status=closed", "planned_therapies=tae,x"],
)  # fmt: skip
def test_an_assumption_that_cannot_be_is_refused(assumption: str) -> None:
    ran = rules("what-if", PATIENT, *AS_OF, "--set", assumption)
    assert ran.status == 2
    assert "--set" in ran.err


def test_flip_tells_the_nearest_changes_first() -> None:
    ran = rules("flip", PATIENT, "--therapy", "tae", *AS_OF)
    assert ran.status == 0
    rows = [line.split("  ") for line in ran.out.splitlines()[3:]]
    assert rows[0][0] == "Platelets"
    assert any(
        "Portal vein" in line and "occluded" in line and "contraindicated" in line for line in ran.out.splitlines()
    )
    short = rules("flip", PATIENT, "--therapy", "tae", *AS_OF, "--most", "2")
    assert "more; --most" in short.out


def test_flip_of_what_no_fact_can_change_says_so() -> None:
    ran = rules("flip", CASES, "--patient", "GC-23", "--therapy", "captem_plus_tare", *AS_OF)
    assert "no single fact would change it" in ran.out


def test_missing_ranks_what_is_unknown() -> None:
    ran = rules("missing", PATIENT, *AS_OF)
    assert ran.status == 0
    assert ran.out.index("Portal vein") < ran.out.index("PRRT predictive assay")
    assert "TAE to contraindicated" in ran.out
    assert "whether the guideline applies" in rules("missing", SPARSE, *AS_OF).out
    assert "no unknown fact could change anything" in rules("missing", CASES, "--patient", "GC-23", *AS_OF).out


def test_one_patient_of_a_file_can_be_chosen_and_a_wrong_one_is_named() -> None:
    ran = rules("missing", CASES, "--patient", "GC-20", *AS_OF)
    assert "GC-20" in ran.out
    assert "GC-19" not in ran.out
    wrong = rules("missing", CASES, "--patient", "GC-99", *AS_OF)
    assert wrong.status == 1
    assert "no patient GC-99 in cases.json; it has: GC-01, GC-02" in wrong.err


@pytest.mark.parametrize("command", ["explain", "flip"])
def test_a_therapy_that_does_not_exist_is_refused_with_those_that_do(command: str) -> None:
    ran = rules(command, PATIENT, *AS_OF, "--therapy", "surgery")
    assert ran.status == 2
    assert "tae" in ran.err


def test_diff_of_a_version_with_itself_is_empty() -> None:
    ran = rules("diff", "shipped", "shipped", "--cases", FIXTURES)
    assert ran.status == 0
    assert "0 of " in ran.out
    assert "changed" not in ran.out


def test_diff_tells_rules_and_cases_that_a_site_changes(tmp_path: Path) -> None:
    change = {"where": "R-214", "threshold": "platelets_10e9_l <= 100", "number": "120"}
    folder = site_folder(tmp_path, thresholds=[change], switches=[{"item": "R-121", "mode": "off"}])
    ran = rules("diff", "shipped", folder, "--cases", FIXTURES)
    assert ran.status == 0
    assert "ldt-nelm 2026.1.0 -> ldt-nelm 2026.1.0+7" in ran.out
    assert [line for line in ran.out.splitlines() if line.startswith("changed")] == ["changed R-214"]
    assert "switched R-121" in ran.out
    assert "DEB-TACE: not recommended (-) -> not rated" in ran.out


def test_diff_compares_folders_of_rules(tmp_path: Path) -> None:
    folder = copy_of_rules(tmp_path)
    change_file(
        folder,
        "03-contraindications.yaml",
        "\"portal_vein_status == 'occluded'\"",
        "\"portal_vein_status == 'patent'\"",
    )
    ran = rules("diff", "shipped", folder, "--cases", FIXTURES)
    assert "changed R-201" in ran.out
    assert "TAE: preferred (+++) -> contraindicated" in ran.out


def test_diff_refuses_what_is_no_version(tmp_path: Path) -> None:
    assert rules("diff", "shipped", tmp_path).status == 2
    missing = rules("diff", "shipped", tmp_path / "none")
    assert (missing.status, missing.err.endswith("none: No such file or directory\n")) == (1, True)
    assert "neither a folder of rule files" in rules("diff", "shipped", tmp_path).err
    assert rules("diff", "shipped", "shipped", "--cases", tmp_path).status == 1
    (tmp_path / "rules.yaml").write_text('nothing: "x"\n')
    broken = rules("diff", "shipped", tmp_path, "--cases", FIXTURES)
    assert broken.status == 1
    assert "rules.yaml:1" in broken.err


def test_a_file_that_cannot_be_read_is_named() -> None:
    ran = rules("missing", FIXTURES / "nothing.json", *AS_OF)
    assert ran.status == 1
    assert "nothing.json: No such file" in ran.err


@pytest.mark.hazard("HZ-P15")
@pytest.mark.parametrize(
    "command",
    [("explain", "--therapy", "tae"), ("flip", "--therapy", "tae"), ("missing",), ("what-if", "--set", "ascites=no")],
    ids=lambda command: str(command[0]),
)
def test_nothing_is_said_about_a_closed_record_but_why(tmp_path: Path, command: tuple[str, ...]) -> None:
    dead = message(*DIAGNOSES, pid="PID|1||77^^^HOSP^MR||DOE^J||19600101|F" + "|" * 22 + "Y")
    name, *more = command
    ran = rules(name, write(tmp_path, "a.hl7", dead), *AS_OF, *more)
    assert ran.status == 0
    said = "NET liver metastases: no advice, the record says that the patient has died"
    assert [line.strip() for line in ran.out.splitlines()[1:]] == [said]


def test_list_checks_the_whole_folder_of_a_site_and_names_every_fault(tmp_path: Path) -> None:
    folder = site_folder(tmp_path, switches=[{"item": "R-999", "mode": "off"}])
    text = 'unknown_sender: "refuse"\nsenders:\n  - name: "a"\n    zone: "Mars/X"\n    accept: {versions: []}\n'
    (folder / "site.yaml").write_text(text, encoding="utf-8")
    ran = rules("list", "--site", folder)
    assert (ran.status, ran.out) == (1, "")
    first, of_rules, *of_senders = ran.err.splitlines()
    assert first == "ldt: the site folder cannot be used"
    assert "R-999" in of_rules
    assert of_senders == [
        "site.yaml:1: unknown_sender: unknown key",
        "site.yaml:3: senders.0.sent_by: is missing",
        "site.yaml:4: senders.0.zone: no time zone of the IANA database, such as Europe/Berlin",
        "site.yaml:5: senders.0.accept.versions: must have at least 1 item",
    ]


def test_list_checks_senders_also_where_the_rules_are_sound(tmp_path: Path) -> None:
    folder = site_folder(tmp_path)
    (folder / "units.csv").write_text("wrong\n", encoding="utf-8")
    ran = rules("list", "--site", folder)
    assert (ran.status, ran.err.splitlines()[1][:12]) == (1, "units.csv:1:")
    assert rules("list", "--site", FIXTURES / "site").status == 0
    assert "there is no such site folder" in rules("list", "--site", folder / "none").err

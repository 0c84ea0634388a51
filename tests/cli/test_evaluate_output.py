"""What `ldt evaluate` prints: the table, JSON, cards, CarePlans and explanations, as of a day."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from adapter.cli.evaluate import MANY
from adapter.fhir.check import check_resource
from cds_hooks import check_response
from tests.cli.running import FIXTURES, bundle, case, evaluate, ldt, message, observation, patient, result, write
from tests.repository import ROOT

PROGRESSIVE = FIXTURES / "patients/01-progressive-on-ssa/messages.hl7"
SPARSE = FIXTURES / "patients/10-sparse/bundle.json"
CASES = FIXTURES / "cases/cases.json"


def test_json_has_exactly_the_documented_keys() -> None:
    page = (ROOT / "docs/json.md").read_text(encoding="utf-8")
    section = page.split("## One patient\n")[1].split("\n## ")[0]
    keys = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    for one in evaluate("--json", PROGRESSIVE, SPARSE, CASES).json:
        assert list(one) == keys


def test_json_is_the_same_every_time() -> None:
    assert evaluate("--json", PROGRESSIVE, SPARSE).out == evaluate("--json", PROGRESSIVE, SPARSE).out


def test_numbers_keep_their_digits(tmp_path: Path) -> None:
    out = evaluate("--json", write(tmp_path, "a.hl7", message(result(1, "1975-2", "2.50", "mg/dL")))).out
    assert '"value": 2.50,' in out
    divided = evaluate("--json", write(tmp_path, "b.hl7", message(result(1, "14631-6", "34.2", "umol/L")))).json
    assert divided[0]["facts"]["bilirubin_mg_dl"]["value"] == Decimal(2)


def test_cards_conform_and_there_is_one_list_a_patient() -> None:
    found = evaluate("--cards", PROGRESSIVE, SPARSE).json
    assert len(found) == 2
    for cards in found:
        assert check_response({"cards": cards}) == []
    assert found[0][0]["summary"] == "NET liver metastases: preferred TAE, cTACE"
    assert "Patient/" not in json.dumps(found)


def test_cards_of_two_patients_have_two_uuids() -> None:
    found = evaluate("--cards", CASES).json
    assert len({cards[0]["uuid"] for cards in found}) == len(found)


def test_careplans_are_valid_and_about_their_patients() -> None:
    plans = evaluate("--careplan", PROGRESSIVE, SPARSE, CASES).json
    assert len(plans) == 26
    for plan in plans:
        check_resource(plan)
    assert plans[0]["subject"]["identifier"]["value"] == "4410271"
    assert plans[1]["subject"] == {"reference": "Patient/p-90031"}
    assert plans[2]["subject"]["identifier"] == {"value": "GC-01"}


def test_the_table_names_patient_indicator_options_and_reasons() -> None:
    out = evaluate(PROGRESSIVE).out
    assert "HOSP/MR/4410271  info" in out
    assert "NET liver metastases: preferred TAE, cTACE" in out
    row = next(line for line in out.splitlines() if line.startswith("planned"))
    assert "cTACE" in row
    assert "preferred (+++)" in row
    assert "R-101" in row
    assert "To do" in out


def test_the_table_names_what_is_missing_and_set_aside() -> None:
    out = evaluate(SPARSE).out
    assert "Missing" in out
    assert "Differentiation: not recorded. Waiting: R-003" in out
    assert "On record but not used" in out
    assert "too old: 0.9 mg/dL of 2025-12-03, 40 days ago, may be 30 days old at most" in out


def test_the_table_names_dangers(tmp_path: Path) -> None:
    reference = json.loads((FIXTURES / "cases/reference.json").read_text())[0]["facts"]
    facts = {**reference, "planned_therapies": ["tare_whole_liver"]}
    out = evaluate(write(tmp_path, "c.json", [case("C1", **facts)])).out
    assert "C1  critical" in out
    assert "TARE (whole liver): planned, but to be avoided in every patient" in out


def test_explain_adds_rules_with_conditions_facts_and_sources() -> None:
    plain, explained = evaluate(PROGRESSIVE).out, evaluate("--explain", PROGRESSIVE).out
    assert "R-101 Table 1 row 1" in explained
    assert "Rabei2023, Table 1: " in explained
    assert "ssa_status" in explained or "Somatostatin analogue: progressed" in explained
    assert "(OBX[" in explained
    assert len(explained) > 2 * len(plain)
    missing = evaluate("--explain", SPARSE).out
    assert "Missing: Differentiation" in missing
    assert "undecided" in missing


def test_the_day_decides_what_is_stale(tmp_path: Path) -> None:
    file = write(tmp_path, "a.json", bundle(patient("p1"), observation("o1", "p1", "1975-2", "2.5", "mg/dL")))
    states = {
        day: ldt("evaluate", "--as-of", day, "--json", file).json[0]["facts"]["bilirubin_mg_dl"]["state"]
        for day in ("2026-01-08", "2026-01-10", "2026-02-09", "2026-02-10")
    }
    assert states == {"2026-01-08": "excluded", "2026-01-10": "present", "2026-02-09": "present", "2026-02-10": "stale"}


DEAD = message(pid="PID|1||78^^^HOSP^MR||ROE^M||19700101|M" + "|" * 22 + "Y", control_id="M2")


@pytest.mark.hazard("HZ-P15")
def test_a_closed_record_is_shown_with_its_reason(tmp_path: Path) -> None:
    file = write(tmp_path, "a.hl7", message() + DEAD)
    ran = evaluate(file)
    assert ran.status == 0
    panel = ran.out.split("HOSP/MR/78  info")[1]
    assert "NET liver metastases: no advice, the record says that the patient has died" in panel
    assert "No advice is given on this record" in panel
    assert "error patient-deceased at M2 PID[1]-30" in panel
    [open_record, closed] = evaluate("--json", file).json
    assert (open_record["closed"], closed["closed"]) == ([], ["patient-deceased"])
    assert evaluate("--cards", file).status == 0


@pytest.mark.hazard("HZ-P15")
def test_there_is_no_care_plan_on_a_closed_record(tmp_path: Path) -> None:
    ran = evaluate("--careplan", write(tmp_path, "a.hl7", message() + DEAD))
    assert ran.status == 1
    [plan] = ran.json
    assert plan["subject"]["identifier"]["value"] == "77"
    assert ran.err == "ldt: no CarePlan for patient 2 of 2: the record says that the patient has died\n"
    alone = evaluate("--careplan", write(tmp_path, "b.hl7", DEAD))
    assert (alone.status, alone.json) == (1, [])


@pytest.mark.parametrize("day", ["2026-13-01", "yesterday", "12.01.2026", "2026-01-12T12:00:00", ""])
def test_a_day_that_is_none_is_refused_clearly(day: str) -> None:
    ran = ldt("evaluate", "--as-of", day, PROGRESSIVE)
    assert ran.status == 2
    assert ran.out == ""
    assert "is no date of the form 2026-01-12" in ran.err


def test_a_day_after_the_last_year_that_counts_is_refused_clearly() -> None:
    assert ldt("evaluate", "--as-of", "9998-12-31", PROGRESSIVE).status == 0
    ran = ldt("evaluate", "--as-of", "9999-12-31", PROGRESSIVE)
    assert (ran.status, ran.out) == (2, "")
    assert "9999-12-31 is after the year 9998" in " ".join(ran.err.split())


def test_the_first_day_of_all_is_refused_or_evaluated() -> None:
    assert ldt("evaluate", "--as-of", "0001-01-01", PROGRESSIVE).status in (0, 2)


def test_without_a_day_it_is_today() -> None:
    [one] = ldt("evaluate", "--json", PROGRESSIVE).json
    assert one["as_of"] > "2026"


def test_only_one_form_of_output_at_a_time() -> None:
    for pair in (("--json", "--cards"), ("--cards", "--careplan"), ("--json", "--careplan")):
        ran = evaluate(*pair, PROGRESSIVE)
        assert ran.status == 2
        assert "choose one of --json, --cards and --careplan" in ran.err


def test_many_patients_are_all_there_and_progress_goes_to_standard_error(tmp_path: Path) -> None:
    number = MANY + 5
    many = b"".join(message(pid=f"PID|1||P{key}^^^HOSP^MR", control_id=str(key)) for key in range(number))
    ran = evaluate("--json", write(tmp_path, "a.hl7", many))
    assert [one["id"] for one in ran.json] == [f"HOSP/MR/P{key}" for key in range(number)]


def test_version_and_help() -> None:
    assert re.fullmatch(r"ldt-adapter \S+\n", ldt("--version").out)
    page = ldt("evaluate", "--help").out
    for option in ("--as-of", "--json", "--cards", "--careplan", "--explain"):
        assert option in page

"""The JSON interface: its keys are those of docs/json.md, its lists those of the worked cases."""

import json
import re
from typing import Any

import pytest

from adapter.advice.report import finding_report, report
from adapter.case.finding import Finding
from adapter.fhir.write import write_json
from adapter.ldt import rule_set
from tests.advice.assessments import everyone, gold, messages, of_hl7
from tests.ldt.patients import FIXTURES
from tests.repository import ROOT

PAGE = (ROOT / "docs/json.md").read_text(encoding="utf-8")
CASES = json.loads((FIXTURES / "cases/cases.json").read_text(encoding="utf-8"))
EVERYONE = everyone()


def documented(heading: str) -> dict[str, str]:
    """The keys of one table of the page, with what it says of their presence."""
    section = re.split(r"^#+ ", PAGE.split(f"# {heading}\n")[1], flags=re.MULTILINE)[0]
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]*) \|", section, re.MULTILINE)
    assert rows, heading
    return {key: kind.strip() for key, kind in rows}


def written(value: Any) -> Any:
    return json.loads(write_json(value))


def keys_of(objects: list[dict[str, Any]]) -> set[str]:
    return {key for one in objects for key in one}


@pytest.mark.parametrize("name", EVERYONE)
def test_a_patient_has_exactly_the_documented_keys_in_their_order(name: str) -> None:
    assert list(written(report(EVERYONE[name]))) == list(documented("One patient"))


def test_every_key_of_every_object_is_documented_and_every_documented_key_occurs() -> None:
    extra = of_hl7(
        messages(
            "OBX|5|NM|1751-7^^LN||3.9|g/L|||||F",
            "OBX|8|NM|2160-0^^LN||0.8|mg/dL|0.5-1.2|H|||F",
            "OBX|6|NM|14631-6^^LN||90|umol/L|||||P",
            "OBX|7|NM|9-9^^LN||1||||||F",
        )
    )
    reports = [written(report(assessment)) for assessment in (*EVERYONE.values(), extra)]
    facts = [fact for one in reports for fact in one["facts"].values()]
    origins = [origin for fact in facts for origin in fact.get("origins", [])]
    unused = [statement for fact in facts for statement in fact.get("unused", [])]
    assert keys_of(facts) == set(documented("A fact"))
    assert keys_of(origins + [statement["origin"] for statement in unused]) == set(documented("An origin"))
    assert keys_of(unused) == set(documented("An unused statement"))
    assert keys_of([finding for one in reports for finding in one["findings"]]) == set(documented("A finding"))
    assert keys_of([one["ledger"] for one in reports]) == set(documented("The ledger"))
    counts = [one["ledger"][level] for one in reports for level in ("container", "coded")]
    assert keys_of(counts) == set(documented("Counts"))
    assert keys_of([code for one in reports for code in one["ledger"]["unmapped"]]) == set(
        documented("An unmapped code")
    )


def test_keys_that_are_said_to_be_always_there_are() -> None:
    always = {key for key, kind in documented("A fact").items() if "optional" not in kind}
    origin = {key for key, kind in documented("An origin").items() if "optional" not in kind}
    for assessment in EVERYONE.values():
        for fact in written(report(assessment))["facts"].values():
            assert always <= fact.keys()
            for one in fact.get("origins", []):
                assert origin <= one.keys()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_lists_are_those_of_the_worked_cases(case: dict[str, Any]) -> None:
    found = written(report(gold()[case["id"]]))
    assert {name: found[name] for name in case["expect"]} == {
        name: value if isinstance(value, str) else sorted(value) for name, value in case["expect"].items()
    }


def test_values_are_as_they_were_sent_with_the_chain_back_to_their_bytes() -> None:
    raw = messages("OBX|5|NM|liver_burden_percent^^99LDT||91.50|%|||||F", control_id="M7")
    text = write_json(report(of_hl7(raw))).decode()
    fact = json.loads(text, parse_float=str)["facts"]["liver_burden_percent"]
    assert fact["value"] == "91.50"
    [origin] = fact["origins"]
    start, end = origin.pop("bytes")
    assert raw[start:end] == b"91.50"
    assert origin == {
        "wire": "hl7v2",
        "document": "M7",
        "place": "OBX[5]-5",
        "row": "own-code",
        "sent": "91.50 %",
        "source": "LAB HOSP",
    }


def test_a_fact_that_may_not_be_used_keeps_its_state_reason_and_value() -> None:
    found = written(report(of_hl7(messages("OBX|5|NM|1751-7^^LN||3.9|g/dL|||||P"))))["facts"]["albumin_g_dl"]
    assert (found["state"], found["reason"], found["value"]) == ("preliminary", "preliminary", 3.9)


def test_facts_that_nobody_spoke_of_are_left_out() -> None:
    found = written(report(of_hl7(messages())))
    assert "ascites" not in found["facts"]
    assert "ascites" in rule_set().required


def test_a_finding_has_code_severity_place_and_hint() -> None:
    finding = Finding("unit-unknown", "warning", "OBX[1]-6", "a hint")
    assert finding_report(finding) == {
        "code": "unit-unknown",
        "severity": "warning",
        "place": "OBX[1]-6",
        "hint": "a hint",
    }


def test_the_ledger_counts_every_segment_of_the_messages() -> None:
    raw = messages("OBX|5|NM|9-9^^LN||1||||||F", "OBX|6|NM|9-9^^LN||1||||||F")
    ledger = written(report(of_hl7(raw)))["ledger"]
    # MSH stands before the patient; PID, two DG1, OBR and six OBX are the patient's.
    assert sum(ledger["container"].values()) == 10
    assert ledger["coded"]["unmapped"] == ledger["container"]["unmapped"] == 2
    assert {"code": "LN|9-9", "count": 2} in ledger["unmapped"]


def test_only_codes_are_listed_as_unmapped() -> None:
    ledger = written(report(of_hl7(messages("OBX|5|NM|9-9^^LN||1||||||F"))))["ledger"]
    assert ledger["unmapped"] == [{"code": "LN|9-9", "count": 1}]


def test_the_example_of_the_page_is_what_comes_out() -> None:
    """The example is the sparse fixture patient, cut to one fact."""
    example = json.loads(PAGE.split("```json\n")[1].split("```")[0])
    found = written(report(EVERYONE["10-sparse hl7v2"]))
    [name] = example["facts"]
    assert example == {**found, "facts": {name: found["facts"][name]}}

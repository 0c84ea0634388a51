"""Placeholders where a patient has no number: they key nobody, so that they never join the facts of many people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.hl7v2 import parse_message
from adapter.mapping.hl7v2 import map_hl7v2_bytes
from adapter.mapping.patient import Mapping
from adapter.mapping.placeholders import WORDS, Placeholders
from adapter.mapping.sender import ANY_SENDER, Sender
from adapter.server.content import read_content
from tests.mapping.hazard_log import OBR, PID, log_mapping, log_message, log_platelets, log_report
from tests.mapping.senders import finding_codes
from tests.mapping.test_merges import counts, merge, result
from tests.repository import ROOT

PLACEHOLDERS = [
    "0",
    "000000",
    "000-00-0000",
    "9999",
    "9999999",
    "999-99-9999",
    "1111111111",
    "UNKNOWN",
    "Unknown",
    "unk",
    "NONE",
    "N/A",
    "n.a.",
    "#N/A",
    "NULL",
    "TEST",
    "test patient",
    "X",
    "XXXXX",
    "-",
    "???",
    "   ",
]
NUMBERS = ["P1", "1", "10", "7", "77", "777", "100000", "00001", "X1", "TEST1", "UNK-4711", "NA0", "90000000", "Z"]


def person(number: str, name: str = "DOE^JANE||19610405|F") -> str:
    return PID.replace("P1^", f"{number}^").replace("DOE^JANE||19610405|F", name)


@pytest.mark.hazard("HZ-P11")
@pytest.mark.parametrize("number", PLACEHOLDERS)
def test_people_under_a_placeholder_are_never_one_patient(number: str) -> None:
    """Nothing but the number is sent of them: nothing else would tell them apart."""
    first = log_report(log_platelets("210"), pid=person(number, "").rstrip("|"))
    second = log_report(log_platelets("35"), pid=person(number, "").rstrip("|"), control="A2")
    mapping = log_mapping(first, second)
    assert mapping.whole_ledger.balanced
    assert mapping.patients == ()
    assert finding_codes(mapping) == ["placeholder-number", "no-identifier"] * 2
    content = read_content(parse_message(first.encode()), ANY_SENDER)
    assert (content.state, content.reason, content.patient_keys) == ("quarantined", "no-identifier", ())
    assert [(noted.code, noted.place) for noted in content.findings] == [
        ("placeholder-number", "PID[1]-3"),
        ("no-identifier", "PID[1]-3"),
    ]


@pytest.mark.parametrize("number", NUMBERS)
def test_what_only_looks_like_a_placeholder_is_a_number(number: str) -> None:
    mapping = log_mapping(log_report(log_platelets("210"), pid=person(number)))
    assert [patient.subject for patient in mapping.patients] == [f"HOSP/MR/{number}"]
    assert finding_codes(mapping) == []


@pytest.mark.hazard("HZ-P07")
def test_the_next_number_identifies_the_patient_and_the_placeholder_is_named() -> None:
    pid = person("000000").replace("^MR|", "^MR~E7^^^HOSP^PI|")
    mapping = log_mapping(log_report(log_platelets("210"), pid=pid))
    assert [patient.subject for patient in mapping.patients] == ["HOSP/PI/E7"]
    assert finding_codes(mapping) == ["placeholder-number"]
    content = read_content(parse_message(log_report(log_platelets("210"), pid=pid).encode()), ANY_SENDER)
    assert (content.state, content.patient_keys) == ("received", ("HOSP/PI/E7",))


def test_a_placeholder_that_would_key_nobody_anyway_is_not_named() -> None:
    pid = PID.replace("P1^^^HOSP^MR", "P1^^^HOSP^MR~UNKNOWN^^^SSA^SS")
    assert finding_codes(log_mapping(log_report(log_platelets("210"), pid=pid))) == []


@pytest.mark.parametrize("number", ['""', '""^^^HOSP^MR'])
def test_a_deleted_number_is_none(number: str) -> None:
    mapping = log_mapping(log_report(log_platelets("210"), pid=PID.replace("P1^^^HOSP^MR", number)))
    assert (mapping.patients, finding_codes(mapping)) == ((), ["no-identifier"])


@pytest.mark.hazard("HZ-P08")
@pytest.mark.parametrize(("survivor", "retired"), [("P1", "000000"), ("000000", "P2"), ("UNKNOWN", "000000")])
def test_nobody_is_merged_by_a_placeholder(survivor: str, retired: str) -> None:
    text = merge(survivor, retired)
    mapping = log_mapping(result("P2", "35", "A1"), text)
    assert counts(mapping)["HOSP/MR/P2"] == ["35 10*3/uL"]
    assert mapping.changes == ()
    assert "placeholder-number" in finding_codes(mapping)
    content = read_content(parse_message(text.encode()), ANY_SENDER)
    expected = "merge-not-applied" if survivor == "P1" else "no-identifier"
    assert (content.state, content.reason) == ("quarantined", expected)


@pytest.mark.hazard("HZ-P08")
def test_a_merge_by_another_number_is_applied_beside_a_placeholder() -> None:
    mapping = log_mapping(result("P2", "35", "A1"), merge(more="~0^^^HOSP^MR"))
    assert counts(mapping) == {"HOSP/MR/P1": ["35 10*3/uL"]}
    assert [change.retired.text for change in mapping.changes] == ["HOSP/MR/P2"]
    assert "placeholder-number" in finding_codes(mapping)


def test_a_link_by_a_placeholder_links_nobody() -> None:
    text = log_message("EVN||2026", PID, person("UNKNOWN"), message="ADT^A24")
    mapping = log_mapping(text)
    assert (mapping.changes, "link-incomplete" in finding_codes(mapping)) == ((), True)


def of_sender(placeholders: Placeholders, number: str) -> Mapping:
    text = log_message(person(number), OBR, log_platelets("210"))
    return map_hl7v2_bytes(text.encode(), "log", sender_of=lambda _: Sender(placeholders=placeholders))


@pytest.mark.parametrize(("number", "known"), [("DOWNTIME-7", True), ("downtime-8", True), ("DOWN-7", False)])
def test_a_site_names_placeholders_of_its_own(number: str, known: bool) -> None:
    mapping = of_sender(Placeholders(("DOWNTIME-*",)), number)
    assert (mapping.patients == (), finding_codes(mapping)[:1] == ["placeholder-number"]) == (known, known)


def test_a_site_names_numbers_that_are_a_patient_s_all_the_same() -> None:
    [patient] = of_sender(Placeholders(real=frozenset({"77777"})), "77777").patients
    assert patient.subject == "HOSP/MR/77777"
    assert of_sender(Placeholders(real=frozenset({"77777"})), "88888").patients == ()


@given(st.sampled_from("0123456789"), st.integers(4, 40), st.text(" -./", max_size=3))
def test_a_number_of_one_digit_alone_is_nobody_s_however_it_is_written(digit: str, length: int, between: str) -> None:
    assert between.join(digit * length) in Placeholders()


@given(st.from_regex(r"[0-9]{5,12}", fullmatch=True).filter(lambda number: len(set(number)) > 1))
def test_a_number_of_several_digits_is_somebody_s(number: str) -> None:
    assert number not in Placeholders()


def test_every_word_is_on_the_page() -> None:
    page = (ROOT / "docs/site.md").read_text(encoding="utf-8")
    words = page.split("- the words ")[1].split(".\n")[0].replace("\n", " ").split(",")
    assert {word.replace(" ", "") for word in words} == WORDS
